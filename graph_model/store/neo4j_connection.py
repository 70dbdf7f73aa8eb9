"""One driver to one database of a Neo4j server, shared by all threads."""

import logging
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, LiteralString, TypeVar
from urllib.parse import urlsplit

from neo4j import (
    GraphDatabase,
    ManagedTransaction,
    NotificationDisabledClassification,
    NotificationMinimumSeverity,
    Query,
    Session,
)
from neo4j.exceptions import DriverError, Neo4jError

from graph_model.errors import BadInput, StoreError
from graph_model.store.neo4j_errors import LEAST_SERVER, too_old, translated

SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
DEFAULT_DATABASE = "neo4j"

CONNECT_SECONDS = 4.0
ACQUIRE_SECONDS = 7.0
"""How long a server may take to accept a connection, and to agree on the protocol besides."""

RETRY_SECONDS = 4.0
"""How long a lost connection or a deadlock is tried again; a command must say so within 10 s."""

LIVENESS_SECONDS = 60.0
"""A connection that was idle for longer is tested before it is used."""

DATABASE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9.-]{2,62}")

# The driver tells of every retry; its errors reach the reader as ours. An application that sets up
# logging still gets both.
logging.getLogger("neo4j").addHandler(logging.NullHandler())

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Address:
    """Where a database is, and who asks; the password is in no text made of it."""

    uri: str
    database: str
    user: str
    password: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.uri}/{self.database}"

    @classmethod
    def of(cls, address: str, user: str, password: str) -> "Address":
        """Read `SCHEME://HOST[:PORT][/DATABASE]`.

        Raises
        ------
        BadInput
            When it is of another form, or has a user or password in it.
        """
        parts = urlsplit(address)
        form = f"Write it as bolt://HOST:PORT/DATABASE ({', '.join(SCHEMES)})."
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise BadInput(
                f"{parts.scheme}://…",
                "a store's address has no user, password or options in it",
                f"Set ALLIANCE_STORE_USER and ALLIANCE_STORE_PASSWORD. {form}",
            )
        try:
            port = parts.port
        except ValueError as error:
            raise BadInput(address, f"is no address ({error})", form) from error
        database = parts.path.strip("/") or DEFAULT_DATABASE
        if not parts.hostname or parts.scheme not in SCHEMES:
            raise BadInput(address, "names no host", form)
        if not DATABASE_NAME.fullmatch(database):
            raise BadInput(address, f"{database!r} is no name of a database", form)
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        place = f"{host}:{port}" if port else host
        return cls(f"{parts.scheme}://{place}", database, user, password)


class Connection:
    """A driver that has been answered by a server of the right version.

    Raises
    ------
    StoreError
        When no server answers within seconds, refuses the user, is too old, or has no such
        database.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self.where = str(address)
        self._closed = False
        with translated(self.where):
            self._driver = GraphDatabase.driver(
                address.uri,
                auth=(address.user, address.password),
                user_agent="credit-alliance",
                connection_timeout=CONNECT_SECONDS,
                connection_acquisition_timeout=ACQUIRE_SECONDS,
                max_transaction_retry_time=RETRY_SECONDS,
                liveness_check_timeout=LIVENESS_SECONDS,
                notifications_min_severity=NotificationMinimumSeverity.WARNING,
                # A property that no row has yet is missing in an empty store, and no mistake.
                notifications_disabled_classifications=[
                    NotificationDisabledClassification.UNRECOGNIZED
                ],
            )
            try:
                self._greet()
            except BaseException:
                self.close()
                raise

    def _greet(self) -> None:
        with self._driver.session(database=self.address.database) as session:
            agent = session.run("RETURN 1").consume().server.agent
        found = re.match(r"Neo4j/(\d+)\.(\d+)", agent)
        if found is None or (int(found[1]), int(found[2])) < LEAST_SERVER:
            raise too_old(self.where, agent)

    def read(self, query: LiteralString, parameters: dict[str, Any] | None = None) -> list[Any]:
        """Records of one query, each a tuple of values."""

        def ask(transaction: ManagedTransaction) -> list[Any]:
            return [record.values() for record in transaction.run(query, parameters)]

        return self.reading(ask)

    def reading(self, work: Callable[[ManagedTransaction], Answer]) -> Answer:
        """Several queries in one reading transaction; tried again when the connection is lost."""
        with translated(self.where), self.session() as session:
            return session.execute_read(work)

    def writing(self, work: Callable[[ManagedTransaction], Answer]) -> Answer:
        """One writing transaction: all of it or nothing.

        It is tried again only where the server cannot have kept it, so `work` may run twice and
        counts once.
        """
        with translated(self.where), self.session() as session:
            return session.execute_write(work)

    def run(
        self, query: LiteralString | Query, parameters: dict[str, Any] | None = None
    ) -> list[Any]:
        """Records of a query that opens its own transactions, or changes the schema."""
        with translated(self.where), self.session() as session:
            return [record.values() for record in session.run(query, parameters)]

    def session(self) -> Session:
        """A session on the database; its results come at once."""
        if self._closed:
            raise StoreError(self.where, "the store was closed", "Open it again.")
        return self._driver.session(database=self.address.database, fetch_size=-1)

    def close(self) -> None:
        """Close the connections of all threads."""
        self._closed = True
        with suppress(DriverError, Neo4jError, OSError):  # a server that is gone cannot be told
            self._driver.close()
