"""Every route, asked at random by everybody: nothing shows that the reference does not allow.

Routes are taken from the application itself, so that a new one cannot be forgotten. Bodies,
headers, errors, logs and audit lines are searched for every name, number and amount of a world in
which each of them can be told from all others; what the asker sent himself is no leak.
"""

import json
import logging
import os
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hidden_world import HiddenWorld, Secret, hidden_world, store_world
from supplier_world import headers

from api.http.app import create_app
from api.http.state import held_by
from api.services.changes import Asked
from api.services.origins import partner_if_gone, partner_origins
from api.services.what_if import partner_what_if
from api.services.workspace import Workspace
from api.settings import Settings, load_settings
from graph_model.errors import AllianceError
from graph_model.explanation import TOLERANCE
from graph_model.store.protocol import JournalEntry
from ingest.loan_book import HEADERS
from policy.visibility import Viewer
from tests.policy.visibility_reference import (
    DUTY,
    LAYER_CLASS,
    MAY_STATE,
    StatedRow,
    Thing,
    World,
    sight,
)

IN_CI = os.environ.get("HYPOTHESIS_PROFILE") == "ci"
REQUESTS = int(os.environ.get("ALLIANCE_LEAK_REQUESTS", "1500" if IN_CI else "500"))
"""10,000 before a release, by `ALLIANCE_LEAK_REQUESTS=10000`."""
UNKNOWN = "uscc:91440112XXXX999999"
RISK = "/api/v1/partners/{party}/risk"
LISTS = ("/api/v1/loan-book/borrowers", "/api/v1/overview/origins")
"""Routes that write one line for their list, and one for each party that it names."""

NAMED = ("/api/v1/overview/origins", "official", "supervision")
"""The list of those that put most on others names enterprises, to an official on this duty."""

REGISTER = ("/api/v1/partners", "/api/v1/partners/{party}", "/api/v1/loan-book")
"""Routes that show what any register shows, to everybody: codes and names of all but persons. A
loan book is matched against the register, and names that are alike are suggested."""

WHO_LOOKED = "/api/v1/audit/mine"
"""A subject is told which organisation looked at it."""

OWN_FILE = "/api/v1/own"
"""A side is told what is stated about it, also what may not be joined with other data."""

Random = np.random.Generator
Document = dict[str, Any]


@dataclass
class Stage:
    """A running application over a world.

    `looks` are the audit lines of the last request, `lookers` who looked at whom so far, `at_desk`
    all that cases say.
    """

    client: TestClient
    workspace: Workspace
    settings: Settings
    world: HiddenWorld
    looks: list[Document]
    lookers: set[tuple[str, str]] = field(default_factory=set)
    at_desk: str = ""
    asked_for: str = ""

    def may_know(self, secret: Secret, spelling: str, viewer: Viewer) -> bool:
        """Whether a viewer may be told a secret: by the rules of visibility, or by three others.

        A subject is told who looked at it; a side is told in its own file of a statement that may
        not be joined; the desk is told what the cases it decides are about.
        """
        if (secret.party, viewer.organisation) in self.lookers:
            return True
        if secret.thing is not None and secret.thing.of == "unjoined":
            return self.asked_for == OWN_FILE and viewer.organisation in secret.thing.sides
        on_duty = viewer.role == "official" and viewer.purpose in DUTY
        if on_duty and spelling in self.at_desk:
            return True
        asking = (viewer.role, viewer.organisation, viewer.purpose)
        return self.world.may_know(secret, *asking)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    home: Path = tmp_path_factory.mktemp("leaks")
    settings = load_settings(home=home, store="", token_key="k" * 64, scenarios=640)
    random = np.random.default_rng(20200917)
    world = hidden_world(random, date.today())  # noqa: DTZ011 (as the routes date consents)
    with TestClient(create_app(settings)) as client:
        workspace = held_by(client.app)  # type: ignore[arg-type]
        store_world(world, workspace, random)
        looks: list[Document] = []
        append = workspace.store.append

        def noted(stream: str, at: str, payload: Mapping[str, Any]) -> JournalEntry:
            if stream == "audit":
                looks.append(dict(payload))
            return append(stream, at, payload)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(workspace.store, "append", noted)
            yield Stage(client, workspace, settings, world, looks)


def drawn_viewer(random: Random, world: HiddenWorld) -> tuple[Viewer, StatedRow]:
    """Anybody, and a consent; mostly one that opens something to this viewer."""
    open_ones = [row for row in world.rows if "chain_risk" in row.scopes and row.digest]
    row = open_ones[int(random.integers(len(open_ones)))]
    if random.random() < 0.7:
        roles = [role for role, stated in MAY_STATE.items() if row.purpose in stated]
        return Viewer(str(random.choice(roles)), row.grantee, row.purpose), row
    role = str(random.choice(list(MAY_STATE)))
    purposes = [*MAY_STATE[role], "self", "post_loan", "partner_check", ""]
    organisation = str(random.choice([*world.parties, *[row.grantor] * 12]))
    return Viewer(role, organisation, str(random.choice(purposes))), row


def drawn_word(random: Random, name: str, world: HiddenWorld, row: StatedRow) -> str:
    """A word for a parameter: what it seems to ask for, out of the world."""
    words = {
        "number": (row.number, "E-1"),
        "purpose": (row.purpose, "self"),
        "scopes": ("chain_risk", "trade", "loan", "nonsense"),
        "kind": ("objection", "repair"),
        "id": ("objection-1", *world.case_ids),
        "action": ("mark", "uphold", "correct", "reject", "withdraw", "grant"),
        "text": (
            *(text for text in world.statements if row.grantee in text or row.grantor in text),
            *world.statements[:3],
            f"trade:{row.grantor}:{row.grantee}",
        ),
        "note": ("see the contract",),
    }
    parties = [row.grantor] * 8 + [row.grantee] * 2 + world.parties + [UNKNOWN]
    return str(random.choice(words.get(name, parties)))


Draw = Callable[[str], str]


def drawn_value(random: Random, name: str, schema: Document, defined: Document, word: Draw) -> Any:
    """A value of a schema of the OpenAPI document; its texts are words of the world."""
    if "$ref" in schema:
        schema = defined[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        options = schema["anyOf"]
        chosen = options[int(random.integers(len(options)))]
        return drawn_value(random, name, chosen, defined, word)
    if "enum" in schema:
        return str(random.choice(schema["enum"]))
    kind = schema.get("type")
    if kind == "object":
        parts = schema.get("properties", {})
        needed = schema.get("required", [])
        given = [part for part in parts if part in needed or random.random() < 0.3]
        return {p: drawn_value(random, p, parts[p], defined, word) for p in given}
    if kind == "array":
        return [drawn_value(random, name, schema.get("items", {}), defined, word)] * 2
    if kind in ("integer", "number"):
        return int(random.integers(0, 100))
    if kind == "boolean":
        return bool(random.random() < 0.5)
    if kind == "null":
        return None
    if schema.get("format") == "date":
        return date.today().isoformat()  # noqa: DTZ011 (as the routes date consents)
    return word(name)


def routes_of(client: TestClient) -> list[tuple[str, str]]:
    """Path and method of every route of the application, documented or not."""
    app = client.app
    found: set[tuple[str, str]] = set()

    def walk(routes: list[Any]) -> None:
        for route in routes:
            if isinstance(route, APIRoute):
                found.update((route.path, method) for method in route.methods)
            elif hasattr(route, "original_router"):
                walk(route.original_router.routes)

    walk(app.routes)  # type: ignore[attr-defined]
    paths = app.openapi()["paths"]  # type: ignore[attr-defined]
    documented = {(path, method.upper()) for path in paths for method in paths[path]}
    assert documented <= found
    return sorted(found)


def shown_of(
    stage: Stage, viewer: Viewer, text: str, sent: str, named: Container[str] = ()
) -> list[tuple[Secret, str]]:
    """Secrets that a text shows though its reader may not see them, and in which spelling.

    The answer may name those in `named`, and say nothing about them.
    """
    found = []
    for secret in stage.world.secrets:
        for spelling in secret.spellings:
            shows = spelling in text and spelling not in sent
            may_name = secret.thing is None and secret.party in named
            if shows and not may_name and not stage.may_know(secret, spelling, viewer):
                found.append((secret, spelling))
    return found


def check_parts(part: Document, subject: str, asking: tuple[str, str, str], world: World) -> None:
    """Parts add up, and each tells of its neighbour no more than the reference allows."""
    if part["children"]:
        assert abs(sum(c["value"] for c in part["children"]) - part["value"]) < TOLERANCE
    if part["party"]:
        assert sight(*asking, Thing("chain_risk", (part["party"],)), world) == "amount"
        of = Thing(LAYER_CLASS[part["layer"]], (subject, part["party"]))
        link = sight(*asking, of, world)
        assert link != "hidden"
        assert link == "amount" or part["amount_fen"] is None
    for child in part["children"]:
        check_parts(child, subject, asking, world)


def test_no_route_shows_what_the_rules_hide(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    document = stage.client.app.openapi()  # type: ignore[attr-defined]
    met: dict[tuple[str, int], int] = {}
    books: dict[str, str] = {}
    routes = routes_of(stage.client)
    often = [route for route in routes if route[1] == "POST"] * 3 + routes
    for number in range(REQUESTS):
        random = np.random.default_rng([7, number])
        path, method = often[int(random.integers(len(often)))]
        if number < len(routes):  # each of them at least once
            path, method = routes[number]
        elif random.random() < 0.4:
            path, method = RISK, "GET"
        viewer, row = drawn_viewer(random, stage.world)
        if method == "POST" and random.random() < 0.3:  # most of them are for the one concerned
            viewer = Viewer("member", row.grantor, "self")
        request, sent = drawn_request(random, path, method, document, stage.world, row)
        purpose = viewer.purpose or None
        asking = headers(stage.settings, viewer.role, viewer.organisation, purpose)
        asking |= request.pop("headers", {})
        if "files" in request:  # what a lender has sent is its own, and so is the register's word
            books[viewer.organisation] = books.get(viewer.organisation, "") + request.pop("told")
        sent += books.get(viewer.organisation, "")
        stage.looks.clear()
        caplog.clear()
        answer = stage.client.request(method, headers=asking, follow_redirects=False, **request)
        if method != "GET":
            stage.world.reread(stage.workspace)
            if (path, answer.status_code) == ("/api/v1/cases", 201):
                stage.world.case_ids.append(answer.json()["id"])
            stage.at_desk = str(list(stage.workspace.store.journal("cases")))
        added = list(stage.looks)
        stage.lookers |= {(line["organisation"], line["subject"]) for line in added}
        logged = "\n".join(record.getMessage() for record in caplog.records)
        text = "\n".join([answer.text, str(dict(answer.headers)), logged, str(added)])
        where = f"{method} {request['url']} as {viewer}"
        named = set(stage.world.parties) if path == WHO_LOOKED else set()
        if path in REGISTER or (path, viewer.role, viewer.purpose) == NAMED:
            named = set(stage.world.parties) - stage.world.persons
        stage.asked_for = path
        assert shown_of(stage, viewer, text, sent, named) == [], where
        assert answer.status_code < 500, where
        if path.startswith("/api/"):
            if path not in LISTS:
                assert len(added) <= 1, where
            assert len({(x["action"], x["subject"]) for x in added}) == len(added), where
            if answer.status_code in (200, 201, 403):
                assert added, where
        if path == RISK:
            check_risk(stage, viewer, request["url"], answer)
        met[path, answer.status_code] = met.get((path, answer.status_code), 0) + 1
    assert {path for path, _ in met} == {path for path, _ in routes}
    for status in (200, 403, 422):
        assert met[RISK, status] > REQUESTS / 100, met
    done = {("/api/v1/consents/{number}/revocation", 200), ("/api/v1/cases", 201)}
    assert done <= set(met), met


def drawn_request(
    random: Random, path: str, method: str, document: Document, world: HiddenWorld, row: StatedRow
) -> tuple[dict[str, Any], str]:
    """Words of one request, and all of them as one text."""
    described = document["paths"].get(path, {}).get(method.lower(), {})
    defined = document["components"]["schemas"]

    def word(name: str) -> str:
        return drawn_word(random, name, world, row)

    query: dict[str, Any] = {}
    for parameter in described.get("parameters", []):
        name = parameter["name"]
        if parameter["in"] == "path":
            path = path.replace(f"{{{name}}}", word(name))
        elif parameter["in"] == "query" and random.random() < 0.1:
            query[name] = drawn_value(random, name, parameter["schema"], defined, word)
    request: dict[str, Any] = {"url": path, "params": query}
    if "requestBody" in described:
        ((media, content),) = described["requestBody"]["content"].items()
        if media == "multipart/form-data":
            request |= drawn_book(random, world, row)
        else:
            request["json"] = drawn_value(random, "", content["schema"], defined, word)
    return request, json.dumps(request, ensure_ascii=False, default=str)


def drawn_book(random: Random, world: HiddenWorld, row: StatedRow) -> dict[str, Any]:
    """A loan book of parties of the world, by code or by name, sent as a form."""
    drawn = [row.grantor, *(str(p) for p in random.choice(world.parties, 4))]
    lines = [
        f"B{k},{'' if random.random() < 0.3 else p.removeprefix('uscc:')},{world.names.get(p, '')}"
        ",1234567,,,,"
        for k, p in enumerate(drawn)
    ]
    text = "\n".join([",".join(HEADERS), *lines])
    key = {"Idempotency-Key": f"key-{random.integers(10**9):09d}"}
    known = [p for p in drawn if p not in world.persons]
    told = text + str([(p, world.names.get(p)) for p in known])
    return {"files": {"file": ("book.csv", text, "text/csv")}, "headers": key, "told": told}


def check_risk(stage: Stage, viewer: Viewer, url: str, answer: Any) -> None:
    """The route of chain risk answers whom the reference lets in, and all others alike."""
    subject = url.split("/")[-2]
    if viewer.purpose == "":
        assert answer.status_code == 422
        return
    asking = (viewer.role, viewer.organisation, viewer.purpose)
    found = sight(*asking, Thing("chain_risk", (subject,)), stage.world.reference())
    if answer.status_code == 422:
        return  # an unreadable day
    assert (answer.status_code == 403) == (found == "hidden"), (viewer, subject, answer.text)
    if answer.status_code == 200 and answer.json()["explanation"]:
        check_parts(answer.json()["explanation"], subject, asking, stage.world.reference())
    if answer.status_code == 403:
        asked = headers(stage.settings, *asking)
        nobody = stage.client.get(url.replace(subject, UNKNOWN), headers=asked).json()
        same = ("type", "title", "status", "rule", "way_out")
        assert [answer.json()[k] for k in same] == [nobody[k] for k in same]


def test_no_answer_of_the_command_line_shows_what_the_rules_hide(stage: Stage) -> None:
    """Origins and paths, the fall if a partner were gone, and what-if, by their services."""
    answered = 0
    today, world, stage.asked_for = stage.world.today, stage.world, ""
    for number in range(max(60, REQUESTS // 10)):
        random = np.random.default_rng([8, number])
        viewer, row = drawn_viewer(random, world)
        granted = [r.grantor for r in world.rows if r.grantee == viewer.organisation]
        party, other = row.grantor, str(random.choice([*granted, *world.parties]))
        measure = str(random.choice(["payable", "trade", "guarantee", "loan", "carriage"]))
        change = Asked(drop=[f"{measure}:{other}:{party}"])
        questions = (
            lambda v=viewer, p=party: partner_origins(stage.workspace, v, p, None, today),
            lambda v=viewer, p=party, o=other: partner_if_gone(
                stage.workspace, v, p, o, None, today
            ),
            lambda v=viewer, p=party, c=change: partner_what_if(
                stage.workspace, v, p, c, None, today
            ),
        )
        for ask in questions:
            try:
                text = repr(ask())
                answered += 1
            except AllianceError as error:
                text = str(error)
            assert shown_of(stage, viewer, text, f"{party} {change}") == [], (viewer, party, other)
    assert answered > 20
