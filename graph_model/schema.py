"""The dictionary: what kinds of statement there are, which fields they have, what is measured.

Everything here is read from tables under `dictionary/` (or a folder of the same form). Tables,
column checks, JSON schemas and `docs/data-dictionary.md` are generated from it: adding a kind is
adding rows.
"""

import csv
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from graph_model.errors import BadInput

FIELD_TYPES = ("party", "text", "code", "date", "money", "rate", "integer", "flag", "list")
TIMES = ("event", "period", "state")
AGGREGATES = ("sum_in_window", "in_force", "open_balance", "settles")

_NAME = re.compile(r"[a-z][a-z0-9_]*")

RESERVED = ("source", "key", "valid_from", "valid_to", "tx_from", "tx_to", "load", "file", "line")
"""Names of the housekeeping columns that every kind has; no field may be called so."""

Value = str | int | float | None
"""What a field holds: text (also dates as ISO text), fen or counts, rates, or nothing."""


@dataclass(frozen=True)
class Field:
    """One field of a kind, a row of `fields.csv`.

    `least` there is the smallest number allowed, or the date field that a day may not come before.
    `required` there is `yes`, or `field=code`: then the field is required where that holds.
    """

    kind: str
    name: str
    zh: str
    type: str
    unit: str
    required: bool
    required_when: tuple[str, str] | None
    least: int | None
    not_before: str
    codes: str
    meaning: str
    source_clause: str
    visibility: str


@dataclass(frozen=True)
class Kind:
    """One kind of statement, a row of `kinds.csv` with its fields.

    `time` says what an interval of validity means: an *event* has a day and is corrected as a
    whole; a *period* brings its own start and end; a *state* holds from the extract that says it
    until the next one that says otherwise. `apart` names two parties that should not be one.
    """

    name: str
    zh: str
    en: str
    time: str
    key: tuple[str, ...]
    valid_from: str
    valid_to: str
    apart: tuple[str, ...]
    meaning: str
    source: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """Return the field of that name.

        Raises
        ------
        BadInput
            When the kind has no such field.
        """
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise BadInput(
            name,
            f"kind {self.name} has no such field",
            f"Fields are: {', '.join(f.name for f in self.fields)}.",
        )

    @cached_property
    def field_names(self) -> tuple[str, ...]:
        """Names of all fields, in the order of `fields.csv`."""
        return tuple(f.name for f in self.fields)

    @cached_property
    def visibility(self) -> str:
        """Visibility class of its statements: the first of their fields' that is not public."""
        return next((f.visibility for f in self.fields if f.visibility != "public"), "public")

    @cached_property
    def party_fields(self) -> tuple[str, ...]:
        """Fields that name a party: the roles of the statement."""
        return tuple(f.name for f in self.fields if f.type == "party")


@dataclass(frozen=True)
class Measure:
    """One row of `measures.csv`: how statements of a kind give an amount between two parties.

    `amount` lists fields of which the first known counts, `less` a field taken off it, `when` a
    test on one field (`field=value`, `field!=value`; an empty value means missing), `names` the
    fields of a settling kind that make the key of the claim it settles.
    """

    measure: str
    quantity: str
    kind: str
    row: str
    column: str
    amount: tuple[str, ...]
    less: str
    aggregate: str
    window_months: int | None
    when: str
    names: tuple[str, ...]
    meaning: str


@dataclass(frozen=True)
class Layer:
    """One row of `layers.csv`: a contagion layer and the loss it carries."""

    layer: str
    zh: str
    en: str
    measures: tuple[str, ...]
    hit: str
    fallen: str
    needs: tuple[str, ...]
    loss: str
    visibility: str
    meaning: str


@dataclass(frozen=True)
class NodeColumn:
    """One row of `node_columns.csv`: a column of the node table of a picture."""

    column: str
    type: str
    unit: str
    folder: str
    source: str
    meaning: str


@dataclass(frozen=True)
class Code:
    """One row of a code table; `more` holds the table's own columns."""

    code: str
    zh: str
    en: str
    aliases: tuple[str, ...]
    source: str
    more: Mapping[str, str]


@dataclass(frozen=True)
class Dictionary:
    """All tables, and a digest of them for pictures to name."""

    kinds: Mapping[str, Kind]
    measures: tuple[Measure, ...]
    layers: tuple[Layer, ...]
    node_columns: tuple[NodeColumn, ...]
    code_tables: Mapping[str, Mapping[str, Code]]
    digest: str

    def kind(self, name: str) -> Kind:
        """Return the kind of that name.

        Raises
        ------
        BadInput
            When the dictionary has no such kind.
        """
        if name not in self.kinds:
            raise BadInput(
                name, "is not a kind of the dictionary", f"Kinds are: {', '.join(self.kinds)}."
            )
        return self.kinds[name]

    def codes(self, table: str) -> Mapping[str, Code]:
        """Return one code table by name; raises BadInput when there is none."""
        if table not in self.code_tables:
            raise BadInput(
                table, "is not a code table", f"Tables are: {', '.join(sorted(self.code_tables))}."
            )
        return self.code_tables[table]

    def measure_names(self) -> tuple[str, ...]:
        """Names of the matrices, in the order of `measures.csv`."""
        return tuple(dict.fromkeys(m.measure for m in self.measures))

    def quantities(self, measure: str) -> tuple[str, ...]:
        """Quantities that a matrix carries, `amount` first."""
        return tuple(dict.fromkeys(m.quantity for m in self.measures if m.measure == measure))


def key_of(parts: Iterable[Value]) -> str:
    """Join the parts of a natural key; the separator is escaped within a part.

    >>> key_of(["uscc:91440112XXXX000191", "A|1"])
    'uscc:91440112XXXX000191|A%7C1'
    """
    return "|".join(str(part).replace("%", "%25").replace("|", "%7C") for part in parts)


def parts_of(key: str) -> list[str]:
    """Take a natural key apart: what `key_of` joined.

    >>> parts_of("uscc:91440112XXXX000191|A%7C1")
    ['uscc:91440112XXXX000191', 'A|1']
    """
    return [part.replace("%7C", "|").replace("%25", "%") for part in key.split("|")]


DICTIONARY_FOLDER = Path(__file__).parent / "dictionary"


@cache
def load_dictionary(folder: Path = DICTIONARY_FOLDER) -> Dictionary:
    """Read and check the dictionary of a folder.

    Raises
    ------
    BadInput
        Naming the table, the row and the rule that it breaks.
    """
    tables = {path.stem: _codes(path) for path in sorted((folder / "codes").glob("*.csv"))}
    fields: dict[str, list[Field]] = {}
    for row in _rows(folder / "fields.csv"):
        made = Field(
            **{k: row[k] for k in ("kind", "zh", "type", "unit", "codes", "meaning")},
            name=row["field"],
            required=row["required"] == "yes",
            required_when=_when(row["required"]),
            least=int(row["least"]) if row["least"].isdigit() else None,
            not_before="" if row["least"].isdigit() else row["least"],
            source_clause=row["source_clause"],
            visibility=row["visibility"],
        )
        _check_field(made, tables)
        fields.setdefault(made.kind, []).append(made)
    kinds = {row["kind"]: _kind(row, fields) for row in _rows(folder / "kinds.csv")}
    if unknown := sorted(set(fields) - set(kinds)):
        raise _broken("fields.csv", ", ".join(unknown), "kinds.csv has no such kind")
    measures = tuple(_measure(row, kinds) for row in _rows(folder / "measures.csv"))
    layers = tuple(
        _layer(row, {m.measure for m in measures}) for row in _rows(folder / "layers.csv")
    )
    columns = tuple(
        NodeColumn(r["column"], r["type"], r["unit"], r["folder"], r["from"], r["meaning"])
        for r in _rows(folder / "node_columns.csv")
    )
    digest = hashlib.blake2b(digest_size=16)
    for name in ("kinds", "fields", "measures", "node_columns"):
        digest.update((folder / f"{name}.csv").read_bytes())
    return Dictionary(kinds, measures, layers, columns, tables, digest.hexdigest())


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def _codes(path: Path) -> dict[str, Code]:
    common = {"code", "zh", "en", "aliases", "source"}
    found: dict[str, Code] = {}
    for row in _rows(path):
        if "aliases" not in row:
            return {}  # a lookup table of its own form, read by the module that uses it
        aliases = tuple(alias for alias in row["aliases"].split("；") if alias)
        more = {k: v for k, v in row.items() if k not in common}
        found[row["code"]] = Code(row["code"], row["zh"], row["en"], aliases, row["source"], more)
    return found


def _when(required: str) -> tuple[str, str] | None:
    field, equals, code = required.partition("=")
    return (field, code) if equals else None


def _check_field(made: Field, tables: Mapping[str, Mapping[str, Code]]) -> None:
    if made.type not in FIELD_TYPES:
        raise _broken("fields.csv", f"{made.kind}.{made.name}", f"type {made.type} is unknown")
    if made.name in RESERVED or not _NAME.fullmatch(made.name):
        rule = f"a field is named with a-z, 0-9 and _, and none of {', '.join(RESERVED)}"
        raise _broken("fields.csv", f"{made.kind}.{made.name}", rule)
    if (made.type == "code") != bool(made.codes):
        rule = "a code field names its table, and no other field does"
        raise _broken("fields.csv", f"{made.kind}.{made.name}", rule)
    if made.codes and not tables.get(made.codes):
        rule = f"code table {made.codes} is missing or empty"
        raise _broken("fields.csv", f"{made.kind}.{made.name}", rule)
    if made.type == "money" and made.unit != "fen":
        raise _broken("fields.csv", f"{made.kind}.{made.name}", "money is kept in fen")


def _kind(row: Mapping[str, str], fields: Mapping[str, list[Field]]) -> Kind:
    name = row["kind"]
    own = {f.name: f for f in fields.get(name, [])}
    made = Kind(
        name=name,
        **{k: row[k] for k in ("zh", "en", "time", "valid_from", "valid_to", "meaning", "source")},
        key=tuple(row["key"].split()),
        apart=tuple(row["apart"].split()),
        fields=tuple(own.values()),
    )
    if not _NAME.fullmatch(name):
        raise _broken("kinds.csv", name, "a kind is named with a-z, 0-9 and _")
    if made.time not in TIMES:
        raise _broken("kinds.csv", name, f"time {made.time} is none of {', '.join(TIMES)}")
    for field in own.values():
        if field.not_before and (field.not_before not in own or field.type != "date"):
            rule = "least of a date names a date field of the kind"
            raise _broken("fields.csv", f"{name}.{field.name}", rule)
        if field.required_when and field.required_when[0] not in own:
            rule = "required names a field of the kind"
            raise _broken("fields.csv", f"{name}.{field.name}", rule)
    if not made.key or not all(k in own and own[k].required for k in made.key):
        raise _broken("kinds.csv", name, "every part of the key is a required field of the kind")
    if made.apart and (len(made.apart) != 2 or not set(made.apart) <= set(made.party_fields)):
        raise _broken("kinds.csv", name, "apart names two party fields of the kind")
    dates = [made.valid_from, made.valid_to]
    if any(d and (d not in own or own[d].type != "date") for d in dates):
        raise _broken("kinds.csv", name, "valid_from and valid_to name date fields of the kind")
    if (made.time == "state") == bool(made.valid_from):
        raise _broken("kinds.csv", name, "events and periods name valid_from, states do not")
    return made


def _measure(row: Mapping[str, str], kinds: Mapping[str, Kind]) -> Measure:
    where = f"{row['measure']}.{row['quantity']} of {row['kind']}"
    if row["kind"] not in kinds:
        raise _broken("measures.csv", where, "kinds.csv has no such kind")
    names = kinds[row["kind"]].field_names
    amount = tuple(row["amount"].split("|"))
    used = [row["row"], row["column"], *amount, *row["less"].split(), *row["names"].split()]
    if missing := [name for name in used if name not in names]:
        raise _broken("measures.csv", where, f"the kind has no field {', '.join(missing)}")
    if row["aggregate"] not in AGGREGATES:
        raise _broken("measures.csv", where, f"aggregate is none of {', '.join(AGGREGATES)}")
    return Measure(
        **{k: row[k] for k in ("measure", "quantity", "kind", "row", "column")},
        **{k: row[k] for k in ("less", "aggregate", "when", "meaning")},
        amount=amount,
        names=tuple(row["names"].split()),
        window_months=int(row["window_months"]) if row["window_months"] else None,
    )


def _layer(row: Mapping[str, str], measures: set[str]) -> Layer:
    used = tuple(row["measures"].split())
    if unknown := [name for name in used if name not in measures]:
        raise _broken("layers.csv", row["layer"], f"no measure {', '.join(unknown)}")
    return Layer(
        **{
            k: row[k]
            for k in ("layer", "zh", "en", "hit", "fallen", "loss", "visibility", "meaning")
        },
        measures=used,
        needs=tuple(row["needs"].split()),
    )


def _broken(table: str, row: str, rule: str) -> BadInput:
    return BadInput(f"{table}, {row}", rule, "Correct the table of the dictionary.")
