"""What is stated about consents, indexed once per load of the store.

A revocation is a later statement, so it is a load, and the index of the load before is not asked
again: it counts on the next question, through every cache.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from api.services.indexed import indexed
from api.services.workspace import Workspace
from graph_model.schema import Kind
from graph_model.snapshot import OPEN_TX, Interval
from graph_model.statement import Row
from policy.visibility import Consent

WITHDRAWN = "withdrawn"
"""Scope that stands for none: what a revoked consent names."""

State = Literal["in force", "not yet", "ended", "withdrawn", "disagreement", "no scan"]
"""Of a consent today. Sources disagree where they name another grantee, purpose or day; one on
paper without the digest of its scan opens nothing."""

DIGEST = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class StatedConsent:
    """A consent as its sources state it together: what all of them say."""

    grantor: str
    number: str
    grantee: str
    purpose: str
    scopes: frozenset[str]
    starts_on: str
    ends_on: str
    method: str
    sources: tuple[str, ...]
    state: State


class ConsentIndex:
    """All consents that are stated now, found by who gave and who received them.

    Rows are put in order at once and read when somebody asks for them: a question needs those
    between two parties, not all.
    """

    def __init__(self, kind: Kind, rows: Iterable[Row], today: date) -> None:
        self._kind, self._today = kind, today.isoformat()
        self._grantor, self._number, self._grantee = (
            kind.field_names.index(name) for name in ("grantor", "consent_no", "grantee")
        )
        self._rows: dict[str, dict[str, list[Row]]] = {}
        self._given_to: dict[str, set[str]] = {}
        for row in rows:
            grantor, number = str(row.values[self._grantor]), str(row.values[self._number])
            self._rows.setdefault(grantor, {}).setdefault(number, []).append(row)
            self._given_to.setdefault(str(row.values[self._grantee]), set()).add(grantor)
        self._read: dict[str, tuple[StatedConsent, ...]] = {}

    def given_by(self, grantor: str) -> tuple[StatedConsent, ...]:
        """Consents of a grantor, in force or not, by number."""
        if grantor not in self._read:
            of_number = self._rows.get(grantor, {})
            self._read[grantor] = tuple(
                stated_together(self._kind, of_number[number], self._today)
                for number in sorted(of_number)
            )
        return self._read[grantor]

    def received_by(self, grantee: str) -> tuple[StatedConsent, ...]:
        """Consents that a grantee has received, in force or not, by grantor and number."""
        grantors = sorted(self._given_to.get(grantee, ()))
        return tuple(c for g in grantors for c in self.given_by(g) if c.grantee == grantee)

    def of(self, grantor: str, number: str) -> StatedConsent | None:
        """Return one consent, or None."""
        return next((one for one in self.given_by(grantor) if one.number == number), None)

    def opening(self, grantor: str, grantee: str, purpose: str, scope: str) -> Consent | None:
        """Return the consent in force, first by number, that lets the grantee see a scope."""
        for one in self.given_by(grantor):
            named = (one.grantee, one.purpose) == (grantee, purpose)
            if named and one.state == "in force" and scope in one.scopes:
                return Consent(grantor, grantee, purpose, one.scopes, one.number)
        return None


def consent_index(workspace: Workspace, today: date) -> ConsentIndex:
    """All consents, as last loaded, with their state today."""
    return indexed(workspace, "consents", today, _consents)


def _consents(workspace: Workspace, today: date) -> ConsentIndex:
    rows = (row for row in workspace.store.rows("consent") if row.tx_to == OPEN_TX)
    return ConsentIndex(workspace.dictionary.kind("consent"), rows, today)


def stated_together(kind: Kind, rows: Sequence[Row], today: str) -> StatedConsent:
    """Return what all rows of one key say together.

    Where several sources state one consent, each of them must say that it holds today, for the
    same grantee and purpose; it opens what all of them name.

    Parameters
    ----------
    kind : Kind
        Of consents.
    rows : sequence of Row
        Of one key, known now; at least one.
    today : str
        ISO day.
    """
    told = [dict(zip(kind.field_names, row.values, strict=True)) for row in rows]
    holds = [Interval(row.valid_from, row.valid_to).holds_on(today) for row in rows]
    sources = {row.source for row in rows}
    silent = sources - {row.source for row, held in zip(rows, holds, strict=True) if held}
    counted = told if silent else [v for v, held in zip(told, holds, strict=True) if held]
    scopes = frozenset.intersection(*(_scopes(str(v["scopes"])) for v in counted)) - {WITHDRAWN}
    spans = Interval(max(r.valid_from for r in rows), min(r.valid_to for r in rows))
    first = told[0]
    state: State = "in force"
    if any((v["grantee"], v["purpose"]) != (first["grantee"], first["purpose"]) for v in told):
        state = "disagreement"
    elif any(v["scopes"] == WITHDRAWN for v in told):
        state = "withdrawn"
    elif silent:
        state = "not yet" if Interval(today, spans.start).is_forward else "ended"
    elif not all(is_evidenced(str(v["method"]), str(v["evidence_sha256"] or "")) for v in counted):
        state = "no scan"
    grantor, number, grantee, purpose, method = (
        str(first[name]) for name in ("grantor", "consent_no", "grantee", "purpose", "method")
    )
    return StatedConsent(
        *(grantor, number, grantee, purpose, scopes, spans.start, spans.end, method),
        tuple(sorted(sources)),
        state,
    )


@cache
def _scopes(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split("；")))


def is_evidenced(method: str, digest: str) -> bool:
    """Whether a consent on paper has the SHA-256 of its scan; signed-in ones need none."""
    return method != "paper" or (len(digest) == 64 and set(digest.lower()) <= DIGEST)
