"""An extract: the files of one declaration, read by one mapping."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from graph_model.statement import SourceFile
from ingest.mapping import Mapping
from ingest.source_file import FileDeclaration


@dataclass(frozen=True)
class Extract:
    """Several files of one declaration, read by one mapping; `first` numbers them in the load."""

    declared: FileDeclaration
    mapping: Mapping
    paths: Sequence[Path]
    first: int

    @property
    def day(self) -> str:
        """ISO day as of which states are said."""
        return self.declared.state_day.isoformat()

    @property
    def listed(self) -> tuple[str, ...]:
        """Kinds that the extract lists, so that a full one ends what it leaves out.

        A rule with `repeats = "first"` only mentions (parties on the rows of their documents):
        that somebody is not mentioned ends nothing.
        """
        rules = self.mapping.statement
        return tuple(dict.fromkeys(rule.kind for rule in rules if rule.repeats == "refuse"))

    @property
    def order(self) -> tuple[str, bool]:
        """Older days first; of one day, lists before files that also mention."""
        mentions = any(rule.repeats == "first" for rule in self.mapping.statement)
        return self.day, mentions


def content_of(file: SourceFile, mapping: Mapping) -> str:
    """What findings are known by: the file's digest, and which sheet of it was read."""
    sheet = mapping.format.sheet
    return f"{file.sha256}#{sheet}" if sheet else file.sha256
