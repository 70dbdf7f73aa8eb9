"""`alliance district`: a made district, as files of its sources and a truth apart."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from api.cli.app import app, console, progress_bar
from api.services import districts
from api.settings import load_settings
from ingest.district.settings import DistrictSetting

EXAMPLES = """
Examples:

  alliance district var/district

  alliance district --enterprises 100000 --contagion off var/null
"""


@app.command(epilog=EXAMPLES)
def district(
    out: Annotated[Path, typer.Argument(help="New folder: gets sources/ and truth/.")],
    enterprises: Annotated[int, typer.Option(help="How many enterprises.")] = 3_000,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 2,
    months: Annotated[int, typer.Option(help="Of which the last 12 stand in the truth only.")] = 36,
    contagion: Annotated[
        Literal["on", "off"], typer.Option(help="off: a fall reaches nobody else.")
    ] = "on",
) -> None:
    """Make a district: enterprises that trade, borrow and fail, and the files that tell of it."""
    setting = DistrictSetting(enterprises, seed, months, contagion == "on")
    with progress_bar() as (bar, task):
        made = districts.make(
            load_settings(), setting, out, lambda what: bar.update(task, description=what)
        )
    truth = out / districts.TRUTH / "district.toml"
    console.print(f"{made.rows:,} rows in {out / districts.SOURCES}", soft_wrap=True)
    console.print(truth.read_text(encoding="utf-8"), markup=False, soft_wrap=True)
