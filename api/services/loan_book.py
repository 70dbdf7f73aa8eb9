"""A lender's own loan book: taken from a file, matched, and kept for that lender alone.

It is no statement: nothing of it enters the store, a picture or a run, and only the lender whose
it is reads it. Every upload is kept beside the earlier ones under `loan-books/` of the home folder,
whole or not at all; a file sent again under its key is the same upload.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

from api import audit
from api.audit import now
from api.services.register import register
from api.services.rights import of_own
from api.services.workspace import Workspace
from graph_model.errors import BadInput, NotAllowed, NotFound, StoreError
from ingest.loan_book import BookLine, LoanBook, RowAside, read_loan_book
from ingest.matching import Match, MatchReason, match
from policy.visibility import Decision, Sight, Viewer

MOST_BYTES = 32 * 1024 * 1024
MOST_FEN = 2**53
"""90 trillion yuan, the largest amount of a statement."""
MOST_COMPARED = 500
"""Lines without a match whose name is compared with every registered one; a register of 100,000
takes some 40 ms a line."""

KEY = re.compile(r"[\x21-\x7e]{8,128}")
UPLOAD = "upload.json"
LENDERS_ROLE = "financier"


@dataclass(frozen=True)
class Judged:
    """One line of the book, and who is meant by it."""

    line: BookLine
    match: Match


@dataclass(frozen=True)
class MatchedBook:
    """A book: `read` = matched + unmatched + kept aside.

    Attributes
    ----------
    matched : tuple of Judged
        A party of the register is taken, with score and reasons.
    unmatched : tuple of Judged
        Nobody is taken; candidates are for a person to judge.
    aside : tuple of RowAside
        Rows that cannot be read as a loan, with value, rule and way out.
    """

    sha256: str
    read: int
    matched: tuple[Judged, ...]
    unmatched: tuple[Judged, ...]
    aside: tuple[RowAside, ...]


@dataclass(frozen=True)
class Upload:
    """A book as kept.

    Attributes
    ----------
    number : int
        Counts the lender's uploads; the last is the one that answers come from.
    key : str
        Of the request: the same key is the same upload.
    capital_fen : int or None
        Net capital as the lender states it, for its limits.
    """

    number: int
    lender: str
    at: str
    key: str
    file_name: str
    capital_fen: int | None
    load: int
    book: MatchedBook


_UPLOAD = TypeAdapter(Upload)


def matched(workspace: Workspace, read: LoanBook, today: date) -> MatchedBook:
    """Judge every line of a book against the register of the last load."""
    known = register(workspace, today)
    judged: list[Judged] = []
    compared = 0
    for line in read.lines:
        found = match(known, line.code, line.name, near=compared < MOST_COMPARED)
        compared += found.party is None and not line.code
        judged.append(Judged(line, found))
    return MatchedBook(
        sha256=read.sha256,
        read=read.read,
        matched=tuple(one for one in judged if one.match.party is not None),
        unmatched=tuple(one for one in judged if one.match.party is None),
        aside=read.aside,
    )


def check(
    workspace: Workspace, viewer: Viewer, path: Path, today: date, mapping: Path | None = None
) -> MatchedBook:
    """Read and match a file, and keep nothing of it.

    Raises
    ------
    NotAllowed
        For anybody but a financier.
    BadInput
        When the file is no loan book.
    """
    _lender(workspace, viewer, today, "loan book check")
    return matched(workspace, read_loan_book(path, workspace.dictionary, mapping), today)


def upload(
    workspace: Workspace,
    viewer: Viewer,
    path: Path,
    key: str,
    today: date,
    *,
    file_name: str = "",
    capital_fen: int | None = None,
    mapping: Path | None = None,
) -> Upload:
    """Read, match and keep a file for the viewer's own organisation.

    Parameters
    ----------
    workspace : Workspace
    viewer : Viewer
        A financier; the book is its organisation's.
    path : Path
        The file.
    key : str
        8 to 128 visible characters; a second request with it returns the first upload.
    today : datetime.date
    file_name : str
        Name that the sender gave the file, by default that of `path`.
    capital_fen : int, optional
        Net capital of the lender.
    mapping : Path, optional
        For other headers than the template's.

    Raises
    ------
    NotAllowed
        For anybody but a financier.
    BadInput
        When the file is no loan book, or the key was used for another file.
    """
    lender = _lender(workspace, viewer, today, "loan book upload")
    if not KEY.fullmatch(key):
        rule = "an idempotency key has 8 to 128 visible characters"
        raise BadInput(f"Idempotency-Key {key[:40]!r}", rule, "Send a fresh one for each file.")
    if capital_fen is not None and not 0 < capital_fen < MOST_FEN:
        rule = "net capital is positive, and at most 90 trillion yuan"
        way_out = "State it in fen, or leave it out: then it comes from your accounts."
        raise BadInput(f"capital {capital_fen}", rule, way_out)
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        rule = f"a loan book has at most {MOST_BYTES // 2**20} MB"
        raise BadInput(file_name or path.name, rule, "Send it in parts.")
    read = read_loan_book(path, workspace.dictionary, mapping)
    folder = folder_of(workspace, lender)
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock", timeout=30):
        kept = list(history(workspace, lender))
        same = next((one for one in kept if one.key == key), None)
        if same is not None:
            if (same.book.sha256, same.capital_fen) != (read.sha256, capital_fen):
                rule = f"the key was used on {same.at} for another file or capital"
                raise BadInput(f"Idempotency-Key {key!r}", rule, "Send a fresh key.")
            return same
        made = Upload(
            number=kept[-1].number + 1 if kept else 1,
            lender=lender,
            at=now(),
            key=key,
            file_name=Path(file_name or path.name).name[:120],
            capital_fen=capital_fen,
            load=workspace.store.head(),
            book=matched(workspace, read, today),
        )
        _save(made, folder)
        return made


def current(workspace: Workspace, lender: str) -> Upload:
    """Return the lender's last upload.

    Raises
    ------
    NotFound
        When it has sent none.
    """
    kept = _numbered(workspace, lender)
    if not kept:
        way_out = "Send one: `alliance loan-book upload FILE`, or POST /api/v1/loan-book."
        raise NotFound("loan book", "this lender has sent none", way_out)
    return _read(kept[-1], lender)


def history(workspace: Workspace, lender: str) -> Iterator[Upload]:
    """All uploads of a lender, the oldest first."""
    for path in _numbered(workspace, lender):
        yield _read(path, lender)


def _numbered(workspace: Workspace, lender: str) -> list[Path]:
    return sorted(folder_of(workspace, lender).glob(f"[0-9]*/{UPLOAD}"))


def _read(path: Path, lender: str) -> Upload:
    try:
        found = _UPLOAD.validate_json(path.read_bytes())
    except (ValidationError, OSError) as error:
        way_out = "Restore it from a backup, or remove its folder and send the book again."
        raise StoreError(str(path), "a kept loan book cannot be read", way_out) from error
    if found.lender != lender:
        raise StoreError(str(path), "the folder holds another lender's book", "Put it back.")
    return found


def folder_of(workspace: Workspace, lender: str) -> Path:
    """Folder of a lender's books."""
    digest = hashlib.blake2b(lender.encode(), digest_size=16).hexdigest()
    return workspace.settings.home / "loan-books" / digest


def _lender(workspace: Workspace, viewer: Viewer, today: date, action: str) -> str:
    """Party id of the lender whose book it is; the look is written down."""
    if viewer.role != LENDERS_ROLE:
        rule = "a loan book is its lender's own: only a financier has one (征信业管理条例 Art. 29)"
        decision = Decision(Sight.HIDDEN, rule)
        audit.record(workspace.store, viewer, action, viewer.organisation, decision, "")
        raise NotAllowed(action, rule, "Ask as a financier.")
    of_own(workspace, viewer, action, today)
    return viewer.organisation


def own_book(workspace: Workspace, viewer: Viewer, today: date, action: str) -> Upload:
    """Open the viewer's own last upload, and write the look down.

    Raises
    ------
    NotAllowed
        For anybody but a financier, in the same words whether there is a book or not.
    NotFound
        When the lender has sent none.
    """
    return current(workspace, _lender(workspace, viewer, today, action))


def _save(made: Upload, folder: Path) -> None:
    """Write an upload aside and rename it, so that it is there whole or not at all."""
    aside = folder / f".{made.number:06d}.{os.getpid()}.part"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    path = aside / UPLOAD
    path.touch(mode=0o600)
    path.write_bytes(_UPLOAD.dump_json(made))
    aside.rename(folder / f"{made.number:06d}")


__all__ = [
    "Judged",
    "MatchReason",
    "MatchedBook",
    "Upload",
    "check",
    "current",
    "history",
    "matched",
    "own_book",
    "upload",
]
