"""The mapping grammar: which column of a file becomes which field of which statement.

A mapping is a TOML file (`docs/mapping.md`). A file whose headers are the dictionary's own field
names or Chinese labels needs none: `default_mapping` says as much.
"""

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from graph_model.errors import BadInput
from graph_model.schema import Dictionary, Kind
from ingest.cells import unit_factor
from ingest.raw_table import FileFormat
from ingest.read_header import header_key

Header = Annotated[str, AfterValidator(header_key)]
"""A column's name, written as the reader writes headers."""

Model = TypeVar("Model", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Format(_Strict):
    """Form of the file; see `raw_table.FileFormat`."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: str = "auto"
    line_end: str | None = None
    header_row: Annotated[int, Field(ge=1)] = 1
    header_has: tuple[str, ...] = ()
    sheet: str | None = None
    end_when: tuple[str, str] | None = None
    quote: Annotated[str, Field(min_length=1, max_length=1)] = '"'

    def file_format(self) -> FileFormat:
        """Plain form for the reader."""
        return FileFormat(**self.model_dump())


class Rate(_Strict):
    """Exchange rate to the store's currency, dated and sourced."""

    rate: Annotated[str, Field(pattern=r"^\d+(\.\d+)?$")]
    date: date
    source: Annotated[str, Field(min_length=1)]


class Money(_Strict):
    """Unit and currency of the amounts of a file, where a field does not say otherwise."""

    unit: str = "yuan"
    currency: str = "CNY"
    rates: dict[str, Rate] = {}


class Condition(_Strict):
    """A test on one cell; all tests of a list must hold."""

    column: Header
    equals: str | None = None
    among: tuple[str, ...] | None = None
    starts_with: str | None = None
    missing: bool | None = None
    negate: bool = Field(False, alias="not")

    @model_validator(mode="after")
    def _one_test(self) -> "Condition":
        tests = (self.equals, self.among, self.starts_with, self.missing)
        if sum(test is not None for test in tests) != 1:
            raise ValueError("give exactly one of equals, among, starts_with, missing")
        return self


class FieldRule(_Strict):
    """Where a field comes from, and how it is read.

    Exactly one of `column` (a header, or several of which the first found counts), `constant`
    and `occurrence_of` (a number made from these columns and how often they have come).
    `joined_with`: columns that follow the cell, where it names something only together with them
    (a ministry of finance with its country, a line with its order). `optional`: a row without it
    makes no such statement. `may_lack`: the file may lack the column.
    """

    column: Header | tuple[Header, ...] | None = None
    constant: str | None = None
    occurrence_of: tuple[Header, ...] | None = None
    joined_with: tuple[Header, ...] = ()
    party: Literal["auto", "uscc", "lei", "local", "name"] = Field("auto", alias="as")
    name_column: Header | None = None
    unit: str | None = None
    currency: str | None = None
    format: str | tuple[str, ...] | None = None
    values: dict[str, str] = {}
    null_words: tuple[str, ...] = ()
    optional: bool = False
    may_lack: bool = False

    @model_validator(mode="after")
    def _one_origin(self) -> "FieldRule":
        if sum(o is not None for o in (self.column, self.constant, self.occurrence_of)) != 1:
            raise ValueError("give exactly one of column, constant, occurrence_of")
        if self.joined_with and self.column is None:
            raise ValueError("joined_with needs a column that it follows")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Headers that may hold the field, the first found counts."""
        if self.column is None:
            return ()
        return (self.column,) if isinstance(self.column, str) else self.column


class StatementRule(_Strict):
    """One statement that each row makes.

    `repeats` says what a second row with the same key does: `refuse` quarantines it when it says
    otherwise; `first` lets the first stand (for parties named on every row of their documents).
    """

    kind: str
    when: tuple[Condition, ...] = ()
    fields: dict[str, FieldRule]
    repeats: Literal["refuse", "first"] = "refuse"


class Mapping(_Strict):
    """One mapping: form, money, and what each row states."""

    name: str
    format: Format = Format()
    money: Money = Money()
    null_words: tuple[str, ...] = ()
    statement: Annotated[tuple[StatementRule, ...], Field(min_length=1)]

    def as_json(self) -> str:
        """Whole mapping as one text: kept with each load, so that a row can be replayed."""
        content = self.model_dump(by_alias=True, exclude_defaults=True, mode="json")
        return json.dumps(content, ensure_ascii=False, sort_keys=True)


def read_mapping(path: Path, dictionary: Dictionary) -> Mapping:
    """Read a mapping file and check it against the dictionary.

    Raises
    ------
    BadInput
        Naming the file, the place in it, what is wrong there, and the way out.
    """
    if not path.exists():
        raise BadInput(
            str(path),
            "there is no such mapping",
            "Name a TOML file; docs/mapping.md shows what it holds, docs/examples has some.",
        )
    return checked(model_from_toml(Mapping, path), dictionary, path.name)


def mapping_from_json(text: str, dictionary: Dictionary) -> Mapping:
    """Take a mapping back from what a load has kept of it."""
    return checked(Mapping.model_validate(json.loads(text)), dictionary, "the load's mapping")


def default_mapping(kind: Kind) -> Mapping:
    """Mapping of a file whose headers are field names or Chinese labels of the dictionary."""
    fields = {
        f.name: FieldRule(column=(f.name, f.zh), may_lack=not f.required) for f in kind.fields
    }
    return Mapping(
        name=f"{kind.name} by its field names",
        statement=(StatementRule(kind=kind.name, fields=fields),),
    )


def checked(mapping: Mapping, dictionary: Dictionary, where: str) -> Mapping:
    """Hold a mapping against the dictionary; returns it."""
    unit_factor(mapping.money.unit, f"{where}, money.unit")
    for rule in mapping.statement:
        try:
            kind = dictionary.kind(rule.kind)
            for name in rule.fields:
                kind.field(name)
        except BadInput as error:
            place = f"{where}, statement {rule.kind}: {error.value}"
            raise BadInput(place, error.rule, error.way_out) from error
        for name, field_rule in rule.fields.items():
            if field_rule.unit is not None:
                unit_factor(field_rule.unit, f"{where}, statement {rule.kind}, {name}.unit")
        left_out = [f.name for f in kind.fields if f.required and f.name not in rule.fields]
        if left_out:
            raise BadInput(
                f"{where}, statement {rule.kind}",
                f"gives nothing for the required field {', '.join(left_out)}",
                "Add a column, a constant or occurrence_of for each.",
            )
    return mapping


def model_from_toml(model: type[Model], path: Path) -> Model:
    """Read one TOML file into a model; errors say file, place, rule and way out."""
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadInput(str(path), "there is no such file", "Check the path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(
            str(path), f"is not TOML in UTF-8 ({error})", "Correct the file at that place."
        ) from error
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "top level"
        raise BadInput(
            f"{path.name}, {place}: {first['input']!r}"[:200],
            first["msg"],
            "Correct the file; docs/mapping.md shows what may stand there.",
        ) from error
