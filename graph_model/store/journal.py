"""The hash chain of a journal: a line that was changed, removed or inserted is found.

hash_k = SHA-256( previous hash, stream, k, at, payload as canonical JSON )

Lines cut off at the end leave a shorter journal that is whole in itself: note the count and the
last hash elsewhere (an archive does) and compare.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from graph_model.errors import StoreError
from graph_model.store.records import json_of

GENESIS = "0" * 64
"""What the first line of every journal names as the line before it."""


def line_hash(previous: str, stream: str, seq: int, at: str, payload: str) -> str:
    """Digest of one line; `payload` is canonical JSON."""
    text = "\n".join((previous, stream, str(seq), at, payload))
    return hashlib.sha256(text.encode()).hexdigest()


def verify(stream: str, lines: Iterable[Mapping[str, Any]]) -> int:
    """Check a whole journal; returns how many lines it has.

    Raises
    ------
    StoreError
        Naming the first line that does not follow from the one before it.
    """
    previous, count = GENESIS, 0
    for count, line in enumerate(lines, start=1):
        expected = line_hash(previous, stream, count, line["at"], json_of(line["payload"]))
        if line["seq"] != count or line["previous"] != previous or line["hash"] != expected:
            raise StoreError(
                f"journal {stream}, line {count}",
                "does not follow from the line before it: a line was changed, removed or inserted",
                "Compare with an archive made before, and find out who could write to the store.",
            )
        previous = line["hash"]
    return count
