"""Consents in force today, and members of the alliance, indexed once per load of the store.

A revocation is a later statement, so it is a load, and the index of the load before is not asked
again: it counts on the next question.
"""

from collections.abc import Callable, Iterable
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import TypeVar

from api.services.workspace import Workspace
from graph_model.schema import Kind, Value
from graph_model.snapshot import OPEN_TX, Interval, Snapshot
from graph_model.statement import Row
from policy.visibility import Consent, Consents

Made = TypeVar("Made")

SHA256_LETTERS = 64


def consents_in_force(workspace: Workspace, today: date) -> Consents:
    """Consents that hold today, as last loaded."""
    return _indexed(workspace, "consents", today, _consents)


def members(workspace: Workspace, today: date) -> frozenset[str]:
    """Parties that are members of an alliance today; observers are none."""
    return _indexed(workspace, "members", today, _members)


def _indexed(
    workspace: Workspace, name: str, today: date, make: Callable[[Workspace, date], Made]
) -> Made:
    at = (workspace.store.head(), today)
    held: tuple[tuple[int, date], Made] | None = workspace.indexed.get(name)
    if held is None or held[0] != at:
        held = (at, make(workspace, today))
        workspace.indexed[name] = held
    return held[1]


def _consents(workspace: Workspace, today: date) -> Consents:
    kind = workspace.dictionary.kind("consent")
    # The store gives rows in the order of their keys.
    rows = (row for row in workspace.store.rows("consent") if row.tx_to == OPEN_TX)
    by_key = groupby(rows, key=attrgetter("key"))
    found = (consent_of(kind, list(of_key), today) for _, of_key in by_key)
    return Consents(one for one in found if one is not None)


def consent_of(kind: Kind, rows: Iterable[Row], today: date) -> Consent | None:
    """Return the consent that all rows of one key state together, or None.

    Where several sources state one consent, all of them must say that it holds today, for the same
    grantee and purpose; it opens what all of them name. One on paper holds with the digest of its
    scan only.
    """
    holding: dict[str, list[dict[str, Value]]] = {}
    for row in rows:
        of_source = holding.setdefault(row.source, [])
        if Interval(row.valid_from, row.valid_to).holds_on(today.isoformat()):
            of_source.append(row.named(kind))
    if not all(holding.values()):
        return None
    told = [values for of_source in holding.values() for values in of_source]
    first = told[0]
    if any((v["grantee"], v["purpose"]) != (first["grantee"], first["purpose"]) for v in told):
        return None
    if not all(map(is_evidenced, told)):
        return None
    scopes = frozenset.intersection(*(scopes_of(values) for values in told))
    grantor, grantee, purpose, number = (
        str(first[name]) for name in ("grantor", "grantee", "purpose", "consent_no")
    )
    return Consent(grantor, grantee, purpose, scopes, number)


def scopes_of(values: dict[str, Value]) -> frozenset[str]:
    """Scopes that a row of a consent names."""
    return frozenset(filter(None, str(values["scopes"] or "").split("；")))


def is_evidenced(values: dict[str, Value]) -> bool:
    """Whether a consent on paper has the digest of its scan; signed-in ones need none."""
    if values["method"] != "paper":
        return True
    digest = str(values["evidence_sha256"] or "").lower()
    return len(digest) == SHA256_LETTERS and set(digest) <= set("0123456789abcdef")


def _members(workspace: Workspace, today: date) -> frozenset[str]:
    snapshot = Snapshot(today, workspace.store.head())
    table = workspace.store.table("membership", snapshot, ("party", "role"))
    pairs = zip(table["party"].to_pylist(), table["role"].to_pylist(), strict=True)
    return frozenset(party for party, role in pairs if role != "observer")
