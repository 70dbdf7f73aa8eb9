"""Move a whole store: out to an archive, and into an empty store."""

from pathlib import Path

from api.services.workspace import Workspace
from graph_model.store.archive import read_archive, write_archive


def archive(workspace: Workspace, folder: Path) -> str:
    """Write the archive; returns the store hash."""
    return write_archive(workspace.store, folder)


def restore(workspace: Workspace, folder: Path) -> str:
    """Fill the empty store from an archive; returns the store hash, which is the archive's."""
    dump = read_archive(folder, workspace.dictionary)
    workspace.store.restore(dump)
    return dump.store_hash
