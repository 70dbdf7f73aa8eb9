"""Consents: statements like all others, effective on the next question, never overwritten."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from stating import BANK, DAY, party, state
from supplier_world import BANK_PARTY, BUYER, OTHER, SUPPLIER, fill, headers

from api.http.app import create_app
from api.http.state import held_by
from api.services.consent_index import StatedConsent, consent_index
from api.services.consents import AskedConsent, Paper, give, list_own, revoke
from api.services.partners import partner_risk
from api.services.runs import published
from api.services.workspace import Workspace, open_workspace
from api.settings import Settings, load_settings
from graph_model.errors import BadInput, NotAllowed, NotFound
from policy.visibility import Viewer

TODAY = DAY
OWNER = Viewer("member", OTHER, "self")
FRIEND = Viewer("member", party(6), "partner_check")
OPERATOR = Viewer("administrator", party(9), "operation")
SCAN = "ab" * 32
ASKED = AskedConsent(FRIEND.organisation, "partner_check", ("chain_risk", "trade"))


@pytest.fixture(scope="module")
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home: Path = tmp_path_factory.mktemp("consents")
    made = load_settings(home=home, store="", token_key="k" * 64, scenarios=640)
    fill(made)
    return made


@pytest.fixture
def opened(own_settings: Settings) -> Iterator[Workspace]:
    with open_workspace(own_settings) as workspace:
        yield workspace


def sees(workspace: Workspace, day: date = TODAY) -> bool:
    try:
        partner_risk(workspace, FRIEND, OTHER, None, day)
    except NotAllowed:
        return False
    return True


def test_a_consent_counts_on_the_next_question_and_so_does_its_revocation(
    opened: Workspace,
) -> None:
    published(opened)  # what is kept from here on is kept through both
    assert not sees(opened)
    made = give(opened, OWNER, ASKED, TODAY)
    assert (made.state, made.method) == ("in force", "electronic")
    assert sees(opened)
    assert revoke(opened, OWNER, made.number, TODAY).state == "withdrawn"
    assert not sees(opened)
    assert not sees(opened, TODAY + timedelta(days=30))


def test_a_part_is_revoked_and_the_rest_stays(opened: Workspace) -> None:
    made = give(opened, OWNER, ASKED, TODAY - timedelta(days=9))
    left = revoke(opened, OWNER, made.number, TODAY, scopes=("trade",))
    assert (left.scopes, left.state) == ({"chain_risk"}, "in force")
    assert sees(opened)
    with pytest.raises(BadInput, match="names chain_risk"):
        revoke(opened, OWNER, made.number, TODAY, scopes=("trade",))
    gone = revoke(opened, OWNER, made.number, TODAY, scopes=("chain_risk",))
    assert (gone.state, gone.ends_on) == ("withdrawn", TODAY.isoformat())
    assert not sees(opened)


def test_nothing_is_overwritten(opened: Workspace) -> None:
    made = give(opened, OWNER, ASKED, TODAY)
    before = opened.store.head()
    revoke(opened, OWNER, made.number, TODAY)
    key = f"{OTHER}|{made.number}"
    first, last = (row for kind, row in opened.store.history(key) if kind == "consent")
    scopes = opened.dictionary.kind("consent").field_names.index("scopes")
    assert (first.values[scopes], last.values[scopes]) == ("chain_risk；trade", "withdrawn")
    assert first.tx_from <= before < first.tx_to == last.tx_from
    revoke(opened, OWNER, made.number, TODAY)  # once more changes nothing
    assert len([1 for kind, _ in opened.store.history(key) if kind == "consent"]) == 2


def test_a_period_is_kept(opened: Workspace) -> None:
    week = AskedConsent(**{**vars(ASKED), "ends_on": TODAY + timedelta(days=7)})
    later = AskedConsent(**{**vars(ASKED), "starts_on": TODAY + timedelta(days=60)})
    made = [give(opened, OWNER, asked, TODAY) for asked in (week, later)]
    assert [one.state for one in made] == ["in force", "not yet"]
    days = {0: True, 6: True, 7: False, 59: False, 60: True}
    assert {n: sees(opened, TODAY + timedelta(days=n)) for n in days} == days
    for one in made:
        revoke(opened, OWNER, one.number, TODAY)
    assert not any(sees(opened, TODAY + timedelta(days=n)) for n in days)


def test_a_revocation_outlives_the_register_that_still_says_yes(opened: Workspace) -> None:
    """BUYER's consent C-1 comes from the file of another source; every source must agree."""
    bank = Viewer("financier", BANK_PARTY, "post_loan")
    buyer = Viewer("member", BUYER, "self")
    assert partner_risk(opened, bank, BUYER, None, TODAY).party == BUYER
    revoke(opened, buyer, "C-1", TODAY)
    with pytest.raises(NotAllowed):
        partner_risk(opened, bank, BUYER, None, TODAY)
    again = {"grantor": BUYER, "consent_no": "C-1", "grantee": BANK_PARTY, "purpose": "post_loan"}
    again |= {"scopes": "chain_risk", "starts_on": "2020-01-02", "method": "electronic"}
    state(opened.store, {"consent": [again]}, BANK)
    with pytest.raises(NotAllowed):
        partner_risk(opened, bank, BUYER, None, TODAY)


def test_a_paper_needs_number_scan_and_an_administrator(opened: Workspace) -> None:
    paper = Paper(OTHER, SCAN)
    numbered = AskedConsent(**{**vars(ASKED), "number": "授权〔2026〕12号"})
    with pytest.raises(NotAllowed, match="administrator"):
        give(opened, FRIEND, numbered, TODAY, paper=paper)
    with pytest.raises(BadInput, match="SHA-256"):
        give(opened, OPERATOR, numbered, TODAY, paper=Paper(OTHER, "abc"))
    with pytest.raises(BadInput, match="number"):
        give(opened, OPERATOR, ASKED, TODAY, paper=paper)
    made = give(opened, OPERATOR, numbered, TODAY, paper=paper)
    assert (made.number, made.method, made.state) == (numbered.number, "paper", "in force")
    assert sees(opened)
    with pytest.raises(BadInput, match="of this number"):
        give(opened, OPERATOR, numbered, TODAY, paper=paper)
    revoke(opened, OPERATOR, numbered.number, TODAY, paper=paper)
    assert not sees(opened)


def test_a_paper_without_its_scan_opens_nothing(opened: Workspace) -> None:
    stated = {"grantor": OTHER, "consent_no": "P-9", "grantee": FRIEND.organisation}
    stated |= {"purpose": "partner_check", "scopes": "chain_risk", "starts_on": "2026-01-01"}
    state(opened.store, {"consent": [stated | {"method": "paper"}]}, BANK)
    known = consent_index(opened, TODAY).of(OTHER, "P-9")
    assert known is not None
    assert known.state == "no scan"
    assert not sees(opened)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"grantee": OTHER}, "its own consent"),
        ({"grantee": "91440112XXXX00027X"}, "no unified social credit code"),
        ({"grantee": "uscc:91440112XXXX00027X"}, "no unified social credit code"),
        ({"purpose": "self"}, "no purpose that a consent opens"),
        ({"purpose": "supervision"}, "no purpose that a consent opens"),
        ({"scopes": ()}, "scopes"),
        ({"scopes": ("chain_risk", "withdrawn")}, "is no scope"),
        ({"ends_on": TODAY}, "ends before it begins"),
        ({"number": "X-1"}, "gets its number here"),
    ],
)
def test_a_consent_of_wrong_words_is_refused_and_nothing_is_kept(
    opened: Workspace, change: dict[str, object], rule: str
) -> None:
    before = (opened.store.head(), len(opened.store.findings()))
    with pytest.raises(BadInput, match=rule):
        give(opened, OWNER, AskedConsent(**{**vars(ASKED), **change}), TODAY)  # type: ignore[arg-type]
    assert (opened.store.head(), len(opened.store.findings())) == before


def test_nobody_revokes_what_another_gave(opened: Workspace) -> None:
    with pytest.raises(NotFound):
        revoke(opened, Viewer("member", party(7), "self"), "C-0", TODAY)


def test_both_sides_see_the_consent_and_nobody_else(opened: Workspace) -> None:
    made = give(opened, OWNER, ASKED, TODAY)

    def numbers(found: tuple[StatedConsent, ...]) -> list[str]:
        return [one.number for one in found]

    friend = Viewer("member", FRIEND.organisation, "self")
    assert made.number in numbers(list_own(opened, OWNER, TODAY).given)
    assert made.number in numbers(list_own(opened, friend, TODAY).received)
    third = list_own(opened, Viewer("member", party(7), "self"), TODAY)
    assert (third.given, third.received) == ((), ())
    revoke(opened, OWNER, made.number, TODAY)


def test_over_http_each_step_is_written_down_once(own_settings: Settings) -> None:
    asking = headers(own_settings, "member", SUPPLIER, "self")
    body = {"grantee": FRIEND.organisation, "purpose": "partner_check", "scopes": ["chain_risk"]}
    friend = headers(own_settings, "member", FRIEND.organisation, "partner_check")
    risk = f"/api/v1/partners/{SUPPLIER}/risk"
    with TestClient(create_app(own_settings)) as client:
        workspace = held_by(client.app)  # type: ignore[arg-type]
        before = len(list(workspace.store.journal("audit")))
        assert client.get(risk, headers=friend).status_code == 403
        made = client.post("/api/v1/consents", headers=asking, json=body)
        assert made.status_code == 201
        number = made.json()["number"]
        assert client.get(risk, headers=friend).status_code == 200
        url = f"/api/v1/consents/{number}/revocation"
        assert client.post(url, headers=friend, json={}).status_code == 404  # not its own
        assert client.post(url, headers=asking, json={}).json()["state"] == "withdrawn"
        assert client.get(risk, headers=friend).status_code == 403
        listed = client.get("/api/v1/consents", headers=asking).json()
        lines = [line["payload"] for line in workspace.store.journal("audit")][before:]
    assert number in [one["number"] for one in listed["items"] if one["side"] == "given"]
    assert [(line["action"], line["allowed"]) for line in lines] == [
        ("partner risk", False),
        ("consent given", True),
        ("partner risk", True),
        ("consent revoked", True),
        ("consent revoked", True),
        ("partner risk", False),
        ("consents listed", True),
    ]
