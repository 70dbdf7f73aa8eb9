"""A server that reads pictures, and commands that come and go beside it, lose nothing.

Each process keeps POSIX locks on the file. Whatever drops them under SQLite (such as a second
SQLite library that closes the file in the same process) lets a neighbour take itself for the last
one and delete the log of the others.
"""

import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path

from graph_model.snapshot import Snapshot
from graph_model.store.journal import verify
from graph_model.store.sqlite import SqliteStore
from tests.store_contract.made import DICTIONARY, FILE, TAX, invoice

COMMAND = """
import sys
from pathlib import Path
from graph_model.snapshot import Snapshot
from graph_model.store.sqlite import SqliteStore
from tests.store_contract.made import DAY, DICTIONARY, FILE, TAX, invoice
store = SqliteStore(Path(sys.argv[1]), DICTIONARY)
store.table("invoice", Snapshot(DAY, store.head()), ["key"])
with store.begin(TAX) as load:
    load.open_rows("invoice", [invoice(load.number, load.number)])
    load.publish([FILE])
store.append("audit", "2026-01-01T00:00:00+00:00", {"by": "command"})
store.close()
"""
ROOT = Path(__file__).parents[2]


def command(path: Path) -> None:
    subprocess.run([sys.executable, "-c", COMMAND, str(path)], cwd=ROOT, check=True)


def test_a_server_and_commands_beside_it_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    server = SqliteStore(path, DICTIONARY)
    with server.begin(TAX) as load:
        load.open_rows("invoice", [invoice(load.number, load.number)])
        load.publish([FILE])
    for turn in range(3):
        snapshot = Snapshot(date(2026, 10, 31), server.head())
        server.table("invoice", snapshot, ["key"])  # a question that reads a picture
        server.append("audit", "2026-01-01T00:00:00+00:00", {"by": "server"})
        command(path)
        assert server.head() == turn + 2  # the server sees what the command published
        server.append("audit", "2026-01-01T00:00:00+00:00", {"by": "server"})
    server.close()
    again = SqliteStore(path, DICTIONARY)
    lines = list(again.journal("audit"))
    assert verify("audit", lines) == 9
    assert [line["payload"]["by"] for line in lines] == ["server", "command", "server"] * 3
    assert len(list(again.rows("invoice"))) == 4
    again.close()
    with sqlite3.connect(path) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    plain.close()
