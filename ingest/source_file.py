"""`source.toml`: who sends the files of a folder, and what each file declares to be."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from graph_model.errors import BadInput
from graph_model.schema import Dictionary
from graph_model.statement import Source
from ingest.mapping import Mapping, default_mapping, model_from_toml, read_mapping

NAME = "source.toml"


class Period(BaseModel):
    """Days the file speaks of, half-open."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    start: date
    end: date

    @model_validator(mode="after")
    def _ordered(self) -> "Period":
        if self.start.toordinal() >= self.end.toordinal():
            raise ValueError("start must come before end")
        return self


class FileDeclaration(BaseModel):
    """One file, or several that form one extract (a pattern such as `invoices-*.csv`).

    `extract`: a `full` one ends what it no longer says, a `delta` ends nothing. `as_of`: the day
    on which states hold that bring no date of their own; by default the end of the period.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    path: str
    kind: str | None = None
    mapping: str | None = None
    extract: Literal["full", "delta"]
    period: Period
    as_of: date | None = None

    @field_validator("path")
    @classmethod
    def _inside(cls, path: str) -> str:
        if not path.strip() or Path(path).is_absolute() or ".." in Path(path).parts:
            raise ValueError("name a file, or a pattern, inside the folder")
        return path

    @model_validator(mode="after")
    def _one_reading(self) -> "FileDeclaration":
        if (self.kind is None) == (self.mapping is None):
            raise ValueError("give exactly one of kind, mapping")
        return self

    @property
    def state_day(self) -> date:
        """Day from which states of this file hold."""
        return self.as_of or self.period.end


class SourceDeclaration(BaseModel):
    """Content of `source.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    name: Annotated[str, Field(min_length=1)]
    type: str
    rank: Annotated[int, Field(ge=0, le=1000)]
    authorisation: Annotated[str, Field(min_length=1)]
    association_allowed: bool
    file: Annotated[tuple[FileDeclaration, ...], Field(min_length=1)]

    def source(self) -> Source:
        """Return the source as statements name it."""
        return Source(**self.model_dump(exclude={"file"}))


def read_source(path: Path, dictionary: Dictionary) -> SourceDeclaration:
    """Read a `source.toml`.

    Raises
    ------
    BadInput
        Naming the file, the place in it, the rule and the way out; also when the type of source
        is none that may supply credit information (Regulation on the Credit Reporting Industry,
        Art. 21).
    """
    declared = model_from_toml(SourceDeclaration, path)
    types = dictionary.codes("source_type")
    if declared.type not in types:
        raise BadInput(
            f"{path.name}, type: {declared.type!r}",
            "is no type of source (征信业管理条例 Art. 21)",
            f"Use one of: {', '.join(types)}.",
        )
    return declared


def files_of(declared: FileDeclaration, folder: Path) -> list[Path]:
    """Files of one declaration, sorted; none is an error, for a missing file ends facts."""
    named = folder / declared.path  # a name with [ ] in it is no pattern where such a file exists
    found = [named] if named.is_file() else sorted(filter(Path.is_file, folder.glob(declared.path)))
    if not found:
        raise BadInput(
            str(folder / declared.path),
            "source.toml names a file that is not there",
            "Put the file there, or take its [[file]] out of source.toml.",
        )
    return found


def mapping_of(
    declared: FileDeclaration, beside: Path, dictionary: Dictionary, override: Path | None = None
) -> Mapping:
    """Mapping of a declaration: the override, its own (beside `source.toml`), or by field names."""
    if override is not None:
        return read_mapping(override, dictionary)
    if declared.mapping is not None:
        return read_mapping(beside / declared.mapping, dictionary)
    return default_mapping(dictionary.kind(declared.kind or ""))
