"""`alliance what-if`: figures before and after a change, from the published run or a folder."""

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
    without_date,
    workspace,
)
from api.cli.assess import NetworkOption, ScenariosOption, SeedOption
from api.cli.figures import figure_cells
from api.services.changes import Asked
from api.services.networks import folder_assessment
from api.services.what_if import WhatIfAnswer, own_folder_what_if, partner_what_if
from api.settings import load_settings

EXAMPLES = """
Examples (amounts in yuan; ROW owes, sells to, guarantees, lends to, carries for, owns COLUMN):

  alliance what-if E0 --network my-network --drop guarantee:E0:E1

  alliance what-if E0 --network my-network --add payable:E2:E0=1,000,000 --change trade:E0:E3=0

  alliance what-if 91440112XXXX000191 --drop-party 91440112XXXX00027U
      --as financier:uscc:… --purpose post_loan

  alliance what-if E0 --network my-network --add-party new:maker
      --change-party new:maker:own_rate=0.05 --add trade:E0:new:maker=2,000,000
"""


@app.command("what-if", epilog=EXAMPLES)
def what_if(
    party: Annotated[str, typer.Argument(help="Party id, or unified social credit code.")],
    add: Annotated[
        list[str] | None, typer.Option(help="MEASURE:ROW:COLUMN=YUAN, a link there is not.")
    ] = None,
    drop: Annotated[list[str] | None, typer.Option(help="MEASURE:ROW:COLUMN.")] = None,
    change: Annotated[
        list[str] | None, typer.Option(help="MEASURE[.QUANTITY]:ROW:COLUMN=YUAN.")
    ] = None,
    add_party: Annotated[
        list[str] | None, typer.Option(help="ID; from the store new:NAME.")
    ] = None,
    drop_party: Annotated[list[str] | None, typer.Option(help="ID, with all its links.")] = None,
    change_party: Annotated[
        list[str] | None,
        typer.Option(help="ID:FIELD=VALUE, fields as in nodes.csv of a network folder."),
    ] = None,
    who: Annotated[
        str | None, typer.Option("--as", help="ROLE:ORGANISATION, the organisation by party id.")
    ] = None,
    purpose: Annotated[str | None, typer.Option(help="Code of the purpose.")] = None,
    date: DateOption = None,
    network: NetworkOption = None,
    scenarios: ScenariosOption = None,
    seed: SeedOption = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Print level, rank and ratio before and after, and who else moves most."""
    without_date(date, network)
    asked = Asked(
        add or (), drop or (), change or (), add_party or (), drop_party or (), change_party or ()
    )
    if network is not None:
        made = folder_assessment(load_settings(store=store, home=home), network, scenarios, seed)
        answer = own_folder_what_if(made, party, asked)
    else:
        asking = viewer_named(who, purpose)
        with workspace(store, home) as opened:
            day = None if date is None else day_of(date)
            today = calendar.today()
            answer = partner_what_if(opened, asking, party, asked, day, today)
    print_answer(answer)


def print_answer(answer: WhatIfAnswer) -> None:
    """Print one answer as a table."""
    table = Table("party", "level", "rank", "ratio", *([] if answer.withheld else ["figure", "±"]))
    for figure in (answer.subject, *answer.movers):
        table.add_row(*figure_cells(figure, told=not answer.withheld))
    if answer.others_moved:
        table.add_row(f"and {answer.others_moved:,} others move", style="dim")
    console.print(table)
    for text in answer.overridden:
        console.print(f"this layer does not move, its rate is stated outright: {escape(text)}")
    if answer.withheld:
        console.print(f"[dim]{escape(answer.withheld)}[/]")
    kept = "" if answer.scenarios == answer.asked else f" of {answer.asked:,} whose falls fit"
    console.print(
        f"[dim]as of {answer.date}, run {answer.run_id}, picture {answer.network_id}, "
        f"{answer.scenarios:,} scenarios{kept}, {answer.run_again:,} run again; "
        f"shown by rule: {escape(answer.rule)}[/]",
        soft_wrap=True,
    )
