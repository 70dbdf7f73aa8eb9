"""One writer at a time: a token on the store's node, and an open transaction that proves it alive.

The writer's transaction does nothing and carries the token in its metadata. When the writer dies
the server ends it (as it does when an operator or a time limit wants it), and the token is stale:
the next one takes over at once. Every transaction that writes first locks the node and looks
whether the token is still its own, so that a writer who was taken for dead cannot go on.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import LiteralString, TypeVar
from uuid import uuid4

from neo4j import ManagedTransaction, Session
from neo4j.exceptions import DriverError, Neo4jError

from graph_model.errors import StoreBusy, StoreError
from graph_model.store.neo4j_connection import Connection
from graph_model.store.neo4j_errors import translated
from graph_model.store.neo4j_schema import STORE_NAME

LOCK: LiteralString = "MATCH (w:_Store {name: $name}) SET w.locked_by = $token"
HOLDER: LiteralString = "MATCH (w:_Store {name: $name}) RETURN w.writer"
TAKE: LiteralString = "MATCH (w:_Store {name: $name}) SET w.writer = $token"
RELEASE: LiteralString = "MATCH (w:_Store {name: $name, writer: $token}) REMOVE w.writer"
ALIVE: LiteralString = (
    "SHOW TRANSACTIONS YIELD metaData, status "
    "WHERE metaData.writer = $token AND NOT status STARTS WITH 'Terminated' RETURN count(*)"
)
PRESENT: LiteralString = "RETURN 1"

POLL_SECONDS = 0.05

Answer = TypeVar("Answer")


class Writer:
    """The right to write, while it lasts."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.token = uuid4().hex

    def writing(self, work: Callable[[ManagedTransaction], Answer]) -> Answer:
        """One transaction of the writer; raises StoreError when another has taken over."""

        def locked(transaction: ManagedTransaction) -> Answer:
            if _holder(transaction, self.token) != self.token:
                raise StoreError(
                    self.connection.where,
                    "the server ended this writer's session, and another may be writing now",
                    "Load again; what this load wrote is taken back.",
                )
            return work(transaction)

        return self.connection.writing(locked)

    @contextmanager
    def held(self, wait_seconds: float) -> Iterator[None]:
        """Wait for the right to write, and give it back in the end.

        Raises
        ------
        StoreBusy
            When another writer holds it for longer.
        """
        with self.connection.session() as session, self._present(session):
            self._take(time.monotonic() + wait_seconds, wait_seconds)
            try:
                yield
            finally:
                # Where the server is gone or the token another's, nothing is left to give back.
                with suppress(StoreError):
                    self._release()

    @contextmanager
    def _present(self, session: Session) -> Iterator[None]:
        with translated(self.connection.where):
            presence = session.begin_transaction(metadata={"writer": self.token})
            presence.run(PRESENT).consume()
        try:
            yield
        finally:
            with suppress(DriverError, Neo4jError, OSError):
                presence.close()

    def _take(self, until: float, wait_seconds: float) -> None:
        stale: str | None = None
        while not self._took(stale):
            held = self.connection.read(HOLDER, {"name": STORE_NAME})[0][0]
            alive = held is not None and self.connection.run(ALIVE, {"token": held}) != [[0]]
            if not alive:
                stale = held
                continue
            if time.monotonic() > until:
                raise StoreBusy(
                    self.connection.where,
                    f"another load has been writing for more than {wait_seconds:g} s",
                    "Wait until it ends, or raise the waiting time.",
                )
            time.sleep(POLL_SECONDS)

    def _took(self, stale: str | None) -> bool:
        # Looked at first without the lock, for a writer at work holds it while it writes a batch.
        if self.connection.read(HOLDER, {"name": STORE_NAME})[0][0] not in (None, stale):
            return False

        def take(transaction: ManagedTransaction) -> bool:
            if _holder(transaction, self.token) not in (None, stale):
                return False
            transaction.run(TAKE, {"name": STORE_NAME, "token": self.token}).consume()
            return True

        return self.connection.writing(take)

    def _release(self) -> None:
        named = {"name": STORE_NAME, "token": self.token}
        self.connection.writing(lambda transaction: transaction.run(RELEASE, named).consume())


def _holder(transaction: ManagedTransaction, token: str) -> str | None:
    """Token on the store's node, once nobody else can change it."""
    transaction.run(LOCK, {"name": STORE_NAME, "token": token}).consume()
    found = transaction.run(HOLDER, {"name": STORE_NAME}).single(strict=True)
    holder: str | None = found[0]
    return holder
