"""`alliance network`: the picture of a day as a network folder."""

from pathlib import Path
from typing import Annotated

import typer

from api import audit
from api.cli.app import DateOption, HomeOption, StoreOption, app, console, day_of, workspace
from api.services.networks import write_picture


@app.command(epilog="Example: alliance network october --date 2026-10-31")
def network(
    folder: Annotated[Path, typer.Argument(help="Folder to make; it must not exist yet.")],
    date: DateOption = None,
    tx: Annotated[
        int | None, typer.Option(min=1, help="As known after this load; default the last.")
    ] = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Write nodes and matrices as CSV: the input of `alliance assess --network`."""
    with workspace(store, home) as opened:
        audit.record_operator(opened.store, "picture written", "")
        made = write_picture(opened, day_of(date), tx, folder)
    console.print(
        f"{folder}: picture {made.network_id}, {len(made):,} parties, as of {made.valid_date}",
        soft_wrap=True,
    )
