"""Assemble a picture of 100,000 parties and 1,100,000 invoices from the embedded store.

Goal: within 10 s, export included. Prints the median of three runs, each stage apart.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "shared"))

from machine import machine_line
from stating import BANK, DAY, load_dictionary, rows_of

from graph_model.assemble import assemble, columns_needed, kinds_needed
from graph_model.network_files import load, save
from graph_model.snapshot import Snapshot
from graph_model.statement import Row
from graph_model.store.sqlite import SqliteStore
from policy.standing import standing

PARTIES, INVOICES, SEED, ROUNDS = 100_000, 1_100_000, 1, 3


def main() -> None:
    print(machine_line(SEED))
    dictionary = load_dictionary()
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "bench.db", dictionary)
        begun = time.perf_counter()
        _fill(store)
        print(
            f"loaded {PARTIES:,} parties, {2 * PARTIES:,} accounts, {INVOICES:,} invoices"
            f" in {time.perf_counter() - begun:.1f} s (rows made in Python included)"
        )
        stages: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            _measure(store, Path(folder) / "picture", stages)
        store.close()
    total = [sum(stages[s][k] for s in ("export", "standing", "assemble")) for k in range(ROUNDS)]
    for name, seconds in stages.items():
        print(f"{name:28s} {statistics.median(seconds):6.2f} s")
    print(f"{'statements to picture':28s} {statistics.median(total):6.2f} s   goal 10 s")


def _measure(store: SqliteStore, folder: Path, stages: dict[str, list[float]]) -> None:
    marks = [time.perf_counter()]
    dictionary = store.dictionary
    snapshot = Snapshot(DAY, store.head())
    tables = {
        kind: store.table(kind, snapshot, columns_needed(dictionary, kind))
        for kind in kinds_needed(dictionary)
    }
    marks.append(time.perf_counter())
    stands = standing(tables, {BANK.id: True}, DAY, (), {BANK.id: BANK.rank})
    marks.append(time.perf_counter())
    network = assemble(dictionary, tables, stands, {BANK.id: 1}, DAY, {})
    marks.append(time.perf_counter())
    network.network_id  # noqa: B018 (computed here to be timed)
    marks.append(time.perf_counter())
    if not folder.exists():
        save(network, folder)
    marks.append(time.perf_counter())
    load(folder)
    marks.append(time.perf_counter())
    names = ("export", "standing", "assemble", "network id", "save (first round)", "memory-map")
    for name, start, stop in zip(names, marks, marks[1:], strict=False):
        stages.setdefault(name, []).append(stop - start)


def _fill(store: SqliteStore) -> None:
    chance = random.Random(SEED)
    ids = [f"uscc:91440112XXXX{k:06d}" for k in range(PARTIES)]
    dictionary = store.dictionary
    with store.begin(BANK) as load_:

        def rows(kind: str, stated: Iterator[dict[str, object]]) -> list[Row]:
            return rows_of(dictionary, kind, list(stated), BANK.id, load_.number)

        load_.open_rows(
            "party",
            rows(
                "party", ({"party": p, "name": f"公司{p[-6:]}", "kind": "enterprise"} for p in ids)
            ),
        )
        load_.open_rows(
            "financials",
            rows(
                "financials",
                (
                    {"party": p, "year": y, "period_end": f"{y}-12-31", "revenue": 10**9 + y}
                    for p in ids
                    for y in (2024, 2025)
                ),
            ),
        )
        load_.open_rows(
            "invoice",
            rows(
                "invoice",
                (
                    {
                        "seller": chance.choice(ids),
                        "buyer": chance.choice(ids),
                        "invoice_no": f"I{k}",
                        "issued_on": f"2026-{1 + k % 9:02d}-01",
                        "due_on": "2026-10-01",
                        "amount": chance.randrange(1, 10**8),
                    }
                    for k in range(INVOICES)
                ),
            ),
        )
        load_.publish([])


if __name__ == "__main__":
    main()
