"""Kills, full disks, second writers, files that are no store: what was published stays."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from graph_model.errors import StoreBusy, StoreError, StoreFull
from graph_model.network import MISSING
from graph_model.snapshot import OPEN_TX, Snapshot
from graph_model.store.journal import verify
from graph_model.store.protocol import Store
from graph_model.store.sqlite import SqliteStore
from graph_model.store.sqlite_tables import FORMAT
from tests.store_contract import loader
from tests.store_contract.appending import eight_threads_append_while_a_load_runs
from tests.store_contract.dictionaries import changed, field, more, without
from tests.store_contract.made import DAY, DICTIONARY, FILE, TAX, column, dump_of, invoice, state

ROOT = Path(__file__).parents[2]
STORES, ROUNDS = 3, 10


class OtherProcess:
    """A running `loader.py`."""

    def __init__(self, **more: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", **more}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", loader.__file__],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, line: str) -> None:
        _open(self.process.stdin).write(f"{line}\n")
        _open(self.process.stdin).flush()

    def hear(self) -> str:
        line = _open(self.process.stdout).readline().strip()
        assert line, "the other process ended"
        return line


def _open(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


@pytest.fixture(scope="module")
def other() -> Iterator[OtherProcess]:
    made = OtherProcess()
    with made.process:
        yield made
        _open(made.process.stdin).close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


@pytest.fixture
def opened(path: Path) -> Iterator[Callable[..., SqliteStore]]:
    """Opens stores that are closed after the test."""
    made: list[SqliteStore] = []

    def open_(at: Path = path, dictionary: object = DICTIONARY) -> SqliteStore:
        made.append(SqliteStore(at, dictionary))  # type: ignore[arg-type]
        return made[-1]

    yield open_
    for store in made:
        store.close()


def raw(path: Path, query: str, *parameters: object) -> list[tuple[object, ...]]:
    """Past the store, straight at the file."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        return connection.execute(query, parameters).fetchall()
    finally:
        connection.close()


# --- kill -9 ---


def killed_at_a_random_moment(
    other: OtherProcess, address: object, chance: random.Random, latest: float = 0.2
) -> list[int]:
    """Numbers that a loader reported as published before it was killed."""
    other.tell(f"load {address}")
    child = int(other.hear().removeprefix("child "))
    time.sleep(chance.uniform(0.02, latest))
    os.kill(child, signal.SIGKILL)
    acknowledged = []
    while (line := other.hear()) != "ended":
        acknowledged.append(int(line))
    return acknowledged


def published(store: Store) -> list[int]:
    return [load.number for load in store.loads() if load.state == "published"]


def check_whole_loads_only(store: Store) -> None:
    """Of every published load what the next one left in force, of the last one all; no others."""
    numbers = published(store)
    all_, left = loader.BATCHES * loader.ROWS, loader.BATCHES * loader.ROWS - loader.CLOSED
    picture = store.table("invoice", Snapshot(DAY, 2**60), ["tx_from"])
    expected = dict.fromkeys(numbers, left) | dict.fromkeys(numbers[-1:], all_)
    assert Counter(picture["tx_from"].to_pylist()) == expected
    noted = Counter(finding["load"] for finding in store.findings())
    assert noted == dict.fromkeys(numbers, loader.FINDINGS)


def check_history(store: Store) -> None:
    """All rows ever published, by the loads that opened and closed them."""
    numbers, rows = published(store), list(store.rows("invoice"))
    all_ = loader.BATCHES * loader.ROWS
    assert Counter(row.tx_from for row in rows) == dict.fromkeys(numbers, all_)
    closed = Counter(row.tx_to for row in rows if row.tx_to != OPEN_TX)
    assert closed == dict.fromkeys(numbers[1:], loader.CLOSED)


@pytest.mark.parametrize("seed", range(STORES))
def test_a_killed_load_leaves_nothing_and_loses_nothing(
    seed: int, other: OtherProcess, path: Path
) -> None:
    chance = random.Random(seed)
    acknowledged: set[int] = set()
    in_the_middle = 0
    for _ in range(ROUNDS):
        acknowledged |= set(killed_at_a_random_moment(other, path, chance))
        store = SqliteStore(path, DICTIONARY)
        try:
            assert acknowledged <= set(published(store))
            check_whole_loads_only(store)
            begun = raw(path, "SELECT number FROM loads WHERE state = 'unpublished'")
            in_the_middle += len(begun)
            acknowledged.add(number := loader.one_load(store))
            ended = {load.number: load.state for load in store.loads()}
            assert [ended[int(str(n))] for (n,) in begun] == ["aborted"] * len(begun)
            assert number == max(ended)
            check_whole_loads_only(store)
        finally:
            store.close()
    store = SqliteStore(path, DICTIONARY)
    check_history(store)
    store.close()
    assert in_the_middle, "no kill of this seed hit a load at work"
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]


# --- two writers ---


def test_a_second_thread_waits_until_the_first_load_ends(
    opened: Callable[..., SqliteStore],
) -> None:
    store, numbers = opened(), list[int]()
    second = threading.Thread(
        target=lambda: numbers.append(state(store, ("invoice", invoice(2, 0))))
    )
    with store.begin(TAX) as load:
        load.open_rows("invoice", [invoice(1, load.number)])
        second.start()
        time.sleep(0.2)
        assert numbers == []
        numbers.append(load.publish([FILE]))
    second.join()
    assert numbers == [1, 2]
    assert column(store, "invoice", "invoice_no") == ["1", "2"]


def test_who_will_not_wait_is_told_so(opened: Callable[..., SqliteStore]) -> None:
    store, again, met = opened(), opened(), list[StoreBusy]()

    def ask(at: SqliteStore) -> None:
        try:
            with at.begin(TAX, wait_seconds=0.05):
                pass
        except StoreBusy as error:
            met.append(error)

    with store.begin(TAX):
        ask(store)
        ask(again)
        second = threading.Thread(target=ask, args=(store,))
        second.start()
        second.join()
    assert len(met) == 3
    assert "End that load first" in str(met[0])
    assert all("Wait until it ends" in str(error) for error in met[1:])


def test_another_process_waits_and_is_waited_for(
    other: OtherProcess, path: Path, opened: Callable[..., SqliteStore]
) -> None:
    store = opened()
    other.tell(f"hold {path}")
    assert other.hear() == "holding"
    with pytest.raises(StoreBusy, match="Wait until it ends"), store.begin(TAX, wait_seconds=0.05):
        pass
    assert store.head() == 0
    threading.Timer(0.2, other.tell, ["publish"]).start()
    assert state(store, ("invoice", invoice(2, 0))) == 2
    assert other.hear() == "1"
    with store.begin(TAX) as load:
        other.tell(f"hold {path}")
        time.sleep(0.1)
        load.open_rows("invoice", [invoice(3, load.number)])
        load.publish([FILE])
    assert other.hear() == "holding"
    other.tell("publish")
    assert other.hear() == "4"


# --- full disks ---


def too_much(store: SqliteStore, batches: int = 12) -> None:
    """A load of some 12 MB; the first batch still has room."""
    with store.begin(TAX) as load:
        for batch in range(batches):
            name = f"{batch:02d}" + "x" * 500
            numbers = range(batch * 2000, batch * 2000 + 2000) if batch else [10**9]
            load.open_rows("invoice", [invoice(n, load.number, due_on=name) for n in numbers])
        load.publish([FILE])


def check_survives_being_full(
    path: Path, fill: Callable[[SqliteStore], object], free: Callable[[], object]
) -> None:
    store = SqliteStore(path, DICTIONARY)
    state(store, *(("invoice", invoice(-n, 0)) for n in range(50)))
    before = dump_of(store)
    fill(store)
    with pytest.raises(StoreFull, match="Free space and load again"):
        too_much(store)
    assert dump_of(store)["rows"] == before["rows"]
    store.close()
    store = SqliteStore(path, DICTIONARY)
    assert dump_of(store)["rows"] == before["rows"], "opens while the disk is full"
    free()
    assert state(store, ("invoice", invoice(7, 0))) > store.loads()[0].number
    assert len(list(store.rows("invoice"))) == 51
    assert [load.state for load in store.loads()] == ["published", "aborted", "published"]
    store.close()
    assert raw(path, "PRAGMA integrity_check") == [("ok",)]


def limit_pages(store: SqliteStore) -> None:
    """SQLite itself says SQLITE_FULL, on any machine."""
    connection = store.connections.own()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 20}")


def test_a_file_that_may_not_grow_keeps_what_it_has(path: Path) -> None:
    check_survives_being_full(path, limit_pages, lambda: None)


def mounted(folder: Path) -> bool:
    """Whether a disk of 16 MB could be mounted there."""
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        return False
    asked = [mount, "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    return subprocess.run(asked, check=False, capture_output=True).returncode == 0


def test_a_full_disk_keeps_what_it_has(tmp_path: Path) -> None:
    """A real disk of 16 MB where this user may mount one, else the limit of pages again."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if not mounted(disk):
        check_survives_being_full(disk / "a.db", limit_pages, lambda: None)
        return
    ballast = disk / "ballast"
    try:
        check_survives_being_full(
            disk / "a.db", lambda _: ballast.write_bytes(b"\1" * 9_000_000), ballast.unlink
        )
    finally:
        subprocess.run([str(shutil.which("umount")), "-l", str(disk)], check=True)


# --- files that are no store ---


def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    path.write_bytes(b"seller,buyer\n" * 500)
    with pytest.raises(StoreError, match=r"a\.db: is not an SQLite file"):
        SqliteStore(path, DICTIONARY)
    assert path.read_bytes() == b"seller,buyer\n" * 500


def test_a_database_of_another_program_is_left_alone(path: Path) -> None:
    raw(path, "CREATE TABLE notes (id)")
    with pytest.raises(StoreError, match="another program"):
        SqliteStore(path, DICTIONARY)
    assert raw(path, "SELECT name FROM sqlite_master") == [("notes",)]


def test_a_store_of_a_later_form_names_the_way_out(path: Path) -> None:
    SqliteStore(path, DICTIONARY).close()
    raw(path, f"PRAGMA user_version = {FORMAT + 1}")
    with pytest.raises(StoreError, match=f"form {FORMAT + 1}.*alliance archive"):
        SqliteStore(path, DICTIONARY)


def test_a_folder_that_cannot_be_made_or_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="folder cannot be made"):
        SqliteStore(tmp_path / "file" / "a.db", DICTIONARY)
    with pytest.raises(StoreError, match="cannot be opened for writing"):
        SqliteStore(tmp_path, DICTIONARY)  # a folder where the file should be


def test_a_folder_without_the_right_to_write_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # root may write anywhere
    try:
        with pytest.raises(StoreError, match=r"right to write|folder cannot be made"):
            SqliteStore(closed / "a.db", DICTIONARY)
    finally:
        os.seteuid(user)


def test_a_closed_store_says_so(opened: Callable[..., SqliteStore]) -> None:
    store = opened()
    store.close()
    with pytest.raises(StoreError, match="was closed"):
        store.head()


def test_a_path_of_any_letters_can_be_read(
    tmp_path: Path, opened: Callable[..., SqliteStore]
) -> None:
    store = opened(tmp_path / "甲 100%?#" / "a b.db")
    state(store, ("invoice", invoice(1, 0)))
    assert column(store, "invoice", "invoice_no") == ["1"]


# --- dictionaries that changed ---


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"fields": without(kind="invoice", field="due_on")}, "invoice: due_on: .* no longer has"),
        (
            {"kinds": without(kind="membership"), "fields": without(kind="membership")},
            "membership: .* kinds that the dictionary no longer has",
        ),
    ],
    ids=["field", "kind"],
)
def test_a_dictionary_that_lost_rows_does_not_open_the_store(
    change: dict[str, Callable[..., object]], rule: str, path: Path, tmp_path: Path
) -> None:
    SqliteStore(path, DICTIONARY).close()
    with pytest.raises(StoreError, match=rule):
        SqliteStore(path, changed(tmp_path / "dictionary", **change))  # type: ignore[arg-type]
    SqliteStore(path, DICTIONARY).close()


def test_a_field_does_not_change_its_type(path: Path, tmp_path: Path) -> None:
    added = changed(tmp_path / "first", fields=more(field("invoice", "discount", "rate")))
    SqliteStore(path, added).close()
    retyped = changed(tmp_path / "second", fields=more(field("invoice", "discount", "integer")))
    with pytest.raises(StoreError, match=r"invoice: discount: .* another type"):
        SqliteStore(path, retyped)


def test_old_rows_read_with_a_new_field_missing(
    path: Path, tmp_path: Path, opened: Callable[..., SqliteStore]
) -> None:
    state(opened(), ("invoice", invoice(1, 0)))
    gained = changed(
        tmp_path / "dictionary",
        fields=more(
            field("invoice", "discount", "rate"),
            field("invoice", "batch", "integer", required="yes"),
            field("invoice", "note", "text"),
        ),
    )
    store = opened(path, gained)
    state(store, ("invoice", invoice(2, 0, dictionary=gained, discount=0.5, batch=3, note="b")))
    assert [r.values[-3:] for r in store.rows("invoice")] == [(None,) * 3, (0.5, 3, "b")]
    assert column(store, "invoice", "discount") == ["nan", 0.5]
    assert column(store, "invoice", "batch") == [MISSING, 3]
    assert column(store, "invoice", "note") == ["", "b"]


# --- journals ---


def lines_of(path: Path) -> SqliteStore:
    store = SqliteStore(path, DICTIONARY)
    for n in range(5):
        store.append("audit", f"2026-01-0{n + 1}", {"n": n})
    assert verify("audit", store.journal("audit")) == 5
    return store


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("UPDATE journal SET payload = '{\"n\":7}' WHERE seq = 3", 3),
        ("UPDATE journal SET at = '2025-01-01' WHERE seq = 5", 5),
        ("DELETE FROM journal WHERE seq = 2", 2),
        ("DELETE FROM journal WHERE seq = 1", 1),
        ("INSERT INTO journal SELECT stream, 6, at, payload, previous, hash FROM journal "
         "WHERE seq = 5", 6),
    ],
)  # fmt: skip
def test_a_changed_removed_or_inserted_line_is_found(query: str, line: int, path: Path) -> None:
    store = lines_of(path)
    try:
        raw(path, query)
        with pytest.raises(StoreError, match=f"journal audit, line {line}: .*changed, removed"):
            verify("audit", store.journal("audit"))
    finally:
        store.close()


def test_eight_threads_append_while_a_load_runs(opened: Callable[..., SqliteStore]) -> None:
    eight_threads_append_while_a_load_runs(opened(), appends=25, batch=200)


def test_connections_of_ended_threads_are_closed(opened: Callable[..., SqliteStore]) -> None:
    store = opened()
    for _ in range(10):
        thread = threading.Thread(target=store.head)
        thread.start()
        thread.join()
    assert len(store.connections) <= 3
