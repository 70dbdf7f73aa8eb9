"""The graph for people, beside the statements: parties and what links them in the last picture.

    (:Enterprise {party_id, name, level, …})-[:SUPPLIES {amount_fen, statements}]->(:Enterprise)

What changed since the last time is written in one transaction: a reader sees the graph before or
the graph after. The very first one is written in parts, and is marked as there when it is whole.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, LiteralString

from neo4j import ManagedTransaction

from graph_model.projection import Link, Projection, Refreshed, Values, relationship_types
from graph_model.store.neo4j_connection import Connection
from graph_model.store.neo4j_writer import Writer

BATCH = 10_000
PARTIES = 5_000
"""Parties whose links are read at once."""

MARK: LiteralString = (
    "MERGE (p:_Projection {name: 'current'}) "
    "SET p.date = $date, p.network_id = $network_id, p.run_id = $run_id"
)
MARKED: LiteralString = "MATCH (p:_Projection) RETURN count(p)"

NODES: LiteralString = "MATCH (e:Enterprise) RETURN e.party_id, properties(e)"
SET_NODES: LiteralString = "UNWIND $rows AS r MERGE (e:Enterprise {party_id: r.party_id}) SET e = r"

LINKS: LiteralString = (
    "UNWIND $ids AS id MATCH (a:Enterprise {party_id: id})-[l:<TYPE>]->(b:Enterprise) "
    "RETURN collect([a.party_id, b.party_id, <values>])"
)
ENDS: LiteralString = (
    "UNWIND $rows AS r MATCH (a:Enterprise {party_id: r[0]}) MATCH (b:Enterprise {party_id: r[1]}) "
)
ADD: LiteralString = ENDS + "CREATE (a)-[:<TYPE> {<properties>}]->(b)"
CHANGE: LiteralString = ENDS + "MATCH (a)-[l:<TYPE>]->(b) SET l = {<properties>}"
REMOVE: LiteralString = ENDS + "MATCH (a)-[l:<TYPE>]->(b) DELETE l"

Step = tuple[LiteralString, list[Any]]
"""A constant query and its rows."""


def show(writer: Writer, projection: Projection) -> Refreshed:
    """Replace the graph; see `projection.ShowsGraph`."""
    connection = writer.connection
    steps, refreshed = _steps(connection, projection)
    mark = {
        "date": projection.date,
        "network_id": projection.network_id,
        "run_id": projection.run_id,
    }

    def finish(transaction: ManagedTransaction, rest: Sequence[Step]) -> None:
        for query, rows in rest:
            transaction.run(query, {"rows": rows}).consume()
        transaction.run(MARK, mark).consume()

    if connection.read(MARKED) == [[0]]:
        for query, rows in steps:
            writer.writing(lambda t, q=query, r=rows: t.run(q, {"rows": r}).consume())  # type: ignore[misc]
        steps = []
    writer.writing(lambda transaction: finish(transaction, steps))
    return refreshed


def _steps(connection: Connection, projection: Projection) -> tuple[list[Step], Refreshed]:
    """What has to be written so that the database shows a projection."""
    held: dict[str, dict[str, str]] = dict(connection.read(NODES))
    wanted = {party: {"party_id": party, **own} for party, own in projection.nodes.items()}
    gone = [{"party_id": party} for party in held if party not in wanted]
    nodes = [own for party, own in wanted.items() if held.get(party) != own]
    nodes += [own for own in gone if held[own["party_id"]] != own]
    added: list[Step] = []
    others: list[Step] = []
    counts = {"added": 0, "changed": 0, "removed": 0}
    for named in relationship_types().values():
        names = projection.quantities.get(named, ("statements",))
        links = projection.links.get(named, {})
        now = _links_now(connection, list(held), named, names)
        changes: Mapping[str, list[Any]] = {
            "added": [_row(link, links[link]) for link in links if link not in now],
            "changed": [
                _row(link, values)
                for link, values in links.items()
                if link in now and now[link] != values
            ],
            "removed": [list(link) for link in now if link not in links],
        }
        for what, query in (("added", ADD), ("changed", CHANGE), ("removed", REMOVE)):
            counts[what] += len(changes[what])
            text = _of_type(query, named, names)
            (added if what == "added" else others).extend(_batches(text, changes[what]))
    steps = [*others, *_batches(SET_NODES, nodes), *added]  # links need their ends
    refreshed = Refreshed(len(nodes), counts["added"], counts["changed"], counts["removed"])
    return steps, refreshed


def _links_now(
    connection: Connection, parties: Sequence[str], named: str, names: Sequence[str]
) -> dict[Link, Values]:
    query = _of_type(LINKS, named, names)
    found: dict[Link, Values] = {}
    for start in range(0, len(parties), PARTIES):
        ids = parties[start : start + PARTIES]
        for row, column, *values in connection.read(query, {"ids": list(ids)})[0][0]:
            found[row, column] = tuple(values)
    return found


def _row(link: Link, values: Values) -> list[Any]:
    return [*link, *values]


def _batches(query: LiteralString, rows: Sequence[Any]) -> Iterator[Step]:
    for start in range(0, len(rows), BATCH):
        yield query, list(rows[start : start + BATCH])


def _of_type(template: LiteralString, named: str, names: Iterable[str]) -> LiteralString:
    """Put a relationship type and its properties, both from our tables, into a constant query."""
    names = list(names)
    text = template.replace("<TYPE>", named)
    text = text.replace("<values>", ", ".join(f"l.{name}" for name in names))
    listed = ", ".join(f"{name}: r[{place}]" for place, name in enumerate(names, 2))
    return text.replace("<properties>", listed)
