"""Who asks, for whom, and why: no purpose, no answer (PIPL Art. 6)."""

from collections.abc import Mapping
from dataclasses import dataclass

from graph_model.errors import BadInput
from graph_model.schema import Code

ROLES = ("member", "financier", "official", "administrator")


@dataclass(frozen=True)
class Viewer:
    """Who asks, for whom, and why.

    Parameters
    ----------
    role : str
        One of `ROLES`.
    organisation : str
        Party id of the organisation the viewer acts for.
    purpose : str
        Code of `codes/purpose.csv`.
    """

    role: str
    organisation: str
    purpose: str


def viewer(role: str, organisation: str, purpose: str, purposes: Mapping[str, Code]) -> Viewer:
    """Make a viewer.

    Raises
    ------
    BadInput
        When the role or the purpose is none, or no purpose is given: no purpose, no answer.
    """
    if role not in ROLES:
        raise BadInput(repr(role), "is no role", f"Roles are {', '.join(ROLES)}.")
    if not organisation:
        raise BadInput("organisation", "is missing", "Say for whom you ask, by party id.")
    if purpose not in purposes:
        listed = ", ".join(purposes)
        value = repr(purpose) if purpose else "purpose"
        rule = "is no purpose of a query" if purpose else "is missing: no purpose, no answer"
        raise BadInput(value, rule, f"State its code, one of {listed}.")
    return Viewer(role, organisation, purpose)
