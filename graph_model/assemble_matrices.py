"""Matrices of a picture from statements, by `measures.csv`.

    sum_in_window   amounts of events within the window, added up
    in_force        amounts that hold on the day, added up
    open_balance    claims within the window less what settles them: a payment that names its
                    claim settles that one, the others settle the oldest claims of the pair first

Where several kinds speak of one pair the largest counts and is cited, so that a small invoice
cannot displace a large contract; a disagreement is kept as a finding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from graph_model.assemble_tables import Disagreement, KindTable
from graph_model.network import MISSING, Ints, Matrix
from graph_model.schema import Dictionary, Measure
from graph_model.snapshot import days_past, has_come, in_window

DISAGREEMENT_RATIO = 2
"""Kinds that speak of one pair are said to disagree when the largest is this many times another."""


@dataclass(frozen=True)
class Contributions:
    """Amounts of statements between pairs: what is added up to edges.

    Attributes
    ----------
    pair : array of int64
        row * n + column.
    amount : array of int64
        Fen.
    statement : array of int64
        Place among all statements of the picture.
    """

    pair: Ints
    amount: Ints
    statement: Ints


@dataclass(frozen=True)
class Sums:
    """Contributions added up: one entry per pair, ascending, with its statements."""

    pair: Ints
    amount: Ints
    indptr: Ints
    statement: Ints


@dataclass(frozen=True)
class OpenClaims:
    """What is still open of each claim of an `open_balance`: row, days and fen."""

    debtor: Ints
    due_on: Ints
    remaining: Ints


class MatrixBuilder:
    """Makes the matrices of one picture.

    Parameters
    ----------
    dictionary : Dictionary
        Holds the measures.
    tables : dict of str to KindTable
        Rows that count, by kind.
    node_of : dict of (kind, field) to array of int64
        Place of the party of every row.
    first_statement : dict of str to int
        Place of the first statement of a kind among all statements.
    nodes : int
        Number of nodes.
    day : datetime.date
        Day of the picture.
    """

    def __init__(
        self,
        dictionary: Dictionary,
        tables: Mapping[str, KindTable],
        node_of: Mapping[tuple[str, str], Ints],
        first_statement: Mapping[str, int],
        nodes: int,
        day: date,
    ) -> None:
        self.disagreements: list[Disagreement] = []
        self.open_claims: list[OpenClaims] = []
        self._dictionary = dictionary
        self._tables = tables
        self._node_of = node_of
        self._first = first_statement
        self._nodes = nodes
        self._day = day

    def matrix(self, measure: str) -> Matrix:
        """One matrix, with all its quantities on common edges."""
        sums = {
            quantity: self._quantity(measure, quantity)
            for quantity in self._dictionary.quantities(measure)
        }
        pairs = np.unique(np.concatenate([s.pair[s.amount > 0] for s in sums.values()]))
        quantities = {}
        cited: list[Contributions] = []
        for quantity, found in sums.items():
            amount = np.zeros(len(pairs), dtype=np.int64)
            place = np.searchsorted(pairs, found.pair)
            inside = place < len(pairs)
            inside[inside] = pairs[place[inside]] == found.pair[inside]
            amount[place[inside]] = found.amount[inside]
            quantities[quantity] = amount
            counts = np.diff(found.indptr)
            edge = np.repeat(np.where(inside, place, -1), counts)
            cited.append(Contributions(edge, edge, found.statement))
        edge = np.concatenate([c.pair for c in cited])
        statement = np.concatenate([c.statement for c in cited])
        width = int(statement.max(initial=0)) + 1
        together = np.unique(edge[edge >= 0] * width + statement[edge >= 0])
        edge, statement = np.divmod(together, width)
        indptr = np.zeros(self._nodes + 1, dtype=np.int64)
        np.cumsum(np.bincount(pairs // max(self._nodes, 1), minlength=self._nodes), out=indptr[1:])
        evidence_indptr = np.zeros(len(pairs) + 1, dtype=np.int64)
        np.cumsum(np.bincount(edge, minlength=len(pairs)), out=evidence_indptr[1:])
        return Matrix(
            indptr=indptr,
            indices=(pairs % max(self._nodes, 1)).astype(np.int32),
            quantities=quantities,
            evidence_indptr=evidence_indptr,
            evidence=statement,
        )

    def _quantity(self, measure: str, quantity: str) -> Sums:
        """Largest of what the kinds say, pair by pair."""
        rows = [
            m
            for m in self._dictionary.measures
            if m.measure == measure and m.quantity == quantity and m.aggregate != "settles"
        ]
        said = [added_up(self._contributions(row)) for row in rows]
        if len(said) == 1:
            return said[0]
        return self._largest(measure, [row.kind for row in rows], said)

    def _largest(self, measure: str, kinds: Sequence[str], said: Sequence[Sums]) -> Sums:
        pairs = np.unique(np.concatenate([s.pair for s in said]))
        amounts = np.zeros((len(said), len(pairs)), dtype=np.int64)
        for k, found in enumerate(said):
            amounts[k, np.searchsorted(pairs, found.pair)] = found.amount
        winner = amounts.argmax(axis=0)
        best = amounts.max(axis=0)
        others = np.where(amounts > 0, amounts, best)
        apart = np.flatnonzero(others.min(axis=0) * DISAGREEMENT_RATIO < best)
        for k in apart.tolist():
            heard = {kinds[i]: int(amounts[i, k]) for i in range(len(kinds)) if amounts[i, k] > 0}
            row, column = divmod(int(pairs[k]), self._nodes)
            self.disagreements.append(
                Disagreement(
                    about=f"{measure} {row} {column}",
                    counts=f"{kinds[winner[k]]} {best[k]}",
                    other="; ".join(f"{kind} {fen}" for kind, fen in heard.items()),
                    fields=("amount",),
                )
            )
        parts = []
        for k, found in enumerate(said):
            wins = winner[np.searchsorted(pairs, found.pair)] == k
            keep = np.repeat(wins, np.diff(found.indptr))
            owner = np.repeat(found.pair, np.diff(found.indptr))
            parts.append((owner[keep], found.statement[keep]))
        owner = np.concatenate([p[0] for p in parts])
        statement = np.concatenate([p[1] for p in parts])
        order = np.lexsort((statement, owner))
        indptr = np.zeros(len(pairs) + 1, dtype=np.int64)
        counts = np.bincount(np.searchsorted(pairs, owner), minlength=len(pairs))
        np.cumsum(counts, out=indptr[1:])
        return Sums(pairs, best, indptr, statement[order])

    def _contributions(self, row: Measure) -> Contributions:
        table = self._tables[row.kind]
        amount = table.first_known(row.amount)
        counts = (amount != MISSING) & table.holds(row.when)
        if row.less:
            less = table.ints(row.less)
            amount = np.maximum(amount - np.where(less == MISSING, 0, less), 0)
        if row.aggregate in ("sum_in_window", "open_balance"):
            event = table.days(table.kind.valid_from)
            counts &= in_window(self._day, row.window_months, event)
        from_, to = self._node_of[row.kind, row.row], self._node_of[row.kind, row.column]
        counts &= (from_ >= 0) & (to >= 0) & (from_ != to)
        pair = from_ * self._nodes + to
        if row.aggregate == "open_balance":
            amount = self._open(row, table, amount, counts, pair)
            self._note_open(row, table, amount, counts)
            counts &= amount > 0
        statement = self._first[row.kind] + np.arange(len(table), dtype=np.int64)
        return Contributions(pair[counts], amount[counts], statement[counts])

    def _open(
        self,
        row: Measure,
        claims: KindTable,
        amount: Ints,
        counts: npt.NDArray[np.bool_],
        pair: Ints,
    ) -> Ints:
        """What is left of each claim after credits (negative claims) and payments."""
        claim_day = claims.days(claims.kind.valid_from)
        credit = counts & (amount < 0)
        left = np.where(counts & ~credit, amount, 0)
        left = _oldest_first(left, pair, claim_day, pair[credit], -amount[credit])
        for settling in self._dictionary.measures:
            if settling.measure != row.measure or settling.aggregate != "settles":
                continue
            payments = self._tables[settling.kind]
            paid = payments.first_known(settling.amount)
            day = payments.days(payments.kind.valid_from)
            use = (paid != MISSING) & in_window(self._day, settling.window_months, day)
            named = _claim_named(payments, settling.names, claims)
            direct = use & (named >= 0)
            np.subtract.at(left, named[direct], paid[direct])
            from_ = self._node_of[settling.kind, settling.row]
            to = self._node_of[settling.kind, settling.column]
            free = use & (named < 0) & (from_ >= 0) & (to >= 0)
            free &= ~_names_something(payments, settling.names)
            left = _oldest_first(
                np.maximum(left, 0),
                *(pair, claim_day),
                *((from_ * self._nodes + to)[free], paid[free]),
            )
        return left

    def _note_open(
        self, row: Measure, table: KindTable, left: Ints, counts: npt.NDArray[np.bool_]
    ) -> None:
        due = [f.name for f in table.kind.fields if f.name == "due_on"]
        if due:
            open_ = counts & (left > 0)
            debtor = self._node_of[row.kind, row.row][open_]
            self.open_claims.append(OpenClaims(debtor, table.days("due_on")[open_], left[open_]))


def added_up(found: Contributions) -> Sums:
    """Add contributions up to one entry per pair; statements stay with their pair."""
    order = np.lexsort((found.statement, found.pair))
    pair, amount = found.pair[order], found.amount[order]
    first = np.ones(len(pair), dtype=bool)
    first[1:] = pair[1:] != pair[:-1]
    starts = np.flatnonzero(first)
    sums = np.add.reduceat(amount, starts) if len(starts) else np.zeros(0, np.int64)
    indptr = np.append(starts, len(pair)).astype(np.int64)
    return Sums(pair[starts], sums, indptr, found.statement[order])


def _claim_named(payments: KindTable, names: Sequence[str], claims: KindTable) -> Ints:
    """Place of the claim that each payment names by the parts of its key, -1 where none."""
    parts = [
        pc.replace_substring(pc.replace_substring(payments.table[n], "%", "%25"), "|", "%7C")
        for n in names
    ]
    keys = pc.binary_join_element_wise(*parts, "|")
    found = pc.index_in(keys, value_set=claims.table["key"].combine_chunks())
    return np.asarray(pc.fill_null(found, -1).to_numpy(), dtype=np.int64)


def _names_something(payments: KindTable, names: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Payments that name a claim, known or not: they settle no other."""
    last = payments.table[names[-1]]
    return np.asarray(pc.not_equal(last, "").to_numpy(zero_copy_only=False))


def _oldest_first(left: Ints, pair: Ints, day: Ints, paid_pair: Ints, paid: Ints) -> Ints:
    """Let payments that name no claim settle the oldest claims of their pair first."""
    if not len(paid):
        return left
    order = np.lexsort((day, pair))
    sorted_pair, sorted_left = pair[order], left[order]
    starts = np.ones(len(order), dtype=bool)
    starts[1:] = sorted_pair[1:] != sorted_pair[:-1]
    running = np.cumsum(sorted_left)
    before = np.where(starts, running - sorted_left, 0)
    within = running - np.maximum.accumulate(before)
    pairs, inverse = np.unique(paid_pair, return_inverse=True)
    totals = np.zeros(len(pairs), dtype=np.int64)
    np.add.at(totals, inverse, paid)
    place = np.minimum(np.searchsorted(pairs, sorted_pair), len(pairs) - 1)
    budget = np.where(pairs[place] == sorted_pair, np.maximum(totals[place], 0), 0)
    result = np.empty_like(left)
    result[order] = np.clip(within - budget, 0, sorted_left)
    return result


def overdue_on(day: date, claims: Sequence[OpenClaims], late: Ints) -> Ints:
    """Raise `late` to the most days that an open claim of each node is past due."""
    for claim in claims:
        known = (claim.due_on != MISSING) & has_come(day, claim.due_on)
        np.maximum.at(late, claim.debtor[known], days_past(day, claim.due_on[known]))
    return late
