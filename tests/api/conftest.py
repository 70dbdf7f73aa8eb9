from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from stating import DAY, state
from supplier_world import BANK_PARTY, BUYER, OTHER, SUPPLIER, TRADER

from api.http.app import create_app
from api.services.runs import assess_day
from api.services.workspace import Workspace, open_workspace
from api.settings import Settings, load_settings

UNLIMITED = {"asks_per_minute": 0, "exports_per_minute": 0, "writes_per_minute": 0}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home: Path = tmp_path_factory.mktemp("home")
    return load_settings(home=home, store="", token_key="k" * 64, scenarios=2000, **UNLIMITED)


@pytest.fixture(scope="module")
def filled(settings: Settings) -> Settings:
    """A supplier that is owed by a buyer and another; the buyer lets the supplier's bank see it."""
    accounts = {"year": 2025, "period_end": "2025-12-31", "revenue": 10_000_000_00}
    accounts |= {"equity": 900_000_00, "current_assets": 800_000_00, "total_assets": 3_000_000_00}
    accounts |= {"current_liabilities": 500_000_00, "material_cost": 8_000_000_00}
    everybody = (SUPPLIER, BUYER, OTHER, TRADER)
    kinds = {TRADER: "sole_trader"}
    invoices = [
        {"seller": SUPPLIER, "buyer": buyer, "invoice_no": str(k), "issued_on": "2026-06-01"}
        | {"amount": 700_000_00}
        for k, buyer in enumerate((BUYER, OTHER, TRADER))
    ]
    given = {"grantee": BANK_PARTY, "purpose": "post_loan", "starts_on": "2020-01-01"}
    given |= {"method": "paper", "evidence_sha256": "5c" * 32, "scopes": "chain_risk；trade"}
    with open_workspace(settings) as opened:
        state(
            opened.store,
            {
                "party": [
                    {"party": p, "name": f"公司{k}", "kind": kinds.get(p, "enterprise")}
                    | {"sector": "3670", "established_on": "2010-01-01"}
                    for k, p in enumerate(everybody)
                ],
                "financials": [{"party": p, **accounts} for p in everybody],
                "invoice": invoices,
                "consent": [
                    {"grantor": p, "consent_no": f"C-{k}", **given}
                    for k, p in enumerate((SUPPLIER, BUYER, TRADER))
                ],
            },
        )
        assess_day(opened, DAY)
    return settings


@pytest.fixture
def workspace(filled: Settings) -> Iterator[Workspace]:
    with open_workspace(filled) as opened:
        yield opened


@pytest.fixture
def client(filled: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(filled)) as made:
        yield made
