"""The rules in plain words, slowly, and without the code or the tables under test.

Everything is looked at one by one: who asks, what it is about, and every row that was ever stated
about a consent. Words for how much may be seen: hidden, exists, band, amount.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

ORDER = ("hidden", "exists", "band", "amount")

MAY_STATE = {
    "member": ("self", "partner_check", "guarantee"),
    "financier": ("self", "credit_approval", "post_loan", "guarantee", "compensation"),
    "official": ("self", "compensation", "supervision", "ecosystem"),
    "administrator": ("self", "operation"),
}
DUTY = ("supervision", "ecosystem")

ABOUT_ONE = ("public", "chain_risk", "finance", "debt_label", "credit")
BETWEEN = ("public", "trade", "guarantee", "logistics", "loan", "consent")


@dataclass(frozen=True)
class StatedRow:
    """One row that some source states about a consent, known now."""

    source: str
    grantor: str
    number: str
    grantee: str
    purpose: str
    scopes: tuple[str, ...]
    starts_on: str
    ends_on: str
    method: str
    digest: str


@dataclass(frozen=True)
class Thing:
    """What may be seen or not: its class, all whom it is about, and of a loan its borrower."""

    of: str
    sides: tuple[str, ...]
    borrower: str = ""


@dataclass(frozen=True)
class World:
    """What the rules look at beside viewer and thing."""

    rows: Sequence[StatedRow]
    today: str
    persons: Collection[str] = ()
    members: Collection[str] = ()
    publishing: str = "consent"


def consented(world: World, grantor: str, grantee: str, purpose: str, scope: str) -> bool:
    """Whether some consent of the grantor opens a scope to the grantee for a purpose today."""
    numbers = {row.number for row in world.rows if row.grantor == grantor}
    for number in numbers:
        rows = [r for r in world.rows if (r.grantor, r.number) == (grantor, number)]
        if any((r.grantee, r.purpose) != (grantee, purpose) for r in rows):
            continue
        if any("withdrawn" in r.scopes for r in rows):
            continue
        agreed = True
        for source in {r.source for r in rows}:
            today = [
                r for r in rows if r.source == source and r.starts_on <= world.today < r.ends_on
            ]
            agreed &= bool(today)
            agreed &= all(scope in r.scopes for r in today)
            agreed &= all(r.method != "paper" or len(r.digest) == 64 for r in today)
        if agreed:
            return True
    return False


def sight(role: str, organisation: str, purpose: str, thing: Thing, world: World) -> str:
    """How much of a thing a viewer may see."""
    if purpose not in MAY_STATE[role]:
        return "hidden"
    if all(side == organisation for side in thing.sides):
        return "amount" if thing.of in ABOUT_ONE else "hidden"
    if organisation in thing.sides and thing.of in BETWEEN:
        return "amount"
    is_side = organisation in thing.sides
    if not is_side and any(side in world.persons for side in thing.sides):
        return "hidden"
    if thing.of == "public":
        return "amount"
    if purpose == "self":
        return "hidden"
    told = "hidden"
    scope = "loan" if thing.of == "debt_label" else thing.of
    givers = [thing.borrower] if thing.borrower else list(thing.sides)
    if any(consented(world, giver, organisation, purpose, scope) for giver in givers):
        told = with_consent(role, thing.of)
    if thing.of == "chain_risk" and role != "administrator":
        if world.publishing == "open":
            told = "amount"
        together = {organisation, *thing.sides} <= set(world.members)
        if world.publishing == "members" and together:
            told = "amount"
    if role == "official" and purpose in DUTY and thing.of == "credit":
        told = "amount"
    return told


def with_consent(role: str, of: str) -> str:
    """How much a consent of the subject lets a role see."""
    if role == "administrator":
        return "hidden"
    if of in ("chain_risk", "finance"):
        return "amount"
    if of == "loan":
        return "hidden"  # lender and borrower only: a bank never sees another bank's loan
    if of == "debt_label":
        return "band"
    if of == "credit":
        return "amount" if role == "official" else "band"  # labels, and no rows
    if of in ("trade", "guarantee", "logistics"):
        return "amount" if role == "financier" else "band"  # a third member sees a band
    return "hidden"


def least(sights: Iterable[str]) -> str:
    return min(sights, key=ORDER.index)


def at_least(found: str, wanted: str) -> bool:
    return ORDER.index(found) >= ORDER.index(wanted)


LAYER_CLASS = {
    "receivable": "trade",
    "sales": "trade",
    "supply": "trade",
    "guarantee": "guarantee",
    "logistics": "logistics",
    "ownership": "public",
}
KIND_CLASS = {
    "party": "public",
    "financials": "finance",
    "contract": "trade",
    "invoice": "trade",
    "payment": "trade",
    "guarantee": "guarantee",
    "waybill": "logistics",
    "loan": "loan",
    "ownership": "public",
    "credit_record": "credit",
}
FACTOR_CLASS = {
    "age_years": "public",
    "size": "public",
    "reg_state": "public",
    "equity_ratio": "finance",
    "margin": "finance",
    "overdue_days": "debt_label",
    "records_serious": "credit",
}
BANDS = (
    (0, "under 100 thousand"),
    (100_000_00, "100 thousand to 1 million"),
    (1_000_000_00, "1 to 5 million"),
    (5_000_000_00, "5 to 20 million"),
    (20_000_000_00, "20 to 100 million"),
    (100_000_000_00, "100 million or more"),
)


def band_of(amount_fen: int) -> str:
    return [words for bound, words in BANDS if abs(amount_fen) >= bound][-1]
