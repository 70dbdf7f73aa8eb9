"""What-if changes as a user types them.

    amount   MEASURE[.QUANTITY]:ROW:COLUMN=YUAN     guarantee:91440112XXXX000191:uscc:…=1,000,000
    link     MEASURE:ROW:COLUMN
    party    ID
    fact     ID:FIELD=VALUE                         new:carrier:revenue=20,000,000

Ids hold colons themselves: a pair is split where both halves are parties.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from algorithms.network_changes import AmountChange, Change, PartyChange, PartyDrop
from graph_model import uscc
from graph_model.errors import AllianceError, BadInput
from graph_model.identity import of_uscc
from graph_model.network import MISSING, CreditNetwork
from graph_model.schema import Dictionary
from graph_model.snapshot import day_number

EXAMPLE = "Write it as guarantee:ROW:COLUMN=1,000,000."
SUPPOSED = "new:"
"""Parties that are only supposed begin so where the viewer's rights count."""

_AMOUNT = re.compile(r"\d+(\.\d{1,2})?|\d{1,3}(,\d{3})+(\.\d{1,2})?")


@dataclass(frozen=True)
class Asked:
    """Changes as typed, by option."""

    add: Sequence[str] = ()
    drop: Sequence[str] = ()
    change: Sequence[str] = ()
    add_party: Sequence[str] = ()
    drop_party: Sequence[str] = ()
    change_party: Sequence[str] = ()


def read_changes(
    network: CreditNetwork,
    dictionary: Dictionary,
    asked: Asked,
    refusal: Callable[[str], AllianceError | None],
    link_refusal: Callable[[str, str, str], AllianceError | None] = lambda *_: None,
) -> list[Change]:
    """Read changes, in the order: parties added, facts, links added, changed, dropped, parties.

    Parameters
    ----------
    network : CreditNetwork
        Before them.
    dictionary : Dictionary
    asked : Asked
    refusal : callable
        Why a party may not be named, or None: asked before anything is said of it.
    link_refusal : callable
        Why a link (measure, row, column) may not be named, or None: asked before it is said
        whether there is one.

    Raises
    ------
    BadInput
        For what cannot be read or does not fit the picture.
    AllianceError
        What `refusal` says.
    """
    reader = _Reader(network, dictionary, refusal, link_refusal)
    made: list[Change] = [reader.new_party(text) for text in asked.add_party]
    made += [reader.fact(text) for text in asked.change_party]
    made += [reader.amount(text, "add") for text in asked.add]
    made += [reader.amount(text, "change") for text in asked.change]
    made += [reader.dropped(text) for text in asked.drop]
    made += [PartyDrop(reader.party(text)) for text in asked.drop_party]
    if not made:
        rule = "nothing is changed"
        raise BadInput("what if", rule, "Give --add, --drop, --change or a party.")
    return made


def fen_of(text: str) -> int:
    """Fen of an amount in yuan.

    >>> fen_of("1,000,000"), fen_of("12.5")
    (100000000, 1250)

    Raises
    ------
    BadInput
        When it is no amount.
    """
    if not _AMOUNT.fullmatch(text):
        rule = "an amount is yuan, not negative, to the fen at most"
        raise BadInput(repr(text), rule, "Write it as 1,000,000 or 1000000.50.")
    fen = int(Decimal(text.replace(",", "")) * 100)
    if fen >= 2**53:
        raise BadInput(text, "it is more than an amount can be", "Check the unit: it is yuan.")
    return fen


class _Reader:
    def __init__(
        self,
        network: CreditNetwork,
        dictionary: Dictionary,
        refusal: Callable[[str], AllianceError | None],
        link_refusal: Callable[[str, str, str], AllianceError | None],
    ) -> None:
        self._network, self._dictionary = network, dictionary
        self._refusal, self._link_refusal = refusal, link_refusal
        self._new: set[str] = set()
        self._edges: dict[tuple[str, str, str], bool] = {}

    def party(self, text: str) -> str:
        """A party of the picture, or one added before."""
        party = _id_of(text)
        if party in self._new:
            return party
        if (refused := self._refusal(party)) is not None:
            raise refused
        if self._network.place(party) is None:
            rule = f"the picture of {self._network.valid_date} has no such party"
            raise BadInput(text, rule, "Check the id, or add it with --add-party.")
        return party

    def new_party(self, text: str) -> Change:
        party = _id_of(text)
        if not party or "\0" in party:
            raise BadInput(repr(text), "a party has an id", f"Write it as {SUPPOSED}carrier.")
        if not party.startswith(SUPPOSED) and (refused := self._refusal(party)) is not None:
            raise refused
        if party in self._new or self._network.place(party) is not None:
            raise BadInput(text, "there is such a party already", "Use --change-party.")
        self._new.add(party)
        return PartyChange(party, {"kind": b"enterprise"})

    def fact(self, text: str) -> Change:
        head, equals, value = text.partition("=")
        party, _, field = head.rpartition(":")
        if not (equals and party):
            raise BadInput(text, "a fact is ID:FIELD=VALUE", f"{SUPPOSED}x:revenue=1,000,000")
        known = {column.folder: column for column in self._dictionary.node_columns}
        if field not in known:
            raise BadInput(f"{text}: {field}", "is no fact", f"Facts are: {', '.join(known)}.")
        column = known[field]
        return PartyChange(self.party(party), {column.column: _value(text, column.type, value)})

    def amount(self, text: str, verb: str) -> Change:
        head, equals, value = text.partition("=")
        if not equals:
            raise BadInput(text, "it names no amount", EXAMPLE)
        measure, quantity, row, column = self._pair(head)
        there = self._there(measure, row, column)
        if verb == "add" and there:
            raise BadInput(text, "there is such a link already", "Use --change, or --drop.")
        if verb == "change" and not there:
            raise BadInput(text, "there is no such link", "Use --add.")
        if verb == "add" and quantity != "amount":
            rule = f"a link begins with its amount, not its {quantity}"
            raise BadInput(text, rule, f"--add {measure}:…=… first, then --change {head}=….")
        self._edges[measure, row, column] = True
        return AmountChange(measure, row, column, fen_of(value), quantity)

    def dropped(self, text: str) -> Change:
        if "=" in text:
            raise BadInput(text, "what is dropped has no amount", "Leave out = and the amount.")
        measure, quantity, row, column = self._pair(text)
        if quantity != "amount":
            rule = "a link is dropped whole"
            raise BadInput(text, rule, f"--change {text}=0 sets one quantity to nothing.")
        if not self._there(measure, row, column):
            raise BadInput(text, "there is no such link", "Check which of them is row, and column.")
        self._edges[measure, row, column] = False
        return AmountChange(measure, row, column, None)

    def _there(self, measure: str, row: str, column: str) -> bool:
        """Whether the entry is in the picture, after the changes so far."""
        if (measure, row, column) in self._edges:
            return self._edges[measure, row, column]
        i, j = self._network.place(row), self._network.place(column)
        if i is None or j is None:
            return False
        return self._network.matrices[measure].edge(i, j) is not None

    def _pair(self, text: str) -> tuple[str, str, str, str]:
        first, _, rest = text.partition(":")
        measure, _, quantity = first.partition(".")
        matrices = self._network.matrices
        if measure not in matrices:
            raise BadInput(f"{text}: {measure}", "is no measure", f"They are: {_listed(matrices)}.")
        quantity = quantity or "amount"
        if quantity not in matrices[measure].quantities:
            known = _listed(matrices[measure].quantities)
            raise BadInput(f"{text}: {quantity}", f"is nothing of {measure}", f"It has: {known}.")
        pieces = rest.split(":")
        splits = [
            (_id_of(":".join(pieces[:k])), _id_of(":".join(pieces[k:])))
            for k in range(1, len(pieces))
        ]
        if not splits:
            raise BadInput(text, "a link names two parties", EXAMPLE)
        good = [two for two in splits if all(self._named(party) for party in two)]
        if len(good) > 1:
            raise BadInput(text, "it can be read in two ways", "Write ids with their prefix.")
        if not good:
            # Said of the split that looks most like two ids, in the words of the rules.
            one, other = max(splits, key=lambda two: sum(map(_looks_like_an_id, two)))
            self.party(one)
            self.party(other)
        row, column = good[0]
        if row == column:
            raise BadInput(text, "a party has no link to itself", "Name two parties.")
        if (refused := self._link_refusal(measure, row, column)) is not None:
            raise refused
        return measure, quantity, row, column

    def _named(self, party: str) -> bool:
        if party in self._new:
            return True
        return self._refusal(party) is None and self._network.place(party) is not None


def _id_of(text: str) -> str:
    """Party id of what a user typed: an id, or a unified social credit code."""
    if ":" in text:
        return text
    found = uscc.check(text)
    return of_uscc(found.code) if found.verdict != "invalid" else text


def _looks_like_an_id(party: str) -> bool:
    parts = party.count(":")
    return parts == {"src": 2, "uscc": 1, "lei": 1, "new": 1}.get(party.split(":")[0], 0)


def _listed(names: object) -> str:
    return ", ".join(names) if isinstance(names, dict) else str(names)


def _value(text: str, type_: str, value: str) -> int | float | bytes:
    if type_ == "text":
        return value.encode()
    if not value:
        return float("nan") if type_ == "rate" else MISSING
    try:
        if type_ == "money":
            sign = -1 if value.startswith("-") else 1
            return sign * fen_of(value.removeprefix("-"))
        if type_ == "date":
            return day_number(date.fromisoformat(value))
        if type_ == "count":
            return int(value)
        number = float(Decimal(value))
    except (ValueError, InvalidOperation):
        raise BadInput(text, f"{value} is no {type_}", "Correct the value.") from None
    if not 0 <= number <= 100:
        raise BadInput(text, "a rate is from 0 to 100 a year", "Correct the value.")
    return number
