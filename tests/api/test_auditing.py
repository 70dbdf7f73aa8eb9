"""The audit journal: every way of tampering is found, and a subject reads who looked."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from case_world import BANK_VIEWER, DESK, OUTSIDER, SELF, fill
from stating import DAY
from supplier_world import BANK_PARTY, BUYER, SUPPLIER

from api.services import auditing, runs
from api.services.partners import partner_risk
from api.services.workspace import Workspace, open_workspace
from api.settings import load_settings
from graph_model.errors import BadInput, NotAllowed, StoreError
from graph_model.store.journal import GENESIS, line_hash
from policy.visibility import Viewer

LOOKS = 12


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    settings = load_settings(home=tmp_path / "home", store="", token_key="k" * 64, scenarios=64)
    with open_workspace(settings) as opened:
        fill(opened)
        runs.assess_day(opened, DAY)
        for _ in range(LOOKS // 2):
            partner_risk(opened, SELF, SUPPLIER, DAY, DAY)
            partner_risk(opened, BANK_VIEWER, SUPPLIER, DAY, DAY)
        yield opened


def tamper(workspace: Workspace, *statements: str) -> None:
    path = workspace.settings.home / "alliance.db"
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def rehash(workspace: Workspace, stream: str) -> None:
    """What a forger with the key to the store does: write all hashes of a journal anew."""
    connection = sqlite3.connect(workspace.settings.home / "alliance.db")
    query = "SELECT seq, at, payload FROM journal WHERE stream = ? ORDER BY seq"
    previous = GENESIS
    for seq, at, payload in connection.execute(query, (stream,)).fetchall():
        digest = line_hash(previous, stream, seq, at, payload)
        connection.execute(
            "UPDATE journal SET previous = ?, hash = ? WHERE stream = ? AND seq = ?",
            (previous, digest, stream, seq),
        )
        previous = digest
    connection.commit()
    connection.close()


CHANGE = (
    "UPDATE journal SET payload = replace(payload, 'post_loan', 'self') "
    "WHERE stream = 'audit' AND seq = 4"
)
REMOVE = (
    "DELETE FROM journal WHERE stream = 'audit' AND seq = 4",
    "UPDATE journal SET seq = -seq WHERE stream = 'audit' AND seq > 4",
    "UPDATE journal SET seq = -seq - 1 WHERE stream = 'audit' AND seq < 0",
)
INSERT = (
    "UPDATE journal SET seq = -seq WHERE stream = 'audit' AND seq >= 4",
    "UPDATE journal SET seq = -seq + 1 WHERE stream = 'audit' AND seq < 0",
    "INSERT INTO journal SELECT stream, 4, at, payload, previous, hash FROM journal "
    "WHERE stream = 'audit' AND seq = 3",
)
REORDER = (
    "UPDATE journal SET seq = 100 WHERE stream = 'audit' AND seq = 4",
    "UPDATE journal SET seq = 4 WHERE stream = 'audit' AND seq = 5",
    "UPDATE journal SET seq = 5 WHERE stream = 'audit' AND seq = 100",
)


@pytest.mark.parametrize(
    "statements",
    [
        (CHANGE,),
        ("UPDATE journal SET at = '2020' WHERE stream = 'audit' AND seq = 4",),
        ("UPDATE journal SET payload = '{' WHERE stream = 'audit' AND seq = 4",),
        ("DELETE FROM journal WHERE stream = 'audit' AND seq = 4",),
        REMOVE,
        INSERT,
        REORDER,
    ],
    ids=["change", "time", "no_json", "gap", "remove", "insert", "reorder"],
)
def test_the_chain_names_the_first_line_that_was_touched(
    workspace: Workspace, statements: tuple[str, ...]
) -> None:
    assert [state.fault for state in auditing.verified(workspace)] == [None] * 3
    tamper(workspace, *statements)
    fault = auditing.verified(workspace)[1].fault
    assert fault is not None
    assert fault.value == "journal audit, line 4"
    with pytest.raises(StoreError, match="line 4"):
        auditing.seal(workspace, DAY)


CUT = "DELETE FROM journal WHERE stream = 'audit' AND seq > 9"


@pytest.mark.parametrize("statements", [(CUT,), (CHANGE,), REMOVE, INSERT])
def test_a_seal_tells_what_was_cut_off_or_hashed_anew(
    workspace: Workspace, statements: tuple[str, ...]
) -> None:
    auditing.seal(workspace, DAY)
    partner_risk(workspace, SELF, SUPPLIER, DAY, DAY)
    assert all(state.fault is None for state in auditing.verified(workspace))
    tamper(workspace, *statements)
    rehash(workspace, "audit")
    (fault,) = [state.fault for state in auditing.verified(workspace) if state.fault]
    cut = statements == (CUT,)
    assert fault.value == f"journal audit, line{' 10' if cut else f's 1 to {LOOKS}'}"
    assert ("cut off" if cut else "written anew") in fault.rule


def test_seals_kept_elsewhere_tell_when_the_seals_were_forged_too(
    workspace: Workspace, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "seals.jsonl"
    auditing.seal(workspace, DAY, elsewhere)
    for _ in range(3):
        partner_risk(workspace, BANK_VIEWER, SUPPLIER, DAY, DAY)
    auditing.seal(workspace, DAY + timedelta(days=1), elsewhere)
    held = [json.loads(line)["payload"] for line in elsewhere.read_text("utf-8").splitlines()]
    spans = [(s["first_seq"], s["last_seq"], s["count"]) for s in held if s["stream"] == "audit"]
    assert spans == [(1, LOOKS, LOOKS), (LOOKS + 1, LOOKS + 3, 3)]
    assert all(state.fault is None for state in auditing.verified(workspace, elsewhere))

    change = "UPDATE journal SET payload = replace(payload, 'post_loan', 'self')"
    tamper(
        workspace,
        f"{change} WHERE stream = 'audit' AND seq = {LOOKS + 2}",
        "DELETE FROM journal WHERE stream = 'audit-seals'",
    )
    rehash(workspace, "audit")
    auditing.seal(workspace, DAY)  # the forger seals anew
    assert all(state.fault is None for state in auditing.verified(workspace))
    found = {s.stream: s.fault for s in auditing.verified(workspace, elsewhere) if s.fault}
    assert found["audit"].value == f"journal audit, lines {LOOKS + 1} to {LOOKS + 3}"
    assert "audit-seals" in found
    with pytest.raises(StoreError):
        auditing.seal(workspace, DAY, elsewhere)

    text = elsewhere.read_text("utf-8")
    for wrong in (text.replace('"count":3', '"count":2'), "{}\n", "x"):
        elsewhere.write_text(wrong, "utf-8")
        with pytest.raises(BadInput, match="no seal"):
            auditing.verified(workspace, elsewhere)


def test_nothing_new_is_not_sealed_again(workspace: Workspace, tmp_path: Path) -> None:
    assert {s["payload"]["stream"] for s in auditing.seal(workspace, DAY)} == {"audit", "runs"}
    assert auditing.seal(workspace, DAY, tmp_path / "late.jsonl") == []
    assert len((tmp_path / "late.jsonl").read_text("utf-8").splitlines()) == 2
    states = {s.stream: s for s in auditing.verified(workspace)}
    assert (states["audit"].lines, states["audit"].sealed) == (LOOKS, LOOKS)
    assert states["audit"].sealed_on == DAY.isoformat()


def test_the_supplier_sees_who_looked_and_why(workspace: Workspace) -> None:
    with pytest.raises(NotAllowed):
        partner_risk(workspace, OUTSIDER, SUPPLIER, DAY, DAY)
    looks = auditing.who_looked(workspace, SELF, DAY)
    assert len(looks) == LOOKS // 2 + 1
    refused, seen = looks[0], looks[1]
    assert (refused.who, refused.allowed, refused.sight) == (OUTSIDER.organisation, False, "hidden")
    assert refused.name == "公司2"
    assert (seen.who, seen.role, seen.purpose) == (BANK_PARTY, "financier", "post_loan")
    assert (seen.purpose_zh, seen.action, seen.sight) == ("贷后管理", "partner risk", "amount")
    assert "C-1" in seen.rule
    assert seen.shown == runs.published(workspace).run_id
    assert len(auditing.who_looked(workspace, SELF, DAY, own=True)) == LOOKS + 3  # and two of these
    assert [k.seq for k in auditing.who_looked(workspace, SELF, DAY, limit=2, before=5)] == [4, 2]


def test_others_read_their_own_lines_only(workspace: Workspace) -> None:
    for viewer in (OUTSIDER, BANK_VIEWER, DESK, Viewer("member", BUYER, "self")):
        assert auditing.who_looked(workspace, viewer, DAY) == []
        last = list(workspace.store.journal("audit"))[-1]["payload"]
        assert (last["action"], last["subject"]) == ("who looked", viewer.organisation)
    with pytest.raises(NotAllowed):
        auditing.who_looked(workspace, Viewer("member", SUPPLIER, "supervision"), DAY)


def test_no_line_holds_an_amount_or_a_figure(workspace: Workspace) -> None:
    keys = {"role", "organisation", "purpose", "action", "subject", "allowed", "sight", "rule"}
    for line in workspace.store.journal("audit"):
        assert set(line["payload"]) == keys | {"shown"}
        assert not any(isinstance(value, float) for value in line["payload"].values())
