"""`alliance movers`: who stands elsewhere since the run before."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from api import today as calendar
from api.cli.app import (
    DateOption,
    HomeOption,
    StoreOption,
    app,
    console,
    day_of,
    viewer_named,
    workspace,
)
from api.services.movers import Movers
from api.services.movers import movers as moved_between


@app.command(epilog="Example: alliance movers --as member:uscc:A --purpose self")
def movers(
    who: Annotated[str, typer.Option("--as", help="ROLE:ORGANISATION, by party id.")],
    purpose: Annotated[str, typer.Option(help="Code of the purpose.")],
    date: DateOption = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """List who moved from the run published before to the latest, or to that of a day.

    Numbers are for the desk; names are those that the viewer may see.
    """
    with workspace(store, home) as opened:
        day = None if date is None else day_of(date)
        today = calendar.today()
        told = moved_between(opened, viewer_named(who, purpose), day, today)
    table = Table("party", "level", "ratio")
    for one in told.listed:
        levels = (one.level_before, one.level_after)
        table.add_row(
            escape(f"{one.name}  {one.party}" if one.name else one.party),
            levels[0] if levels[0] == levels[1] else " → ".join(levels),
            "–" if one.ratio is None else f"× {one.ratio:.4f}",
        )
    console.print(table)
    console.print(sentence(told), soft_wrap=True)


def sentence(told: Movers) -> str:
    """What changed between two runs, in numbers, naming nobody."""
    between = (
        f"from run {told.before.run_id} of {told.before.date} "
        f"to run {told.after.run_id} of {told.after.date}"
    )
    loads = told.after.tx - told.before.tx
    causes = f"between them {told.steps:,} × a step of a case, {loads:,} × a load"
    if told.figures is None:
        return f"{between}; {causes}"
    return (
        f"{between}: {told.up:,} parties at a higher warning level, {told.down:,} at a lower one, "
        f"{told.turned:,} gained or lost a figure; {told.figures:,} figures differ; "
        f"{causes}"
    )
