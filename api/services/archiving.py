"""Move a whole store: out to an archive, into an empty store, and to files of a bulk import."""

import tempfile
from pathlib import Path

from api.services.workspace import Workspace, open_workspace
from api.settings import Settings
from graph_model.errors import StoreError
from graph_model.schema import load_dictionary
from graph_model.store.archive import read_archive, write_archive


def archive(workspace: Workspace, folder: Path) -> str:
    """Write the archive; returns the store hash."""
    return write_archive(workspace.store, folder)


def restore(settings: Settings, folder: Path) -> str:
    """Fill the empty store from an archive; returns the store hash.

    The archive is checked whole before a store is made, and the store afterwards: archived again
    (aside, and thrown away) it must have the same hash.

    Raises
    ------
    StoreError
        When it has not.
    """
    dump = read_archive(folder, load_dictionary())
    with open_workspace(settings) as workspace:
        workspace.store.restore(dump)
        with tempfile.TemporaryDirectory() as aside:
            found = write_archive(workspace.store, Path(aside) / "again")
    if found != dump.store_hash:
        raise StoreError(
            settings.store_address,
            f"archived again it has the hash {found}, not {dump.store_hash}",
            "Do not use the store; report this with both archives.",
        )
    return found


def bulk(folder: Path, into: Path) -> int:
    """Write an archive as files for Neo4j's own import; returns how many nodes and relationships.

    The archive is checked whole before; archived again after the import, the store has its hash.
    """
    from graph_model.store.neo4j_bulk import write_bulk

    return write_bulk(read_archive(folder, load_dictionary()), into)
