"""`alliance case`: objection and repair, opened, moved on, listed, and both figures."""

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
    listing,
    viewer_named,
    workspace,
)
from api.cli.figures import figure_cells
from api.jobs.follow import follow_cases
from api.services import cases
from api.services.case_figures import CaseFigures, case_figures
from api.services.case_targets import read_target
from api.services.cases import CaseTold

group = typer.Typer(no_args_is_help=True, help="异议与信用修复: objection and repair.")
app.add_typer(group, name="case")

WhoOption = Annotated[str, typer.Option("--as", help="ROLE:ORGANISATION, by party id.")]
PurposeOption = Annotated[
    str, typer.Option(help="Code of the purpose; the desk states supervision.")
]
NoteOption = Annotated[str, typer.Option(help="Reason, and where its proof is kept.")]
CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="Such as objection-17.")]


@group.command(
    "open",
    epilog="Example: alliance case open objection --link guarantee:uscc:A:uscc:B "
    "--as member:uscc:A --note 'never signed'",
)
def open_(
    kind: Annotated[str, typer.Argument(help="objection or repair.")],
    who: WhoOption,
    statement: Annotated[str | None, typer.Option(help="kind:source:key.")] = None,
    link: Annotated[str | None, typer.Option(help="MEASURE:ROW:COLUMN, by party id.")] = None,
    note: NoteOption = "",
    party: Annotated[str | None, typer.Option(help="For whom the desk opens it.")] = None,
    purpose: PurposeOption = "self",
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Open a case about a statement or a link that names the organisation."""
    target = read_target(statement, link)
    with workspace(store, home) as opened:
        viewer = viewer_named(who, purpose)
        told = cases.open_case(opened, viewer, kind, target, note, calendar.today(), party=party)
        follow_cases(opened, calendar.today())
    _print_case(told)


@group.command("list", epilog="Example: alliance case list --as official:uscc:X --purpose …")
def list_(
    who: WhoOption,
    purpose: PurposeOption = "self",
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """List the cases that concern the organisation; at the desk all, with their clocks."""
    with workspace(store, home) as opened:
        told = cases.listed(opened, viewer_named(who, purpose), calendar.today())
    table = listing("case", "about", "for", "state", "out", "due", "days left", "next steps")
    for one in told:
        left = "" if one.days_left is None else str(one.days_left)
        late = one.days_left is not None and one.days_left < 0
        table.add_row(
            f"{one.id} {one.zh}",
            *(escape(text) for text in (one.target, one.party)),
            *(one.state, "yes" if one.out else "no", one.due_on),
            f"[bold red]{left} overdue[/]" if late else left,
            ", ".join(one.possible),
        )
    console.print(table)


@group.command(epilog="Example: alliance case show objection-17 --as member:uscc:A --figures")
def show(
    case: CaseArgument,
    who: WhoOption,
    figures: Annotated[
        bool, typer.Option("--figures", help="Also with and without it; for the desk.")
    ] = False,
    purpose: PurposeOption = "self",
    date: DateOption = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Print every step of a case, and which may be taken now."""
    with workspace(store, home) as opened:
        viewer = viewer_named(who, purpose)
        told = cases.shown(opened, viewer, case, calendar.today())
        day = None if date is None else day_of(date)
        both = case_figures(opened, viewer, case, day, calendar.today()) if figures else None
    _print_case(told)
    if both is not None:
        _print_figures(both)


@group.command(epilog="Example: alliance case decide objection-17 uphold --as official:uscc:X")
def decide(
    case: CaseArgument,
    action: Annotated[str, typer.Argument(help="One of the next steps that `show` lists.")],
    who: WhoOption,
    note: NoteOption = "",
    purpose: PurposeOption = "supervision",
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Take the next step: mark, uphold, correct, reject, grant, refuse, withdraw."""
    with workspace(store, home) as opened:
        told = cases.act(opened, viewer_named(who, purpose), case, action, note, calendar.today())
        follow_cases(opened, calendar.today())
    _print_case(told)


def _print_case(told: CaseTold) -> None:
    clock = "" if told.days_left is None else f", due {told.due_on}, {told.days_left} days left"
    out = "out of every picture" if told.out else "counts"
    console.print(
        f"[bold]{told.id}[/] {told.zh} {told.en}: {told.state}{clock}; what it is about {out}"
    )
    console.print(f"{told.target_type} {escape(told.target)}, for {told.party}", soft_wrap=True)
    for step in told.steps:
        note = f": {step.note}" if step.note else ""
        console.print(
            f"  {step.day}  {step.action} → {step.state}  {step.zh} {step.en}, "
            f"by {escape(step.by + note)}",
            soft_wrap=True,
        )
    steps = ", ".join(told.possible) or "none"
    console.print(
        f"[dim]next steps: {steps}; {escape(told.clause)}; shown by rule: {escape(told.rule)}[/]",
        soft_wrap=True,
    )


def _print_figures(told: CaseFigures) -> None:
    columns = ("party", "level with → without", "rank", "ratio")
    table = Table(*columns, *([] if told.withheld else ["figure", "±"]))
    for figure in (*told.parties, *told.movers):
        table.add_row(*figure_cells(figure, told=not told.withheld))
    if told.others_moved:
        table.add_row(f"and {told.others_moved:,} others move", style="dim")
    console.print(table)
    if told.with_it == told.without_it:
        console.print("no figure of this day rests on it")
    counts = "counts" if told.counts else "is out"
    console.print(
        f"[dim]as of {told.date}; in run {told.run_id} it {counts}; pictures with "
        f"{told.with_it}, without {told.without_it}; {told.scenarios:,} scenarios, "
        f"{told.run_again:,} run again[/]",
        soft_wrap=True,
    )
    if told.withheld:
        console.print(f"[dim]{escape(told.withheld)}[/]")
