from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from supplier_world import fill

from api.http.app import create_app
from api.services.workspace import Workspace, open_workspace
from api.settings import Settings, load_settings

UNLIMITED = {
    "asks_per_minute": 0,
    "exports_per_minute": 0,
    "writes_per_minute": 0,
    "warm": False,  # CPython 3.11 counts depths of syntax trees across threads: no second thread
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home: Path = tmp_path_factory.mktemp("home")
    return load_settings(home=home, store="", token_key="k" * 64, scenarios=2000, **UNLIMITED)


@pytest.fixture(scope="module")
def filled(settings: Settings) -> Settings:
    fill(settings)
    return settings


@pytest.fixture
def workspace(filled: Settings) -> Iterator[Workspace]:
    with open_workspace(filled) as opened:
        yield opened


@pytest.fixture
def client(filled: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(filled)) as made:
        yield made
