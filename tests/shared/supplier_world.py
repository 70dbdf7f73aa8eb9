"""Parties and viewers of the small world that the tests of the API ask about."""

from stating import party

from api.services.tokens import issue
from api.settings import Settings

SUPPLIER, BUYER, OTHER, BANK_PARTY, TRADER = (party(n) for n in (1, 2, 3, 4, 5))


def headers(
    settings: Settings, role: str, organisation: str, purpose: str | None
) -> dict[str, str]:
    made = {"Authorization": f"Bearer {issue(settings, role, organisation, 'test')}"}
    return made if purpose is None else made | {"X-Purpose": purpose}
