"""`alliance own`: one's own file, and what others could see of it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from api.audit import now
from api.cli.app import HomeOption, StoreOption, app, console, viewer_named, workspace
from api.services.exporting import FORMATS, exported
from api.services.own_file import own_file
from api.services.own_tables import own_table, seen_table, words_of
from api.services.seen_by_others import visible_to_others
from api.today import today
from graph_model.errors import BadInput


@app.command(epilog="Example: alliance own --as member:uscc:91440112XXXX000191 --to own.xlsx")
def own(
    who: Annotated[
        str | None, typer.Option("--as", help="ROLE:ORGANISATION, the organisation by party id.")
    ] = None,
    purpose: Annotated[str, typer.Option(help="Code of the purpose.")] = "self",
    others: Annotated[
        bool, typer.Option("--others", help="What others could see of it instead.")
    ] = False,
    kind: Annotated[str | None, typer.Option(help="Only statements of this kind.")] = None,
    to: Annotated[
        Path | None, typer.Option(help="Write it to this file, .csv or .xlsx, instead.")
    ] = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Print everything stated about an organisation; free and unlimited."""
    suffix = "" if to is None else to.suffix.removeprefix(".").lower()
    if to is not None and suffix not in FORMATS:
        raise BadInput(str(to), "is no .csv or .xlsx", "Give the file one of these endings.")
    with workspace(store, home) as opened:
        asking = viewer_named(who, purpose)
        action = f"own file{': visible to others' if others else ''}{f' as {suffix}' if to else ''}"
        if others:
            seen = visible_to_others(opened, asking, today(), action=action)
            table = seen_table(seen, asking, today(), now())
        else:
            found = own_file(opened, asking, today(), kind, action=action)
            table = own_table(found, asking, kind, today(), now())
    if to is not None:
        to.write_bytes(exported(table, "csv" if suffix == "csv" else "xlsx"))
        console.print(f"{len(table.rows):,} rows are in {to}", soft_wrap=True)
    elif others:
        shown = Table("who", "role, purpose", "class", "sight", "rule")
        for one in seen:
            about = (f"{one.role}, {one.purpose}", f"{one.zh} {one.en}", one.sight, one.rule)
            shown.add_row(*map(escape, (one.who, *about)))
        console.print(shown)
    else:
        shown = Table("statement", "stated", "by, evidence", "standing")
        for fact in found:
            by = f"{fact.stated_by}\n{fact.evidence}"
            shown.add_row(*map(escape, (fact.id, words_of(fact), by, fact.standing)))
        console.print(shown)
