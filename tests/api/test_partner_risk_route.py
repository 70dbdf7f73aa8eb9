"""GET /api/v1/partners/{party}/risk: anonymous 401, outsider sees nothing, insider sees it."""

import time
from typing import Any

import pytest
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import OctKey
from supplier_world import BANK_PARTY, BUYER, OTHER, SUPPLIER, TRADER, headers

from api.services.workspace import Workspace
from api.settings import Settings
from graph_model.explanation import TOLERANCE, UNDISCLOSED
from graph_model.store.journal import verify

URL = f"/api/v1/partners/{SUPPLIER}/risk"


def test_anonymous_is_asked_to_sign_in(client: TestClient) -> None:
    answer = client.get(URL, headers={"X-Purpose": "self"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_outsider_sees_nothing_whether_the_party_exists_or_not(
    client: TestClient, filled: Settings
) -> None:
    asking = headers(filled, "member", OTHER, "partner_check")
    told = []
    for subject in (SUPPLIER, TRADER, "uscc:91440112XXXX999999", "nobody"):
        answer = client.get(f"/api/v1/partners/{subject}/risk", headers=asking)
        assert answer.status_code == 403
        content = answer.json()
        told.append((content["rule"], content["way_out"], content["title"]))
    assert len(set(told)) == 1


def test_a_party_sees_its_own_figure_and_not_its_partners_parts(
    client: TestClient, filled: Settings
) -> None:
    answer = client.get(URL, headers=headers(filled, "member", SUPPLIER, "self"))
    assert answer.status_code == 200
    content = answer.json()
    assert content["rank"] == 1  # the only one that is owed anything
    assert content["ratio"] > 1
    assert [p["key"] for p in content["explanation"]["children"]] == ["own", UNDISCLOSED]
    assert BUYER not in answer.text
    assert OTHER not in answer.text


def test_a_bank_with_consent_sees_parts_of_partners_that_consent_too(
    client: TestClient, filled: Settings
) -> None:
    asking = headers(filled, "financier", BANK_PARTY, "post_loan")
    answer = client.get(f"/api/v1/partners/{SUPPLIER.removeprefix('uscc:')}/risk", headers=asking)
    assert answer.status_code == 200
    children = {p["key"]: p for p in answer.json()["explanation"]["children"]}
    assert set(children) == {"own", "receivable", "sales", UNDISCLOSED}
    (buyer,) = children["receivable"]["children"]
    assert buyer["party"] == BUYER
    assert buyer["amount_fen"] == 420_000_00  # 700,000 yuan x LGD 0.6
    assert buyer["statements"] == [f"invoice:bank-a:{SUPPLIER}|0"]
    assert OTHER not in answer.text
    assert TRADER not in answer.text


def test_parts_add_up_to_the_whole(client: TestClient, filled: Settings) -> None:
    asking = headers(filled, "financier", BANK_PARTY, "post_loan")

    def check(part: dict[str, Any]) -> None:
        if part["children"]:
            total = sum(child["value"] for child in part["children"])
            assert abs(total - part["value"]) < TOLERANCE
        for child in part["children"]:
            check(child)

    check(client.get(URL, headers=asking).json()["explanation"])


def test_a_sole_trader_is_shown_to_nobody_else(client: TestClient, filled: Settings) -> None:
    url = f"/api/v1/partners/{TRADER}/risk"
    bank = headers(filled, "financier", BANK_PARTY, "post_loan")
    assert client.get(url, headers=bank).status_code == 403
    own = headers(filled, "member", TRADER, "self")
    assert client.get(url, headers=own).status_code == 200


def test_no_probability_is_told_while_uncalibrated(client: TestClient, filled: Settings) -> None:
    content = client.get(URL, headers=headers(filled, "member", SUPPLIER, "self")).json()
    assert content["probability"] is None
    assert content["standard_error"] is None
    assert "uncalibrated" in content["withheld"]
    assert content["explanation"]["value"] == pytest.approx(1)  # shares of the figure


@pytest.mark.parametrize(("purpose", "status"), [(None, 422), ("", 422), ("curiosity", 422)])
def test_no_purpose_no_answer(
    client: TestClient, filled: Settings, purpose: str | None, status: int
) -> None:
    answer = client.get(URL, headers=headers(filled, "member", SUPPLIER, purpose))
    assert answer.status_code == status
    assert "self" in answer.json()["way_out"]


def test_a_question_without_a_purpose_is_written_down(
    client: TestClient, filled: Settings, workspace: Workspace
) -> None:
    before = len(list(workspace.store.journal("audit")))
    client.get(URL, headers=headers(filled, "member", OTHER, None))
    (line,) = list(workspace.store.journal("audit"))[before:]
    told = line["payload"]
    assert (told["organisation"], told["subject"], told["allowed"]) == (OTHER, SUPPLIER, False)
    assert "no purpose, no answer" in told["rule"]


def test_an_unassessed_day_is_not_found(client: TestClient, filled: Settings) -> None:
    asking = headers(filled, "member", SUPPLIER, "self")
    answer = client.get(f"{URL}?date=2020-01-01", headers=asking)
    assert answer.status_code == 404
    assert "alliance assess" in answer.json()["way_out"]
    assert client.get(f"{URL}?date=yesterday", headers=asking).status_code == 422


@pytest.mark.parametrize(
    "change",
    [
        {"exp": int(time.time()) - 10},
        {"iss": "somebody"},
        {"aud": "elsewhere"},
        {"role": "god"},
        {"org": None},
    ],
)
def test_a_token_that_is_stale_foreign_or_incomplete_is_no_token(
    client: TestClient, filled: Settings, change: dict[str, Any]
) -> None:
    claims = {"iss": filled.token_issuer, "aud": filled.token_audience, "role": "member"}
    claims |= {"org": SUPPLIER, "sub": "x", "exp": int(time.time()) + 60} | change
    claims = {name: value for name, value in claims.items() if value is not None}
    token = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(filled.token_key))
    asking = {"Authorization": f"Bearer {token}", "X-Purpose": "self"}
    assert client.get(URL, headers=asking).status_code == 401


def test_a_token_signed_with_another_key_or_not_at_all_is_no_token(client: TestClient) -> None:
    claims = {"iss": "credit-alliance", "aud": "credit-alliance", "role": "member"}
    claims |= {"org": SUPPLIER, "exp": int(time.time()) + 60}
    forged = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("x" * 64))
    unsigned = "eyJhbGciOiJub25lIn0.e30."
    for token in (forged, unsigned, "rubbish"):
        asking = {"Authorization": f"Bearer {token}", "X-Purpose": "self"}
        assert client.get(URL, headers=asking).status_code == 401


def test_every_look_is_written_down_refused_or_not(
    client: TestClient, filled: Settings, workspace: Workspace
) -> None:
    before = len(list(workspace.store.journal("audit")))
    client.get(URL, headers=headers(filled, "member", SUPPLIER, "self"))
    client.get(URL, headers=headers(filled, "member", OTHER, "partner_check"))
    lines = list(workspace.store.journal("audit"))
    assert verify("audit", lines) == len(lines) == before + 2
    seen, refused = (line["payload"] for line in lines[-2:])
    assert (seen["organisation"], seen["purpose"], seen["allowed"]) == (SUPPLIER, "self", True)
    assert seen["shown"]
    assert (refused["organisation"], refused["allowed"], refused["shown"]) == (OTHER, False, "")
    assert seen["subject"] == refused["subject"] == SUPPLIER
