"""Every query about statements, as constants; `<Kind>` and its like stand for dictionary names.

A statement is found through the index behind its constraint, in ranges of keys. The index compares
code points, as everywhere here; filters and ORDER BY may compare UTF-16, so rows are put in order
when they have come. What a load has not published has numbers above the head, so the answers as of
a published number do not change while it is written, page by page and without a lock.
"""

from dataclasses import dataclass
from functools import cache
from typing import LiteralString, NamedTuple

from graph_model.schema import RESERVED, Kind
from graph_model.store.neo4j_schema import for_kind, role_of

COUNTS = "s.tx_from <= $tx AND $tx < s.tx_to AND s.valid_from <= $day AND $day < s.valid_to"
"""The sentence of `snapshot.py`, once, in Cypher."""

STATEMENT: LiteralString = (
    "MATCH (s:<Kind>) USING INDEX SEEK s:<Kind>(key, source, valid_from, tx_from) "
)
REST: LiteralString = "s.source IS NOT NULL AND s.valid_from IS NOT NULL AND s.tx_from IS NOT NULL "
"""An index of several properties is used only when each is asked for."""

BETWEEN: LiteralString = STATEMENT + "WHERE s.key >= $first AND s.key < $bound AND " + REST
ONWARDS: LiteralString = STATEMENT + "WHERE s.key >= $first AND " + REST
ALONE: LiteralString = STATEMENT + "WHERE s.key = $first AND " + REST

BOUND: LiteralString = (
    STATEMENT
    + "WHERE s.key > $first AND "
    + REST
    + "WITH s.key AS key ORDER BY key SKIP $page LIMIT 1 RETURN key"
)
"""Where the range that begins with a key ends: after all rows of that key and `page` more."""

TABLE: LiteralString = "AND <counts> RETURN count(s), <columns>"
ROWS: LiteralString = "AND s.tx_from <= $tx RETURN collect(<cells_then>)"
OPEN_ROWS: LiteralString = "AND s.source = $source AND s.tx_to = $open RETURN collect(<cells>)"

IN_FORCE: LiteralString = (
    "UNWIND $keys AS wanted "
    + STATEMENT
    + "WHERE s.key = wanted AND s.source = $source AND s.valid_from IS NOT NULL "
    "AND s.tx_from IS NOT NULL AND s.tx_to = $open RETURN collect(<cells>)"
)

HISTORY: LiteralString = (
    "CALL () { "
    + STATEMENT
    + "WHERE s.key = $key AND "
    + REST
    + "RETURN s <in_a_role>} WITH s WHERE s.tx_from <= $tx RETURN collect(<cells_then>)"
)
IN_A_ROLE: LiteralString = (
    "UNION MATCH (:Enterprise {party_id: $key})<-[:<roles>]-(s:<Kind>) RETURN s "
)

MERGE_PARTIES: LiteralString = "UNWIND $ids AS party_id MERGE (:Enterprise {party_id: party_id})"

CREATE_ROWS: LiteralString = (
    "UNWIND $rows AS r <parties>CREATE (s:<Kind> {<properties>}) <relationships>"
)
PARTY: LiteralString = "OPTIONAL MATCH (<role>:Enterprise {party_id: r[<place>]}) "
RELATIONSHIP: LiteralString = (
    "FOREACH (e IN CASE WHEN <role> IS NULL THEN [] ELSE [<role>] END | CREATE (s)-[:<ROLE>]->(e)) "
)

ONE_ROW: LiteralString = (
    "UNWIND $ids AS r MATCH (s:<Kind> {key: r[0], source: r[1], valid_from: r[2], tx_from: r[3]}) "
    "WHERE s.tx_to = $open "
)
CLOSE_ROWS: LiteralString = ONE_ROW + "SET s.tx_to = $number RETURN count(s)"

DELETE: LiteralString = (
    "WITH collect(s) AS gone WITH gone, size(gone) AS many "
    "CALL (gone) { UNWIND gone AS s MATCH (s)-->(e:Enterprise) RETURN collect(DISTINCT e) AS named "
    "} FOREACH (s IN gone | DETACH DELETE s) WITH many, named "
    "CALL (named) { UNWIND named AS e WITH e WHERE NOT EXISTS { (e)--() } DELETE e } RETURN many"
)
"""Delete statements, and whoever nobody names any more."""

TAKE_BACK: LiteralString = "AND s.tx_from = $number "
REOPEN: LiteralString = "AND s.tx_to = $number SET s.tx_to = $open"


class Ranged(NamedTuple):
    """One question about a range: up to a bound, to the end, or of a single key."""

    between: LiteralString
    onwards: LiteralString
    alone: LiteralString


@dataclass(frozen=True)
class KindQueries:
    """The queries of one kind."""

    bound: LiteralString
    rows: Ranged
    open_rows: Ranged
    in_force: LiteralString
    history: LiteralString
    create: LiteralString
    close: LiteralString
    delete: LiteralString
    take_back: Ranged
    reopen: Ranged


@cache
def queries_of(kind: Kind) -> KindQueries:
    """All queries of a kind but `table_queries`."""
    names = (*RESERVED, *kind.field_names)
    cells = "[" + ", ".join(f"s.{name}" for name in names) + "]"
    then = cells.replace("s.tx_to", "CASE WHEN s.tx_to > $tx THEN $open ELSE s.tx_to END")
    places = {role: str(names.index(role)) for role in kind.party_fields}
    roles = {"roles": "|".join(role_of(role) for role in kind.party_fields)}
    parts = {
        "in_a_role": for_kind(IN_A_ROLE, kind, **roles) if places else "",
        "cells_then": then,
        "cells": cells,
        "properties": ", ".join(f"{name}: r[{place}]" for place, name in enumerate(names)),
        "parties": "".join(
            for_kind(PARTY, kind, role=role, place=place) for role, place in places.items()
        ),
        "relationships": "".join(
            for_kind(RELATIONSHIP, kind, role=role, ROLE=role_of(role)) for role in places
        ),
    }

    def made(template: LiteralString) -> LiteralString:
        return for_kind(template, kind, **parts)

    def ranged(rest: LiteralString) -> Ranged:
        return Ranged(made(BETWEEN + rest), made(ONWARDS + rest), made(ALONE + rest))

    return KindQueries(
        bound=made(BOUND),
        rows=ranged(ROWS),
        open_rows=ranged(OPEN_ROWS),
        in_force=made(IN_FORCE),
        history=made(HISTORY),
        create=made(CREATE_ROWS),
        close=made(CLOSE_ROWS),
        delete=made(ONE_ROW + DELETE),
        take_back=ranged(TAKE_BACK + DELETE),
        reopen=ranged(REOPEN),
    )


@cache
def table_queries(kind: Kind, columns: tuple[str, ...]) -> Ranged:
    """Collect columns of the rows that count.

    Parameters `no_text`, `no_integer` and `no_rate` stand in for what is missing.
    """
    collected = ", ".join(f"collect({_filled(kind, name)})" for name in columns)
    parts = {"counts": COUNTS, "columns": collected}
    return Ranged(
        for_kind(BETWEEN + TABLE, kind, **parts),
        for_kind(ONWARDS + TABLE, kind, **parts),
        for_kind(ALONE + TABLE, kind, **parts),
    )


def _filled(kind: Kind, column: str) -> str:
    if column == "tx_to":
        return "$open"  # as it was known then; a later load may have closed the row
    if column in RESERVED:
        return f"s.{column}"
    missing = {"money": "integer", "integer": "integer", "flag": "integer", "rate": "rate"}
    return f"coalesce(s.{column}, $no_{missing.get(kind.field(column).type, 'text')})"
