"""Connections to one SQLite file, one per thread, and what SQLite's errors mean to the reader."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from graph_model.errors import StoreBusy, StoreError, StoreFull

PRAGMAS = (
    "page_size = 8192",  # counts for a new file only
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    # A batch of random keys touches most pages of an index. Checkpointing each batch would write
    # them all once more; 16,384 pages are 128 MB of log.
    "wal_autocheckpoint = 16384",
    "journal_size_limit = 134217728",
)

BUSY_SECONDS = 30.0
"""How long one statement waits for another process's transaction; those are short."""

NO_SPACE = 1 << 20
"""A disk with fewer free bytes is full, also where SQLite only says "disk I/O error"."""


class Connections:
    """The connections of all threads to one file.

    Parameters
    ----------
    path : pathlib.Path
        The database file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._opened: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._list_lock = threading.Lock()
        self._closed = False

    def own(self) -> sqlite3.Connection:
        """The connection of this thread, opened when it first asks."""
        held: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if held is None or self._closed:
            held = self._open()
            self._local.connection = held
        return held

    def _open(self) -> sqlite3.Connection:
        if self._closed:
            raise StoreError(str(self.path), "the store was closed", "Open it again.")
        held = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            for pragma in PRAGMAS:
                held.execute(f"PRAGMA {pragma}")
        except BaseException:
            held.close()
            raise
        with self._list_lock:
            # A server's worker threads come and go; what they leave behind is closed here.
            for thread, left in self._opened:
                if not thread.is_alive():
                    left.close()
            alive = [(thread, kept) for thread, kept in self._opened if thread.is_alive()]
            self._opened = [*alive, (threading.current_thread(), held)]
        return held

    def __len__(self) -> int:
        return len(self._opened)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn SQLite's errors into ours."""
        try:
            yield
        except sqlite3.Error as error:
            raise as_ours(error, self.path) from error
        except (OverflowError, UnicodeEncodeError) as error:
            raise StoreError(
                str(error), "integers have 64 bits and text is Unicode", "Correct the source row."
            ) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed at the end, undone by any exception."""
        with self.translated():
            connection = self.own()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                if connection.in_transaction:
                    connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    with suppress(sqlite3.Error):  # the first error is the one to report
                        connection.rollback()
                raise

    def close(self) -> None:
        """Close the connections of all threads; nothing can be asked afterwards."""
        with self._list_lock:
            self._closed = True
            for _, held in self._opened:
                held.close()
            self._opened.clear()


def as_ours(error: sqlite3.Error, path: Path) -> StoreError:
    """What an error of SQLite means, with the way out."""
    where, text = str(path), str(error)
    extended = getattr(error, "sqlite_errorcode", 0)
    code = extended & 0xFF
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _is_full(path)):
        return StoreFull(
            where,
            "the disk is full; nothing of this load is kept, all before it is unharmed",
            "Free space and load again.",
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy(where, "another process writes to the store", "Try again shortly.")
    if code == sqlite3.SQLITE_NOTADB:
        return StoreError(where, "is not an SQLite file", "Name the file of a store, or a new one.")
    if code == sqlite3.SQLITE_CORRUPT:
        return StoreError(
            where, f"the file is damaged ({text})", "Restore the last archive into a new store."
        )
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return StoreError(
            where,
            f"cannot be opened for writing ({text})",
            "Give this user the right to write the file and its folder, or name another place.",
        )
    if extended in (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY):
        return StoreError(
            text.removeprefix("UNIQUE constraint failed: "),
            "is there already: one row per key, source, valid_from and load",
            "Close the earlier row first.",
        )
    if code == sqlite3.SQLITE_CONSTRAINT:
        return StoreError(
            text,
            "a value is of its field's type, never empty text and never infinite",
            "Give None where nothing is known.",
        )
    return StoreError(where, f"SQLite says: {text}", "Check the file, or restore an archive.")


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < NO_SPACE
    except OSError:
        return False
