"""Speed of the embedded store on 1,000,000 invoices with random keys.

python bench/store.py [--rows N] [--chunk N] [--rounds N] [--folder FOLDER] [--archive]

Goals: begin, open_rows and publish in 10 s; the eight columns of a picture in 2 s. Making the rows
from their cells is part of loading, drawing the cells is not. `--chunk` opens the rows in many
calls, as ingest does; `--archive` also writes an archive and restores it.
"""

import argparse
import gc
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "shared"))

from machine import machine_line

from graph_model.schema import Value, load_dictionary
from graph_model.snapshot import OPEN_DATE, OPEN_TX, Snapshot
from graph_model.statement import Row, Source
from graph_model.store.archive import read_archive, write_archive
from graph_model.store.protocol import Store
from graph_model.store.sqlite import SqliteStore

SEED = 20261031
PARTIES = 100_000
COLUMNS = ("key", "source", "seller", "buyer", "amount", "total", "state", "issued_on")
SOURCE = Source("bench", "bench", "member", 1, "made up", association_allowed=True)
SNAPSHOT = Snapshot(date(2026, 1, 1), 1)

Cells = tuple[str, str, tuple[Value, ...]]


def draw(rows: int) -> list[Cells]:
    """(key, day, fields) of invoices between random parties."""
    chance = random.Random(SEED)
    names = load_dictionary().kind("invoice").field_names
    parties = [f"uscc:91440112{k:08d}XX" for k in chance.sample(range(10**8), PARTIES)]
    made = []
    for line in range(rows):
        seller, buyer = chance.choice(parties), chance.choice(parties)
        number = f"{chance.randrange(10**12):012d}{line:08d}"
        day = f"2025-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}"
        amount = chance.randrange(10**9)
        fields = {"seller": seller, "invoice_no": number, "buyer": buyer, "issued_on": day}
        fields |= {"amount": amount, "total": amount * 113 // 100, "state": "valid"}
        made.append((f"{seller}|{number}", day, tuple(fields.get(name) for name in names)))
    return made


def rows_of(cells: list[Cells], load: int) -> Iterator[Row]:
    for line, (key, day, values) in enumerate(cells):
        yield Row("bench", key, day, OPEN_DATE, load, OPEN_TX, load, 0, line, values)


def load_into(store: Store, cells: list[Cells], chunk: int) -> None:
    with store.begin(SOURCE) as load:
        pending = rows_of(cells, load.number)
        while opened := load.open_rows("invoice", islice(pending, chunk)):
            assert opened <= chunk
        load.publish([])


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def one_round(path: Path, cells: list[Cells], chunk: int) -> dict[str, float]:
    store = SqliteStore(path, load_dictionary())
    times = {"load": seconds(lambda: load_into(store, cells, chunk))}
    table = store.table("invoice", SNAPSHOT, COLUMNS)
    assert table.num_rows == len(cells)
    times["export"] = seconds(lambda: store.table("invoice", SNAPSHOT, COLUMNS))
    party = str(cells[0][2][0])
    times["history of a party"] = seconds(lambda: store.history(party))
    keys = [key for key, _, _ in cells[:: max(len(cells) // 20_000, 1)]]
    with store.begin(SOURCE) as load:
        times["in_force of 20,000 keys"] = seconds(lambda: load.in_force("invoice", "bench", keys))
    store.close()
    return times


def archive_round(folder: Path) -> dict[str, float]:
    store, dictionary = SqliteStore(folder / "a.db", load_dictionary()), load_dictionary()
    restored = SqliteStore(folder / "restored.db", dictionary)
    times = {"write archive": seconds(lambda: write_archive(store, folder / "archive"))}
    times["restore archive"] = seconds(
        lambda: restored.restore(read_archive(folder / "archive", dictionary))
    )
    store.close()
    restored.close()
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--chunk", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the store is made; a temporary one")
    parser.add_argument("--archive", action="store_true")
    asked = parser.parse_args()
    cells = draw(asked.rows)
    gc.collect()
    gc.freeze()  # what was drawn is not the store's; collecting it again and again is not timed
    print(machine_line(SEED))
    print(f"{asked.rows:,} invoices, {asked.chunk:,} a call, medians of {asked.rounds}")
    times: dict[str, list[float]] = {}
    for number in range(asked.rounds):
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
            found = one_round(Path(folder) / "a.db", cells, asked.chunk)
            if asked.archive and number == 0:
                found |= archive_round(Path(folder))
            for name, took in found.items():
                times.setdefault(name, []).append(took)
    goals = {"load": 10.0, "export": 2.0}
    print(f"{'':24} {'median':>8} {'least':>8} {'most':>8} {'goal':>6}")
    for name, took in times.items():
        goal = f"{goals[name]:.0f} s" if name in goals else ""
        print(
            f"{name:24} {statistics.median(took):6.2f} s {min(took):6.2f} s {max(took):6.2f} s "
            f"{goal:>6}"
        )


if __name__ == "__main__":
    main()
