"""`alliance ingest`: source files into the store."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from api.cli.app import HomeOption, StoreOption, app, console, progress_bar, workspace
from api.services import ingesting
from graph_model.errors import BadInput
from ingest.load import LoadReport

EXAMPLES = """
Examples:

  alliance ingest districts/huangpu/demo

  alliance ingest DATA --source docs/examples/interbank/source.toml --dry-run

  alliance ingest --replay var/quarantine/load-000004-bank-a.csv
"""


@app.command(epilog=EXAMPLES)
def ingest(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of the files, or of several source folders.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option(help="A source.toml that stands elsewhere.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help="Mapping to use for every file.")] = None,
    replay: Annotated[
        Path | None, typer.Option(help="A corrected quarantine file to take in again.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Do everything, write nothing.")] = False,
    allow_shrink: Annotated[
        bool, typer.Option(help="Let a full extract end more than 5 % of what it speaks of.")
    ] = False,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Take source files in: read, check, quarantine what is wrong, publish at once."""
    if (folder is None) == (replay is None):
        raise BadInput(
            "alliance ingest", "takes either a folder or --replay FILE", "Give one of the two."
        )
    done: list[ingesting.Ingested] = []
    try:
        with workspace(store, home, make=True) as opened, progress_bar() as (bar, task):
            if replay is not None:
                replayed = ingesting.replay_quarantine(opened, replay, dry_run=dry_run)
                done += [ingesting.Ingested(report, None) for report in replayed]
            else:
                ingesting.ingest(
                    opened,
                    folder or Path(),
                    source=source,
                    mapping=mapping,
                    dry_run=dry_run,
                    allow_shrink=allow_shrink,
                    progress=lambda name, rows: bar.update(task, told=f"{name}: {rows:,} rows"),
                    begun=lambda name: bar.update(task, description=name),
                    done=done,
                )
    finally:
        if done:  # also what was taken in before an error
            print_done(done, dry_run=dry_run)


def print_done(done: list[ingesting.Ingested], *, dry_run: bool) -> None:
    """Counts per file, findings by rule, and where rows kept aside are."""
    reports = [one.report for one in done]
    console.print(table_of(reports, dry_run=dry_run))
    rules = sum((report.rules for report in reports), start=Counter[tuple[str, str]]())
    for (severity, rule), count in rules.most_common():
        console.print(f"{count:>7,}  {severity:10}  {rule}", markup=False)
    for one in done:
        if one.quarantine:
            told = f"load {one.report.load}: rows kept aside are in {one.quarantine}"
            console.print(told, soft_wrap=True)


def table_of(reports: list[LoadReport], *, dry_run: bool) -> Table:
    """Counts per file; accepted + warned + kept aside = read."""
    table = Table(
        title="dry run: nothing was written" if dry_run else None,
        caption="of refused rows, which are among those kept aside, only the clause is kept",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
    )
    table.add_column("source, file", overflow="fold")
    for name in ("read", "accepted", "warned", "aside", "refused", "statements"):
        table.add_column(name, justify="right", no_wrap=True)
    for report in reports:
        load = f"load {report.load}" if report.load else "dry run" if dry_run else "nothing new"
        table.add_row(f"{report.source} ({load})", style="bold")
        for file in report.files:
            counts = (file.read, file.accepted, file.warned, file.quarantined)
            change = f"+{file.opened:,} −{file.closed:,}"
            numbers = (f"{n:,}" for n in (*counts, file.refused))
            table.add_row(f"  {file.name}", *numbers, change)
    return table
