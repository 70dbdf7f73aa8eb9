"""What a load changes in what is in force: first on `delta` alone, then through whole loads."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_model.errors import BadInput
from graph_model.schema import Kind, load_dictionary
from graph_model.snapshot import OPEN_DATE, Interval
from graph_model.statement import Row
from ingest.check import Stated
from ingest.delta import Delta, Evidence, delta, ending

LOAN, INVOICE, GUARANTEE = (
    load_dictionary().kind(name) for name in ("loan", "invoice", "guarantee")
)


class InForce:
    """Rows of one key that no load has closed; each statement comes in a load of its own."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.rows: list[Row] = []
        self.load = 0

    def say(self, day: str, value: str, until: str = OPEN_DATE) -> Delta:
        self.load += 1
        held = {"k": list(self.rows)}
        stated = [Stated(0, "k", Interval(day, until), (value,))]
        change = delta(self.kind, stated, held, {}, Evidence("me", self.load, 0, "f", [7]))
        gone = set(change.close)
        self.rows = [row for row in self.rows if row.row_id not in gone] + change.open
        self.rows.sort(key=lambda row: row.valid_from)
        assert self.rows == held["k"]
        return change

    @property
    def known(self) -> list[tuple[str, str, str]]:
        return [(row.valid_from, row.valid_to, str(row.values[0])) for row in self.rows]


class TestStates:
    def test_a_new_one_holds_from_its_day(self) -> None:
        loan = InForce(LOAN)
        loan.say("2026-09-30", "100")
        assert loan.known == [("2026-09-30", OPEN_DATE, "100")]

    def test_the_same_again_writes_nothing(self) -> None:
        loan = InForce(LOAN)
        loan.say("2026-09-30", "100")
        for day in ("2026-09-30", "2026-10-31"):
            assert loan.say(day, "100") == Delta()

    def test_a_later_extract_leaves_the_days_before_as_they_were(self) -> None:
        loan = InForce(LOAN)
        loan.say("2026-09-30", "100")
        loan.say("2026-10-31", "80")
        assert loan.known == [
            ("2026-09-30", "2026-10-31", "100"),
            ("2026-10-31", OPEN_DATE, "80"),
        ]

    def test_a_correction_of_the_same_day_replaces_it(self) -> None:
        loan = InForce(LOAN)
        loan.say("2026-09-30", "100")
        change = loan.say("2026-09-30", "90")
        assert loan.known == [("2026-09-30", OPEN_DATE, "90")]
        assert [row_id.tx_from for row_id in change.close] == [1]

    def test_an_earlier_extract_that_comes_late_holds_until_the_next(self) -> None:
        loan = InForce(LOAN)
        loan.say("2026-10-31", "80")
        loan.say("2026-09-30", "100")
        assert loan.known == [
            ("2026-09-30", "2026-10-31", "100"),
            ("2026-10-31", OPEN_DATE, "80"),
        ]

    def test_one_that_comes_late_between_two_divides_the_first(self) -> None:
        loan = InForce(LOAN)
        for day, balance in (("2026-08-31", "100"), ("2026-10-31", "80"), ("2026-09-30", "90")):
            loan.say(day, balance)
        assert loan.known == [
            ("2026-08-31", "2026-09-30", "100"),
            ("2026-09-30", "2026-10-31", "90"),
            ("2026-10-31", OPEN_DATE, "80"),
        ]

    def test_days_that_stay_keep_their_evidence(self) -> None:
        loan = InForce(LOAN)
        loan.say("2026-09-30", "100")
        loan.say("2026-10-31", "80")
        assert [(row.load, row.tx_from) for row in loan.rows] == [(1, 2), (2, 2)]

    @given(
        st.lists(
            st.tuples(st.integers(1, 9).map(lambda n: f"2026-0{n}-01"), st.sampled_from("abc")),
            min_size=1,
            max_size=12,
        )
    )
    def test_intervals_are_disjoint_and_the_last_again_changes_nothing(
        self, said: list[tuple[str, str]]
    ) -> None:
        loan = InForce(LOAN)
        for day, balance in said:
            loan.say(day, balance)
            assert [b for start, end, b in loan.known if start <= day < end] == [balance]
        for (_, end, _), (start, _, _) in zip(loan.known, loan.known[1:], strict=False):
            assert end <= start
        assert all(start < end for start, end, _ in loan.known)
        assert loan.say(*said[-1]) == Delta()


@pytest.mark.parametrize("kind", [INVOICE, GUARANTEE], ids=["event", "period"])
class TestEventsAndPeriods:
    def test_the_same_again_writes_nothing(self, kind: Kind) -> None:
        fact = InForce(kind)
        fact.say("2026-05-01", "a", "2027-05-01")
        assert fact.say("2026-05-01", "a", "2027-05-01") == Delta()

    def test_a_correction_replaces_the_whole(self, kind: Kind) -> None:
        fact = InForce(kind)
        fact.say("2026-05-01", "a", "2027-05-01")
        fact.say("2026-06-01", "b", "2028-06-01")
        assert fact.known == [("2026-06-01", "2028-06-01", "b")]


def ended(kind: Kind, row: tuple[str, str], period: tuple[str, str], day: str) -> Any:
    held = Row("me", "k", *row, 1, 2, 1, 0, 7, ("a",))
    found, spoken_of = ending(kind, [held], lambda _row: False, Interval(*period), day)
    return spoken_of, [rest and (rest.valid_from, rest.valid_to) for _, rest in found]


def test_an_event_vanishes_when_its_day_is_in_the_period() -> None:
    year = ("2025-11-01", "2026-11-01")
    assert ended(INVOICE, ("2026-05-01", OPEN_DATE), year, "2026-10-31") == (1, [None])
    assert ended(INVOICE, ("2025-10-31", OPEN_DATE), year, "2026-10-31") == (0, [])
    assert ended(INVOICE, ("2026-11-01", OPEN_DATE), year, "2026-10-31") == (0, [])


@pytest.mark.parametrize("kind", [LOAN, GUARANTEE], ids=["state", "period"])
def test_a_state_or_period_ends_on_the_day_of_the_extract(kind: Kind) -> None:
    year = ("2025-11-01", "2026-11-01")
    begun_before = ended(kind, ("2026-05-01", OPEN_DATE), year, "2026-10-31")
    assert begun_before == (1, [("2026-05-01", "2026-10-31")])
    assert ended(kind, ("2026-10-31", OPEN_DATE), year, "2026-10-31") == (1, [None])
    assert ended(kind, ("2026-11-01", OPEN_DATE), year, "2026-10-31") == (0, [])
    assert ended(kind, ("2026-01-01", "2026-10-31"), year, "2026-10-31") == (0, [])


# --- whole loads ----------------------------------------------------------------------------

Invoices = Callable[..., list[str]]
LOANS = {"reading": 'kind = "loan"', "extract": "full"}


def numbers(member: Any, kind: str = "invoice", field: str = "invoice_no") -> list[str]:
    return sorted(row[field] for row in member.known(kind))


def test_a_full_extract_closes_an_event_that_it_no_longer_says(
    member: Any, invoices: Invoices
) -> None:
    member.loads_only("a.csv", *invoices(("1", "5"), ("2", "6")), extract="full")
    member.sends("a.csv", *invoices(("1", "5")), extract="full")
    assert member.load(allow_shrink=True).files[0].closed == 1
    assert numbers(member) == ["1"]


def test_a_full_extract_leaves_events_outside_its_period_alone(
    member: Any, invoices: Invoices
) -> None:
    member.loads_only("a.csv", *invoices(("1", "5", "2025-12-01"), ("2", "6")), extract="full")
    half = ("2026-01-01", "2026-07-01")
    member.loads_only("b.csv", *invoices(("2", "6")), extract="full", period=half)
    assert numbers(member) == ["1", "2"]


def test_a_full_extract_ends_a_loan_and_a_delta_does_not(member: Any, loans: Invoices) -> None:
    member.loads_only("a.csv", *loans(L1="5", L2="6"), as_of="2026-09-30", **LOANS)
    member.loads_only("b.csv", *loans(L1="5"), reading='kind = "loan"', as_of="2026-10-31")
    assert numbers(member, "loan", "loan_no") == ["L1", "L2"]
    member.sends("b.csv", *loans(L1="5"), as_of="2026-10-31", **LOANS).load(allow_shrink=True)
    rows = {row["loan_no"]: (row["valid_from"], row["valid_to"]) for row in member.known("loan")}
    assert rows == {"L1": ("2026-09-30", OPEN_DATE), "L2": ("2026-09-30", "2026-10-31")}


def test_more_than_a_twentieth_less_needs_a_word(member: Any, invoices: Invoices) -> None:
    rows = [(str(n), "5") for n in range(100)]
    member.loads_only("a.csv", *invoices(*rows), extract="full")
    member.sends("a.csv", *invoices(*rows[:95]), extract="full").load()
    assert len(numbers(member)) == 95
    member.sends("a.csv", *invoices(*rows[:90]), extract="full")
    with pytest.raises(BadInput, match=r"a\.csv, 发票 .*no longer names 5 of 95 .*--allow-shrink"):
        member.load()
    assert len(numbers(member)) == 95
    member.load(allow_shrink=True)
    assert len(numbers(member)) == 90


WRONG = {
    "an amount that is none": "{a},1,{b},2026-05-01,many",
    "a day that is none": "{a},1,{b},2026-02-30,5",
    "no day at all": "{a},1,{b},,5",
    "a wrong number of cells": "{a},1,{b},2026-05-01",
    "a wrong code in its key": "{a}X,1,{b},2026-05-01,5",
}


@pytest.mark.parametrize("row", WRONG.values(), ids=WRONG.keys())
def test_what_a_row_kept_aside_names_is_not_ended(
    member: Any, invoices: Invoices, codes: tuple[str, str, str], row: str
) -> None:
    member.loads_only("a.csv", *invoices(("1", "5"), ("2", "6")), extract="full")
    lines = [*invoices(("2", "6")), row.format(a=codes[0], b=codes[1])]
    assert member.sends("a.csv", *lines, extract="full").load().files[0].closed == 0
    assert numbers(member) == ["1", "2"]


def test_a_guarantee_that_ends_before_it_starts_is_kept_aside_and_named(
    member: Any, codes: tuple[str, str, str]
) -> None:
    header = "guarantor,guarantee_no,borrower,starts_on,ends_on,cover"
    a, b, _ = codes
    full = {"reading": 'kind = "guarantee"', "extract": "full"}
    member.loads_only("g.csv", header, f"{a},1,{b},2026-01-01,2027-01-01,5", **full)
    member.sends("g.csv", header, f"{a},1,{b},2026-01-01,2025-01-01,5", **full).load()
    assert [row["valid_to"] for row in member.known("guarantee")] == ["2027-01-01"]
    assert member.rules() == [(2, "quarantine", "担保到期日 is not after 担保起始日 2026-01-01")]


class TestTwoRowsOfOneLoad:
    def test_an_exact_repeat_is_nothing_new(self, member: Any, invoices: Invoices) -> None:
        report = member.loads_only("a.csv", *invoices(("1", "5"), ("1", "5")))
        assert (report.files[0].accepted, report.files[0].opened) == (2, 1)
        assert member.rules() == []

    def test_the_second_that_says_otherwise_is_kept_aside(
        self, member: Any, invoices: Invoices
    ) -> None:
        member.loads_only("a.csv", *invoices(("1", "5"), ("2", "9"), ("1", "6")))
        (found,) = member.rules()
        assert found[:2] == (4, "quarantine")
        assert found[2].endswith("says otherwise of the same 发票 than line 2")
        assert [row["amount"] for row in member.known("invoice")] == [500, 900]

    def test_so_it_is_when_the_file_is_loaded_again(self, member: Any, invoices: Invoices) -> None:
        member.loads_only("a.csv", *invoices(("1", "5"), ("1", "6")))
        report = member.load()
        assert (report.load, report.files[0].quarantined) == (0, 1)
        assert [row["amount"] for row in member.known("invoice")] == [500]

    def test_so_it_is_between_two_files(self, member: Any, invoices: Invoices) -> None:
        member.sends("a.csv", *invoices(("1", "5"))).sends("b.csv", *invoices(("1", "6"))).load()
        ((line, _, rule),) = member.rules()
        assert line == 2
        assert rule.endswith("than line 2 of a.csv")

    def test_a_later_load_corrects_and_does_not_contradict(
        self, member: Any, invoices: Invoices
    ) -> None:
        member.loads_only("a.csv", *invoices(("1", "5")))
        member.loads_only("a.csv", *invoices(("1", "6")))
        assert [row["amount"] for row in member.known("invoice")] == [600]
        assert member.rules() == []

    def test_states_of_different_days_do_not_contradict(self, member: Any, loans: Invoices) -> None:
        member.sends("oct.csv", *loans(L1="4"), as_of="2026-10-31", **LOANS)
        member.sends("sep.csv", *loans(L1="5", L2="6"), as_of="2026-09-30", **LOANS)
        member.load(allow_shrink=True)
        rows = sorted(
            (row["loan_no"], row["valid_from"], row["valid_to"], row["balance"])
            for row in member.known("loan")
        )
        assert rows == [
            ("L1", "2026-09-30", "2026-10-31", 500),
            ("L1", "2026-10-31", OPEN_DATE, 400),
            ("L2", "2026-09-30", "2026-10-31", 600),
        ]
        assert member.load(allow_shrink=True).load == 0


class TestParties:
    HEADER = "code,name,n,buyer,day,amount"
    MAPPING = """
        name = "invoices that name their sellers"
        [[statement]]
        kind = "invoice"
        [statement.fields]
        seller = { column = "code" }
        invoice_no = { column = "n" }
        buyer = { column = "buyer" }
        issued_on = { column = "day" }
        amount = { column = "amount" }
        [[statement]]
        kind = "party"
        repeats = "first"
        [statement.fields]
        party = { column = "code" }
        name = { column = "name" }
        kind = { constant = "enterprise" }
    """

    def rows(self, codes: tuple[str, str, str], *names: str) -> list[str]:
        day = "2026-05-01"
        return [
            self.HEADER,
            *(f"{codes[0]},{name},{n},{codes[1]},{day},5" for n, name in enumerate(names)),
        ]

    def test_the_first_name_stands_and_stands_when_loaded_again(
        self, member: Any, codes: tuple[str, str, str]
    ) -> None:
        reading = member.maps("named.toml", self.MAPPING)
        member.loads_only("a.csv", *self.rows(codes, "甲", "甲公司", "甲"), reading=reading)
        assert [row["name"] for row in member.known("party")] == ["甲"]
        assert member.rules() == []
        assert member.load().load == 0

    def test_that_a_full_extract_does_not_mention_somebody_ends_nothing(
        self, member: Any, codes: tuple[str, str, str]
    ) -> None:
        reading = member.maps("named.toml", self.MAPPING)
        full = {"reading": reading, "extract": "full"}
        member.loads_only("a.csv", *self.rows(codes, "甲"), **full)
        other = self.rows((codes[2], *codes[:2]), "丙")
        member.sends("a.csv", *other, **full).load(allow_shrink=True)
        assert sorted(row["name"] for row in member.known("party")) == ["丙", "甲"]
        assert len(member.known("invoice")) == 1

    def test_a_list_counts_before_mentions_whatever_the_order_of_the_files(
        self, member: Any, codes: tuple[str, str, str]
    ) -> None:
        reading = member.maps("named.toml", self.MAPPING)
        member.sends("a.csv", *self.rows(codes, "甲"), reading=reading)
        listed = f"{codes[0]},甲（示例）有限公司,enterprise"
        kind = {"reading": 'kind = "party"', "extract": "full"}
        member.sends("parties.csv", "party,name,kind", listed, **kind).load()
        assert [row["name"] for row in member.known("party")] == ["甲（示例）有限公司"]
        assert member.load().load == 0


def test_two_full_files_of_one_day_are_one_list(member: Any, loans: Invoices) -> None:
    member.sends("a.csv", *loans(L1="5"), **LOANS).sends("b.csv", *loans(L2="6"), **LOANS)
    member.load()
    assert numbers(member, "loan", "loan_no") == ["L1", "L2"]
    assert member.load().load == 0
