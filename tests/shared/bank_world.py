"""Two banks and their borrowers, for tests of what a lender and an official may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stating import DAY, party, state

from api.services.runs import assess_day
from api.services.workspace import open_workspace
from api.settings import Settings, load_settings
from graph_model.schema import Value
from graph_model.statement import Source
from ingest.loan_book import HEADERS

BANK_A, BANK_B = party(101), party(102)
RENAMED, BUYER, MAKER, TRADING, CARRIER, CORE, HOLDING = (party(n) for n in range(11, 18))
FORMER = "广州云埔旧名称（示例）有限公司"

REGISTER = Source("register", "登记库", "registry", 1, "test", association_allowed=True)
LEDGER = Source("bank-a", "甲银行", "lender", 10, "test", association_allowed=True)
OTHER_LEDGER = Source("bank-b", "乙银行", "lender", 10, "test", association_allowed=True)
MEMBERS = Source("members", "成员", "member", 20, "test", association_allowed=True)

NAMES = {
    BANK_A: "甲银行",
    BANK_B: "乙银行",
    RENAMED: "广州云埔新名称（示例）有限公司",
    BUYER: "广州云埔采购（示例）有限公司",
    MAKER: "广州云埔制造（示例）有限公司",
    TRADING: "广州云埔贸易（示例）有限公司",
    CARRIER: "广州云埔运输（示例）有限公司",
    CORE: "广州云埔核心（示例）有限公司",
    HOLDING: "广州云埔控股（示例）有限公司",
}
CONSENTING = (BUYER, MAKER, RENAMED, CORE, CARRIER)


@dataclass(frozen=True)
class World:
    """What differs from one world to the other."""

    other_loan_yuan: int = 3_000_000
    other_overdue_days: int = 45
    consents: Sequence[Mapping[str, Value]] = field(default_factory=list)


def consent(grantor: str, number: str, **changed: Value) -> Mapping[str, Value]:
    """A consent of a borrower to bank A for post-loan monitoring."""
    scopes = "chain_risk；finance；trade；guarantee；logistics；loan；credit"
    given: dict[str, Value] = {"grantor": grantor, "consent_no": number, "grantee": BANK_A}
    given |= {"purpose": "post_loan", "starts_on": "2020-01-01", "method": "signed"}
    return given | {"scopes": scopes} | changed


def build(home: Path, world: World) -> Settings:
    """A filled and assessed home of one world."""
    settings = load_settings(home=home, store="", token_key="k" * 64, scenarios=2000)
    accounts: dict[str, Value] = {"year": 2025, "period_end": "2025-12-31"}
    accounts |= {"revenue": 10_000_000_00, "material_cost": 8_000_000_00, "equity": 900_000_00}
    accounts |= {"current_assets": 800_000_00, "current_liabilities": 500_000_00}
    accounts |= {"total_assets": 3_000_000_00}
    firms = (RENAMED, BUYER, MAKER, TRADING, CARRIER, CORE, HOLDING)
    kinds = {BANK_A: "lender", BANK_B: "lender", CARRIER: "carrier"}
    sectors = {TRADING: "5171", CARRIER: "5431", BANK_A: "6621", BANK_B: "6621"}
    register = {
        "party": [
            {"party": p, "name": name, "kind": kinds.get(p, "enterprise")}
            | {"sector": sectors.get(p, "3670"), "established_on": "2010-01-01"}
            | {"street": "440112001", "size": "small", "reg_state": "active"}
            | ({"former_names": FORMER} if p == RENAMED else {})
            for p, name in NAMES.items()
        ],
        "financials": [
            *({"party": p, **accounts} for p in firms),
            {"party": BANK_A, **accounts, "equity": 20_000_000_00},
            {"party": BANK_B, **accounts, "equity": 20_000_000_00},
        ],
        "ownership": [
            {"owner": HOLDING, "owned": owned, "since": "2015-01-01", "share": 0.6}
            | {"subscribed": 100_000_00, "paid_in": 60_000_00}
            for owned in (BUYER, MAKER)
        ],
    }
    invoices = [
        {"seller": seller, "buyer": buyer, "invoice_no": f"I{k}", "issued_on": "2026-06-01"}
        | {"amount": yuan * 100}
        for k, (seller, buyer, yuan) in enumerate(
            [
                (BUYER, CORE, 900_000),
                (MAKER, CORE, 2_500_000),
                (RENAMED, TRADING, 400_000),
                (TRADING, CORE, 800_000),
                (MAKER, BUYER, 300_000),
            ]
        )
    ]
    members = {
        "invoice": invoices,
        "waybill": [
            {"carrier": CARRIER, "waybill_no": "W1", "shipper": MAKER, "shipped_on": "2026-05-01"}
            | {"received_on": "2026-05-03", "goods_value": 500_000_00}
        ],
        "membership": [
            {"alliance": "汽车链联盟", "party": p, "role": "member", "joined_on": "2024-01-01"}
            for p in (BUYER, MAKER, CORE)
        ],
        "consent": [
            *(consent(p, f"C-{k}") for k, p in enumerate(CONSENTING)),
            *world.consents,
        ],
    }
    guarantees = [
        {"guarantor": g, "guarantee_no": f"G{k}", "borrower": b, "creditor": BANK_A}
        | {"starts_on": "2026-01-01", "cover": 700_000_00}
        for k, (g, b) in enumerate([(BUYER, MAKER), (MAKER, BUYER), (CORE, RENAMED)])
    ]
    own = {
        "loan": [loan(BANK_A, p, 1_000_000) for p in (RENAMED, BUYER, MAKER, TRADING)],
        "guarantee": guarantees,
    }
    other = {
        "loan": [
            loan(BANK_B, p, world.other_loan_yuan, world.other_overdue_days)
            for p in (BUYER, MAKER, CORE)
        ]
    }
    with open_workspace(settings) as opened:
        for stated, source in (
            *((register, REGISTER), (members, MEMBERS)),
            *((own, LEDGER), (other, OTHER_LEDGER)),
        ):
            state(opened.store, stated, source)
        assess_day(opened, DAY)
    return settings


def loan(lender: str, borrower: str, yuan: int, overdue: int = 0) -> dict[str, Value]:
    return {
        "lender": lender,
        "loan_no": f"L-{borrower[-4:]}",
        "borrower": borrower,
        "balance": yuan * 100,
        "overdue_days": overdue,
    }


def code(party_id: str) -> str:
    return party_id.removeprefix("uscc:")


def five_loans() -> str:
    """A book of five: one under a former name, one with a wrong check digit."""
    wrong = code(CORE)
    wrong = wrong[:-1] + ("1" if wrong[-1] != "1" else "2")
    rows = [
        f"A1,{code(BUYER)},{NAMES[BUYER]},1000000,,,,",
        f"A2,,{FORMER},800000,,,,",
        f"A3,{code(MAKER)},,1500000,200000,,,",
        f"A4,,{NAMES[TRADING].replace('（', '(').replace('）', ')')},600000,,,,",
        f"A5,{wrong},{NAMES[CORE]},500000,,,,",
    ]
    return "\n".join([",".join(HEADERS), *rows]) + "\n"
