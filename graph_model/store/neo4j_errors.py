"""What errors of the Neo4j driver and server mean to the reader, with the way out."""

from collections.abc import Iterator
from contextlib import contextmanager

from neo4j.exceptions import (
    AuthError,
    ConstraintError,
    DriverError,
    IncompleteCommit,
    Neo4jError,
    UnsupportedServerProduct,
)

from graph_model.errors import StoreBusy, StoreError, StoreFull

LEAST_SERVER = (5, 26)
"""First version of the server that the adapter's queries run on."""

BY_CODE: tuple[tuple[str, type[StoreError], str, str], ...] = (
    (
        "Security.AuthenticationRateLimit",
        StoreError,
        "the server was given a wrong password too often and takes none for a while",
        "Wait a few seconds, then correct ALLIANCE_STORE_USER and ALLIANCE_STORE_PASSWORD.",
    ),
    (
        "Security.CredentialsExpired",
        StoreError,
        "the password of this user must be changed before anything else",
        "Change it with cypher-shell, and set ALLIANCE_STORE_PASSWORD.",
    ),
    (
        "Security.Forbidden",
        StoreError,
        "this user may not do that",
        "Use a user that may read and write the database (ALLIANCE_STORE_USER).",
    ),
    (
        "Database.DatabaseNotFound",
        StoreError,
        "the server has no such database",
        "Correct the last part of ALLIANCE_STORE: bolt://HOST:PORT/DATABASE, neo4j by default.",
    ),
    (
        "ReadOnly",
        StoreError,
        "the database takes no writes: the server holds it read-only",
        "Take it out of server.databases.read_only in neo4j.conf, or name another database.",
    ),
    (
        "DatabaseUnavailable",
        StoreError,
        "the database is not available",
        "See the server's log; it may be starting, or its disk may be full.",
    ),
    (
        "TransactionOutOfMemory",
        StoreError,
        "the server has too little memory for this part",
        "Raise dbms.memory.transaction.total.max or server.memory.heap.max_size.",
    ),
    (
        "Transaction.TransactionTimedOut",
        StoreError,
        "the server ended the transaction: it took longer than db.transaction.timeout",
        "Raise db.transaction.timeout in neo4j.conf.",
    ),
    (
        "Neo.TransientError",
        StoreBusy,
        "the server could not do it now, and several attempts failed",
        "Try again shortly.",
    ),
)
"""Part of a server's error code -> our error, the rule, the way out; the first that fits."""


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn errors of the driver and the server into ours; `where` is the store's address."""
    try:
        yield
    except (DriverError, Neo4jError, OSError) as error:
        raise as_ours(error, where) from error
    except (OverflowError, UnicodeEncodeError) as error:
        raise StoreError(
            str(error), "integers have 64 bits and text is Unicode", "Correct the source row."
        ) from error


def as_ours(error: Exception, where: str) -> StoreError:
    """What an error means, with the way out."""
    if isinstance(error, IncompleteCommit):
        return StoreError(
            where,
            "the server went away while it was writing, and did not say whether it has",
            "Do it again: a load that was cut off is taken back when the next one begins.",
        )
    if isinstance(error, UnsupportedServerProduct):
        return too_old(where, "what answers there")
    if isinstance(error, Neo4jError):
        return _of_server(error, where)
    return StoreError(
        f"{where} ({_first_line(error)})",
        "no Neo4j server answers there",
        "Start the server, or correct ALLIANCE_STORE; what was published is unharmed.",
    )


def too_old(where: str, agent: str) -> StoreError:
    """Error for a server that is not known to work."""
    least = ".".join(map(str, LEAST_SERVER))
    return StoreError(
        f"{where}, {agent}", f"the store needs Neo4j {least} or later", "Upgrade the server."
    )


def _of_server(error: Neo4jError, where: str) -> StoreError:
    code, said = error.code or "", _first_line(error.message or str(error))
    if isinstance(error, ConstraintError):
        return StoreError(
            said,
            "is there already: one row per key, source, valid_from and load",
            "Close the earlier row first.",
        )
    for part, kind, rule, way_out in BY_CODE:
        if part in code:
            return kind(where, rule, way_out)
    if isinstance(error, AuthError):
        return StoreError(
            where,
            "the server refuses this user and password",
            "Set ALLIANCE_STORE_USER and ALLIANCE_STORE_PASSWORD.",
        )
    if "too large to index" in said:
        return StoreError(
            said.partition("Index:")[0].strip(),
            "a key or identifier has at most some 8,000 bytes",
            "Correct the source row.",
        )
    if "No space left" in said:
        return StoreFull(where, "the disk of the server is full", "Free space and load again.")
    # A server's words may hold keys and names: the value of an error stays with the operator.
    return StoreError(f"{where}: {said} ({code})", "the server refused it", "See its log.")


def _first_line(text: object) -> str:
    return str(text).partition("\n")[0]
