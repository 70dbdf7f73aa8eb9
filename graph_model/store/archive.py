"""The archive: everything of a store as CSV files, to move between stores and for the worst day.

A folder holds `loads.csv`, `findings.csv`, `journal.csv`, `statements/KIND.csv` for each kind
that has rows, and `manifest.json`. Files are UTF-8 with lines ended as RFC 4180 says; an empty
cell is a missing value. Statements stand in the order of their identity, so that equal content
under one dictionary has an equal `store_hash` on every store.
"""

import csv
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

from graph_model.errors import BadInput, StoreError, StoreFull
from graph_model.schema import RESERVED, Dictionary
from graph_model.statement import LoadRecord
from graph_model.store import records
from graph_model.store.archive_manifest import (
    FINDINGS,
    FORMAT,
    JOURNAL,
    LOADS,
    MANIFEST,
    STATEMENTS,
    FileEntry,
    check_files,
    read_manifest,
    store_hash,
)
from graph_model.store.archive_reading import JOURNAL_COLUMNS, LOAD_COLUMNS, Archive
from graph_model.store.protocol import Store

BATCH = 10_000
"""Rows formatted at a time."""


def write_archive(store: Store, folder: Path) -> str:
    """Write everything that is published into a new folder; returns the store hash.

    It appears whole or not at all, and is of one moment: what a load publishes meanwhile is left
    out. Journals are as long as they were when their turn came.

    Parameters
    ----------
    store : Store
        What to archive; others may go on reading, loading and appending.
    folder : pathlib.Path
        Where to; must not exist yet, or be empty.

    Raises
    ------
    BadInput
        When there is something at `folder`.
    StoreFull, StoreError
        When the disk is full, or the folder cannot be written.
    """
    with written_aside(folder) as aside:
        loads = store.loads()
        head = last_published(loads)
        files = {LOADS: _write(aside / LOADS, LOAD_COLUMNS, map(records.cells_of_load, loads))}
        (aside / STATEMENTS).mkdir()
        for kind in store.dictionary.kinds.values():
            name = f"{STATEMENTS}/{kind.name}.csv"
            cells = (row.cells for row in store.rows(kind.name, head))
            entry = _write(aside / name, (*RESERVED, *kind.field_names), cells)
            if entry.rows:
                files[name] = entry
            else:  # so that a kind nobody has stated yet changes no hash
                (aside / name).unlink()
        findings = map(records.cells_of_finding, store.findings(upto=head))
        files[FINDINGS] = _write(aside / FINDINGS, records.FINDING_COLUMNS, findings)
        lines = (
            records.cells_of_entry(stream, line)
            for stream in store.streams()
            for line in store.journal(stream)
        )
        files[JOURNAL] = _write(aside / JOURNAL, JOURNAL_COLUMNS, lines)
        _sync_folder(aside / STATEMENTS)
        total = store_hash(files)
        manifest = {
            "format": FORMAT,
            "dictionary": store.dictionary.digest,
            "head": head,
            "files": {name: files[name]._asdict() for name in sorted(files)},
            "store_hash": total,
        }
        with (aside / MANIFEST).open("w", encoding="utf-8") as file:
            file.write(json.dumps(manifest, indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
    return total


def read_archive(folder: Path, dictionary: Dictionary) -> "Archive":
    """Check an archive as a whole, and give it to `Store.restore`.

    Every file is read once here, for its digest, and once more when the store asks for its rows.

    Parameters
    ----------
    folder : pathlib.Path
        As `write_archive` left it.
    dictionary : Dictionary
        Must have every kind and field of the archive; what it has besides is missing in the rows.

    Raises
    ------
    BadInput
        Naming the file, when one is missing, changed, extra or of another form, or when the
        dictionary lacks its kind or a field of it.
    """
    files, head, total = read_manifest(folder)
    check_files(folder, files)
    archive = Archive(folder, dictionary, files, head, total)
    for name in files:
        archive.check_header(name)
    if head != last_published(archive.loads()):
        raise BadInput(
            MANIFEST, f"head {head} is not the last load of {LOADS}", "Use another copy."
        )
    return archive


def last_published(loads: Iterable[LoadRecord]) -> int:
    """Number of the last published load, 0 without one."""
    return max((load.number for load in loads if load.state == "published"), default=0)


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> FileEntry:
    """Write one CSV file to the disk itself; returns rows and digest."""
    digest, count = hashlib.sha256(), 0
    with path.open("wb") as file:
        pending = iter(rows)
        batch: list[Sequence[Any]] = [columns]
        while batch:
            text = StringIO(newline="")
            # \r\n: with a shorter ending the writer would leave a lone \r in a text unquoted.
            csv.writer(text, lineterminator="\r\n").writerows(batch)
            encoded = text.getvalue().encode()
            digest.update(encoded)
            file.write(encoded)
            batch = list(islice(pending, BATCH))
            count += len(batch)
        file.flush()
        os.fsync(file.fileno())
    return FileEntry(count, digest.hexdigest())


@contextmanager
def written_aside(folder: Path) -> Iterator[Path]:
    """A neighbour that becomes `folder` at the end, and goes when anything fails.

    Raises
    ------
    BadInput
        When there is something at `folder`.
    StoreFull, StoreError
        When the disk is full, or the folder cannot be written.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise BadInput(str(folder), "is there already, and nothing is overwritten", "Name another.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            yield aside
            _sync_folder(aside)
            aside.rename(folder)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        _sync_folder(folder.parent)
    except OSError as error:
        if error.errno in (ENOSPC, EDQUOT):
            raise StoreFull(
                str(folder), "the disk is full; no archive was made", "Free space, or name another."
            ) from error
        raise StoreError(
            str(folder),
            f"the archive cannot be written there ({error.strerror})",
            "Give this user the right to write the folder, or name another.",
        ) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
