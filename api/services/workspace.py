"""What a use case works with: settings, dictionary, store, and the folders of derived files."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.settings import Settings
from graph_model.errors import NotFound
from graph_model.schema import Dictionary, load_dictionary
from graph_model.store.opening import is_there, open_store
from graph_model.store.protocol import Store


@dataclass(frozen=True)
class Workspace:
    """One open store and where its pictures, runs and quarantine files stand.

    Everything in the folders can be made again from the store. `kept` holds what was last read
    from them, by its id: a run is the same for ever. `indexed` holds what was made of statements,
    by name, each with the load and the day it was made for.
    """

    settings: Settings
    dictionary: Dictionary
    store: Store
    kept: dict[Any, Any] = field(default_factory=dict)
    indexed: dict[str, Any] = field(default_factory=dict)

    @property
    def pictures(self) -> Path:
        """Folder of saved pictures, by network id."""
        return self.settings.home / "pictures"

    @property
    def runs(self) -> Path:
        """Folder of saved runs, by run id."""
        return self.settings.home / "runs"

    @property
    def quarantine(self) -> Path:
        """Folder of quarantine files, one a load."""
        return self.settings.home / "quarantine"


@contextmanager
def open_workspace(settings: Settings, *, make: bool = True) -> Iterator[Workspace]:
    """Open the store that the settings name, and close it in the end.

    Raises
    ------
    NotFound
        When there is none and `make` does not ask for one.
    """
    if not make and not is_there(settings.store_address):
        raise NotFound(
            settings.store_address,
            "there is no store",
            "Load source files first (`alliance ingest DIR`), or name the store you mean.",
        )
    dictionary = load_dictionary()
    store = open_store(
        settings.store_address,
        dictionary,
        user=settings.store_user,
        password=settings.store_password.get_secret_value(),
    )
    try:
        yield Workspace(settings, dictionary, store)
    finally:
        store.close()
