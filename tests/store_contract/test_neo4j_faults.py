"""Kills, second writers, accounts, old servers, read-only databases: what was published stays."""

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import neo4j_local
import pytest
from fastapi.testclient import TestClient
from neo4j_here import Server, local_server

from api.http import state as http_state
from api.http.app import create_app
from api.settings import load_settings
from graph_model.errors import BadInput, StoreBusy, StoreError
from graph_model.network import MISSING
from graph_model.store import neo4j_columns, neo4j_connection, neo4j_rows
from graph_model.store.archive import read_archive, write_archive
from graph_model.store.journal import verify
from graph_model.store.neo4j import Neo4jStore
from graph_model.store.neo4j_connection import Address
from graph_model.store.protocol import Store
from tests.store_contract import loader
from tests.store_contract.appending import eight_threads_append_while_a_load_runs
from tests.store_contract.dictionaries import changed, field, more, without
from tests.store_contract.made import (
    DICTIONARY,
    FILE,
    TAX,
    column,
    dump_of,
    finding,
    invoice,
    row,
    state,
)
from tests.store_contract.model_store import ModelStore
from tests.store_contract.test_faults import (
    OtherProcess,
    check_history,
    check_whole_loads_only,
    killed_at_a_random_moment,
    published,
)

Opened = Callable[..., Neo4jStore]


@pytest.fixture
def opened(neo4j_server: Server) -> Iterator[Opened]:
    """Opens stores that are closed after the test."""
    made: list[Neo4jStore] = []

    def open_(dictionary: object = DICTIONARY) -> Neo4jStore:
        address = Address.of(neo4j_server.uri, neo4j_server.user, neo4j_server.password)
        made.append(Neo4jStore(address, dictionary))  # type: ignore[arg-type]
        return made[-1]

    yield open_
    for store in made:
        store.close()


# --- kill -9 of the client ---


@pytest.fixture(scope="module")
def other(neo4j_session: Server) -> Iterator[OtherProcess]:
    made = OtherProcess(STORE_PASSWORD=neo4j_session.password)
    with made.process:
        made.tell("import neo4j")
        yield made
        assert made.process.stdin is not None
        made.process.stdin.close()


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_load_leaves_nothing_and_loses_nothing(
    seed: int, other: OtherProcess, neo4j_server: Server, opened: Opened
) -> None:
    chance, store = random.Random(seed), opened()
    acknowledged: set[int] = set()
    in_the_middle = 0
    for _ in range(10):
        acknowledged |= set(killed_at_a_random_moment(other, neo4j_server.uri, chance, latest=0.8))
        assert acknowledged <= set(published(store))
        check_whole_loads_only(store)
        begun = neo4j_server.ask("MATCH (l:_Load {state: 'unpublished'}) RETURN l.number")
        in_the_middle += len(begun)
        acknowledged.add(number := loader.one_load(store))
        ended = {load.number: load.state for load in store.loads()}
        assert [ended[int(str(n))] for (n,) in begun] == ["aborted"] * len(begun)
        assert number == max(ended)
        check_whole_loads_only(store)
    check_history(store)
    assert in_the_middle, "no kill of this seed hit a load at work"


# --- kill -9 of the server, and its return ---


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[neo4j_local.LocalServer]:
    """A server that tests start, kill and start again."""
    made = local_server(tmp_path_factory.mktemp("own"))
    yield made
    made.kill()


def at(server: neo4j_local.LocalServer) -> Address:
    return Address.of(server.uri, "neo4j", server.password)


class AtWork(threading.Thread):
    """Loads and appends, and keeps what was acknowledged, until the server is gone."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.loaded: list[int] = []
        self.appended: list[str] = []
        self.met: StoreError | None = None

    def run(self) -> None:
        try:
            while True:
                self.loaded.append(loader.one_load(self.store))
                line = self.store.append("audit", "2026-01-01", {"load": self.loaded[-1]})
                self.appended.append(line["hash"])
        except StoreError as error:
            self.met = error


def test_a_killed_server_keeps_what_it_acknowledged_and_shows_nothing_else(
    own: neo4j_local.LocalServer,
) -> None:
    chance, store = random.Random(5), Neo4jStore(at(own), DICTIONARY)
    loaded: set[int] = set()
    appended: set[str] = set()
    for _ in range(5):
        work = AtWork(store)
        work.start()
        time.sleep(chance.uniform(0.5, 2.0))
        own.kill()
        work.join()
        assert work.met is not None
        own.start()
        loaded |= set(work.loaded)
        appended |= set(work.appended)
        assert loaded <= set(published(store)), "by the same driver, which found the server again"
        check_whole_loads_only(store)
        assert appended <= {line["hash"] for line in store.journal("audit")}
        verify("audit", store.journal("audit"))
        loaded.add(loader.one_load(store))
        check_whole_loads_only(store)
    check_history(store)
    store.close()


def test_a_read_only_database_can_be_read_and_says_that_it_takes_no_writes(
    own: neo4j_local.LocalServer,
) -> None:
    """The database that the test before has filled."""
    own.kill()
    usual = own.settings
    own.settings = {**usual, "server.databases.default_to_read_only": "true"}
    own.start()
    own.settings = usual
    store = Neo4jStore(at(own), DICTIONARY)
    assert list(store.rows("invoice"))
    with pytest.raises(StoreError, match=r"takes no writes.*read_only"), store.begin(TAX):
        pass
    with pytest.raises(StoreError, match=r"takes no writes"):
        store.append("audit", "2026-01-01", {})
    store.close()


def test_the_api_starts_without_the_server_and_finds_it_when_it_returns(
    own: neo4j_local.LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_state, "AGAIN_SECONDS", 0.1)
    settings = load_settings(home=tmp_path, store=own.uri, store_password=own.password)
    own.kill()
    with TestClient(create_app(settings)) as client:
        assert client.get("/healthz").status_code == 200
        away = client.get("/readyz")
        assert (away.status_code, away.json()["rule"]) == (503, "no Neo4j server answers there")
        assert "Start the server" in away.json()["way_out"]
        assert str(own.port) not in away.text
        own.start()
        time.sleep(0.2)
        assert client.get("/readyz").json()["rule"] == "none has been published"
        own.kill()
        assert client.get("/readyz").json()["rule"] == "no Neo4j server answers there"


# --- two writers ---


def test_a_second_writer_waits_until_the_first_load_ends(opened: Opened) -> None:
    store, again, numbers = opened(), opened(), list[int]()
    second = threading.Thread(
        target=lambda: numbers.append(state(again, ("invoice", invoice(2, 0))))
    )
    with store.begin(TAX) as load:
        load.open_rows("invoice", [invoice(1, load.number)])
        second.start()
        time.sleep(0.3)
        assert numbers == []
        numbers.append(load.publish([FILE]))
    second.join()
    assert numbers == [1, 2]
    assert column(store, "invoice", "invoice_no") == ["1", "2"]


def test_who_will_not_wait_is_told_so(opened: Opened, other: OtherProcess) -> None:
    store, again = opened(), opened()
    with store.begin(TAX):
        with pytest.raises(StoreBusy, match="End that load first"), store.begin(TAX):
            pass
        with (
            pytest.raises(StoreBusy, match="Wait until it ends"),
            again.begin(TAX, wait_seconds=0.1),
        ):
            pass
    other.tell(f"hold {store.connection.address.uri}")
    assert other.hear() == "holding"
    with pytest.raises(StoreBusy, match="Wait until it ends"), store.begin(TAX, wait_seconds=0.1):
        pass
    other.tell("publish")
    assert other.hear() == "1"
    assert state(store, ("invoice", invoice(2, 0))) == 2


def test_a_writer_that_was_taken_for_dead_cannot_go_on(
    opened: Opened, neo4j_server: Server
) -> None:
    store, again = opened(), opened()
    with store.begin(TAX) as load:
        load.open_rows("invoice", [invoice(1, load.number)])
        [[ended]] = neo4j_server.ask(
            "SHOW TRANSACTIONS YIELD transactionId, metaData WHERE metaData.writer IS NOT NULL "
            "RETURN transactionId"
        )
        neo4j_server.ask("TERMINATE TRANSACTIONS $ended", ended=ended)
        assert state(again, ("invoice", invoice(2, 0))) == load.number + 1
        with pytest.raises(StoreError, match="ended this writer's session"):
            load.open_rows("invoice", [invoice(3, load.number)])
        with pytest.raises(StoreError, match="ended this writer's session"):
            load.publish([FILE])
    assert column(store, "invoice", "invoice_no") == ["2"]
    assert [load.state for load in store.loads()] == ["aborted", "published"]
    assert neo4j_server.ask("MATCH (s:Invoice) RETURN count(s)") == [[1]]


# --- the graph as its readers see it ---


def test_a_statement_is_a_node_and_every_role_a_relationship(
    opened: Opened, neo4j_server: Server
) -> None:
    roles = {"guarantor": "uscc:G", "borrower": "uscc:B", "creditor": "uscc:L"}
    made = row("guarantee", 0, guarantee_no="g", starts_on="2026-01-01", cover=5, **roles)
    bare = row("guarantee", 0, **roles | {"creditor": None, "guarantee_no": "h"})
    state(opened(), ("guarantee", made), ("guarantee", bare))
    found = neo4j_server.ask(
        "MATCH (s:Guarantee)-[r]->(e:Enterprise) RETURN s.guarantee_no, type(r), e.party_id "
        "ORDER BY s.guarantee_no, type(r)"
    )
    assert found == [
        *(["g", "BORROWER", "uscc:B"], ["g", "CREDITOR", "uscc:L"], ["g", "GUARANTOR", "uscc:G"]),
        *(["h", "BORROWER", "uscc:B"], ["h", "GUARANTOR", "uscc:G"]),
    ]


def test_an_aborted_load_leaves_no_enterprise_that_nobody_names(
    opened: Opened, neo4j_server: Server
) -> None:
    store = opened()
    state(store, ("invoice", invoice(1, 0)))
    with store.begin(TAX) as load:
        load.open_rows("invoice", [invoice(2, load.number, buyer="uscc:NEW")])
        load.open_rows("invoice", [own := invoice(3, load.number, buyer="uscc:OTHER")])
        load.close_rows("invoice", [own.row_id])
        load.open_rows("invoice", [own])
    names = neo4j_server.ask("MATCH (e:Enterprise) RETURN e.party_id ORDER BY e.party_id")
    assert names == [["uscc:B"], ["uscc:S"]]


def test_every_kind_has_its_constraint(opened: Opened, neo4j_server: Server) -> None:
    opened()
    found = {name for (name,) in neo4j_server.ask("SHOW CONSTRAINTS YIELD name RETURN name")}
    assert {f"alliance_kind_{name}" for name in DICTIONARY.kinds} <= found


def test_pages_of_any_length_give_every_row_once_in_the_order_of_code_points(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in (
        *((neo4j_columns, "TABLE_PAGE"), (neo4j_columns, "ROW_PAGE")),
        (neo4j_rows, "WRITE_BATCH"),
    ):
        monkeypatch.setattr(module, name, 3)
    store, model = opened(), ModelStore(DICTIONARY)
    numbers = ("\uff5e", "\U00020000", "a", "a\x00b", "甲", "%", "0", "10", "9")
    for made in (store, model):
        for source in ("tax", "bank", "x", "y"):  # four rows of one key in a page of three
            state(made, *(("invoice", invoice(0, 0, invoice_no=n, source=source)) for n in numbers))
        with made.begin(TAX) as load:
            load.close_rows("invoice", [r.row_id for r in load.keys_in_force("invoice", "tax")])
    assert dump_of(store)["rows"] == dump_of(model)["rows"]
    assert column(store, "invoice", "key") == column(model, "invoice", "key")
    assert len(column(store, "invoice", "key")) == 36


# --- journals ---


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("MATCH (l:_JournalLine {seq: 3}) SET l.payload = '{\"n\":7}'", 3),
        ("MATCH (l:_JournalLine {seq: 5}) SET l.at = '2025-01-01'", 5),
        ("MATCH (l:_JournalLine {seq: 2}) DELETE l", 2),
        ("MATCH (l:_JournalLine {seq: 5}) CREATE (m:_JournalLine) SET m = l {.*, seq: 6}", 6),
    ],
)
def test_a_changed_removed_or_inserted_line_is_found(
    query: str, line: int, opened: Opened, neo4j_server: Server
) -> None:
    store = opened()
    for n in range(5):
        store.append("audit", f"2026-01-0{n + 1}", {"n": n})
    assert verify("audit", store.journal("audit")) == 5
    neo4j_server.ask(query)
    with pytest.raises(StoreError, match=f"journal audit, line {line}: .*changed, removed"):
        verify("audit", store.journal("audit"))


def test_eight_threads_append_while_a_load_runs(opened: Opened) -> None:
    eight_threads_append_while_a_load_runs(opened(), appends=10, batch=50)


# --- archives ---


def archived(folder: Path) -> ModelStore:
    """A store with all that there is, written as an archive."""
    model = ModelStore(DICTIONARY)
    state(model, ("invoice", invoice(1, 0)), ("invoice", invoice(2, 0)))
    with model.begin(TAX) as load:
        load.close_rows("invoice", [invoice(1, 1).row_id])
        load.note("f" * 64, [finding(3), finding(4)])
        load.publish([FILE])
    model.append("audit", "2026-01-01", {"n": 1})
    write_archive(model, folder)
    return model


class CutOff(Exception):
    """What happens in the middle of a restore."""


class Broken:
    """An archive that breaks off at its journals."""

    def __init__(self, whole: object) -> None:
        self.whole = whole

    def __getattr__(self, name: str) -> object:
        return getattr(self.whole, name)

    def journals(self) -> Iterator[object]:
        yield from self.whole.journals()  # type: ignore[attr-defined]
        raise CutOff


def test_a_restore_that_breaks_off_leaves_an_empty_store(
    opened: Opened, neo4j_server: Server, tmp_path: Path
) -> None:
    model, store = archived(tmp_path / "archive"), opened()
    dump = read_archive(tmp_path / "archive", DICTIONARY)
    with pytest.raises(CutOff):
        store.restore(Broken(dump))  # type: ignore[arg-type]
    assert neo4j_server.ask("MATCH (n) RETURN count(n)") == [[1]], "the store's own node"
    store.restore(dump)
    assert dump_of(store) == dump_of(model)
    with pytest.raises(StoreError, match=r"this one has loads"):
        store.restore(dump)


def test_what_a_killed_restore_left_is_not_seen_and_goes_when_somebody_writes(
    opened: Opened, neo4j_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, store = archived(tmp_path / "archive"), opened()
    dump = read_archive(tmp_path / "archive", DICTIONARY)
    with monkeypatch.context() as patched, suppress(CutOff):
        patched.setattr("graph_model.store.neo4j_restore._empty", lambda *_: None)
        store.restore(Broken(dump))  # type: ignore[arg-type]
    assert neo4j_server.ask("MATCH (s:Invoice) RETURN count(s)") == [[2]]
    assert dump_of(store) == dump_of(ModelStore(DICTIONARY))
    with pytest.raises(StoreBusy, match="being filled from an archive"):
        store.append("audit", "2026-01-01", {})
    store.restore(dump)
    assert dump_of(store) == dump_of(model)


# --- servers and accounts ---


def test_a_wrong_password_is_told_and_never_shown(neo4j_server: Server) -> None:
    with pytest.raises(StoreError, match="refuses this user and password") as met:
        Neo4jStore(Address.of(neo4j_server.uri, "nobody", "a-secret"), DICTIONARY)
    assert "a-secret" not in f"{met.value} {met.getrepr(style='long')}".replace(
        '"nobody", "a-secret"', ""
    )
    assert "a-secret" not in repr(Address.of("bolt://host", "neo4j", "a-secret"))


def test_an_address_with_a_password_is_refused_without_showing_it() -> None:
    with pytest.raises(BadInput, match="ALLIANCE_STORE_PASSWORD") as met:
        Address.of("bolt://neo4j:a-secret@host:7687", "neo4j", "")
    assert "a-secret" not in str(met.value)


@pytest.mark.parametrize(
    "address", ["bolt://", "bolt://host:port", "bolt://host/a b", "bolt://h/x"]
)
def test_an_address_of_another_form_is_refused(address: str) -> None:
    with pytest.raises(BadInput, match="HOST:PORT"):
        Address.of(address, "neo4j", "")


def test_a_wrong_database_is_named(neo4j_server: Server) -> None:
    address = Address.of(f"{neo4j_server.uri}/nowhere", neo4j_server.user, neo4j_server.password)
    with pytest.raises(StoreError, match=r"/nowhere: the server has no such database"):
        Neo4jStore(address, DICTIONARY)


def test_a_database_of_another_program_is_left_alone(opened: Opened, neo4j_server: Server) -> None:
    neo4j_server.ask("CREATE (:Movie {title: 'x'})")
    with pytest.raises(StoreError, match="graph of another program"):
        opened()
    assert neo4j_server.ask("MATCH (n) RETURN labels(n)") == [[["Movie"]]]


def test_too_old_a_server_is_told(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neo4j_connection, "LEAST_SERVER", (9999, 1))
    with pytest.raises(StoreError, match=r"Neo4j/.*: the store needs Neo4j"):
        opened()


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def test_a_server_that_speaks_no_common_bolt_is_too_old(listening: socket.socket) -> None:
    def refuse() -> None:
        talk, _ = listening.accept()
        talk.recv(20)
        talk.sendall(b"\0\0\0\0")
        talk.close()

    thread = threading.Thread(target=refuse)
    thread.start()
    with pytest.raises(StoreError, match=r"the store needs Neo4j 5\.26 or later"):
        Neo4jStore(Address.of(f"bolt://127.0.0.1:{listening.getsockname()[1]}", "", ""), DICTIONARY)
    thread.join()


def test_who_answers_nothing_is_given_up_within_ten_seconds(listening: socket.socket) -> None:
    begun = time.monotonic()
    with pytest.raises(StoreError, match="no Neo4j server answers"):
        Neo4jStore(Address.of(f"bolt://127.0.0.1:{listening.getsockname()[1]}", "", ""), DICTIONARY)
    assert time.monotonic() - begun < 10


def test_a_closed_store_says_so(opened: Opened) -> None:
    store = opened()
    store.close()
    with pytest.raises(StoreError, match="was closed"):
        store.head()


# --- dictionaries that changed ---


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"fields": without(kind="invoice", field="due_on")}, "invoice: due_on: .* no longer has"),
        (
            {"kinds": without(kind="membership"), "fields": without(kind="membership")},
            "membership: .* kinds that the dictionary no longer has",
        ),
    ],
    ids=["field", "kind"],
)
def test_a_dictionary_that_lost_rows_does_not_open_the_store(
    change: dict[str, Callable[..., object]], rule: str, opened: Opened, tmp_path: Path
) -> None:
    opened()
    with pytest.raises(StoreError, match=rule):
        opened(changed(tmp_path / "dictionary", **change))  # type: ignore[arg-type]
    opened()


def test_a_field_does_not_change_its_type(opened: Opened, tmp_path: Path) -> None:
    opened(changed(tmp_path / "first", fields=more(field("invoice", "discount", "rate"))))
    with pytest.raises(StoreError, match=r"invoice: discount: .* another type"):
        opened(changed(tmp_path / "second", fields=more(field("invoice", "discount", "integer"))))


def test_old_rows_read_with_a_new_field_missing(opened: Opened, tmp_path: Path) -> None:
    state(opened(), ("invoice", invoice(1, 0)))
    gained = changed(
        tmp_path / "dictionary",
        fields=more(field("invoice", "discount", "rate"), field("invoice", "batch", "integer")),
    )
    store = opened(gained)
    state(store, ("invoice", invoice(2, 0, dictionary=gained, discount=0.5, batch=3)))
    assert [r.values[-2:] for r in store.rows("invoice")] == [(None, None), (0.5, 3)]
    assert column(store, "invoice", "discount") == ["nan", 0.5]
    assert column(store, "invoice", "batch") == [MISSING, 3]


def test_a_value_of_another_type_is_refused(opened: Opened) -> None:
    with opened().begin(TAX) as load:
        for wrong in ({"amount": "5"}, {"state": 7}, {"amount": 1.5}, {"amount": 2**63}):
            with pytest.raises(StoreError):
                load.open_rows("invoice", [invoice(1, load.number, **wrong)])
        assert not load.has_written
