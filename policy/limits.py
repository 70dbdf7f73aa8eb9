"""Limits on a lender's exposures: single name, group of one control, guarantee circle.

    share = balance / capital of the lender             over the limit, near it, or within

Limits come from a pack of the topic `limits`, each with its clause and whether a rule states it or
we assume it. Without a known capital there is no share and no verdict.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from graph_model.errors import BadInput
from policy.pack import Pack

LIMITS = ("single", "group", "circle")
Verdict = Literal["over", "near", "within", "capital unknown"]


@dataclass(frozen=True)
class Limit:
    """One limit for one kind of lender."""

    limit: str
    zh: str
    en: str
    share: float
    status: str
    clause: str
    read_as: str


@dataclass(frozen=True)
class Held:
    """An exposure held against a limit; `share` is None where the capital is not known."""

    limit: Limit
    balance_fen: int
    share: float | None
    verdict: Verdict


def limits_of(pack: Pack, lender_kind: str) -> dict[str, Limit]:
    """Limits of a pack for banks (`lender`) or guarantee companies (`guarantor`), by name.

    Raises
    ------
    BadInput
        When one is missing, stands twice, or is no share.
    """
    found: dict[str, Limit] = {}
    for row in pack.table("limits"):
        if row.one_of("lender_kind", ("lender", "guarantor")) != lender_kind:
            continue
        name = row.one_of("limit", LIMITS)
        share = row.number("share")
        if name in found or not 0 < share <= 1:
            raise row.wrong("share", "each limit stands once, a share of the capital", "Correct it")
        texts = {key: row.text(key) for key in ("zh", "en", "clause", "read_as")}
        status = row.one_of("status", ("rule", "assumption"))
        found[name] = Limit(limit=name, share=share, status=status, **texts)
    if missing := [name for name in LIMITS if name not in found]:
        value = f"{pack.reference}, limits.csv, {lender_kind}"
        raise BadInput(value, f"states no limit {', '.join(missing)}", "Add the line.")
    return found


def held(limit: Limit, balance_fen: int, capital_fen: int | None, near_share: float) -> Held:
    """Hold an exposure against a limit.

    Parameters
    ----------
    limit : Limit
    balance_fen : int
    capital_fen : int or None
        Positive; None where it is not known.
    near_share : float
        Share of the limit from which on it is near.
    """
    if capital_fen is None:
        return Held(limit, balance_fen, None, "capital unknown")
    share, most = Fraction(balance_fen, capital_fen), Fraction(str(limit.share))
    verdict: Verdict = "within"
    if share > most:
        verdict = "over"
    elif share >= most * Fraction(str(near_share)):
        verdict = "near"
    return Held(limit, balance_fen, float(share), verdict)
