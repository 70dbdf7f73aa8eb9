"""The hash chain of a journal: a line that was changed, removed or inserted is found.

hash_k = SHA-256( previous hash, stream, k, at, payload as canonical JSON )

Lines cut off at the end, or a journal written anew with new hashes, are whole in themselves: marks
(a number and the hash of that line) that were noted before, best elsewhere, tell.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graph_model.errors import StoreError
from graph_model.store.records import json_of

GENESIS = "0" * 64
"""What the first line of every journal names as the line before it."""

WAY_OUT = "Compare with an archive made before, and find out who could write to the store."


@dataclass(frozen=True)
class Checked:
    """A journal that is whole: its lines, the hash of the last, and when it was written."""

    lines: int
    hash: str
    last_at: str


def line_hash(previous: str, stream: str, seq: int, at: str, payload: str) -> str:
    """Digest of one line; `payload` is canonical JSON."""
    text = "\n".join((previous, stream, str(seq), at, payload))
    return hashlib.sha256(text.encode()).hexdigest()


def checked(
    stream: str, lines: Iterable[Mapping[str, Any]], marks: Mapping[int, str] | None = None
) -> Checked:
    """Check a whole journal.

    Parameters
    ----------
    stream : str
    lines : iterable
        All its lines, in order.
    marks : dict of int to str, optional
        Hashes of lines that were noted before.

    Raises
    ------
    StoreError
        Naming the first line that does not follow from the one before it, or the first mark that
        the journal does not have.
    """
    noted = dict(marks or {})
    previous, count, at, marked = GENESIS, 0, "", 0
    for count, line in enumerate(lines, start=1):
        at = line["at"]
        expected = line_hash(previous, stream, count, at, json_of(line["payload"]))
        if line["seq"] != count or line["previous"] != previous or line["hash"] != expected:
            rule = (
                "does not follow from the line before it: a line was changed, removed or inserted"
            )
            raise StoreError(f"journal {stream}, line {count}", rule, WAY_OUT)
        previous = line["hash"]
        if noted.pop(count, previous) != previous:
            value = f"journal {stream}, lines {marked + 1} to {count}"
            rule = f"were written anew: line {count} was sealed with another hash"
            raise StoreError(value, rule, WAY_OUT)
        if marks and count in marks:
            marked = count
    if noted:
        value = f"journal {stream}, line {count + 1}"
        rule = f"lines up to {max(noted)} were sealed, and there are {count}: they were cut off"
        raise StoreError(value, rule, WAY_OUT)
    return Checked(count, previous, at)


def verify(stream: str, lines: Iterable[Mapping[str, Any]]) -> int:
    """Check a whole journal as `checked` does; returns how many lines it has."""
    return checked(stream, lines).lines
