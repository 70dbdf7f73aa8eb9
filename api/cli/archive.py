"""`alliance archive`, `restore` and `bulk`: everything of a store in one folder, and back."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.app import HomeOption, StoreOption, app, console, workspace
from api.services import archiving
from api.settings import load_settings


@app.command(epilog="Example: alliance archive backup/2026-11-24")
def archive(
    folder: Annotated[Path, typer.Argument(help="Folder to make; it must not exist yet.")],
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Write all statements, loads, findings and journals as CSV with hashes."""
    with workspace(store, home) as opened:
        store_hash = archiving.archive(opened, folder)
    console.print(f"{folder}: store hash {store_hash}", soft_wrap=True)


@app.command(epilog="Example: alliance restore backup/2026-11-24 --store restored.db")
def restore(
    folder: Annotated[Path, typer.Argument(help="Folder of an archive.")],
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Fill an empty store from an archive, after checking every hash.

    Pictures and runs are made again from the store: `alliance assess` publishes them.
    """
    store_hash = archiving.restore(load_settings(store=store, home=home), folder)
    console.print(f"{folder}: restored, store hash {store_hash}", soft_wrap=True)


@app.command(epilog="Example: alliance bulk backup/2026-11-24 import")
def bulk(
    folder: Annotated[Path, typer.Argument(help="Folder of an archive.")],
    into: Annotated[Path, typer.Argument(help="Folder to make; it must not exist yet.")],
) -> None:
    """Write an archive as the files of Neo4j's own bulk import, for a first load of millions.

    With the server stopped, in that folder: neo4j-admin database import full neo4j @import.args
    """
    written = archiving.bulk(folder, into)
    console.print(f"{into}: {written:,} nodes and relationships", soft_wrap=True)
