"""Packs: what a policy says, as dated and cited data instead of code.

    TOPIC/PACK/VERSION/pack.toml    id, title, version, issuer, status, in_force_from,
                                    in_force_to (optional), [parameters.NAME] each with value,
                                    unit, status, read_as and clause or reason
    TOPIC/PACK/VERSION/NAME.csv     decision tables, one header line each

Functions read parameters and cells by name; there is no expression language. A later version takes
over from an earlier one. Where no pack is in force the answer is an error, never a guess.
"""

import csv
import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite
from pathlib import Path

from graph_model.errors import BadInput
from graph_model.snapshot import OPEN_DATE, holds_on, latest

HEAD = ("id", "title", "version", "issuer", "status", "in_force_from")
STATUSES = ("assumption", "fitted", "rule")
"""A constant is our own assumption, fitted to outcomes, or stands in a rule that is cited."""

Value = str | int | float


@dataclass(frozen=True)
class Parameter:
    """One constant with its unit and where it comes from.

    `read_as` says in words what the number means; `clause` cites the rule it stands in, and
    `reason` says why it was chosen where no rule states it: one of the two is always there.
    """

    name: str
    value: Value
    unit: str
    status: str
    read_as: str
    clause: str
    reason: str


@dataclass(frozen=True)
class Row:
    """One line of a table: where it stands, and its cells by column."""

    place: str
    cells: Mapping[str, str]

    def wrong(self, column: str, rule: str, way_out: str) -> BadInput:
        """Return the error about one cell."""
        return BadInput(f"{self.place}, {column}: '{self.text(column)}'", rule, way_out)

    def text(self, column: str) -> str:
        """One cell as text.

        Raises
        ------
        BadInput
            When the table has no such column.
        """
        if column not in self.cells:
            way_out = f"Columns are: {', '.join(self.cells)}."
            raise BadInput(f"{self.place}, {column}", "the table has no such column", way_out)
        return self.cells[column]

    def number(self, column: str) -> float:
        """One cell as a finite number.

        Raises
        ------
        BadInput
            When it is none.
        """
        try:
            value = float(self.text(column))
        except ValueError:
            value = float("nan")
        if not isfinite(value):
            raise self.wrong(column, "it is not a number", "Write it as 0.05.")
        return value

    def optional_number(self, column: str) -> float | None:
        """One cell as a number, None where it is empty; raises BadInput as `number` does."""
        return self.number(column) if self.text(column) else None

    def one_of(self, column: str, allowed: Sequence[str]) -> str:
        """One cell that must be one of some words; raises BadInput where it is not."""
        if self.text(column) not in allowed:
            raise self.wrong(column, "it is not allowed here", f"Allowed: {', '.join(allowed)}.")
        return self.text(column)


@dataclass(frozen=True)
class Pack:
    """One version of one pack."""

    folder: Path
    id: str
    title: str
    version: str
    issuer: str
    status: str
    in_force_from: date
    in_force_to: date | None
    parameters: Mapping[str, Parameter]
    tables: Mapping[str, tuple[Row, ...]]
    digest: str

    @property
    def reference(self) -> str:
        """Id and version, as a run or an answer cites it."""
        return f"{self.id} {self.version}"

    def parameter(self, name: str) -> Parameter:
        """Return a constant by name.

        Raises
        ------
        BadInput
            When the pack does not state it.
        """
        if name not in self.parameters:
            value = f"{self.folder / 'pack.toml'}: parameter {name}"
            raise BadInput(value, "the pack does not state it", f"Add [parameters.{name}].")
        return self.parameters[name]

    def number(self, name: str, low: float, high: float) -> float:
        """Return a constant that is a number from `low` to `high`; raises BadInput otherwise."""
        found = self.parameter(name)
        if isinstance(found.value, str) or not low <= found.value <= high:
            value = f"{self.folder / 'pack.toml'}: {name} = {found.value!r} {found.unit}"
            raise BadInput(value, f"it is a number from {low:g} to {high:g}", "Correct the pack.")
        return float(found.value)

    def table(self, name: str) -> tuple[Row, ...]:
        """Return the lines of a table.

        Raises
        ------
        BadInput
            When the pack has no such table.
        """
        if name not in self.tables:
            value = str(self.folder / f"{name}.csv")
            raise BadInput(value, "the pack has no such table", "Add it to the pack.")
        return self.tables[name]


def read_pack(folder: Path) -> Pack:
    """Read one version of a pack.

    Parameters
    ----------
    folder : Path
        With `pack.toml` and tables.

    Raises
    ------
    BadInput
        Naming file, line, rule and way out.
    """
    path = folder / "pack.toml"
    try:
        content = path.read_bytes()
        head = tomllib.loads(content.decode())
    except FileNotFoundError:
        raise BadInput(str(path), "a pack has this file", "Name the folder of a version.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise BadInput(str(path), f"it is not TOML ({problem})", "Correct it.") from None
    known = (*HEAD, "in_force_to", "parameters")
    for name in head:
        if name not in known:
            rule = "a pack has no such entry"
            raise BadInput(f"{path}: {name}", rule, f"Entries are: {', '.join(known)}.")
    for name in HEAD:
        if not head.get(name):
            raise BadInput(f"{path}: {name}", "a pack states it", "Add it.")
    for name in ("in_force_from", "in_force_to"):
        if name in head and type(head[name]) is not date:
            raise BadInput(f"{path}: {name} = {head[name]}", "it is a day", "Write 2026-06-30.")
    _one_of(path, "status", head["status"])
    digest = hashlib.blake2b(content, digest_size=16)
    tables = {}
    for file in sorted(folder.glob("*.csv")):
        tables[file.stem] = _table(file)
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    given = head.get("parameters", {})
    return Pack(
        folder=folder,
        **{name: str(head[name]) for name in ("id", "title", "version", "issuer", "status")},
        in_force_from=head["in_force_from"],
        in_force_to=head.get("in_force_to"),
        parameters={name: _parameter(path, name, row) for name, row in given.items()},
        tables=tables,
        digest=digest.hexdigest(),
    )


def pack_versions(*folders: Path) -> list[Pack]:
    """All versions of a pack.

    Parameters
    ----------
    *folders : Path
        Of the pack: as shipped, and of the district's own; each folder in them is a version. One
        that does not exist holds none; names that begin with a dot are being written.

    Raises
    ------
    BadInput
        When a version stands in two of them.
    """
    paths = [path.parent for folder in folders for path in sorted(folder.glob("*/pack.toml"))]
    found: dict[str, Pack] = {}
    for pack in (read_pack(path) for path in paths if not path.name.startswith(".")):
        if pack.version in found:
            value = f"{pack.folder} and {found[pack.version].folder}"
            raise BadInput(value, f"both are version {pack.version}", "Name one of them otherwise.")
        found[pack.version] = pack
    return list(found.values())


def pack_in_force(folder: Path, day: date, *others: Path) -> Pack:
    """Return the version of a pack that is in force on a day.

    Parameters
    ----------
    folder : Path
        Of the pack; each folder in it is a version.
    day : datetime.date
        From `in_force_from` to before `in_force_to`. Of several versions the one that came in
        force last is taken.
    *others : Path
        Where more versions of the pack stand.

    Raises
    ------
    BadInput
        When none is in force, or two came in force on the same day.
    """
    versions = pack_versions(folder, *others)
    starts = [pack.in_force_from.isoformat() for pack in versions]
    ends = [pack.in_force_to.isoformat() if pack.in_force_to else OPEN_DATE for pack in versions]
    holding = [versions[k] for k in holds_on(day, starts, ends).nonzero()[0].tolist()]
    last = latest(pack.in_force_from.isoformat() for pack in holding)
    chosen = [pack for pack in holding if pack.in_force_from.isoformat() == last]
    if not chosen:
        told = [
            f"{pack.version} from {start}" for pack, start in zip(versions, starts, strict=True)
        ]
        rule = f"no pack is in force on {day}" + (f"; there is {', '.join(told)}" if told else "")
        raise BadInput(str(folder), rule, "Add the version that holds on this day.")
    if len(chosen) > 1:
        names = " and ".join(pack.version for pack in chosen)
        rule = f"versions {names} are both in force from {last}"
        raise BadInput(str(folder), rule, "Let one begin on another day, or move it away.")
    return chosen[0]


def _parameter(path: Path, name: str, row: object) -> Parameter:
    place = f"{path}: parameters.{name}"
    if not isinstance(row, dict):
        raise BadInput(place, "a parameter is a table of its own", f"Write [parameters.{name}].")
    known = ("value", "unit", "status", "read_as", "clause", "reason")
    for key in row:
        if key not in known:
            way_out = f"It has: {', '.join(known)}."
            raise BadInput(f"{place}.{key}", "a parameter has no such entry", way_out)
    for key in ("value", "unit", "status", "read_as"):
        if key not in row or (key != "unit" and row[key] == ""):
            raise BadInput(f"{place}.{key}", "a parameter states it", "Add it.")
    if not row.get("clause") and not row.get("reason"):
        raise BadInput(place, "a parameter cites a clause or gives a reason", "Add one.")
    value = row["value"]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadInput(f"{place} = {value}", "a value is a number or a text", "Correct it.")
    _one_of(path, f"parameters.{name}.status", row["status"])
    words = {
        key: str(row.get(key, "")) for key in ("unit", "status", "read_as", "clause", "reason")
    }
    return Parameter(name=name, value=value, **words)


def _table(path: Path) -> tuple[Row, ...]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, strict=True)
        try:
            header = next(lines, [])
            if len(set(header)) < len(header) or not all(header):
                value = f"{path} line 1: {','.join(header)}"
                raise BadInput(value, "every column has a name of its own", "Correct the header.")
            rows = []
            for cells in lines:
                place = f"{path} line {lines.line_num}"
                if len(cells) != len(header):
                    rule = f"the header has {len(header)} columns, the line {len(cells)}"
                    raise BadInput(place, rule, "Quote cells that hold a comma.")
                rows.append(Row(place, dict(zip(header, cells, strict=True))))
        except (csv.Error, UnicodeDecodeError) as problem:
            place = f"{path} line {lines.line_num}"
            raise BadInput(place, f"it is not CSV in UTF-8 ({problem})", "Save it so.") from None
    return tuple(rows)


def _one_of(path: Path, name: str, status: object) -> None:
    if status not in STATUSES:
        rule = f"status is one of {', '.join(STATUSES)}"
        raise BadInput(f"{path}: {name} = {status}", rule, "Correct it.")
