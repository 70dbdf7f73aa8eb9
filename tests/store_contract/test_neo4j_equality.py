"""The model, SQLite and a real Neo4j end a random history equal: content, picture and run."""

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from neo4j_here import Server
from stating import picture_of

from api.services.assessment import Assessment
from api.services.runs import assess, pack_for
from api.settings import load_settings
from graph_model.network import CreditNetwork
from graph_model.store.opening import open_store
from graph_model.store.protocol import Store
from graph_model.store.sqlite import SqliteStore
from tests.store_contract.made import DAY, DICTIONARY
from tests.store_contract.model_store import ModelStore
from tests.store_contract.test_random_histories import SOURCES, START, TwinStores

HISTORIES, CHUNKS, CLOSELY = 200, 4, 8
LATE = START + timedelta(days=50)
"""A day on which most random statements that hold at all still hold."""

ALLOWED = [replace(source, association_allowed=True) for source in SOURCES]


def picture(store: Store) -> CreditNetwork:
    return picture_of(store, ALLOWED, LATE)


def run_of(network: CreditNetwork) -> Assessment:
    pack = pack_for(DAY, load_settings())
    return assess(network, pack, scenarios=64, seed=7, threads=1)


def bytes_of(made: Assessment) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = [("run_id", made.run_id)]
    for result in (made.run, made.bracket):
        for part in fields(result):
            value = getattr(result, part.name)
            is_array = isinstance(value, np.ndarray)
            found.append(
                (part.name, (str(value.dtype), value.tobytes()) if is_array else repr(value))
            )
    return found


@pytest.fixture
def neo4j(neo4j_server: Server) -> Iterator[Store]:
    account = {"user": neo4j_server.user, "password": neo4j_server.password}
    made = open_store(neo4j_server.uri, DICTIONARY, **account)
    yield made
    made.close()


@pytest.fixture
def new_sqlite(tmp_path: Path) -> Callable[[int], SqliteStore]:
    SqliteStore(tmp_path / "empty.db", DICTIONARY).close()

    def made(seed: int) -> SqliteStore:
        shutil.copy(tmp_path / "empty.db", tmp_path / f"{seed}.db")
        store = SqliteStore(tmp_path / f"{seed}.db", DICTIONARY)
        store.connections.own().execute("PRAGMA synchronous = OFF")
        return store

    return made


def live(twins: TwinStores) -> None:
    for _ in range(twins.chance.randrange(2, 5)):
        twins.live_through_a_load()


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_histories_end_in_equal_content_pictures_and_runs(
    chunk: int, neo4j_server: Server, neo4j: Store, new_sqlite: Callable[[int], SqliteStore]
) -> None:
    edges = 0
    for seed in range(chunk, HISTORIES, CHUNKS):
        neo4j_server.empty(but="_Store")
        model, sqlite = ModelStore(DICTIONARY), new_sqlite(seed)
        twins = TwinStores(random.Random(seed), model, sqlite, neo4j, after_each_step=False)
        try:
            live(twins)
            twins.compare()
            expected, *others = [picture(store) for store in (model, sqlite, neo4j)]
            assert [other.network_id for other in others] == [expected.network_id] * 2
            if len(expected.party_id):
                runs = [bytes_of(run_of(other)) for other in others]
                assert runs[0] == runs[1]
                edges += sum(matrix.indices.size for matrix in expected.matrices.values())
        except AssertionError as error:
            error.add_note(f"history {seed}")
            raise
        finally:
            sqlite.close()
    assert edges > CHUNKS, "histories without edges prove nothing"


def test_neo4j_answers_as_the_model_after_every_step(neo4j_server: Server, neo4j: Store) -> None:
    for seed in range(HISTORIES, HISTORIES + CLOSELY):
        neo4j_server.empty(but="_Store")
        live(TwinStores(random.Random(seed), ModelStore(DICTIONARY), neo4j))
