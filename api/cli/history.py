"""`alliance history`: what was stated, when it held, when it was known, by whom."""

from typing import Annotated

import typer
from rich.table import Table

from api import audit
from api.cli.app import HomeOption, StoreOption, app, console, workspace, yuan
from api.services import history as service
from api.services.rights import party_id_of
from graph_model.schema import Kind, Value


@app.command(epilog="Example: alliance history 'uscc:91440112XXXX000191|INV-0001'")
def history(
    key: Annotated[str, typer.Argument(help="A statement's key, a party id, or a bare code.")],
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Print everything ever stated under a key, or about a party, on both time axes."""
    with workspace(store, home) as opened:
        audit.record_operator(opened.store, "history", party_id_of(key.partition("|")[0]))
        rows = service.history(opened, key)
        kinds = opened.dictionary.kinds
    table = Table()
    for name in ("kind, key", "stated", "held", "known", "by, evidence"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(
            f"{row.kind}\n{row.key}",
            "\n".join(_told(kinds[row.kind], row.values)),
            f"from {row.held[0]}\n{f'until {row.held[1]}' if row.held[1] else 'still'}",
            f"since {row.known[0]}\n{f'until {row.known[1]}' if row.known[1] else 'still'}",
            f"{row.by}\n{row.evidence}",
        )
    console.print(table)


def _told(kind: Kind, values: dict[str, Value]) -> list[str]:
    """Fields that say something, money in yuan; the key's own fields stand in the key."""
    return [
        f"{field.zh} {yuan(int(value)) if field.type == 'money' else value}"
        for field in kind.fields
        if (value := values[field.name]) is not None and field.name not in kind.key
    ]
