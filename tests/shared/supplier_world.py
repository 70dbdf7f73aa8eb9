"""Parties and viewers of the small world that the tests of the API ask about."""

from stating import DAY, party, state

from api.services.runs import assess_day
from api.services.tokens import issue
from api.services.workspace import open_workspace
from api.settings import Settings

SUPPLIER, BUYER, OTHER, BANK_PARTY, TRADER = (party(n) for n in (1, 2, 3, 4, 5))


def headers(
    settings: Settings, role: str, organisation: str, purpose: str | None
) -> dict[str, str]:
    made = {"Authorization": f"Bearer {issue(settings, role, organisation, 'test')}"}
    return made if purpose is None else made | {"X-Purpose": purpose}


def fill(settings: Settings) -> None:
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
