"""Neo4j's own bulk import of our files makes the same database as the adapter, node by node."""

import json
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from neo4j import GraphDatabase
from neo4j_here import Server, free_port
from neo4j_local import LocalServer

from api.services.archiving import bulk
from api.services.ingesting import ingest, source_folders
from api.services.workspace import open_workspace
from api.settings import load_settings
from graph_model.errors import BadInput, StoreError
from graph_model.statement import Row
from graph_model.store.archive import read_archive, write_archive
from graph_model.store.opening import open_store
from tests.store_contract.made import BANK, DICTIONARY, FILE, TAX, finding, invoice, row
from tests.store_contract.test_archive import HELD, TEXTS

DEMO = Path(__file__).parents[2] / "districts" / "huangpu" / "demo"
NODES = (
    "MATCH (n) RETURN labels(n), CASE WHEN n:_Store "
    "THEN {name: n.name, form: n.form, fields: n.fields} ELSE properties(n) END"
)
"""All but who wrote last, which the store's node has."""

LINKS = "MATCH (a)-[l]->(b) RETURN type(l), properties(l), properties(a), properties(b)"
CONSTRAINTS = "SHOW CONSTRAINTS YIELD name, labelsOrTypes, properties RETURN *"


def content(server: Server) -> dict[str, Counter[str]]:
    """Every node, relationship and constraint, as one text each."""
    return {
        query: Counter(json.dumps(found, sort_keys=True) for found in server.ask(query))
        for query in (NODES, LINKS, CONSTRAINTS)
    }


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The small district, odd texts, rates, corrections, an aborted load, findings, journals."""
    folder = tmp_path_factory.mktemp("bulk")
    with open_workspace(load_settings(home=folder)) as workspace:
        for source in source_folders(DEMO):
            ingest(workspace, source)
        store = workspace.store
        with store.begin(TAX) as load:
            odd = [invoice(k, load.number, state=text) for k, text in enumerate(TEXTS)]
            load.open_rows("invoice", odd)
            shares = (0.1 + 0.2, 1 / 3, 5e-324, 1e300, 1.0, None)
            owned = [
                row("ownership", load.number, owned=f"uscc:{k}", share=share, **HELD)
                for k, share in enumerate(shares)
            ]
            load.open_rows("ownership", owned)
            load.note("f" * 64, [finding(3), finding(4, column="", rule="two\nlines")])
            load.publish([FILE])
        with store.begin(BANK) as load:
            load.open_rows("invoice", [invoice(77, load.number)])
        with store.begin(BANK) as load:
            load.close_rows("invoice", [odd[0].row_id])
            load.publish([FILE])
        store.append("audit", "2026-01-01", {"why": 'a "reason", 甲\n', "long": "x" * 200_000})
        store.append("audit", "2026-01-02", {"n": None})
        return folder / "archive", write_archive(store, folder / "archive")


@pytest.fixture(scope="module")
def imported(
    archived: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory, neo4j_session: Server
) -> Iterator[Server]:
    """A server of its own whose database the import made."""
    del neo4j_session  # without a server none of this is run
    folder = tmp_path_factory.mktemp("imported")
    bulk(archived[0], folder / "import")
    local = LocalServer(folder / "home", free_port())
    words = shlex.split("database import full neo4j @import.args")
    local.admin(*words, folder=folder / "import")
    local.start()
    try:
        with GraphDatabase.driver(local.uri, auth=("neo4j", local.password)) as driver:
            yield Server(local.uri, "neo4j", local.password, driver)
    finally:
        local.kill()


def test_the_import_makes_what_the_adapter_makes(
    imported: Server, archived: tuple[Path, str], neo4j_server: Server, tmp_path: Path
) -> None:
    folder, store_hash = archived
    by_adapter = open_store(neo4j_server.uri, DICTIONARY, password=neo4j_server.password)
    by_adapter.restore(read_archive(folder, DICTIONARY))
    by_adapter.close()
    store = open_store(imported.uri, DICTIONARY, password=imported.password)
    try:
        assert write_archive(store, tmp_path / "again") == store_hash
        own, other = content(imported), content(neo4j_server)
        for query in own:
            assert own[query] - other[query] == Counter()
            assert other[query] - own[query] == Counter()
        assert own[LINKS]
        with store.begin(TAX) as load:  # and loading goes on
            fresh: list[Row] = [invoice(999, load.number)]
            load.open_rows("invoice", fresh)
            assert load.publish([FILE]) == load.number
    finally:
        store.close()


def test_a_database_that_is_not_empty_is_not_imported_into(
    imported: Server, archived: tuple[Path, str], tmp_path: Path
) -> None:
    store = open_store(imported.uri, DICTIONARY, password=imported.password)
    with pytest.raises(StoreError, match="empty store only"):
        store.restore(read_archive(archived[0], DICTIONARY))
    store.close()
    (tmp_path / "import").mkdir()
    (tmp_path / "import" / "mine").write_text("mine")
    with pytest.raises(BadInput, match="is there already"):
        bulk(archived[0], tmp_path / "import")
