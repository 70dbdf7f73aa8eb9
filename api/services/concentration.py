"""Where a lender's balances gather: by chain, sector, guarantor, carrier; and its limits.

Sector, chain and holdings are public. Guarantees count where the lender is their creditor, their
guarantor chose to publish them, or a side let the lender see them; carriage where the borrower did.
What may not be named stands as one undisclosed group.
"""

from dataclasses import dataclass
from datetime import date as Day  # noqa: N812 (a field below is called date)

import numpy as np

from algorithms.concentration import Concentration, concentration
from algorithms.control_groups import control_groups
from algorithms.guarantee_circles import guarantee_circles
from algorithms.sectors import division
from api.services.assessment import Assessment
from api.services.counting import counted
from api.services.exposure import Book, book_of, sees_figure
from api.services.lender_views import assessment_for
from api.services.loan_book import Upload, own_book
from api.services.rights import rights_of
from api.services.runs import pack_folders
from api.services.workspace import Workspace
from graph_model.assemble_tables import KindTable
from graph_model.network import MISSING, CreditNetwork, Ints
from policy.limits import Held, held, limits_of
from policy.pack import Pack, pack_in_force
from policy.visibility import Ref, Rights, Sight, Viewer, decide, row_ref

UNKNOWN, UNDISCLOSED = "unknown", "undisclosed"
LISTED = 20


@dataclass(frozen=True)
class Concentrations:
    """Shares of all matched balances, by four groupings; guarantors and carriers overlap.

    `names` has the names in Chinese of the keys.
    """

    lender: str
    upload: int
    date: Day
    run_id: str
    direct_fen: int
    by_chain: Concentration
    by_sector: Concentration
    by_guarantor: Concentration
    by_carrier: Concentration
    names: dict[str, str]


@dataclass(frozen=True)
class HeldGroup:
    """Borrowers held together against a limit.

    Attributes
    ----------
    parties : tuple of (str, str)
        Borrowers of the book among the members: party id and name.
    heads : tuple of str
        Names of those who control the group; for a circle none.
    shape : str
        Of a circle: mutual, ring or web.
    """

    parties: tuple[tuple[str, str], ...]
    heads: tuple[str, ...]
    shape: str
    held: Held


@dataclass(frozen=True)
class Limits:
    """Largest single names, groups of one control and guarantee circles against the capital.

    `capital_source` says where the capital comes from, or why it is not known.
    """

    lender: str
    upload: int
    date: Day
    run_id: str
    pack: str
    capital_fen: int | None
    capital_source: str
    singles: tuple[HeldGroup, ...]
    groups: tuple[HeldGroup, ...]
    circles: tuple[HeldGroup, ...]


@dataclass(frozen=True)
class _Opened:
    """A lender's own book, opened."""

    workspace: Workspace
    viewer: Viewer
    upload: Upload
    assessment: Assessment
    book: Book
    rights: Rights

    @property
    def network(self) -> CreditNetwork:
        """The lender's own picture."""
        return self.assessment.network

    def table(self, kind: str) -> KindTable:
        """Statements of a kind that count in the lender's picture."""
        head = self.workspace.store.head()
        lender = self.viewer.organisation
        return counted(self.workspace, kind, self.network.valid_date, head, lender=lender)


def concentrations(
    workspace: Workspace, viewer: Viewer, day: Day | None, today: Day
) -> Concentrations:
    """Answer where the lender's balances gather; arguments and errors as `exposure`."""
    asked = _opened(workspace, viewer, day, today, "concentration of the loan book")
    book, network = asked.book, asked.network
    names: dict[str, str] = {}
    owed = np.array([book.balance_of(p) for p in book.parties], np.int64)
    places = np.arange(len(owed), dtype=np.int64)
    sectors = [_sector(asked, p, names) for p in book.parties]
    chains = _chains(asked)
    chain = [chains.get(p, UNKNOWN) for p in book.parties]
    whole = book.direct_fen
    return Concentrations(
        lender=asked.upload.lender,
        upload=asked.upload.number,
        date=network.valid_date,
        run_id=asked.assessment.run_id,
        direct_fen=whole,
        by_chain=concentration(chain, owed, places, whole, overlapping=False),
        by_sector=concentration(sectors, owed, places, whole, overlapping=False),
        by_guarantor=_overlapping(_guarantors(asked, names), whole),
        by_carrier=_overlapping(_carriers(asked, names), whole),
        names=names,
    )


def limits(workspace: Workspace, viewer: Viewer, day: Day | None, today: Day) -> Limits:
    """Hold the book against the limits; arguments and errors as `exposure`."""
    asked = _opened(workspace, viewer, day, today, "limits of the loan book")
    shipped, own = pack_folders(workspace.settings, "limits")
    pack = pack_in_force(shipped, today, own)
    capital, source = _capital(asked)
    kind = "guarantor" if _kind(asked) == "guarantor" else "lender"
    near = pack.number("near_share", 0, 1)
    stated = limits_of(pack, kind)

    def against(name: str, members: list[str], heads: tuple[str, ...], shape: str) -> HeldGroup:
        balance = sum(map(asked.book.balance_of, members))
        named = tuple((p, asked.book.lines[p][0].match.name) for p in members)
        return HeldGroup(named, heads, shape, held(stated[name], balance, capital, near))

    singles = [against("single", [party], (), "") for party in asked.book.parties[:LISTED]]
    groups = [
        against("group", members, heads, "") for members, heads in _groups(asked, pack) if members
    ]
    circles = [
        against("circle", members, (), shape) for members, shape in _circles(asked) if members
    ]
    return Limits(
        lender=asked.upload.lender,
        upload=asked.upload.number,
        date=asked.network.valid_date,
        run_id=asked.assessment.run_id,
        pack=pack.reference,
        capital_fen=capital,
        capital_source=source,
        singles=tuple(singles),
        groups=_largest(groups),
        circles=_largest(circles),
    )


def _opened(
    workspace: Workspace, viewer: Viewer, day: Day | None, today: Day, action: str
) -> _Opened:
    upload = own_book(workspace, viewer, today, action)
    assessment = assessment_for(workspace, viewer, day)
    book = book_of(upload, assessment.network)
    rights = rights_of(workspace, today, assessment)
    return _Opened(workspace, viewer, upload, assessment, book, rights)


def _largest(groups: list[HeldGroup]) -> tuple[HeldGroup, ...]:
    return tuple(sorted(groups, key=lambda g: (-g.held.balance_fen, g.parties)))[:LISTED]


def _sector(asked: _Opened, party: str, names: dict[str, str]) -> str:
    place = asked.book.place[party]
    code = None if place is None else division(asked.network.text("sector", place))
    row = asked.workspace.dictionary.codes("gbt4754").get(code or "")
    if code is None or row is None:
        return UNKNOWN
    names[code] = row.zh
    return code


def _chains(asked: _Opened) -> dict[str, str]:
    """Chain of each borrower: as the picture states it, else the alliance it is a member of."""
    table = asked.table("membership")
    pairs = zip(table.texts("party"), table.texts("alliance"), strict=True)
    found = dict(sorted(pairs, reverse=True))  # of several alliances the first by name
    for party in asked.book.parties:
        place = asked.book.place[party]
        if place is not None and (stated := asked.network.text("chain", place)):
            found[party] = stated
    return found


Weighted = list[tuple[str, int, int]]
"""(key of the group, fen, place of the borrower in the book)."""


def _overlapping(rows: Weighted, whole: int) -> Concentration:
    amounts = np.array([row[1] for row in rows], np.int64)
    borrowers = np.array([row[2] for row in rows], np.int64)
    return concentration([row[0] for row in rows], amounts, borrowers, whole, overlapping=True)


def _guarantees(asked: _Opened) -> list[tuple[str, str, int, bool]]:
    """(guarantor, borrower, cover, whether the lender is its creditor) of what it may see."""
    table = asked.table("guarantee")
    kind, found = table.kind, []
    lender = asked.viewer.organisation
    for row in table.table.select(list(kind.field_names)).to_pylist():
        public = row["is_public"] not in (None, MISSING, 0)
        ref = row_ref(kind, {**row, "is_public": public})
        if decide(asked.viewer, ref, asked.rights).sight == Sight.AMOUNT:
            ours = row["creditor"] == lender
            found.append((row["guarantor"], row["borrower"], int(row["cover"]), ours or public))
    return found


def _guarantors(asked: _Opened, names: dict[str, str]) -> Weighted:
    """Balances by who guarantees them, up to the cover."""
    place = {party: k for k, party in enumerate(asked.book.parties)}
    cover: dict[tuple[str, str], int] = {}
    own: set[str] = set()
    for guarantor, borrower, amount, told in _guarantees(asked):
        if borrower in place:
            cover[guarantor, borrower] = cover.get((guarantor, borrower), 0) + amount
            own |= {guarantor} if told else set()
    rows: Weighted = []
    for (guarantor, borrower), amount in sorted(cover.items()):
        key = _named(asked, guarantor, names, told=guarantor in own)
        rows.append((key, min(amount, asked.book.balance_of(borrower)), place[borrower]))
    return rows


def _carriers(asked: _Opened, names: dict[str, str]) -> Weighted:
    """Balances by who carries for the borrowers, in proportion to the goods carried."""
    carriage = asked.network.matrices["carriage"]
    amount = np.where(carriage.amount == MISSING, 0, carriage.amount)
    rows: Weighted = []
    for k, party in enumerate(asked.book.parties):
        place = asked.book.place[party]
        ref = Ref(asked.rights.class_of_layer("logistics"), (party,))
        if place is None or decide(asked.viewer, ref, asked.rights).sight < Sight.AMOUNT:
            continue
        edges = np.flatnonzero((carriage.indices == place) & (amount > 0))
        whole = int(amount[edges].sum())
        for edge in edges.tolist():
            carrier = asked.network.party_id[carriage.rows[edge]].decode()
            part = asked.book.balance_of(party) * int(amount[edge]) // whole
            rows.append((_named(asked, carrier, names, told=False), part, k))
    return rows


def _named(asked: _Opened, party: str, names: dict[str, str], *, told: bool) -> str:
    """Key of a party as a group: its id where it may be named, else the undisclosed group."""
    if asked.rights.personal(party):
        return UNDISCLOSED
    if not told and not sees_figure(asked.viewer, party, asked.rights):
        return UNDISCLOSED
    place = asked.network.place(party)
    names[party] = "" if place is None else asked.network.text("name", place)
    return party


def _groups(asked: _Opened, pack: Pack) -> list[tuple[list[str], tuple[str, ...]]]:
    """Borrowers under one control, two or more, with the names of those who control them."""
    table = asked.table("ownership")
    owners, owned = (table.parties(role) for role in ("owner", "owned"))
    network = asked.network
    share = np.asarray(table.table["share"].to_numpy(), dtype=np.float64)

    def at(parties: tuple[list[str], Ints]) -> Ints:
        names, rows = parties
        places = [network.place(name) for name in names]
        known = np.array([-1 if k is None else k for k in places] + [-1], np.int64)
        return known[rows]

    giver, taker = at(owners), at(owned)
    known = (giver >= 0) & (taker >= 0)
    least = pack.number("control_least_share", 0, 0.5)
    found = []
    for group in control_groups(giver[known], taker[known], share[known], least_share=least):
        members = _borrowers(asked, group.parties)
        heads = tuple(
            network.text("name", k)
            for k in group.heads
            if not asked.rights.personal(network.party_id[k].decode())
        )
        if len(members) > 1:
            found.append((members, heads))
    return found


def _circles(asked: _Opened) -> list[tuple[list[str], str]]:
    """Borrowers in one guarantee circle, with its shape, from the guarantees it may see."""
    place = asked.network.place
    pairs = [(place(g), place(b)) for g, b, _, _ in _guarantees(asked)]
    known = [(g, b) for g, b in pairs if g is not None and b is not None]
    givers, takers = (np.array([pair[k] for pair in known], np.int64) for k in (0, 1))
    return [
        (_borrowers(asked, circle.parties), circle.shape)
        for circle in guarantee_circles(givers, takers)
    ]


def _borrowers(asked: _Opened, places: tuple[int, ...]) -> list[str]:
    """Those of some parties that borrow from the lender, the largest balance first."""
    wanted = {asked.network.party_id[k].decode() for k in places}
    return [party for party in asked.book.parties if party in wanted]


def _kind(asked: _Opened) -> str:
    place = asked.network.place(asked.viewer.organisation)
    return "" if place is None else asked.network.text("kind", place)


def _capital(asked: _Opened) -> tuple[int | None, str]:
    """Capital that the lender states with its book, else from its accounts, and where from."""
    if asked.upload.capital_fen is not None:
        return asked.upload.capital_fen, f"stated with upload {asked.upload.number}"
    place = asked.network.place(asked.viewer.organisation)
    known = MISSING if place is None else int(asked.network.columns["capital"][place])
    if known == MISSING or known <= 0:
        return None, "not known: state it with the book, or send the lender's accounts"
    return known, "equity in the lender's latest accounts"
