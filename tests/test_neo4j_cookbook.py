"""Every query of docs/cypher-cookbook.md, on a real server, beside the product's own answer."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import networkx as nx
import pytest
from neo4j_here import Server

from algorithms.guarantee_circles import guarantee_circles
from api.services.assessment import Assessment
from api.services.ingesting import ingest, source_folders
from api.services.projecting import graph_levels, refresh_graph
from api.services.runs import assess_day
from api.services.workspace import Workspace, open_workspace
from api.settings import load_settings
from graph_model.projection import Refreshed, projection_of, relationship_types
from graph_model.snapshot import OPEN_TX, Snapshot

PAGE = Path(__file__).parents[1] / "docs" / "cypher-cookbook.md"
DAY = date(2026, 10, 31)
DEMO = Path(__file__).parents[1] / "districts" / "huangpu" / "demo"
QUERIES = {
    int(number): query
    for number, query in re.findall(
        r"^## (\d+)\..*?^```cypher\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S
    )
}
STAMPING, DIES, METALS = (
    f"uscc:{code}" for code in ("91440116XXXX10110C", "91440112XXXX10129F", "91440112XXXX10137A")
)
BANK = "uscc:91440101XXXX106127"

Edge = dict[tuple[str, str], int]


@dataclass(frozen=True)
class Shown:
    """A small chain in the database: ingested, assessed and shown as a graph."""

    server: Server
    workspace: Workspace
    made: Assessment
    edges: dict[str, Edge]

    def ask(self, number: int, **parameters: object) -> list[list[object]]:
        return self.server.ask(QUERIES[number], **parameters)

    @property
    def all_links(self) -> "nx.Graph[str]":
        graph: nx.Graph[str] = nx.Graph()
        for of in self.edges.values():
            graph.add_edges_from(of)
        return graph


@pytest.fixture(scope="module")
def shown(neo4j_session: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    neo4j_session.empty()
    settings = load_settings(
        home=tmp_path_factory.mktemp("cookbook"),
        store=neo4j_session.uri,
        store_user=neo4j_session.user,
        store_password=neo4j_session.password,
        scenarios=640,
    )
    with open_workspace(settings) as workspace:
        for folder in source_folders(DEMO):
            ingest(workspace, folder)
        made = assess_day(workspace, DAY)
        network = made.network
        ids = network.ids()
        edges = {
            measure: {
                (ids[r], ids[c]): amount
                for r, c, amount in zip(
                    matrix.rows.tolist(),
                    matrix.indices.tolist(),
                    matrix.amount.tolist(),
                    strict=True,
                )
            }
            for measure, matrix in network.matrices.items()
        }
        yield Shown(neo4j_session, workspace, made, edges)
    neo4j_session.empty()


def test_the_page_has_queries_and_each_is_asked_here() -> None:
    asked = {int(n) for n in re.findall(r"shown\.ask\(\s*(\d+)", Path(__file__).read_text("utf-8"))}
    assert len(QUERIES) >= 10
    assert asked == set(QUERIES)


def test_the_graph_is_the_picture(shown: Shown) -> None:
    for measure, named in relationship_types().items():
        found = shown.server.ask(
            f"MATCH (a:Enterprise)-[l:{named}]->(b:Enterprise) "
            "RETURN a.party_id, b.party_id, l.amount_fen"
        )
        assert {(a, b): amount for a, b, amount in found} == shown.edges[measure], measure
        assert found or not shown.edges[measure]
    levels = dict(shown.server.ask("MATCH (e:Enterprise) RETURN e.party_id, e.level"))  # type: ignore[arg-type, var-annotated]
    own = zip(shown.made.network.ids(), graph_levels(shown.made), strict=True)
    assert {party: levels[party] for party in shown.made.network.ids()} == dict(own)


def test_a_graph_that_is_up_to_date_is_left_alone_and_one_that_is_not_is_mended(
    shown: Shown,
) -> None:
    assert refresh_graph(shown.workspace, shown.made) == Refreshed(0, 0, 0, 0)
    shown.server.ask("MATCH (:Enterprise)-[l:LENDS]->() WITH l LIMIT 1 DELETE l")
    shown.server.ask("MATCH (:Enterprise)-[l:OWES]->() WITH l LIMIT 2 SET l.amount_fen = 1")
    a, b = STAMPING, BANK
    shown.server.ask(
        "MATCH (a:Enterprise {party_id: $a}) MATCH (b:Enterprise {party_id: $b}) "
        "CREATE (a)-[:OWNS]->(b)",
        a=a,
        b=b,
    )
    shown.server.ask("MATCH (e:Enterprise {party_id: $a}) SET e.level = 'X'", a=a)
    assert refresh_graph(shown.workspace, shown.made) == Refreshed(1, 1, 2, 1)
    test_the_graph_is_the_picture(shown)


def test_a_graph_that_cannot_be_written_whole_is_not_written(shown: Shown) -> None:
    """The last write fails: readers still see the graph before."""
    before = shown.server.ask("MATCH (:Enterprise)-[l]->(:Enterprise) RETURN count(l)")
    empty = projection_of(shown.made.network, graph_levels(shown.made), shown.made.run_id)
    gone = type(empty)(
        **{**vars(empty), "links": {named: {} for named in empty.links}, "run_id": {"no": "text"}}
    )
    with pytest.raises(Exception, match=r"[Pp]roperty"):
        shown.workspace.store.show(gone)  # type: ignore[attr-defined]
    assert shown.server.ask("MATCH (:Enterprise)-[l]->(:Enterprise) RETURN count(l)") == before
    assert refresh_graph(shown.workspace, shown.made) == Refreshed(0, 0, 0, 0)


def test_partners(shown: Shown) -> None:
    sold = shown.edges["trade"]
    found = shown.ask(1, party=STAMPING)
    assert {p: round(float(str(yuan)) * 100) for p, yuan in found} == {
        b: amount for (a, b), amount in sold.items() if a == STAMPING
    }
    assert found
    by = {str(p): set(links) for p, links in shown.ask(2, party=STAMPING)}  # type: ignore[call-overload]
    own: dict[str, set[str]] = {}
    for measure, named in relationship_types().items():
        for a, b in shown.edges[measure]:
            if STAMPING in (a, b):
                own.setdefault(b if a == STAMPING else a, set()).add(named)
    assert by == own


def test_debts(shown: Shown) -> None:
    owed = shown.edges["payable"]
    level = dict(zip(shown.made.network.ids(), graph_levels(shown.made), strict=True))
    found = shown.ask(3, party=STAMPING)
    assert {a: (amount, at) for a, amount, at in found} == {
        a: (amount, level[a]) for (a, b), amount in owed.items() if b == STAMPING
    }
    assert found
    debtor = str(found[0][0])
    expected = [
        [a, amount, b, second]
        for (d, a), amount in owed.items()
        if d == debtor
        for (_, b), second in (
            [(pair, s) for pair, s in owed.items() if pair[0] == a] or [((None, None), None)]
        )
    ]
    assert sorted(map(str, shown.ask(5, party=debtor))) == sorted(map(str, expected))
    touched = {
        b: min(lent, owed[debtor, b])
        for (lender, b), lent in shown.edges["loan"].items()
        if lender == BANK and (debtor, b) in owed
    }
    assert dict(shown.ask(6, lender=BANK, party=debtor)) == touched  # type: ignore[arg-type, var-annotated]
    assert touched


def test_guarantee_circles(shown: Shown) -> None:
    network = shown.made.network
    matrix = network.matrices["guarantee"]
    ids = network.ids()
    rows = matrix.rows.astype("int64")
    own = guarantee_circles(rows, matrix.indices.astype("int64"))
    members = [sorted(ids[k] for k in circle.parties) for circle in own]
    found = [circle[0] for circle in shown.ask(4)]
    assert sorted(map(str, found)) == sorted(map(str, members))
    assert sorted((STAMPING, DIES, METALS)) in found


def test_ways_and_owners(shown: Shown) -> None:
    graph = shown.all_links
    hops = nx.shortest_path_length(graph, METALS, BANK)
    assert shown.ask(7, party=METALS, other=BANK) == [[hops]]
    owned: nx.DiGraph[str] = nx.DiGraph()
    owned.add_edges_from(shown.edges["ownership"])
    party = next(b for _, b in shown.edges["ownership"])
    above = nx.single_source_shortest_path_length(owned.reverse(), party, cutoff=3)
    found = [owner for (owner,) in shown.ask(8, party=party)]
    assert found == sorted(p for p, far in above.items() if far)


def test_levels_and_which_run(shown: Shown) -> None:
    counted = Counter(level or "none" for level in graph_levels(shown.made))
    assert dict(shown.ask(9)) == dict(counted)  # type: ignore[arg-type]
    network = shown.made.network
    day = network.valid_date.isoformat()
    assert shown.ask(14) == [[day, network.network_id, shown.made.run_id]]


def test_what_was_known_on_a_day(shown: Shown) -> None:
    store = shown.workspace.store
    columns = ("source", "guarantee_no", "guarantor", "borrower", "cover")
    for load in (6, store.head()):
        table = store.table("guarantee", Snapshot(DAY, load), columns).to_pylist()
        expected = [
            [r["source"], r["guarantee_no"], r["guarantor"], r["cover"]]
            for r in table
            if r["borrower"] == DIES
        ]
        asked = {"party": DIES, "day": DAY.isoformat(), "load": load}
        assert shown.ask(10, **asked) == sorted(expected)
    assert expected


def test_who_stated_it(shown: Shown) -> None:
    kind = shown.workspace.dictionary.kind("guarantee")
    rows = shown.workspace.store.rows("guarantee")
    expected = [
        [row.key, row.source, row.tx_from, told["cover"], row.valid_from, row.valid_to]
        for row in rows
        if (told := row.named(kind))["guarantor"] == STAMPING and told["borrower"] == DIES
    ]
    found = shown.ask(11, guarantor=STAMPING, party=DIES)
    assert found == sorted(expected)
    assert {str(row[1]) for row in found} == {"annual-report", "bank-a"}


def test_what_a_load_changed(shown: Shown) -> None:
    store, dictionary = shown.workspace.store, shown.workspace.dictionary
    load = store.head() - 3
    counted: Counter[tuple[str, bool]] = Counter()
    for name, kind in dictionary.kinds.items():
        for row in store.rows(name):
            if load in (row.tx_from, row.tx_to) and kind.party_fields:
                label = "".join(part.capitalize() for part in name.split("_"))
                counted[label, row.tx_to == load] += 1
    assert {(kind, closed): n for kind, closed, n in shown.ask(12, load=load)} == dict(counted)
    assert counted


def test_records_and_how_they_ended(shown: Shown) -> None:
    store = shown.workspace.store
    kind = shown.workspace.dictionary.kind("credit_record")
    names = (
        "record_no",
        "record_kind",
        "recognised_on",
        "repaired_on",
        "withdrawn_on",
        "expires_on",
    )
    told = [row.named(kind) for row in store.rows("credit_record") if row.tx_to == OPEN_TX]
    party = told[0]["party"]
    expected = [[row[name] for name in names] for row in told if row["party"] == party]
    found = shown.ask(13, party=party, load=store.head())
    assert found == sorted(expected, key=lambda row: str(row[0]))
    assert found
