"""What a use case works with: settings, dictionary, store, and the folders of derived files."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.settings import Settings
from graph_model.schema import Dictionary, load_dictionary
from graph_model.store.opening import open_store
from graph_model.store.protocol import Store


@dataclass(frozen=True)
class Workspace:
    """One open store and where its pictures, runs and quarantine files stand.

    Everything in the folders can be made again from the store.
    """

    settings: Settings
    dictionary: Dictionary
    store: Store

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
def open_workspace(settings: Settings) -> Iterator[Workspace]:
    """Open the store that the settings name, and close it in the end."""
    dictionary = load_dictionary()
    store = open_store(settings.store_address, dictionary)
    try:
        yield Workspace(settings, dictionary, store)
    finally:
        store.close()
