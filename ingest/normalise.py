"""Raw text columns to typed fields, by one statement rule of a mapping.

A row is the unit: when one of its statements cannot be read, none of them is loaded.
"""

import hashlib
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from graph_model import identity
from graph_model.errors import BadInput
from graph_model.schema import Dictionary, Field, Kind, Value, key_of
from graph_model.statement import Severity
from ingest import cells
from ingest.cells import Unreadable
from ingest.mapping import Condition, FieldRule, Mapping, StatementRule
from ingest.raw_table import RawChunk
from ingest.read_header import header_key


@dataclass(frozen=True)
class Fault:
    """What is wrong or odd about one cell of one row (its place in the chunk)."""

    place: int
    column: str
    value: str
    severity: Severity
    rule: str
    way_out: str


@dataclass
class Fields:
    """Typed columns of one statement rule over one chunk.

    `values[name][k]` is the field of row k; `states[k]` says whether row k makes the statement.
    Rows that reading found `damaged` are typed too, for the key they may name.
    """

    kind: Kind
    repeats: str
    states: list[bool]
    values: dict[str, list[Value]]
    faults: list[Fault] = field(default_factory=list)
    damaged: Container[int] = frozenset()


Read = tuple[Value, str, str]
"""(value, warning rule, way out) of a cell; the rule is "" when there is nothing to say."""

YUAN = ("CNY", "人民币", "人民币元", "RMB")
"""Spellings of the store's currency, which needs no rate."""


class Normaliser:
    """Reads the chunks of one file by one mapping.

    Parameters
    ----------
    mapping : Mapping
        Already held against the dictionary.
    dictionary : Dictionary
        Kinds and code tables.
    source : str
        Id of the source, part of provisional party ids.
    alone : bool
        The rows come without the others of their file (a replay): `occurrence_of` then numbers
        them by their lines, for counting anew would give them the numbers of other rows.
    """

    def __init__(
        self, mapping: Mapping, dictionary: Dictionary, source: str, *, alone: bool = False
    ) -> None:
        self._mapping = mapping
        self._dictionary = dictionary
        self._source = source
        self._alone = alone
        self._missing = _folded(cells.words("missing")) | _folded(mapping.null_words)
        self._occurrences: Counter[tuple[str, ...]] = Counter()
        self._spellings: dict[str, dict[str, str]] = {}
        self._memo: dict[tuple[int, str], dict[str, Read | Unreadable]] = {}

    def check_header(self, header: Sequence[str], where: str) -> None:
        """Refuse a file that lacks a column which the mapping needs, or a rate for its money.

        Raises
        ------
        BadInput
            Naming the columns and those there are, or the currency.
        """
        held = set(header)
        needed: list[str] = []
        for rule in self._mapping.statement:
            for field_rule in rule.fields.values():
                given = not field_rule.columns or held & set(field_rule.columns)
                if not given and not field_rule.may_lack:
                    needed.append(" or ".join(field_rule.columns))
            needed += [c.column for c in rule.when if c.column not in held]
            needed += [
                column
                for field_rule in rule.fields.values()
                for column in (
                    *(field_rule.occurrence_of or ()),
                    *field_rule.joined_with,
                    *([field_rule.name_column] if field_rule.name_column else []),
                )
                if column not in held
            ]
        if needed:
            raise BadInput(
                f"{where}: {', '.join(dict.fromkeys(needed))}",
                "the file has no such column",
                f"Its columns are: {', '.join(header)}. Correct the mapping or the header.",
            )
        self._check_currencies(held, where)

    def _check_currencies(self, held: set[str], where: str) -> None:
        money = self._mapping.money
        for rule in self._mapping.statement:
            for name, field_rule in rule.fields.items():
                named = field_rule.currency or money.currency
                if self._dictionary.kind(rule.kind).field(name).type != "money":
                    continue
                if named not in (*YUAN, *money.rates) and header_key(named) not in held:
                    raise BadInput(
                        f"{where}, {rule.kind}.{name}, currency {named!r}",
                        "is neither a column of the file nor a currency with a rate",
                        f"State [money.rates.{named}] with rate, date and source in the mapping.",
                    )

    def read(self, chunk: RawChunk, let_through: frozenset[int] = frozenset()) -> list[Fields]:
        """All statements of a chunk, one `Fields` for each statement rule.

        Parameters
        ----------
        chunk : RawChunk
            Raw text.
        let_through : frozenset of int
            Places of rows whose codes a person has judged to be real.
        """
        return [
            self._statement(place, rule, chunk, let_through)
            for place, rule in enumerate(self._mapping.statement)
        ]

    def _statement(
        self, number: int, rule: StatementRule, chunk: RawChunk, let_through: frozenset[int]
    ) -> Fields:
        kind = self._dictionary.kind(rule.kind)
        states = self._applies(rule, chunk)
        found = Fields(kind, rule.repeats, states, {}, damaged=chunk.faults)
        for field_ in kind.fields:
            field_rule = rule.fields.get(field_.name)
            if field_rule is None:
                found.values[field_.name] = [None] * len(states)
            else:
                found.values[field_.name] = self._column(
                    number, field_, field_rule, chunk, found, let_through
                )
        # Of a row that makes no statement, or that is damaged anyway, only refusals matter.
        found.faults = [
            fault
            for fault in found.faults
            if fault.severity == "refused"
            or (states[fault.place] and fault.place not in chunk.faults)
        ]
        return found

    def _applies(self, rule: StatementRule, chunk: RawChunk) -> list[bool]:
        states = [True] * len(chunk.lines)
        for condition in rule.when:
            column = chunk.columns[condition.column]
            states = [
                state and self._holds(condition, cell)
                for state, cell in zip(states, column, strict=True)
            ]
        return states

    def _holds(self, condition: Condition, cell: str) -> bool:
        text = cells.folded(cell)
        if condition.missing is not None:
            found = (text in self._missing) == condition.missing
        elif condition.equals is not None:
            found = text == cells.folded(condition.equals)
        elif condition.among is not None:
            found = text in _folded(condition.among)
        else:
            found = text.startswith(cells.folded(condition.starts_with or ""))
        return found != condition.negate

    def _column(
        self,
        number: int,
        field_: Field,
        rule: FieldRule,
        chunk: RawChunk,
        found: Fields,
        let_through: frozenset[int],
    ) -> list[Value]:
        """One field over the chunk; faults are noted, an optional miss lets no statement be."""
        header, raw = self._raw(rule, chunk)
        missing = self._missing | _folded(rule.null_words)
        if field_.type == "date":
            missing |= _folded(cells.words("open_end"))
        meant = {cells.folded(written): value for written, value in rule.values.items()}
        currencies = self._currencies(rule, chunk) if field_.type == "money" else None
        out: list[Value] = [None] * len(raw)
        for place, written in enumerate(raw):
            if not found.states[place]:
                continue
            text = cells.folded(written)
            cell = meant.get(text, written)
            read: Read | Unreadable = (None, "", "")
            if (cells.folded(cell) if meant else text) not in missing:
                if rule.joined_with:
                    cell = " / ".join([cell, *(chunk.columns[h][place] for h in rule.joined_with)])
                currency = currencies[place] if currencies else ""
                read = self._cell(number, field_, rule, cell, currency, place in let_through)
            if isinstance(read, Unreadable):
                soft = field_.type == "code" and not field_.required
                severity: Severity = "warning" if soft else read.severity
                way_out = f"{read.way_out} The field is left empty." if soft else read.way_out
                found.faults.append(Fault(place, header, written, severity, read.rule, way_out))
                continue
            value, warning, way_out = read
            if value is None and field_.type == "party" and rule.name_column:
                value = self._named(chunk.columns[rule.name_column][place])
            out[place] = value
            if warning:
                found.faults.append(Fault(place, header, written, "warning", warning, way_out))
            if value is None and rule.optional:
                found.states[place] = False
            elif value is None and field_.required:
                found.faults.append(
                    Fault(
                        *(place, header, written, "quarantine"),
                        f"{field_.zh} ({field_.name}) is required",
                        "Ask the source for the value.",
                    )
                )
        return out

    def _named(self, name: str) -> str | None:
        """Provisional id of a party that has no code but a name."""
        known = cells.folded(name) not in self._missing
        return identity.of_name(self._source, name) if known else None

    def _raw(self, rule: FieldRule, chunk: RawChunk) -> tuple[str, list[str]]:
        rows = len(chunk.lines)
        if rule.constant is not None:
            return "(constant)", [rule.constant] * rows
        if rule.occurrence_of is not None:
            columns = [chunk.columns[name] for name in rule.occurrence_of]
            return "(occurrence)", self._occurrence(columns, chunk.lines)
        for name in rule.columns:
            if name in chunk.columns:
                return name, chunk.columns[name]
        return rule.columns[0], [""] * rows

    def _occurrence(self, columns: list[list[str]], lines: Sequence[int]) -> list[str]:
        """Number of each row: digest of its group, then how often the group has come."""
        out: list[str] = []
        for line, *row in zip(lines, *columns, strict=True):
            group = tuple(cells.folded(cell) for cell in row)
            self._occurrences[group] += 1
            digest = hashlib.blake2b(key_of(group).encode(), digest_size=8).hexdigest()
            out.append(f"{digest}.{f'l{line}' if self._alone else self._occurrences[group]}")
        return out

    def _currencies(self, rule: FieldRule, chunk: RawChunk) -> list[str]:
        named = rule.currency or self._mapping.money.currency
        column = chunk.columns.get(header_key(named))
        if column is not None:
            return [cells.folded(cell) or "CNY" for cell in column]
        return [named] * len(chunk.lines)

    def _cell(
        self, number: int, field_: Field, rule: FieldRule, cell: str, currency: str, through: bool
    ) -> Read | Unreadable:
        if field_.type == "text":
            return cells.tidy(cell), "", ""
        memo = self._memo.setdefault((number, field_.name + ("!" if through else "")), {})
        looked_up = f"{currency} {cell}" if field_.type == "money" else cell
        read = memo.get(looked_up)
        if read is None:
            try:
                read = self._read(field_, rule, cell, currency, through)
            except Unreadable as error:
                read = error
            if len(memo) > 500_000:
                memo.clear()
            memo[looked_up] = read
        return read

    def _read(
        self, field_: Field, rule: FieldRule, cell: str, currency: str, through: bool
    ) -> Read:
        if field_.type == "party":
            return self._party(rule, cell, through)
        value: Value
        if field_.type == "money":
            value = cells.parse_money(cell, self._factor(rule, currency))
        elif field_.type == "date":
            formats = (rule.format,) if isinstance(rule.format, str) else rule.format or ()
            day = cells.parse_date(cell, formats)
            value = None if day in cells.open_end_days() else day
        elif field_.type == "integer":
            value = cells.parse_integer(cell)
        elif field_.type == "rate":
            value = cells.parse_rate(cell)
        elif field_.type == "flag":
            value = cells.parse_flag(cell)
        elif field_.type == "list":
            value = cells.parse_list(cell) or None
        elif field_.type == "code":
            if field_.codes not in self._spellings:
                table = self._dictionary.codes(field_.codes)
                self._spellings[field_.codes] = cells.spellings(table)
            value = cells.parse_code(cell, self._spellings[field_.codes])
        else:
            raise AssertionError(f"{field_.type} is read elsewhere or no type")
        if field_.least is not None and isinstance(value, int | float) and value < field_.least:
            raise Unreadable(
                f"{field_.zh} ({field_.name}) is less than {field_.least}",
                "Correct the sign, or ask the source what it means.",
            )
        return value, "", ""

    def _party(self, rule: FieldRule, cell: str, through: bool) -> Read:
        if rule.party == "local":
            return identity.of_local(self._source, cells.folded(cell)), "", ""
        if rule.party == "name":
            return identity.of_name(self._source, cell), "", ""
        code = cells.folded(cell).upper()
        if rule.party in ("auto", "lei") and identity.is_lei(code):
            return identity.of_lei(code), "", ""
        if rule.party == "lei":
            raise Unreadable(
                "is not a legal entity identifier (ISO 17442: 20 characters, MOD 97-10)",
                "Correct the source row.",
            )
        return cells.parse_uscc(cell, let_through=through)

    def _factor(self, rule: FieldRule, currency: str) -> Decimal:
        money = self._mapping.money
        factor = cells.unit_factor(rule.unit or money.unit, self._mapping.name)
        if currency in YUAN:
            return factor
        if currency not in money.rates:
            raise Unreadable(
                f"there is no rate for {currency} in the mapping",
                "State [money.rates] with rate, date and source.",
            )
        return factor * Decimal(money.rates[currency].rate)


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(cells.folded, words))
