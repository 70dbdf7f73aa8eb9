"""Kinds of jobs: who may ask for which, with what parameters, and what does the work."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date as Day  # noqa: N812 (a field below is called date)
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.services.changes import Asked
from api.services.origins import partner_origins
from api.services.rights import Opened, opened
from api.services.runs import assess_day
from api.services.what_if import partner_what_if
from api.services.workspace import Workspace
from graph_model.errors import BadInput, NotAllowed
from policy.visibility import Viewer

Progress = Callable[[int, int], None]
"""Told the steps done, and of how many; raises to end the work."""

Change = Annotated[str, Field(max_length=400)]
Changes = Annotated[tuple[Change, ...], Field(max_length=50)]


@dataclass(frozen=True)
class Outcome:
    """What a job found.

    Attributes
    ----------
    result : dict
        Plain JSON.
    subject : str
        Party it is about; "" where it is about nobody.
    parties : tuple of str
        Others that it names: it is shown only while the viewer could be shown each of them.
    """

    result: dict[str, Any]
    subject: str = ""
    parties: tuple[str, ...] = ()


class _Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AssessParameters(_Parameters):
    """Assess the picture of a day and publish it."""

    date: Day
    scenarios: Annotated[int | None, Field(ge=64, le=10_000_000)] = None
    seed: Annotated[int | None, Field(ge=0, lt=2**63)] = None
    relative_error: Annotated[float | None, Field(gt=0, le=1)] = None


class SubjectParameters(_Parameters):
    """About whom, and on which day; the latest by default."""

    party: Annotated[str, Field(max_length=128)]
    date: Day | None = None


class WhatIfParameters(SubjectParameters):
    """Changes as `alliance what-if` takes them; amounts in yuan."""

    add: Changes = ()
    drop: Changes = ()
    change: Changes = ()
    add_party: Changes = ()
    drop_party: Changes = ()
    change_party: Changes = ()


def _assess(
    workspace: Workspace, _viewer: Viewer, asked: AssessParameters, _today: Day, progress: Progress
) -> Outcome:
    made = assess_day(
        workspace,
        asked.date,
        scenarios=asked.scenarios,
        seed=asked.seed,
        relative_error=asked.relative_error,
        progress=progress,
    )
    return Outcome(
        {
            "run_id": made.run_id,
            "network_id": made.network.network_id,
            "date": made.network.valid_date.isoformat(),
            "parties": len(made.network),
            "scenarios": made.run.scenarios,
        }
    )


def _what_if(
    workspace: Workspace, viewer: Viewer, asked: WhatIfParameters, today: Day, progress: Progress
) -> Outcome:
    progress(0, 1)
    options = (asked.add, asked.drop, asked.change)
    changes = Asked(*options, asked.add_party, asked.drop_party, asked.change_party)
    found = partner_what_if(workspace, viewer, asked.party, changes, asked.date, today)
    progress(1, 1)
    named = tuple(mover.party for mover in found.movers)
    return Outcome(_plain(found), found.subject.party, named)


def _paths(
    workspace: Workspace, viewer: Viewer, asked: SubjectParameters, today: Day, progress: Progress
) -> Outcome:
    progress(0, 1)
    found = partner_origins(workspace, viewer, asked.party, asked.date, today)
    progress(1, 1)
    named = {party for path in found.paths for party in path.parties}
    named |= {origin.party for origin in found.origins}
    return Outcome(_plain(found), found.party, tuple(sorted(named - {found.party})))


def _plain(answer: Any) -> dict[str, Any]:
    """Answer as plain JSON."""
    text = json.dumps(dataclasses.asdict(answer), default=str, ensure_ascii=False)
    plain: dict[str, Any] = json.loads(text)
    return plain


@dataclass(frozen=True)
class JobKind:
    """One kind: its parameters, whose roles may ask, and the work."""

    parameters: type[_Parameters]
    roles: tuple[str, ...]
    work: Callable[[Workspace, Viewer, Any, Day, Progress], Outcome]


KINDS: Mapping[str, JobKind] = {
    "assess": JobKind(AssessParameters, ("administrator",), _assess),
    "what_if": JobKind(WhatIfParameters, ("member", "financier"), _what_if),
    "paths": JobKind(SubjectParameters, ("member", "financier"), _paths),
}


def checked(kind: str, viewer: Viewer, parameters: Mapping[str, Any]) -> _Parameters:
    """Read the parameters of a kind of job, for a viewer whose role may ask for it.

    Raises
    ------
    BadInput
        When there is no such kind, or a parameter is wrong.
    NotAllowed
        When the role may not ask for it.
    """
    known = KINDS.get(kind)
    if known is None:
        raise BadInput(repr(kind[:80]), "is no kind of job", f"Kinds are {', '.join(KINDS)}.")
    if viewer.role not in known.roles:
        rule = f"jobs of kind {kind} are for the roles {', '.join(known.roles)}"
        raise NotAllowed(f"role {viewer.role}", rule, "Ask somebody who has one of them.")
    try:
        return known.parameters.model_validate(parameters)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        value = f"parameters.{place}"
        raise BadInput(value, first["msg"], "See /docs for what may stand there.") from error


def allowed_subject(
    workspace: Workspace, viewer: Viewer, parameters: _Parameters, today: Day, action: str
) -> Opened | None:
    """Ask for the right to the party a job is about, and write it down; None if about nobody.

    Raises
    ------
    NotAllowed
        When no rule lets the viewer see it.
    """
    if not isinstance(parameters, SubjectParameters):
        return None
    return opened(workspace, viewer, parameters.party, parameters.date, today, action)
