"""Move a whole store: out to an archive, and into an empty store."""

from pathlib import Path

from api.services.workspace import Workspace, open_workspace
from api.settings import Settings
from graph_model.schema import load_dictionary
from graph_model.store.archive import read_archive, write_archive


def archive(workspace: Workspace, folder: Path) -> str:
    """Write the archive; returns the store hash."""
    return write_archive(workspace.store, folder)


def restore(settings: Settings, folder: Path) -> str:
    """Fill the empty store from an archive; returns the store hash, which is the archive's.

    The archive is checked whole before a store is made.
    """
    dump = read_archive(folder, load_dictionary())
    with open_workspace(settings) as workspace:
        workspace.store.restore(dump)
    return dump.store_hash
