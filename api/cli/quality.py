"""`alliance quality`: how the rows of each source fared."""

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from api import audit
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
        if quarantine:
            audit.record_operator(opened.store, "rows kept aside written", "")
        written = service.write_waiting(opened, quarantine) if quarantine else 0
    read, wrong = sum(one.read for one in found), sum(one.wrong_codes for one in found)
    share = wrong / read if read else 0.0
    table = Table(
        caption=(
            f"wrong codes: {share:.3%} of rows; "
            f"goal of the policy (重错码率): at most {service.CODE_ERROR_TARGET:.3%}"
        ),
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
    )
    table.add_column("source", overflow="fold")
    for name in ("read", "accepted", "warned", "aside", "refused", "settled", "waiting", "codes"):
        table.add_column(name, justify="right", no_wrap=True)
    rules = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for name in ("source", "severity", "rule"):
        rules.add_column(name, overflow="fold")
    rules.add_column("findings", justify="right")
    for one in found:
        counts = (one.read, one.accepted, one.warned, one.quarantined, one.refused)
        more = (one.settled, one.waiting, one.wrong_codes)
        table.add_row(one.source, *(f"{n:,}" for n in (*counts, *more)))
        for (severity, rule), count in one.rules.most_common():
            rules.add_row(one.source, severity, rule, f"{count:,}")
    console.print(table)
    if rules.row_count:
        console.print(rules)
    if quarantine:
        console.print(f"{written} rows written to {quarantine}", soft_wrap=True)
