"""An archive holds everything, shows every change to it, and makes the same store again."""

import errno
import hashlib
import json
import os
import random
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graph_model.errors import BadInput, StoreError, StoreFull
from graph_model.statement import Row
from graph_model.store import archive as archive_module
from graph_model.store import sqlite as sqlite_module
from graph_model.store.archive import read_archive, write_archive
from graph_model.store.journal import verify
from graph_model.store.sqlite import SqliteStore
from tests.store_contract.dictionaries import changed, field, more, without
from tests.store_contract.made import (
    BANK,
    DICTIONARY,
    FILE,
    TAX,
    dump_of,
    finding,
    invoice,
    row,
    state,
)
from tests.store_contract.model_store import ModelStore
from tests.store_contract.test_random_histories import TwinStores

TEXTS = (
    *("two\r\nlines\nand\rthree", 'a "b", c', "NULL", "None", "''"),
    *("\\N", " ", "甲\x00乙", "=1+1", '"', ","),
)
HELD = {"owner": "uscc:O", "since": "2026-01-01"}


@pytest.fixture
def new_store(tmp_path: Path) -> Iterator[Callable[..., SqliteStore]]:
    made: list[SqliteStore] = []

    def open_(dictionary: object = DICTIONARY) -> SqliteStore:
        made.append(SqliteStore(tmp_path / f"{len(made)}.db", dictionary))  # type: ignore[arg-type]
        return made[-1]

    yield open_
    for store in made:
        store.close()


@pytest.fixture
def store(new_store: Callable[..., SqliteStore]) -> SqliteStore:
    """A published load, a correction, an aborted load, findings, journals, and odd texts."""
    made = new_store()
    with made.begin(TAX) as load:
        texts = enumerate(TEXTS)
        load.open_rows("invoice", [invoice(k, load.number, state=text) for k, text in texts])
        shares = (0.1 + 0.2, 1 / 3, 5e-324, 1e300, 1.0, None)
        load.open_rows(
            "ownership",
            [row("ownership", load.number, owned=f"uscc:{k}", share=share, **HELD)
             for k, share in enumerate(shares)],
        )  # fmt: skip
        load.note("f" * 64, [finding(3), finding(4, column="", rule="two\nlines")])
        load.publish([FILE])
    with made.begin(BANK) as load:
        load.open_rows("invoice", [invoice(77, load.number)])
    with made.begin(BANK) as load:
        load.close_rows("invoice", [next(made.rows("invoice")).row_id])
        load.open_rows("loan", [row("loan", load.number, source="bank", lender="L", loan_no="1")])
        load.resolve([1])
        load.publish([FILE])
    made.append("audit", "2026-01-01", {"why": 'a "reason", 甲\n', "n": 0.1, "long": "x" * 200_000})
    made.append("runs", "2026-01-01", {})
    made.append("audit", "2026-01-02", {"n": None})
    return made


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_restored_store_is_the_same_and_archives_the_same(
    store: SqliteStore, new_store: Callable[..., SqliteStore], tmp_path: Path
) -> None:
    first = write_archive(store, tmp_path / "first")
    archive = read_archive(tmp_path / "first", DICTIONARY)
    assert (archive.store_hash, archive.head) == (first, store.head())
    restored = new_store()
    restored.restore(archive)
    assert dump_of(restored) == dump_of(store)
    assert restored.loads() == store.loads()
    assert verify("audit", restored.journal("audit")) == 2
    assert write_archive(restored, tmp_path / "second") == first
    assert digests(tmp_path / "first") == digests(tmp_path / "second")


def test_loading_goes_on_after_restoring(
    store: SqliteStore, new_store: Callable[..., SqliteStore], tmp_path: Path
) -> None:
    write_archive(store, tmp_path / "archive")
    restored = new_store()
    restored.restore(read_archive(tmp_path / "archive", DICTIONARY))
    assert state(restored, ("invoice", invoice(500, 0))) == store.loads()[-1].number + 1
    with restored.begin(TAX) as load:
        assert load.note("f" * 64, [finding(3)]) == 0, "known since the archive"
        load.note("f" * 64, [finding(9)])
        load.publish([FILE])
    assert [found["finding_id"] for found in restored.findings()] == [1, 2, 3]
    restored.append("audit", "2026-01-03", {})
    assert verify("audit", restored.journal("audit")) == 3


@pytest.mark.parametrize("seed", range(5))
def test_equal_content_has_an_equal_hash_on_every_store(
    seed: int, new_store: Callable[..., SqliteStore], tmp_path: Path
) -> None:
    model, sqlite = ModelStore(DICTIONARY), new_store()
    twins = TwinStores(random.Random(seed), model, sqlite)
    for _ in range(4):
        twins.live_through_a_load()
    model.records = sqlite.loads()  # wall times differ, and are content
    total = write_archive(model, tmp_path / "model")
    assert write_archive(sqlite, tmp_path / "sqlite") == total
    moved = ModelStore(DICTIONARY)
    moved.restore(read_archive(tmp_path / "sqlite", DICTIONARY))
    assert dump_of(moved) == dump_of(model)


def test_the_hash_is_what_sha256sum_gives(store: SqliteStore, tmp_path: Path) -> None:
    total = write_archive(store, tmp_path / "archive")
    files = digests(tmp_path / "archive")
    del files["manifest.json"]
    lines = "".join(f"{files[name]}  {name}\n" for name in sorted(files))
    assert hashlib.sha256(lines.encode()).hexdigest() == total


def test_an_archive_is_plain_csv(store: SqliteStore, tmp_path: Path) -> None:
    write_archive(store, tmp_path / "archive")
    names = sorted(path.relative_to(tmp_path / "archive").as_posix()
                   for path in (tmp_path / "archive").rglob("*.*"))  # fmt: skip
    assert names == [
        *("findings.csv", "journal.csv", "loads.csv", "manifest.json"),
        *("statements/invoice.csv", "statements/loan.csv", "statements/ownership.csv"),
    ]
    text = (tmp_path / "archive/statements/ownership.csv").read_text(encoding="utf-8")
    head, first, *_, last = text.splitlines()
    assert head == (
        "source,key,valid_from,valid_to,tx_from,tx_to,load,file,line,"
        "owner,owned,since,until,share,subscribed,paid_in"
    )
    assert first == (
        "tax,uscc:O|uscc:0,2026-01-01,9999-12-31,1,4611686018427387904,1,0,2,"
        "uscc:O,uscc:0,2026-01-01,,0.30000000000000004,,"
    )
    assert last.endswith(",uscc:O,uscc:5,2026-01-01,,,,")


def test_what_a_load_does_meanwhile_is_left_out(store: SqliteStore, tmp_path: Path) -> None:
    before = write_archive(store, tmp_path / "before")
    with store.begin(TAX) as load:
        load.open_rows("invoice", [invoice(99, load.number)])
        load.close_rows("loan", [one.row_id for one in store.rows("loan")])
        load.note("e" * 64, [finding(1)])
        assert write_archive(store, tmp_path / "during") == before


def test_a_load_published_in_the_middle_is_left_out(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the loads are listed, and before the rows are read."""
    before, rows = write_archive(store, tmp_path / "before"), SqliteStore.rows

    def publish_first(self: SqliteStore, kind: str, upto: int | None = None) -> Iterator[Row]:
        monkeypatch.undo()
        with self.begin(TAX) as load:
            load.close_rows("loan", [one.row_id for one in rows(self, "loan")])
            load.open_rows("invoice", [invoice(99, load.number)])
            load.note("e" * 64, [finding(1)])
            load.resolve([2])
            load.publish([FILE])
        return rows(self, kind, upto)

    monkeypatch.setattr(SqliteStore, "rows", publish_first)
    assert write_archive(store, tmp_path / "during") == before
    assert write_archive(store, tmp_path / "after") != before


def test_an_empty_store_has_an_archive(
    new_store: Callable[..., SqliteStore], tmp_path: Path
) -> None:
    write_archive(new_store(), tmp_path / "archive")
    archive = read_archive(tmp_path / "archive", DICTIONARY)
    assert (archive.head, list(archive.loads()), list(archive.rows("invoice"))) == (0, [], [])


# --- where it is written ---


def test_an_archive_is_never_overwritten(store: SqliteStore, tmp_path: Path) -> None:
    for name in ("full", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "full/loads.csv").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name in ("full", "file"):
        with pytest.raises(BadInput, match=f"{name}: is there already.*Name another"):
            write_archive(store, tmp_path / name)
    write_archive(store, tmp_path / "empty")
    write_archive(store, tmp_path / "new" / "deep")
    assert (tmp_path / "full/loads.csv").read_text() == "mine"


@pytest.mark.parametrize(
    ("code", "error", "text"),
    [(errno.ENOSPC, StoreFull, "disk is full"), (errno.EACCES, StoreError, "right to write")],
)
def test_an_archive_is_whole_or_not_there(
    code: int, error: type[StoreError], text: str, store: SqliteStore, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    synced = iter(range(3))

    def fails_at_the_fourth(_: int) -> None:
        if next(synced, None) is None:
            raise OSError(code, "no")

    monkeypatch.setattr(os, "fsync", fails_at_the_fourth)
    with pytest.raises(error, match=text):
        write_archive(store, tmp_path / "place" / "archive")
    assert list((tmp_path / "place").iterdir()) == []


# --- what was done to it ---


def rewrite_manifest(folder: Path, **changes: object) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | changes))


def reseal(folder: Path) -> None:
    """Digests anew, as who knows how would do it."""
    files = digests(folder)
    del files["manifest.json"]
    rows = json.loads((folder / "manifest.json").read_text())["files"]
    entries = {name: {"rows": rows[name]["rows"], "sha256": sha} for name, sha in files.items()}
    lines = "".join(f"{files[name]}  {name}\n" for name in sorted(files))
    total = hashlib.sha256(lines.encode()).hexdigest()
    rewrite_manifest(folder, files=entries, store_hash=total)


def edit(name: str, old: str, new: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        content = (folder / name).read_bytes()
        assert old.encode() in content
        (folder / name).write_bytes(content.replace(old.encode(), new.encode(), 1))

    return change


INVOICES, OWNED = "statements/invoice.csv", "statements/ownership.csv"


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        (edit(INVOICES, ",100,", ",900,"), "invoice.csv: was changed"),
        (edit("journal.csv", "audit", "odit"), "journal.csv: was changed"),
        (lambda f: (f / INVOICES).unlink(), "invoice.csv: manifest.json lists it.* missing"),
        (lambda f: (f / "loads.csv").unlink(), "loads.csv: manifest.json lists it.* missing"),
        (lambda f: (f / "statements/x.csv").write_text(""), "x.csv: manifest.json does not list"),
        (lambda f: (f / ".hidden").write_text(""), ".hidden: manifest.json does not list"),
        (lambda f: (f / "manifest.json").unlink(), "manifest.json: is missing"),
        (lambda f: (f / "manifest.json").write_text("[]"), "is not the manifest"),
        (lambda f: (f / "manifest.json").write_bytes(b"\xff"), "is not the manifest"),
        (lambda f: rewrite_manifest(f, format=2), "archive of form 2: this version reads form 1"),
        (lambda f: rewrite_manifest(f, store_hash="0" * 64), "store_hash is not that"),
        (lambda f: rewrite_manifest(f, files={}), "store_hash is not that"),
        (lambda f: rewrite_manifest(f, head=1), "head 1 is not the last load"),
    ],
)  # fmt: skip
def test_every_change_is_found_and_named(
    harm: Callable[[Path], object], named: str, store: SqliteStore, tmp_path: Path
) -> None:
    folder = tmp_path / "archive"
    write_archive(store, folder)
    harm(folder)
    with pytest.raises(BadInput, match=named):
        read_archive(folder, DICTIONARY)


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        (edit(OWNED, "0.30000000000000004", "three"), "ownership.csv, row 1: could not convert"),
        (edit(OWNED, ",,0.3", ",0.3"), "ownership.csv, row 1: 15 cells under 16 columns"),
        (edit(OWNED, ",share,", ",shares,"), "has no column shares"),
        (edit(OWNED, ",line,", ",lines,"), "has no column lines"),
        (edit("findings.csv", "way_out,", ""), "findings.csv: has no column way_out"),
        (edit("journal.csv", "runs,1", "runs,one"), "journal.csv, row 3"),
    ],
)
def test_a_resealed_archive_must_still_make_sense(
    harm: Callable[[Path], object], named: str, store: SqliteStore,
    new_store: Callable[..., SqliteStore], tmp_path: Path,
) -> None:  # fmt: skip
    folder = tmp_path / "archive"
    write_archive(store, folder)
    harm(folder)
    reseal(folder)
    target = new_store()
    with pytest.raises(BadInput, match=named):
        target.restore(read_archive(folder, DICTIONARY))
    assert (target.loads(), target.streams(), list(target.rows("invoice"))) == ([], [], [])


def test_rows_are_counted(store: SqliteStore, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    write_archive(store, folder)
    path = folder / "statements/ownership.csv"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    reseal(folder)
    with pytest.raises(BadInput, match=r"has 5 rows, and manifest\.json says 6"):
        list(read_archive(folder, DICTIONARY).rows("ownership"))


def test_a_dictionary_that_lacks_a_kind_or_field_is_refused(
    store: SqliteStore, tmp_path: Path
) -> None:
    folder = tmp_path / "archive"
    write_archive(store, folder)
    lost = changed(tmp_path / "field", fields=without(kind="invoice", field="due_on"))
    with pytest.raises(BadInput, match=r"invoice.csv: .*no column due_on.*fields.csv"):
        read_archive(folder, lost)
    gained = changed(
        tmp_path / "kind",
        kinds=more(NEW_KIND),
        fields=more(field("permit", "holder", "party", required="yes")),
    )
    other = tmp_path / "other"
    made = SqliteStore(tmp_path / "gained.db", gained)
    state(made, ("permit", row("permit", 0, dictionary=gained, holder="uscc:A")))
    write_archive(made, other)
    made.close()
    with pytest.raises(BadInput, match=r"permit.csv: the dictionary has no kind permit"):
        read_archive(other, DICTIONARY)


NEW_KIND = {"kind": "permit", "zh": "许可", "en": "permit", "time": "state", "key": "holder"}


def test_a_dictionary_that_gained_reads_older_archives(
    store: SqliteStore, new_store: Callable[..., SqliteStore], tmp_path: Path
) -> None:
    total = write_archive(store, tmp_path / "archive")
    gained = changed(
        tmp_path / "kind",
        kinds=more(NEW_KIND),
        fields=more(field("permit", "holder", "party", required="yes")),
    )
    wider = new_store(gained)
    wider.restore(read_archive(tmp_path / "archive", gained))
    assert write_archive(wider, tmp_path / "wider") == total, "a kind without rows changes nothing"
    longer = changed(tmp_path / "field", fields=more(field("loan", "pledged", "money", unit="fen")))
    longer_store = new_store(longer)
    longer_store.restore(read_archive(tmp_path / "archive", longer))
    assert [one.values[-1] for one in longer_store.rows("loan")] == [None]


# --- where it is restored ---


def test_only_an_empty_store_is_restored_into(
    store: SqliteStore, new_store: Callable[..., SqliteStore], tmp_path: Path
) -> None:
    write_archive(store, tmp_path / "archive")
    archive = read_archive(tmp_path / "archive", DICTIONARY)
    before = dump_of(store)
    with pytest.raises(StoreError, match=r"this one has loads.*does not exist yet"):
        store.restore(archive)
    assert dump_of(store) == before
    audited = new_store()
    audited.append("audit", "2026-01-01", {})
    with pytest.raises(StoreError, match="this one has journal"):
        audited.restore(archive)


def test_large_archives_are_streamed(
    new_store: Callable[..., SqliteStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (archive_module, sqlite_module):
        monkeypatch.setattr(module, "BATCH", 500)
    rows = 20_000
    store, target = new_store(), new_store()
    with store.begin(TAX) as load:
        number = load.number
        load.open_rows("invoice", (invoice(k, number) for k in range(rows)))
        load.publish([FILE])
    tracemalloc.start()
    try:
        write_archive(store, tmp_path / "archive")
        target.restore(read_archive(tmp_path / "archive", DICTIONARY))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(target.history("uscc:S")) == rows
    assert peak < 3 << 20, f"{peak / 2**20:.1f} MB for {rows} rows"
