"""What was stated of a key or a party: when it held, when it was known, by whom."""

from dataclasses import dataclass

from api.services.workspace import Workspace
from graph_model.errors import NotFound
from graph_model.schema import Value
from graph_model.snapshot import OPEN_DATE, OPEN_TX
from graph_model.statement import Row


@dataclass(frozen=True)
class Stated:
    """One row of a history.

    Attributes
    ----------
    held : tuple of str
        First day, and first day no longer ("" while open).
    known : tuple of str
        Load and wall time since which, and until which ("" while open), it is known.
    by : str
        Source.
    evidence : str
        File and line it stood on.
    """

    kind: str
    key: str
    values: dict[str, Value]
    held: tuple[str, str]
    known: tuple[str, str]
    by: str
    evidence: str


def history(workspace: Workspace, key: str) -> list[Stated]:
    """Everything ever stated under a key, or about a party id.

    Raises
    ------
    NotFound
        When nothing was.
    """
    store = workspace.store
    rows = store.history(key)
    if not rows and not key.startswith(("uscc:", "lei:", "src:")):
        rows = store.history(f"uscc:{key}")
    if not rows:
        raise NotFound(
            repr(key),
            "nothing was ever stated under this key or about this party",
            "Keys look like uscc:CODE|NUMBER; party ids like uscc:CODE or src:SOURCE:ID.",
        )
    loads = {load.number: load for load in store.loads()}

    def at(number: int) -> str:
        return f"load {number} of {loads[number].ended_at}"

    def evidence(row: Row) -> str:
        return f"{loads[row.load].files[row.file].name}, line {row.line}"

    return [
        Stated(
            kind=kind,
            key=row.key,
            values={
                name: value
                for name, value in row.named(workspace.dictionary.kind(kind)).items()
                if name in workspace.dictionary.kind(kind).field_names
            },
            held=(row.valid_from, "" if row.valid_to == OPEN_DATE else row.valid_to),
            known=(at(row.tx_from), "" if row.tx_to == OPEN_TX else at(row.tx_to)),
            by=loads[row.tx_from].source.name,
            evidence=evidence(row),
        )
        for kind, row in rows
    ]
