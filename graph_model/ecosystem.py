"""The ecosystem: eight links times three chains, each cell a count over one kind of statement.

    生产 物流 销售 融资 担保 风险补偿 政府监管 司法保护  x  供应链 产业链 物流链

`dictionary/ecosystem.csv` says for every cell which kind it counts, whose statements (`parties`),
under which conditions (`where`), and which amount it adds up. A condition is `field=one two` or
`field!=one two` (nothing after it means missing); `role.section`, `role.kind` and `role.trades`
ask about the party in a role. A cell without a kind has no source.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from graph_model.assemble_tables import KindTable
from graph_model.errors import BadInput
from graph_model.network import MISSING, CreditNetwork, Ints
from graph_model.schema import DICTIONARY_FOLDER, Code, Dictionary
from graph_model.snapshot import in_window

ATTRIBUTES = ("section", "kind", "trades")

Mask = npt.NDArray[np.bool_]
Attribute = Callable[[Sequence[str]], npt.NDArray[np.str_]]
"""What is asked about parties, by their ids; "" where it is not known."""


@dataclass(frozen=True)
class Condition:
    """A test on a field, or on an attribute of the party in a role."""

    field: str
    attribute: str
    wanted: tuple[str, ...]
    negate: bool


@dataclass(frozen=True)
class EcosystemCell:
    """One row of `ecosystem.csv`."""

    link: str
    link_zh: str
    link_en: str
    chain: str
    chain_zh: str
    chain_en: str
    kind: str
    parties: tuple[str, ...]
    where: tuple[Condition, ...]
    amount: str
    window_months: int | None
    gap_zh: str
    gap_en: str


@dataclass(frozen=True)
class Counted:
    """What a cell holds.

    Attributes
    ----------
    statements, parties : int
        Statements that count and pass, and distinct parties they name in the counted roles.
    amount_fen : int or None
        Their amounts; None where the cell adds none up.
    largest_fen : int
        Amount of the party of the first role that has most of it.
    """

    statements: int
    parties: int
    amount_fen: int | None
    largest_fen: int


def ecosystem_cells(
    dictionary: Dictionary, folder: Path = DICTIONARY_FOLDER
) -> tuple[EcosystemCell, ...]:
    """Read the table and hold it against the dictionary.

    Raises
    ------
    BadInput
        Naming the row and what is wrong with it.
    """
    with (folder / "ecosystem.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_cell(row, dictionary) for row in csv.DictReader(file, strict=True))


def _cell(row: Mapping[str, str], dictionary: Dictionary) -> EcosystemCell:
    words = {k: row[k] for k in ("link", "link_zh", "link_en", "chain", "chain_zh", "chain_en")}
    made = EcosystemCell(
        **words,
        kind=row["kind"],
        parties=tuple(row["parties"].split()),
        where=tuple(map(_condition, filter(None, row["where"].split(" & ")))),
        amount=row["amount"],
        window_months=int(row["window_months"]) if row["window_months"] else None,
        gap_zh=row["gap_zh"],
        gap_en=row["gap_en"],
    )
    if not made.kind:
        return made
    place = f"ecosystem.csv, {made.link} of {made.chain}"
    kind = dictionary.kind(made.kind)
    named = [*made.parties, *(c.field for c in made.where), *filter(None, [made.amount])]
    if unknown := [name for name in named if name not in kind.field_names]:
        rule = f"kind {kind.name} has no field {', '.join(unknown)}"
        raise BadInput(place, rule, "Correct the table of the dictionary.")
    roles = [*made.parties, *(c.field for c in made.where if c.attribute)]
    if wrong := [name for name in roles if name not in kind.party_fields]:
        rule = f"{', '.join(wrong)} names no party"
        raise BadInput(place, rule, "Correct the table of the dictionary.")
    if wrong := [c.attribute for c in made.where if c.attribute not in ("", *ATTRIBUTES)]:
        rule = f"{', '.join(wrong)} is none of {', '.join(ATTRIBUTES)}"
        raise BadInput(place, rule, "Correct the table of the dictionary.")
    if not made.parties or (made.window_months and not kind.valid_from):
        rule = "a cell counts parties, and only what has a day can stand in a window"
        raise BadInput(place, rule, "Correct the table of the dictionary.")
    return made


def _condition(text: str) -> Condition:
    negate = "!=" in text
    left, _, right = text.partition("!=" if negate else "=")
    field, _, attribute = left.strip().partition(".")
    return Condition(field, attribute, tuple(right.split()) or ("",), negate)


def count(
    cell: EcosystemCell, table: KindTable, attributes: Mapping[str, Attribute], day: date
) -> Counted:
    """Count one cell.

    Parameters
    ----------
    cell : EcosystemCell
        With a kind.
    table : KindTable
        Statements of that kind that count on the day.
    attributes : dict of str to callable
        For each of `ATTRIBUTES`.
    day : datetime.date
        Last day of the window.
    """
    chosen = np.ones(len(table), np.bool_)
    for condition in cell.where:
        chosen &= _holds(condition, table, attributes)
    if cell.window_months:
        chosen &= in_window(day, cell.window_months, table.days(table.kind.valid_from))
    named: set[str] = set()
    for role in cell.parties:
        names, places = table.parties(role)
        met = np.unique(places[chosen & (places >= 0)])
        named.update(names[k] for k in met.tolist())
    statements, total, largest = int(chosen.sum()), None, 0
    if cell.amount:
        amount = table.ints(cell.amount)
        known = chosen & (amount != MISSING)
        total = int(amount[known].sum())
        names, places = table.parties(cell.parties[0])
        counted = known & (places >= 0)
        by_party = np.zeros(len(names), np.int64)
        np.add.at(by_party, places[counted], amount[counted])
        largest = int(by_party.max(initial=0))
    return Counted(statements, len(named), total, largest)


def _holds(condition: Condition, table: KindTable, attributes: Mapping[str, Attribute]) -> Mask:
    if condition.attribute:
        names, places = table.parties(condition.field)
        told = attributes[condition.attribute](names)
        good = np.append(np.isin(told, condition.wanted), "" in condition.wanted)
        found = good[places]  # -1, nobody in the role, is the last
    else:
        encoded = table.table[condition.field].combine_chunks().dictionary_encode()
        texts = [str(value) for value in encoded.dictionary.to_pylist()]
        good = np.isin(np.array(texts, dtype=np.str_), condition.wanted)
        found = good[encoded.indices.to_numpy()] if len(table) else np.zeros(0, np.bool_)
    return np.asarray(~found if condition.negate else found, dtype=np.bool_)


def party_attributes(network: CreditNetwork, sectors: Mapping[str, Code]) -> dict[str, Attribute]:
    """Attributes of parties as a picture has them.

    Parameters
    ----------
    network : CreditNetwork
    sectors : dict of str to Code
        Code table `gbt4754`.
    """
    trade = network.matrices["trade"]
    trades = np.zeros(len(network), np.bool_)
    trades[trade.rows] = True
    trades[trade.indices] = True
    codes, row = np.unique(network.columns["sector"], return_inverse=True)
    letters = np.array([section_of(bytes(raw).decode(), sectors) for raw in codes.tolist()] or [""])
    of_party = {
        "section": letters[row] if len(network) else np.zeros(0, dtype=np.str_),
        "kind": np.char.decode(network.columns["kind"].astype(np.bytes_)),
        "trades": np.where(trades, "yes", ""),
    }

    def asked(values: npt.NDArray[np.str_]) -> Attribute:
        known = np.append(values, "")

        def about(parties: Sequence[str]) -> npt.NDArray[np.str_]:
            return np.asarray(known[_places(network, parties)])

        return about

    return {name: asked(values) for name, values in of_party.items()}


def _places(network: CreditNetwork, parties: Sequence[str]) -> Ints:
    """Place of each party, -1 where the picture does not have it."""
    if not len(network):
        return np.full(len(parties), -1, dtype=np.int64)
    wanted = np.char.encode(np.array(parties, dtype=np.str_), "utf-8")
    place = np.minimum(np.searchsorted(network.party_id, wanted), len(network) - 1)
    return np.where(network.party_id[place] == wanted, place, -1).astype(np.int64)


def section_of(sector: str, sectors: Mapping[str, Code]) -> str:
    """Section letter of a GB/T 4754 code, "" where it has none.

    The table gives a division with its letter as another spelling (36, C36).
    """
    if sector[:1].isalpha():
        return sector[:1] if sector[:1] in sectors else ""
    row = sectors.get(sector[:2])
    return next((alias[0] for alias in row.aliases if alias[1:] == row.code), "") if row else ""
