"""Consents in force, found by who gave them to whom and for what.

A consent names grantor, grantee, purpose, fields (visibility scopes) and a period; it is given on
paper (with the number of the authorisation and the digest of its scan) or signed in the system
(征信业管理条例 Art. 18, 29). What it does not name it does not open.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Consent:
    """One consent in force on the day of the question."""

    grantor: str
    grantee: str
    purpose: str
    scopes: frozenset[str]
    number: str


class Opens(Protocol):
    """Where consents in force are looked up."""

    def opening(self, grantor: str, grantee: str, purpose: str, scope: str) -> Consent | None:
        """Return the consent, first by number, that lets the grantee see a scope; else None."""
        ...


class Consents:
    """A few consents of one day.

    Parameters
    ----------
    consents : iterable of Consent
        In force on that day.
    """

    def __init__(self, consents: Iterable[Consent] = ()) -> None:
        self._between: dict[tuple[str, str, str], list[Consent]] = {}
        for one in consents:
            self._between.setdefault((one.grantor, one.grantee, one.purpose), []).append(one)
        for found in self._between.values():
            found.sort(key=lambda one: one.number)

    def opening(self, grantor: str, grantee: str, purpose: str, scope: str) -> Consent | None:
        """Return the consent, first by number, that lets the grantee see a scope; else None."""
        found = self._between.get((grantor, grantee, purpose), ())
        return next((one for one in found if scope in one.scopes), None)
