"""Open the store that a setting names; the only place that knows which adapters there are."""

from pathlib import Path

from graph_model.errors import BadInput
from graph_model.schema import Dictionary
from graph_model.store.protocol import Store
from graph_model.store.sqlite import SqliteStore


def open_store(address: str, dictionary: Dictionary) -> Store:
    """Open a store by its address.

    Parameters
    ----------
    address : str
        A path of a file, or `sqlite:PATH`.
    dictionary : Dictionary
        Kinds and fields it holds.

    Raises
    ------
    BadInput
        When no adapter reads such an address.
    StoreError
        When the adapter cannot open it.
    """
    return SqliteStore(_path_of(address), dictionary)


def is_there(address: str) -> bool:
    """Whether the address leads to something already; raises BadInput as `open_store` does."""
    return _path_of(address).exists()


def _path_of(address: str) -> Path:
    scheme, _, rest = address.partition(":")
    if rest and scheme == "sqlite":
        return Path(rest)
    if "://" in address or not address:
        raise BadInput(
            repr(address),
            "names no store that this version opens",
            "Give the path of a file, or sqlite:PATH.",
        )
    return Path(address)
