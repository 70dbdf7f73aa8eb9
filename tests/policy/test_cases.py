"""One case engine: states by the tables, folded from events, seen as of two dates."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stating import DAY, party

from graph_model.errors import BadInput, NotAllowed
from graph_model.schema import load_dictionary
from graph_model.snapshot import Snapshot
from policy.case_rules import CaseRules, days_left
from policy.cases import Case, CaseEvent, Target, as_of, folded, link_of, taken_out, targeted
from policy.pack import read_pack
from policy.standing import ENDINGS, NO_JOINING

A, B, C = (party(n) for n in (1, 2, 3))
FOLDER = Path(__file__).parent.parent.parent / "policy" / "packs" / "cases" / "huangpu" / "0.1"
RULES = CaseRules.of(read_pack(FOLDER))
DICTIONARY = load_dictionary()
STATEMENT = Target("statement", f"invoice:bank-a:{A}|1")
LINK = Target("link", f"payable:{B}:{A}")


def step(
    seq: int,
    action: str,
    case: Case | None = None,
    target: Target = STATEMENT,
    day: date = DAY,
    tx: int = 1,
    kind: str = "objection",
) -> CaseEvent:
    was = case.last.state if case else ""
    found = next(t for t in RULES.from_state(kind, was) if t.action == action)
    due = found.due_on(day, case.last.due_on if case else "")
    number = case.opened.case if case else seq
    return CaseEvent(
        *(seq, number, "2026-11-01T00:00:00+00:00", day.isoformat(), tx, kind, action, was),
        *(found.to, target, A, (A, B), "member", A, found.effect, found.reason, found.clause),
        *(due, "", RULES.reference),
    )


def one(*events: CaseEvent) -> Case:
    (case,) = folded(events).values()
    return case


def test_an_objection_has_twenty_days() -> None:
    case = one(step(1, "open", day=date(2026, 10, 31)))
    assert case.last.due_on == "2026-11-20"
    assert [days_left(case, date(2026, 11, day)) for day in (1, 20, 21)] == [19, 0, -1]
    marked = one(*case.events, step(2, "mark", case, day=date(2026, 11, 5)))
    assert marked.last.due_on == "2026-11-20"
    ended = one(*marked.events, step(3, "reject", marked))
    assert (ended.last.due_on, days_left(ended, DAY)) == ("", None)


@pytest.mark.parametrize(
    ("actions", "effect"),
    [
        (("open",), "all"),
        (("open", "mark"), "all"),
        (("open", "reject"), "no"),
        (("open", "mark", "withdraw"), "no"),
        (("open", "uphold"), "all"),
        (("open", "uphold", "correct"), "known_when_opened"),
        (("open", "reject", "reopen"), "all"),
    ],
)
def test_what_an_objection_takes_out(actions: tuple[str, ...], effect: str) -> None:
    case = one(step(1, actions[0]))
    for seq, action in enumerate(actions[1:], start=2):
        case = one(*case.events, step(seq, action, case))
    assert case.last.effect == effect
    found = taken_out([case], DICTIONARY)
    assert len(found) == (effect != "no")
    if found:
        assert found[0].cells == {"source": "bank-a", "key": f"{A}|1"}
        assert found[0].clause == "征信业管理条例 Art. 25; objection-1"
        assert found[0].upto == (1 if effect == "known_when_opened" else None)


def test_a_repair_ends_what_every_source_says_of_the_record() -> None:
    record = Target("statement", f"credit_record:court:{A}|R:1")
    asked = one(step(1, "open", target=record, kind="repair"))
    assert taken_out([asked], DICTIONARY) == []
    granted = one(*asked.events, step(2, "grant", asked, record, kind="repair"))
    (found,) = taken_out([granted], DICTIONARY)
    assert (found.kind, found.cells) == ("credit_record", {"key": f"{A}|R:1"})
    assert found.reason == "repaired"


def test_a_link_is_all_statements_of_its_measure() -> None:
    case = one(step(1, "open", target=LINK))
    assert {(t.kind, tuple(sorted(t.cells.items()))) for t in taken_out([case], DICTIONARY)} == {
        ("invoice", (("buyer", B), ("seller", A))),
        ("payment", (("payee", A), ("payer", B))),
    }
    (loan,) = targeted(
        one(step(1, "open", target=Target("link", f"loan:{A}:{B}"))), DICTIONARY, "all"
    )
    assert loan.cells == {"lender": A, "borrower": B}


@pytest.mark.parametrize("text", ["payable", "friend:a:b", f"payable:{A}", "payable:x:y", ""])
def test_what_is_no_link_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        link_of(text, DICTIONARY)


def test_two_desks_at_once_one_is_overtaken() -> None:
    opened = one(step(1, "open"))
    first, second = step(2, "uphold", opened), step(3, "reject", opened)
    assert one(*opened.events, first, second).last.state == "upheld"


def test_who_may_take_a_step() -> None:
    assert RULES.step("objection", "", "open", {"side"}).to == "open"
    assert RULES.step("objection", "open", "uphold", {"official"}).to == "upheld"
    for standing_in in ({"side", "objector", "member"}, {"financier"}, set[str]()):
        with pytest.raises(NotAllowed, match="desk"):
            RULES.step("objection", "open", "uphold", standing_in)
    with pytest.raises(NotAllowed):
        RULES.step("objection", "open", "withdraw", {"official"})
    with pytest.raises(BadInput, match="mark, withdraw, reject, uphold, correct"):
        RULES.step("objection", "open", "grant", {"official"})


def test_every_state_of_the_tables_can_be_reached_and_every_effect_has_a_reason() -> None:
    for kind in RULES.kinds:
        states, at = {""}, [""]
        while at:
            new = {t.to for t in RULES.from_state(kind, at.pop())} - states
            states |= new
            at += new
        assert states == {t.was for t in RULES.transitions if t.kind == kind} | {
            t.to for t in RULES.transitions if t.kind == kind
        }
    assert all(t.clause and t.zh and t.en for t in RULES.transitions)
    assert all(bool(t.reason) == (t.effect != "no") for t in RULES.transitions)


def test_an_event_is_read_again_from_its_line() -> None:
    opened = one(step(7, "open", target=LINK))
    later = step(9, "mark", opened)
    for event in (opened.opened, later):
        line = {"seq": event.seq, "at": event.at, "payload": event.payload()}
        assert CaseEvent.of(line) == event


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=12), st.data())
def test_what_comes_later_changes_no_earlier_day(
    later: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Days and loads only grow; whatever is appended, an earlier view folds to the same."""
    events: list[CaseEvent] = []
    day, tx = DAY, 1
    views: list[tuple[Snapshot, dict[int, Case]]] = []
    for more_days, more_loads in later:
        if more_days or more_loads:
            views.append((Snapshot(day, tx), as_of(events, Snapshot(day, tx))))
        day, tx = day + timedelta(days=more_days), tx + more_loads
        cases = [None, *folded(events).values()]
        case = data.draw(st.sampled_from(cases))
        steps = RULES.from_state("objection", case.last.state if case else "")
        if steps:
            action = data.draw(st.sampled_from(steps)).action
            events.append(step(len(events) + 1, action, case, day=day, tx=tx))
    for snapshot, seen in views:
        assert as_of(events, snapshot) == seen


def test_the_page_of_cases_names_every_reason() -> None:
    page = (FOLDER.parents[4] / "docs" / "cases.md").read_text(encoding="utf-8")
    reasons = {t.reason for t in RULES.transitions} | {reason for _, reason, _ in ENDINGS}
    for word in (reasons - {""}) | {NO_JOINING[0]} | {t.to for t in RULES.transitions}:
        assert f"`{word}`" in page
