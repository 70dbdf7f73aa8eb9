"""Open the store that a setting names; the only place that knows which adapters there are."""

from pathlib import Path

from graph_model.errors import BadInput
from graph_model.schema import Dictionary
from graph_model.store.protocol import Store


def open_store(
    address: str, dictionary: Dictionary, *, user: str = "neo4j", password: str = ""
) -> Store:
    """Open a store by its address; only its own adapter and driver are imported.

    Parameters
    ----------
    address : str
        A path of a file, `sqlite:PATH`, or `bolt://HOST:PORT/DATABASE` (also `neo4j://`, and
        either with `+s` or `+ssc` for TLS).
    dictionary : Dictionary
        Kinds and fields it holds.
    user, password : str
        Who asks a server; a file has no use for them.

    Raises
    ------
    BadInput
        When no adapter reads such an address.
    StoreError
        When the adapter cannot open it.
    """
    if is_server(address):
        from graph_model.store.neo4j import Neo4jStore
        from graph_model.store.neo4j_connection import Address

        return Neo4jStore(Address.of(address, user, password), dictionary)
    from graph_model.store.sqlite import SqliteStore

    return SqliteStore(_path_of(address), dictionary)


def is_there(address: str) -> bool:
    """Whether the address leads to something already; raises BadInput as `open_store` does.

    A server counts as being there: opening says when it is not.
    """
    return is_server(address) or _path_of(address).exists()


def is_server(address: str) -> bool:
    """Whether the address is that of a server, which wants a user and a password."""
    scheme, there, _ = address.partition("://")
    return bool(there) and scheme.partition("+")[0] in ("bolt", "neo4j")


def _path_of(address: str) -> Path:
    scheme, _, rest = address.partition(":")
    if rest and scheme == "sqlite":
        return Path(rest)
    if "://" in address or not address:
        raise BadInput(
            repr(address),
            "names no store that this version opens",
            "Give the path of a file, sqlite:PATH, or bolt://HOST:PORT/DATABASE.",
        )
    return Path(address)
