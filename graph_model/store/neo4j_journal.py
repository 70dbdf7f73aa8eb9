"""Journals on Neo4j: a line is added while its journal's head node is locked.

Racing for the next number against a constraint instead would cost most attempts a conflict.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, LiteralString

from neo4j import ManagedTransaction

from graph_model.errors import StoreBusy
from graph_model.store import records
from graph_model.store.journal import GENESIS, line_hash
from graph_model.store.neo4j_connection import Connection
from graph_model.store.neo4j_schema import STORE_NAME
from graph_model.store.protocol import JournalEntry

LOCK_HEAD: LiteralString = (
    "MERGE (j:_Journal {stream: $stream}) ON CREATE SET j.seq = 0, j.hash = $genesis "
    "SET j.locked = true"
)
READ_HEAD: LiteralString = (
    "MATCH (j:_Journal {stream: $stream}) MATCH (w:_Store {name: $name}) "
    "RETURN j.seq, j.hash, coalesce(w.restoring, false)"
)
ADD_LINE: LiteralString = (
    "MATCH (j:_Journal {stream: $line[0]}) SET j.seq = $line[1], j.hash = $line[5] "
    "REMOVE j.locked CREATE (:_JournalLine {stream: $line[0], seq: $line[1], at: $line[2], "
    "payload: $line[3], previous: $line[4], hash: $line[5]})"
)
PAGE_OF_LINES: LiteralString = (
    "MATCH (:_Journal {stream: $stream}) MATCH (l:_JournalLine) "
    "USING INDEX SEEK l:_JournalLine(stream, seq) "
    "WHERE l.stream = $stream AND l.seq > $after WITH l ORDER BY l.seq LIMIT $page "
    "RETURN collect([l.stream, l.seq, l.at, l.payload, l.previous, l.hash])"
)
STREAMS: LiteralString = "MATCH (j:_Journal) RETURN j.stream"

CREATE_LINES: LiteralString = (
    "UNWIND $rows AS r CREATE (:_JournalLine {stream: r[0], seq: r[1], at: r[2], payload: r[3], "
    "previous: r[4], hash: r[5]})"
)
CREATE_HEADS: LiteralString = (
    "UNWIND $rows AS r CREATE (:_Journal {stream: r[0], seq: r[1], hash: r[2]})"
)
"""Lines without a head are not there for readers: an archive writes heads last."""

PAGE = 5_000


def append(
    connection: Connection, stream: str, at: str, payload: Mapping[str, Any]
) -> JournalEntry:
    """Add one line; see `protocol.Store.append`.

    Raises
    ------
    StoreBusy
        While the store is being filled from an archive.
    """
    # Through JSON and back: names that are no text sort otherwise once they have become it.
    text = records.json_of(json.loads(records.json_of(payload)))

    def add(transaction: ManagedTransaction) -> tuple[Any, ...]:
        transaction.run(LOCK_HEAD, {"stream": stream, "genesis": GENESIS}).consume()
        named = {"stream": stream, "name": STORE_NAME}
        last, previous, restoring = transaction.run(READ_HEAD, named).single(strict=True)
        if restoring:
            raise StoreBusy(
                connection.where,
                "the store is being filled from an archive",
                "Wait until `alliance restore` ends; if it was cut off, run it again.",
            )
        seq = last + 1
        line = (stream, seq, at, text, previous, line_hash(previous, stream, seq, at, text))
        transaction.run(ADD_LINE, {"line": line}).consume()
        return line

    return records.entry_of(connection.writing(add))


def lines(connection: Connection, stream: str, after: int) -> Iterator[JournalEntry]:
    """Lines of a journal beyond `after`, in order."""
    asked = {"stream": stream, "page": PAGE}
    while (page := connection.read(PAGE_OF_LINES, {**asked, "after": after})) and page[0][0]:
        yield from map(records.entry_of, page[0][0])
        after = page[0][0][-1][1]


def streams(connection: Connection) -> list[str]:
    """Names of the journals that have lines."""
    return sorted(name for (name,) in connection.read(STREAMS))
