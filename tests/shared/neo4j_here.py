"""The Neo4j server that tests use: one that `NEO4J_URI` names, or a local one of the session.

Without either the tests on it are not run, and the last lines of the session say so; with
`ALLIANCE_TESTS_NEED_NEO4J=1` (as CI sets it) they fail instead.
"""

import logging
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import neo4j_local
import pytest
from neo4j import Driver, GraphDatabase
from one_process import NEO4J

NEEDED = "ALLIANCE_TESTS_NEED_NEO4J"
NOT_RUN = "a real Neo4j"

SOON_WARM = ("-XX:TieredStopAtLevel=1",)
"""Less compiling for Java: a server of a minute or two."""

QUICK = {"dbms.cypher.min_replan_interval": "1h"}
"""Tests empty the database all the time; plans need not be made anew for it."""


@dataclass(frozen=True)
class Server:
    """Address and account, and a driver past the store."""

    uri: str
    user: str
    password: str
    driver: Driver

    def ask(self, query: str, **parameters: object) -> list[list[object]]:
        with self.driver.session(database="neo4j") as session:
            return [record.values() for record in session.run(query, parameters)]  # type: ignore[arg-type]

    def empty(self, but: str = "_Nothing") -> None:
        """Delete all nodes, but those of a label."""
        self.ask(
            f"MATCH (n) WHERE NOT n:{but} "
            "CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS"
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def refuse_or_skip(reason: str) -> None:
    if os.environ.get(NEEDED) == "1":
        pytest.fail(f"{NEEDED}=1, and there is no server: {reason}", pytrace=False)
    pytest.skip(f"{NOT_RUN}: {reason}")


def local_server(
    home: Path, settings: Mapping[str, str] = MappingProxyType({})
) -> neo4j_local.LocalServer:
    """A server of a test's own, started."""
    if reason := neo4j_local.missing():
        refuse_or_skip(reason)
    try:
        neo4j_local.fetched(neo4j_local.version_wanted())
    except neo4j_local.NotPossible as error:
        refuse_or_skip(str(error))
    server = neo4j_local.LocalServer(
        home, free_port(), settings={**QUICK, **settings}, flags=SOON_WARM
    )
    server.start()
    return server


@pytest.fixture(scope="session")
def neo4j_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    uri = os.environ.get("NEO4J_URI")
    local = None
    if uri:
        user = os.environ.get("NEO4J_USER", "neo4j")
        password = os.environ.get("NEO4J_PASSWORD", "")
    else:
        local = local_server(tmp_path_factory.mktemp("neo4j"))
        uri, user, password = local.uri, "neo4j", local.password
    try:
        with GraphDatabase.driver(
            uri, auth=(user, password), notifications_min_severity="OFF"
        ) as driver:
            yield Server(uri, user, password, driver)
    finally:
        if local is not None:
            local.kill()


class Kept(logging.Handler):
    """Keeps what the server notes about queries: nothing may be deprecated or doubtful."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@pytest.fixture
def neo4j_server(neo4j_session: Server, request: pytest.FixtureRequest) -> Iterator[Server]:
    """The server with an empty database, for one test."""
    assert NEO4J in request.node.nodeid, "its name keeps it in one process with the others"
    neo4j_session.empty()
    kept = Kept()
    logger = logging.getLogger("neo4j.notifications")
    logger.addHandler(kept)
    yield neo4j_session
    logger.removeHandler(kept)
    assert kept.said == []


def say_what_was_not_run(reports: list[pytest.TestReport], say: Callable[[str], object]) -> None:
    """One line for all tests that had no server."""
    reasons = [
        report.longrepr[2]
        for report in reports
        if isinstance(report.longrepr, tuple) and f": {NOT_RUN}: " in f": {report.longrepr[2]}"
    ]
    if reasons:
        why = reasons[0].partition(f"{NOT_RUN}: ")[2]
        say(f"not run: {len(reasons)} tests on {NOT_RUN}: {why}")
