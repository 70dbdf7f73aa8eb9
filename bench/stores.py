"""Both stores side by side: 100,000 enterprises and 1,100,000 statements of two parties each.

python bench/stores.py [--edges N] [--parties N] [--rounds N] [--port N] [--folder FOLDER] [--bulk]

Loading goes as ingest does it, in calls of 20,000 rows, into an empty store, once a store. Export
is the picture's columns of the invoices; assembly is all tables, standing and matrices; lookup is
the history of a party. `--bulk` also archives the embedded store, and loads the archive with
Neo4j's own import. A local server is started (deploy/neo4j-local), with 2 GB of heap and 1 GB of
page cache. Goals on Neo4j: load at 8,000 statements a second, a million exported in 6 s, assembly
in 15 s.
"""

import argparse
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "shared"))
sys.path.insert(0, str(Path(__file__).parents[1] / "deploy" / "neo4j-local"))

from kept import Kept
from neo4j_local import LocalServer, version_wanted
from stating import BANK, DAY, rows_of

from graph_model.assemble import assemble, columns_needed, kinds_needed
from graph_model.schema import load_dictionary
from graph_model.snapshot import Snapshot
from graph_model.statement import Row
from graph_model.store.archive import read_archive, write_archive
from graph_model.store.neo4j_bulk import write_bulk
from graph_model.store.opening import open_store
from graph_model.store.protocol import Store
from policy.standing import standing

SEED, CHUNK, LOOKUPS, MILLION = 20261124, 20_000, 50, 1_000_000
HEAP, PAGE_CACHE = "2g", "1g"

Stated = dict[str, object]


def stated(parties: int, edges: int) -> Iterator[tuple[str, list[Stated]]]:
    """(kind, statements) in calls of CHUNK."""
    chance = random.Random(SEED)
    ids = [f"uscc:91440112XXXX{k:06d}" for k in range(parties)]
    own = ({"party": p, "name": f"公司{p[-6:]}", "kind": "enterprise"} for p in ids)
    sold = (
        {
            "seller": chance.choice(ids),
            "buyer": chance.choice(ids),
            "invoice_no": f"{chance.randrange(10**12):012d}{k:08d}",
            "issued_on": f"2026-{1 + k % 9:02d}-01",
            "due_on": "2026-10-01",
            "amount": chance.randrange(1, 10**8),
        }
        for k in range(edges)
    )
    for kind, pending in (("party", own), ("invoice", sold)):
        while chunk := [dict(one) for one in islice(pending, CHUNK)]:
            yield kind, chunk


def load_into(store: Store, parties: int, edges: int) -> float:
    """Seconds in the store; making the rows is not counted."""
    spent = 0.0
    with store.begin(BANK) as load:
        for kind, chunk in stated(parties, edges):
            rows: list[Row] = rows_of(store.dictionary, kind, chunk, BANK.id, load.number)  # type: ignore[arg-type]
            spent += seconds(lambda kind=kind, rows=rows: load.open_rows(kind, rows))  # type: ignore[misc]
        spent += seconds(lambda: load.publish([]))
    return spent


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def assembled(store: Store) -> str:
    """Make the picture; returns its id."""
    dictionary = store.dictionary
    snapshot = Snapshot(DAY, store.head())
    tables = {
        kind: store.table(kind, snapshot, columns_needed(dictionary, kind))
        for kind in kinds_needed(dictionary)
    }
    stands = standing(tables, {BANK.id: True}, DAY, (), {BANK.id: BANK.rank})
    return assemble(dictionary, tables, stands, {BANK.id: 1}, DAY, {}).network_id


def measure(store: Store, rounds: int, ids: list[str]) -> dict[str, float]:
    """Medians of reading."""
    wanted = columns_needed(store.dictionary, "invoice")
    snapshot = Snapshot(DAY, store.head())
    found: dict[str, list[float]] = {"export": [], "assembly": [], "lookup of a party": []}
    for _ in range(rounds):
        found["export"].append(seconds(lambda: store.table("invoice", snapshot, wanted)))
        found["assembly"].append(seconds(lambda: ids.append(assembled(store))))
    for k in range(LOOKUPS):
        party = f"uscc:91440112XXXX{k * 17:06d}"
        found["lookup of a party"].append(seconds(lambda party=party: store.history(party)))  # type: ignore[misc]
    return {name: statistics.median(took) for name, took in found.items()}


def size_of(folder: Path) -> float:
    """Bytes of all files, in GB."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e9


def bulk_round(embedded: Store, folder: Path, port: int) -> dict[str, float]:
    """Archive, files for the import, import, and the first opening that makes the constraints."""
    dictionary = load_dictionary()
    times = {"archive": seconds(lambda: write_archive(embedded, folder / "archive"))}
    archive = read_archive(folder / "archive", dictionary)
    times["alliance bulk"] = seconds(lambda: write_bulk(archive, folder / "import"))
    server = LocalServer(folder / "bulk", port, HEAP)
    words = ("database", "import", "full", "neo4j", "@import.args")
    times["neo4j-admin import"] = seconds(lambda: server.admin(*words, folder=folder / "import"))
    server.start()
    try:
        opened: list[Store] = []
        account = {"user": "neo4j", "password": server.password}
        times["first opening"] = seconds(
            lambda: opened.append(open_store(server.uri, dictionary, **account))
        )
        times["archived again"] = seconds(lambda: write_archive(opened[0], folder / "again"))
        again = read_archive(folder / "again", dictionary).store_hash
        assert again == archive.store_hash
        opened[0].close()
    finally:
        server.stop()
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--edges", type=int, default=1_100_000)
    parser.add_argument("--parties", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--port", type=int, default=17720)
    parser.add_argument("--folder", type=Path, help="where the stores are made; a temporary one")
    parser.add_argument("--bulk", action="store_true")
    asked = parser.parse_args()
    kept = Kept("stores", SEED)
    kept.line(f"Neo4j {version_wanted()} Community, heap {HEAP}, page cache {PAGE_CACHE}")
    kept.line(
        f"{asked.parties:,} parties, {asked.edges:,} invoices; medians of {asked.rounds}, "
        f"of {LOOKUPS} lookups; one load"
    )
    folder = Path(tempfile.mkdtemp(dir=asked.folder))
    home = folder / "server"
    server = LocalServer(
        home, asked.port, HEAP, settings={"server.memory.pagecache.size": PAGE_CACHE}
    )
    server.start()
    try:
        account = {"user": "neo4j", "password": server.password}
        embedded = open_store(str(folder / "embedded.db"), load_dictionary())
        stores = {"SQLite": embedded, "Neo4j": open_store(server.uri, load_dictionary(), **account)}
        statements = asked.parties + asked.edges
        ids: list[str] = []
        for name, store in stores.items():
            spent = load_into(store, asked.parties, asked.edges)
            kept.line(f"{name:8} load               {spent:8.2f} s  {statements / spent:10,.0f}/s")
            for what, took in measure(store, asked.rounds, ids).items():
                each = (
                    f"{took * MILLION / asked.edges:8.2f} s a million" if what == "export" else ""
                )
                unit = f"{took * 1000:8.2f} ms" if "lookup" in what else f"{took:8.2f} s "
                kept.line(f"{name:8} {what:18} {unit} {each}")
        assert len(set(ids)) == 1, "both stores make one picture"
        kept.line(
            f"SQLite   disk               {(folder / 'embedded.db').stat().st_size / 1e9:8.2f} GB"
        )
        stores["Neo4j"].close()
        server.stop()
        kept.line(f"Neo4j    disk               {size_of(home / 'data' / 'databases'):8.2f} GB")
        kept.line(f"Neo4j    transaction log    {size_of(home / 'data' / 'transactions'):8.2f} GB")
        if asked.bulk:
            for what, took in bulk_round(embedded, folder, asked.port).items():
                kept.line(f"bulk     {what:18} {took:8.2f} s")
        embedded.close()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
