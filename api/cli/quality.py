"""`alliance quality`: how the rows of each source fared."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from api.cli.app import HomeOption, StoreOption, app, console, workspace
from api.services import quality as service


@app.command(epilog="Example: alliance quality --quarantine waiting.csv")
def quality(
    quarantine: Annotated[
        Path | None,
        typer.Option(help="Write all rows that wait to this file, to be corrected and replayed."),
    ] = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Counts, rules broken and rows still waiting, per source."""
    with workspace(store, home) as opened:
        found = service.quality(opened)
        written = service.write_waiting(opened, quarantine) if quarantine else 0
    table = Table(caption=f"重错码率 goal: at most {service.CODE_ERROR_TARGET:.3%} of rows")
    table.add_column("source", overflow="fold")
    for name in ("read", "accepted", "warned", "quarantined", "of it refused"):
        table.add_column(name, justify="right")
    for name in ("settled", "waiting", "wrong codes"):
        table.add_column(name, justify="right")
    for one in found:
        counts = (one.read, one.accepted, one.warned, one.quarantined, one.refused)
        share = f"{one.wrong_codes} ({one.wrong_code_share:.3%})"
        table.add_row(
            f"{one.source} {one.name}",
            *(f"{n:,}" for n in (*counts, one.settled, one.waiting)),
            share,
        )
    console.print(table)
    rules = Table()
    for name in ("source", "severity", "rule"):
        rules.add_column(name, overflow="fold")
    rules.add_column("findings", justify="right")
    for one in found:
        for (severity, rule), count in one.rules.most_common():
            rules.add_row(one.source, severity, rule, f"{count:,}")
    if rules.row_count:
        console.print(rules)
    if quarantine:
        console.print(f"{written} rows written to {quarantine}", soft_wrap=True)
