"""What a case is about, looked up in the store: who is named by the statements of a target."""

from datetime import date

from api.services.pictures import snapshot_of
from api.services.workspace import Workspace
from graph_model.errors import BadInput
from policy.cases import Effect, Target, meant
from policy.standing import rows_named


def sides_of(workspace: Workspace, target: Target, effect: Effect, today: date) -> tuple[str, ...]:
    """Parties that the statements of a target name, as stated and in force today.

    Parameters
    ----------
    workspace : Workspace
    target : Target
        Of a link the sides are its two parties.
    effect : Effect
        How far a case about it would reach.
    today : datetime.date

    Returns
    -------
    tuple of str
        Sorted; empty where nothing of the kind is stated.

    Raises
    ------
    BadInput
        When the target cannot be read, or its kind is none of the dictionary.
    """
    dictionary, snapshot = workspace.dictionary, snapshot_of(workspace, today)
    found: set[str] = set()
    for wanted in meant(target, dictionary, effect):
        kind = dictionary.kind(wanted.kind)
        columns = list(dict.fromkeys([*wanted.cells, *kind.party_fields]))
        table = workspace.store.table(wanted.kind, snapshot, columns)
        rows = rows_named(table, wanted)
        if target.type == "link" and rows:
            found |= set(wanted.cells.values())
        elif target.type == "statement":
            for field in kind.party_fields:
                found |= set(table[field].take(rows).to_pylist()) if rows else set()
    return tuple(sorted(found - {""}))


def read_target(statement: str | None, link: str | None) -> Target:
    """Make a target of what a user gave: one of both.

    Raises
    ------
    BadInput
        When it is none or both.
    """
    if statement and not link:
        return Target("statement", statement)
    if link and not statement:
        return Target("link", link)
    raise BadInput(
        "target", "a case is about one statement or one link", "Name one of the two, and only one."
    )
