"""A small world with a record, a guarantee and a trade chain, and who asks about it."""

from datetime import date, timedelta
from typing import Any

from stating import DAY, state
from supplier_world import BANK_PARTY, BUYER, OTHER, SUPPLIER, TRADER

from api.services.workspace import Workspace
from graph_model.schema import Value
from policy.visibility import Viewer

OFFICE = "uscc:11440112XXXX000015"
DESK = Viewer("official", OFFICE, "supervision")
SELF = Viewer("member", SUPPLIER, "self")
OUTSIDER = Viewer("member", OTHER, "self")
BANK_VIEWER = Viewer("financier", BANK_PARTY, "post_loan")

RECORD = {"party": SUPPLIER, "record_no": "穗罚2026-1", "record_kind": "admin_penalty"} | {
    "severity": "serious",
    "authority": "市场监管局",
    "recognised_on": "2026-03-01",
}
RECORD_STATED = f"credit_record:bank-a:{SUPPLIER}|穗罚2026-1"
GUARANTEE = {"guarantor": SUPPLIER, "borrower": BUYER, "guarantee_no": "G1"} | {
    "starts_on": "2026-01-01",
    "cover": 800_000_00,
}
GUARANTEE_STATED = f"guarantee:bank-a:{SUPPLIER}|G1"
LINK = f"guarantee:{SUPPLIER}:{BUYER}"


def rows(today: date = DAY) -> dict[str, list[dict[str, Value]]]:
    """Statements of the world, without record and guarantee."""
    everybody = (SUPPLIER, BUYER, OTHER, TRADER)
    accounts: dict[str, Any] = {"year": 2025, "period_end": "2025-12-31"}
    accounts |= {"revenue": 10_000_000_00, "equity": 900_000_00, "current_assets": 800_000_00}
    accounts |= {"total_assets": 3_000_000_00, "current_liabilities": 500_000_00}
    accounts |= {"material_cost": 8_000_000_00}
    issued = (today - timedelta(days=150)).isoformat()
    return {
        "party": [
            {"party": p, "name": f"公司{k}", "sector": "3670", "established_on": "2010-01-01"}
            | {"kind": "sole_trader" if p == TRADER else "enterprise"}
            for k, p in enumerate(everybody)
        ],
        "financials": [{"party": p, **accounts} for p in everybody],
        "invoice": [
            {"seller": seller, "buyer": buyer, "invoice_no": str(k), "issued_on": issued}
            | {"amount": 700_000_00}
            for k, (seller, buyer) in enumerate(
                [(SUPPLIER, BUYER), (SUPPLIER, TRADER), (OTHER, SUPPLIER), (BUYER, OTHER)]
            )
        ],
        "loan": [
            {"lender": BANK_PARTY, "borrower": BUYER, "loan_no": "L1", "balance": 2_000_000_00}
        ],
        "consent": [
            {"grantor": SUPPLIER, "consent_no": "C-1", "grantee": BANK_PARTY}
            | {"purpose": "post_loan", "starts_on": "2020-01-01", "method": "electronic"}
            | {"scopes": "chain_risk"}
        ],
    }


def fill(
    workspace: Workspace, *, record: bool = True, guarantee: bool = True, today: date = DAY
) -> None:
    """State the world, with or without the record and the guarantee that cases are about."""
    said = rows(today)
    if record:
        said["credit_record"] = [RECORD]
    if guarantee:
        said["guarantee"] = [GUARANTEE]
    state(workspace.store, said)
