"""The model, SQLite and a real Neo4j end a random history equal: content, picture and run."""

import random
import shutil
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from neo4j_here import Server, on_neo4j
from stating import picture_of

from api.services.runs import Assessment, assess, pack_for
from api.settings import load_settings
from graph_model.network import CreditNetwork
from graph_model.store.opening import open_store
from graph_model.store.protocol import Store
from graph_model.store.sqlite import SqliteStore
from tests.store_contract.made import DAY, DICTIONARY
from tests.store_contract.model_store import ModelStore
from tests.store_contract.test_random_histories import SOURCES, START, TwinStores

pytestmark = on_neo4j

HISTORIES, CHUNKS = 200, 4
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


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_histories_end_in_equal_content_pictures_and_runs(
    chunk: int, neo4j_server: Server, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.db"
    SqliteStore(empty, DICTIONARY).close()
    edges = 0
    for seed in range(chunk, HISTORIES, CHUNKS):
        neo4j_server.empty()
        path = tmp_path / f"{seed}.db"
        shutil.copy(empty, path)
        sqlite = SqliteStore(path, DICTIONARY)
        sqlite.connections.own().execute("PRAGMA synchronous = OFF")
        account = {"user": neo4j_server.user, "password": neo4j_server.password}
        neo4j = open_store(neo4j_server.uri, DICTIONARY, **account)
        model = ModelStore(DICTIONARY)
        twins = TwinStores(random.Random(seed), model, sqlite, neo4j, after_each_step=False)
        try:
            for _ in range(twins.chance.randrange(2, 5)):
                twins.live_through_a_load()
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
            neo4j.close()
    assert edges > HISTORIES // CHUNKS, "histories without edges prove nothing"
