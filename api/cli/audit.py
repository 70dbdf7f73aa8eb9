"""`alliance audit`: the journals verified and sealed, and who looked at an organisation."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from api import today as calendar
from api.cli.app import HomeOption, StoreOption, app, console, viewer_named, workspace
from api.services import auditing

group = typer.Typer(no_args_is_help=True, help="查询留痕: verify, seal and read the journals.")
app.add_typer(group, name="audit")


@group.command(epilog="Example: alliance audit verify --seals /media/safe/seals.jsonl")
def verify(
    seals: Annotated[
        Path | None, typer.Option(help="File that `alliance audit seal --to` wrote elsewhere.")
    ] = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Check every journal; a changed, removed or inserted line ends with an error."""
    with workspace(store, home) as opened:
        found = auditing.verified(opened, seals)
    table = Table("journal", "lines", "sealed", "last seal", "state")
    for one in found:
        state = "whole" if one.fault is None else f"[bold red]{escape(one.fault.value)}[/]"
        lines = "–" if one.fault else f"{one.lines:,}"
        table.add_row(one.stream, lines, f"{one.sealed:,}", one.sealed_on, state)
    console.print(table)
    fault = next((one.fault for one in found if one.fault), None)
    if fault is not None:
        raise fault


@group.command(epilog="Example, once a day: alliance audit seal --to /media/safe/seals.jsonl")
def seal(
    to: Annotated[
        Path | None, typer.Option(help="Also add the seals to this file, kept elsewhere.")
    ] = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Note how many lines each journal has and the hash of the last; a server does it daily."""
    today = calendar.today()
    with workspace(store, home) as opened:
        written = auditing.seal(opened, today, to)
    for line in written:
        told = line["payload"]
        console.print(
            f"{told['stream']}: lines {told['first_seq']:,} to {told['last_seq']:,} sealed, "
            f"hash {told['hash']}",
            soft_wrap=True,
        )
    if not written:
        console.print("nothing new to seal")


@group.command(epilog="Example: alliance audit mine --as member:uscc:A")
def mine(
    who: Annotated[str, typer.Option("--as", help="ROLE:ORGANISATION, by party id.")],
    purpose: Annotated[str, typer.Option(help="Code of the purpose.")] = "self",
    own: Annotated[bool, typer.Option("--own", help="Also its looks at itself.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """List who looked at the organisation and why, the latest first; free and unlimited."""
    today = calendar.today()
    with workspace(store, home) as opened:
        found = auditing.who_looked(opened, viewer_named(who, purpose), today, own=own, limit=limit)
    table = Table("line", "at (UTC)", "who", "why", "what", "shown", "by rule")
    for look in found:
        table.add_row(
            str(look.seq),
            look.at,
            escape(f"{look.name} {look.who} ({look.role})".strip()),
            f"{look.purpose_zh} {look.purpose}",
            look.action,
            f"{look.sight} {look.shown}".strip(),
            escape(look.rule),
        )
    console.print(table)
