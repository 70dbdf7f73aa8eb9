"""A small random world in which every name, number and amount can be told from all others.

What a viewer is shown can then be searched for what he may not see, whatever its form: each secret
knows in which spellings it would show, and what it is to the rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from stating import BANK, DAY, load_dictionary, party, state

from api.services.runs import assess_day
from api.services.workspace import Workspace
from graph_model.schema import key_of
from graph_model.snapshot import OPEN_DATE, OPEN_TX
from graph_model.statement import Source
from tests.policy.visibility_reference import KIND_CLASS, StatedRow, Thing, World, sight

LGD = 0.6
SCOPES = ("chain_risk", "finance", "trade", "guarantee", "logistics", "loan", "credit")
PURPOSES = ("partner_check", "credit_approval", "post_loan", "guarantee", "compensation")
UNJOINED = Source("unjoined", "不许关联", "official", 1, "test", association_allowed=False)


@dataclass(frozen=True)
class Secret:
    """Something that shows in some spellings; `thing` is None for the identity of a party."""

    spellings: tuple[str, ...]
    thing: Thing | None = None
    party: str = ""


@dataclass
class HiddenWorld:
    """Parties, what is stated about them, and the secrets in it."""

    today: date
    parties: list[str] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    stated: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    secrets: list[Secret] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    case_ids: list[str] = field(default_factory=list)
    rows: list[StatedRow] = field(default_factory=list)
    looks: set[tuple[str, str]] = field(default_factory=set)
    targets: str = ""

    @cached_property
    def persons(self) -> set[str]:
        return {p for p, kind in self.kinds.items() if kind == "sole_trader"}

    def reference(self) -> World:
        return World(self.rows, self.today.isoformat(), self.persons)

    def reread(self, workspace: Workspace) -> None:
        """Take consents, looks and cases from the store: requests may have changed them."""
        looks = (line["payload"] for line in workspace.store.journal("audit"))
        self.looks = {(look["organisation"], look["subject"]) for look in looks}
        cases = (line["payload"] for line in workspace.store.journal("cases"))
        self.targets = "\n".join(f"{case['target']} {case['sides']}" for case in cases)
        names = workspace.dictionary.kind("consent").field_names
        self.rows = []
        for row in workspace.store.rows("consent"):
            if row.tx_to == OPEN_TX:
                told = {n: str(v or "") for n, v in zip(names, row.values, strict=True)}
                self.rows.append(
                    StatedRow(
                        *(row.source, told["grantor"], told["consent_no"], told["grantee"]),
                        *(told["purpose"], tuple(told["scopes"].split("；")), row.valid_from),
                        *(row.valid_to, told["method"], told["evidence_sha256"]),
                    )
                )

    def may_know(self, secret: Secret, role: str, organisation: str, purpose: str) -> bool:
        """Whether the rules let a viewer see a secret."""
        world = self.reference()
        asking = (role, organisation, purpose)
        desk = (role, purpose) == ("official", "supervision")  # it is told what a case is about
        if desk and any(spelling in self.targets for spelling in secret.spellings):
            return True
        if secret.thing is not None:
            return sight(*asking, secret.thing, world) == "amount"
        if secret.party == organisation:
            return True
        if (secret.party, organisation) in self.looks:  # a subject is told who looked at it
            return True
        between = {secret.party, organisation}
        if any({row.grantor, row.grantee} == between for row in self.rows):
            return True
        if any(t is not None and between <= set(t.sides) for t in self._things):
            return True
        if sight(*asking, Thing("chain_risk", (secret.party,)), world) == "amount":
            return True
        return any(
            secret.party in t.sides and len(t.sides) > 1 and sight(*asking, t, world) == "amount"
            for t in self._things
        )

    def targets_naming(self, one: str) -> list[str]:
        """What a case could be about that names a party: statements and links."""
        kinds = load_dictionary().kinds
        found = [
            f"{kind}:{BANK.id}:{key_of(row[name] for name in kinds[kind].key)}"
            for kind, rows in self.stated.items()
            for row in rows
            if one in row.values()
        ]
        ends = [row for row in self.stated["guarantee"] if one in row.values()]
        return found + [f"guarantee:{row['guarantor']}:{row['borrower']}" for row in ends]

    @cached_property
    def _things(self) -> list[Thing]:
        found = [secret.thing for secret in self.secrets if secret.thing is not None]
        return list(dict.fromkeys(found))


def hidden_world(random: np.random.Generator, today: date) -> HiddenWorld:
    """Draw a world; nothing is stored yet."""
    made = HiddenWorld(today)
    kinds = ["enterprise"] * 8 + ["sole_trader"] * 2 + ["lender"] * 2 + ["carrier"]
    for number, kind in enumerate(kinds, start=1):
        # One of the sole traders is known by its code, the other by the register only.
        one = party(number, "92" if number == 9 else "91")
        made.parties.append(one)
        made.kinds[one] = kind
        made.names[one] = (
            f"广州云埔{chr(0x4E00 + 37 * number)}{chr(0x5200 + 29 * number)}号有限公司"
        )
        made.secrets.append(Secret((one.removeprefix("uscc:"), made.names[one]), party=one))
    _facts(made, random)
    _links(made, random)
    _consents(made, random)
    return made


def _number(random: np.random.Generator) -> str:
    return "".join(chr(65 + int(k)) for k in random.integers(0, 26, 12))


def _amount(random: np.random.Generator) -> int:
    return int(random.integers(10**9, 9 * 10**9))


def _spelled(amount: int) -> tuple[str, ...]:
    """An amount in fen and yuan, and what is lost of it at the loss given default."""
    found = []
    for fen in (amount, int(amount * LGD), round(amount * LGD)):
        yuan = f"{fen // 100}.{fen % 100:02d}"
        found += [str(fen), yuan, f"{fen // 100:,}.{fen % 100:02d}"]
    return tuple(dict.fromkeys(found))


def _facts(made: HiddenWorld, random: np.random.Generator) -> None:
    for one in made.parties:
        kind = made.kinds[one]
        fact = {"party": one, "name": made.names[one], "kind": kind, "sector": "3670"}
        made.stated.setdefault("party", []).append(fact | {"established_on": "2010-01-01"})
        revenue = 10**11 + _amount(random)
        accounts = {"party": one, "year": 2025, "period_end": "2025-12-31", "revenue": revenue}
        accounts |= {"equity": _amount(random), "current_assets": _amount(random)}
        accounts |= {"current_liabilities": 10**8, "total_assets": 10**10 + _amount(random)}
        accounts |= {"material_cost": int(revenue * 0.7), "net_profit": 10**9}
        made.stated.setdefault("financials", []).append(accounts)
        of = Thing("finance", (one,))
        for name in ("revenue", "equity", "current_assets", "total_assets"):
            made.secrets.append(Secret((str(accounts[name]),), of))
        if random.random() < 0.4:
            number = _number(random)
            record = {"party": one, "record_no": number, "record_kind": "admin_penalty"}
            record |= {"severity": "general", "authority": "局", "recognised_on": "2026-05-01"}
            made.stated.setdefault("credit_record", []).append(record)
            made.secrets.append(Secret((number,), Thing("credit", (one,))))


def _links(made: HiddenWorld, random: np.random.Generator) -> None:
    firms = [p for p in made.parties if made.kinds[p] in ("enterprise", "sole_trader")]
    lenders = [p for p in made.parties if made.kinds[p] == "lender"]
    (carrier,) = (p for p in made.parties if made.kinds[p] == "carrier")

    def link(kind: str, share: float, pairs: Iterator[tuple[str, str]], **fixed: Any) -> None:
        first, second, number_name, amount_name = {
            "invoice": ("seller", "buyer", "invoice_no", "amount"),
            "contract": ("seller", "buyer", "contract_no", "amount"),
            "guarantee": ("guarantor", "borrower", "guarantee_no", "cover"),
            "waybill": ("carrier", "shipper", "waybill_no", "goods_value"),
            "loan": ("lender", "borrower", "loan_no", "balance"),
        }[kind]
        for one, other in pairs:
            if one == other or random.random() > share:
                continue
            number, amount = _number(random), _amount(random)
            row = {first: one, second: other, number_name: number, amount_name: amount}
            made.stated.setdefault(kind, []).append(row | fixed)
            made.statements.append(f"{kind}:{BANK.id}:{one}|{number}")
            thing = Thing(KIND_CLASS[kind], (one, other), other if kind == "loan" else "")
            made.secrets.append(Secret((number, *_spelled(amount)), thing))

    def pairs() -> Iterator[tuple[str, str]]:
        return ((one, other) for one in firms for other in firms)

    link("invoice", 0.3, pairs(), issued_on="2026-06-01", due_on="2026-08-01")
    link("contract", 0.15, pairs(), signed_on="2026-02-01")
    link("guarantee", 0.15, pairs(), starts_on="2026-01-01")
    link("waybill", 0.5, ((carrier, p) for p in firms), shipped_on="2026-10-01")
    link("loan", 0.5, ((b, p) for b in lenders for p in firms), overdue_days=40)


def _consents(made: HiddenWorld, random: np.random.Generator) -> None:
    for number in range(60):
        one, other = random.choice(made.parties, 2, replace=False)
        start = made.today - timedelta(int(random.integers(-40, 400)))
        end = start + timedelta(int(random.integers(1, 800)))
        share = random.random()
        row = StatedRow(
            source=BANK.id,
            grantor=str(one),
            number=f"NO-{number}-{_number(random)}",
            grantee=str(other),
            purpose=str(random.choice(PURPOSES)),
            scopes=tuple(s for s in SCOPES if random.random() < share) or ("chain_risk",),
            starts_on=start.isoformat(),
            ends_on=end.isoformat() if random.random() < 0.5 else OPEN_DATE,
            method="paper" if random.random() < 0.3 else "electronic",
            digest="0d" * 32 if random.random() < 0.8 else "",
        )
        made.rows.append(row)
        made.secrets.append(Secret((row.number,), Thing("consent", (row.grantor, row.grantee))))
        made.stated.setdefault("consent", []).append(
            {
                "grantor": row.grantor,
                "consent_no": row.number,
                "grantee": row.grantee,
                "purpose": row.purpose,
                "scopes": "；".join(row.scopes),
                "starts_on": row.starts_on,
                "ends_on": None if row.ends_on == OPEN_DATE else row.ends_on,
                "method": row.method,
                "evidence_sha256": row.digest or None,
            }
        )


def store_world(made: HiddenWorld, workspace: Workspace, random: np.random.Generator) -> None:
    """Store a world, with a source that allows no joining beside it, and assess the day."""
    state(workspace.store, made.stated)
    first, second = made.parties[:2]
    number, amount = _number(random), _amount(random)
    barred = {"seller": first, "buyer": second, "invoice_no": number, "amount": amount}
    state(workspace.store, {"invoice": [barred | {"issued_on": "2026-06-01"}]}, UNJOINED)
    # What may not be joined is in no answer; only the own files of its sides tell of it.
    unjoined = Thing("unjoined", (first, second))
    made.secrets.append(Secret((number, *_spelled(amount)), unjoined))
    assess_day(workspace, DAY)
