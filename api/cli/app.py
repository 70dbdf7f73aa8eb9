"""The Typer application, the console, and what every verb shares."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from api import today as calendar
from api.services.workspace import Workspace, open_workspace
from api.settings import load_settings
from graph_model.errors import BadInput
from graph_model.schema import load_dictionary
from policy.visibility import Viewer, viewer

app = typer.Typer(
    name="alliance",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="供应链信用联盟平台: files in, an explained chain risk out.",
)


@app.callback(invoke_without_command=True)
def about(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """供应链信用联盟平台: files in, an explained chain risk out."""
    if version:
        typer.echo(f"alliance {package_version('credit-alliance')}")
        raise typer.Exit


console = Console()
errors = Console(stderr=True)


def listing(*headers: str) -> Table:
    """Table whose cells are never cut: the first column, the key, stays on one line."""
    key, *others = headers
    folding = (Column(header, overflow="fold") for header in others)
    return Table(Column(key, no_wrap=True, overflow="fold"), *folding)


StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        help="Path or bolt:// address of the store; default $ALLIANCE_STORE or var/alliance.db.",
    ),
]
HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Folder for all that is written; default $ALLIANCE_HOME or var."),
]
DateOption = Annotated[
    str | None, typer.Option("--date", help="Day of the world, YYYY-MM-DD; default today.")
]


@contextmanager
def workspace(store: str | None, home: Path | None, *, make: bool = False) -> Iterator[Workspace]:
    """Open the store that options or settings name; with `make` it need not be there yet."""
    with open_workspace(load_settings(store=store, home=home), make=make) as opened:
        yield opened


def day_of(text: str | None) -> date:
    """Day of a `--date` option; today where it is not given.

    Raises
    ------
    BadInput
        When the text is no day.
    """
    if text is None:
        return calendar.today()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(text, f"is no day ({error})", "Write it as 2026-10-31.") from error


def viewer_named(who: str | None, purpose: str | None) -> Viewer:
    """Viewer of `--as ROLE:ORGANISATION` and `--purpose CODE`.

    Raises
    ------
    BadInput
        When one of them is missing or none.
    """
    if who is None:
        raise BadInput("--as", "is missing: who asks?", "Give --as ROLE:ORGANISATION.")
    role, _, organisation = who.partition(":")
    return viewer(role, organisation, purpose or "", load_dictionary().codes("purpose"))


def without_date(date: str | None, network: Path | None) -> None:
    """Refuse `--date` beside `--network`: a network folder has a date of its own."""
    if date is not None and network is not None:
        raise BadInput(
            f"--date {date}", "a network folder is of the day in its network.toml", "Leave it out."
        )


@contextmanager
def progress_bar(total: float | None = None) -> Iterator[tuple[Progress, TaskID]]:
    """A bar on the error stream; without a total it only tells that work goes on."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[told]}"),
        TimeElapsedColumn(),
        console=errors,
        transient=not errors.is_terminal,
    ) as bar:
        yield bar, bar.add_task("", total=total, told="")


def yuan(fen: int | None) -> str:
    """Amount for people: 元 with thousands marks, or a dash.

    >>> yuan(123456789)
    '1,234,567.89 元'
    """
    if fen is None:
        return "–"
    sign, rest = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{rest // 100:,}.{rest % 100:02d} 元"
