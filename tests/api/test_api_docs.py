"""The examples of docs/api.md are asked, each as it stands there."""

import re
import shlex
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from supplier_world import BUYER, SUPPLIER, headers

from api.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
SHELL = re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL)
EXAMPLES = [
    line
    for block in SHELL
    for line in block.replace("\\\n", " ").splitlines()
    if line.startswith("curl")
]


def test_the_page_has_examples_of_every_group() -> None:
    asked = " ".join(EXAMPLES)
    for path in ("/risk", "q=", "/neighbours", "/tier", "/paths", "/own?", "/jobs"):
        assert path in asked


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_answered(client: TestClient, filled: Settings, example: str) -> None:
    token = headers(filled, "member", SUPPLIER, "self")["Authorization"].removeprefix("Bearer ")
    code = SUPPLIER.removeprefix("uscc:")
    text = example.replace("'$CODE'", code).replace("$CODE", code).replace("$OTHER", BUYER)
    words = shlex.split(text.replace("$TOKEN", token).replace("$API", ""))[1:]
    method, sent, content, url = "GET", {}, None, ""
    query: dict[str, str] = {}
    while words:
        match words.pop(0):
            case "-X":
                method = words.pop(0)
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                sent[name] = value
            case "-d":
                content = words.pop(0)
            case "-G":
                method = "GET"
            case "--data-urlencode":
                name, _, value = words.pop(0).partition("=")
                query[name] = value
            case other:
                url = other
    assert url.isascii(), "curl sends other characters as they are, and servers refuse them"
    answer = client.request(method, url, headers=sent, content=content, params=query or None)
    assert answer.is_success, answer.text


def test_every_setting_of_the_page_is_one() -> None:
    for name in ("asks_per_minute", "body_limit", "upload_limit", "idempotency_hours"):
        assert name in Settings.model_fields
    for name in re.findall(r"`ALLIANCE_([A-Z_]+)`", PAGE):
        assert name.lower() in Settings.model_fields
