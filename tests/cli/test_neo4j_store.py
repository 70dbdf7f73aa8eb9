"""Commands on a Neo4j server: a district moves there and back; a server that is away is told."""

import re
import time
from pathlib import Path

import pytest
from conftest_types import Run
from neo4j_here import Server, free_port

DEMO = Path(__file__).parents[2] / "districts" / "huangpu" / "demo"
HASH = re.compile(r"store hash ([0-9a-f]{64})")


def hash_of(told: tuple[int, str, str]) -> str:
    code, out, err = told
    assert code == 0, err
    found = HASH.search(out)
    assert found is not None
    return found[1]


def test_a_district_moves_to_neo4j_and_back_by_two_commands_each(
    run: Run, neo4j_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("ingest", DEMO)[0] == 0
    assert run("assess", "--date", "2026-10-31")[0] == 0
    first = hash_of(run("archive", tmp_path / "from-sqlite"))
    monkeypatch.setenv("ALLIANCE_STORE_USER", neo4j_server.user)
    monkeypatch.setenv("ALLIANCE_STORE_PASSWORD", neo4j_server.password)
    server = ("--store", neo4j_server.uri)
    assert hash_of(run("restore", tmp_path / "from-sqlite", *server)) == first
    assert hash_of(run("archive", tmp_path / "from-neo4j", *server)) == first
    again = ("--store", tmp_path / "again.db")
    assert hash_of(run("restore", tmp_path / "from-neo4j", *again)) == first

    def assessed(*store: object) -> tuple[str, str]:
        home = tmp_path / f"home-{store[1]}".replace("/", "-").replace(":", "-")
        code, out, err = run("assess", "--date", "2026-10-31", *store, "--home", home)
        assert code == 0, err
        runs = sorted((home / "runs").rglob("*.npy"))
        assert runs
        content = b"".join(path.name.encode() + path.read_bytes() for path in runs)
        pictures = sorted(path.name for path in (home / "pictures").iterdir() if path.is_dir())
        return out + str(pictures) + str([path.parent.name for path in runs]), content.hex()

    assert assessed(*server) == assessed(*again)
    party = "uscc:91440116XXXX10110C"
    told = run("history", party, *server)
    assert (told[0], told[1]) == (0, run("history", party, *again)[1])


def test_a_server_that_is_away_is_told_within_ten_seconds_without_its_password(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLIANCE_STORE", f"bolt://127.0.0.1:{free_port()}")
    monkeypatch.setenv("ALLIANCE_STORE_PASSWORD", "a-secret")
    begun = time.monotonic()
    code, out, err = run("history", "uscc:91440116XXXX10110C")
    assert time.monotonic() - begun < 10
    assert code == 6
    assert "no Neo4j server answers there" in err
    assert "Start the server, or correct ALLIANCE_STORE" in err
    assert "a-secret" not in out + err


def test_a_password_in_the_address_is_refused_and_not_printed(run: Run) -> None:
    code, out, err = run("history", "x", "--store", "bolt://neo4j:a-secret@127.0.0.1:7687")
    assert code == 2
    assert "ALLIANCE_STORE_PASSWORD" in err
    assert "a-secret" not in out + err
