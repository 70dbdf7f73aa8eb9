"""`alliance validate`: chain risk beside simple rules, on made districts with known falls."""

import os
import shlex
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from api.cli.app import app, console, errors
from api.services.validation import PREDICTORS, Validation
from api.services.validation import validate as run_validation
from api.services.validation_page import page, verdicts
from graph_model.errors import BadInput

EXAMPLES = """
Examples:

  alliance validate --seeds 1,2,3,4,5 --out docs/validation.md

  alliance validate --seeds 7 --enterprises 1000 --no-null
"""


@app.command(epilog=EXAMPLES)
def validate(
    seeds: Annotated[str, typer.Option(help="One made district each, by commas.")] = "1,2,3,4,5",
    enterprises: Annotated[int, typer.Option(min=60, help="Of each district.")] = 3_000,
    out: Annotated[
        Path | None, typer.Option(help="Write the page there, in Markdown; else only print.")
    ] = None,
    interbank: Annotated[
        Path | None,
        typer.Option(help="Folder of the interbank files (docs/examples): ranks a quarter later."),
    ] = None,
    null: Annotated[bool, typer.Option(help="Also districts in which nothing spreads.")] = True,
    processes: Annotated[int, typer.Option(min=1, help="Districts at a time.")] = 2,
    keep: Annotated[
        Path | None, typer.Option(help="Keep districts and stores in this empty folder.")
    ] = None,
) -> None:
    """Forecast falls of made districts from their source files, beside simple rules."""
    begun = time.monotonic()

    def told(who: str, what: str) -> None:
        errors.print(f"{time.monotonic() - begun:6.0f} s  {who}: {what}", highlight=False)

    made = run_validation(
        _seeds(seeds),
        enterprises,
        null=null,
        interbank=interbank,
        processes=processes,
        folder=keep,
        tell=told,
    )
    console.print(table_of(made))
    for line in verdicts(made):
        console.print(f"• {line.replace('**', '')}", markup=False, soft_wrap=True)
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    minutes = (time.monotonic() - begun) / 60
    took = f"{minutes:.1f} minutes, {processes} districts at a time, load {load}"
    console.print(took)
    if out is not None:
        out.write_text(page(made, _command(interbank, keep), took), encoding="utf-8")
        console.print(f"written: {out}", soft_wrap=True)


def table_of(made: Validation) -> Table:
    """Figures with their intervals; names nobody."""
    table = Table("方法 rule", "AUC", "领先 lead", "前十分位捕获率 capture", "领先 lead")
    for name, one in made.districts.compared.items():
        lead, more = one.auc_lead, one.capture_lead
        table.add_row(
            " ".join(PREDICTORS[name]),
            f"{one.auc.value:.3f} ({one.auc.low:.3f} to {one.auc.high:.3f})",
            "–" if lead is None else f"{lead.value:+.3f} ({lead.low:+.3f} to {lead.high:+.3f})",
            f"{one.capture.value:.1%} ({one.capture.low:.1%} to {one.capture.high:.1%})",
            "–" if more is None else f"{more.value:+.1%} ({more.low:+.1%} to {more.high:+.1%})",
        )
    return table


def _seeds(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        rule = "seeds are whole numbers, parted by commas"
        raise BadInput(f"--seeds {text}", rule, "Write 1,2,3,4,5, say.") from None


def _command(*places: Path | None) -> str:
    """The words typed, without the places where the user keeps files of his own."""
    own = {str(place) for place in places if place is not None}
    words = ["alliance", *sys.argv[1:]]
    return shlex.join("DIR" if word in own else word for word in words)
