"""Results of jobs: one file each, shown only while all the rights it rests on last.

A result names parties because of what they let this viewer see when it was made. It is kept with
those consents and the version of the rules; where one of them has ended since, or was narrowed, it
is not shown any more.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from api.jobs.book import Job, book_of
from api.jobs.kinds import Outcome, allowed_subject, checked
from api.services.consent_index import ConsentIndex
from api.services.rights import Opened, rights_of
from api.services.workspace import Workspace
from graph_model.errors import NotAllowed, StoreError
from policy.visibility import Rights, Viewer

Read = tuple[Job, dict[str, Any] | None]


@dataclass(frozen=True)
class Ground:
    """What a result rests on.

    Attributes
    ----------
    rules : str
        Version of the visibility rules.
    consents : tuple of (str, tuple of str)
        Who let the viewer see which scopes, of those that the result names.
    """

    rules: str
    consents: tuple[tuple[str, tuple[str, ...]], ...]

    def lasts(self, viewer: Viewer, rights: Rights) -> bool:
        """Whether every consent of it is still in force, under the same rules."""
        return self.rules == rights.rules.reference and all(
            rights.consents.opening(grantor, viewer.organisation, viewer.purpose, scope)
            for grantor, scopes in self.consents
            for scope in scopes
        )


def ground_of(viewer: Viewer, outcome: Outcome, rules: str, *at: ConsentIndex) -> Ground:
    """What an outcome rests on, by the consents before and after it was made."""
    scopes: dict[str, set[str]] = {}
    for grantor in sorted({outcome.subject, *outcome.parties}):
        for index in at:
            for one in index.given_by(grantor):
                named = (one.grantee, one.purpose) == (viewer.organisation, viewer.purpose)
                if named and one.state == "in force":
                    scopes.setdefault(grantor, set()).update(one.scopes)
    return Ground(rules, tuple((who, tuple(sorted(found))) for who, found in scopes.items()))


def keep(workspace: Workspace, job: str, outcome: Outcome, ground: Ground) -> str:
    """Write a result, whole or not at all; returns its digest."""
    folder = workspace.settings.home / "jobs"
    folder.mkdir(parents=True, exist_ok=True)
    told = {"outcome": asdict(outcome), "ground": asdict(ground)}
    content = json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
    aside = folder / f"{job}.part"
    aside.write_bytes(content)
    aside.chmod(0o600)
    aside.replace(folder / f"{job}.json")
    return hashlib.sha256(content).hexdigest()


def submitted(
    workspace: Workspace, viewer: Viewer, kind: str, parameters: dict[str, Any], today: date
) -> Job:
    """Queue a job for a viewer who may ask for it about this subject.

    Raises
    ------
    BadInput, NotAllowed, NotFound
        For an unknown kind or parameter, a role or a subject that is not allowed.
    """
    asked = checked(kind, viewer, parameters)
    may_state_purpose(viewer, rights_of(workspace, today, None))
    allowed_subject(workspace, viewer, asked, today, f"job {kind}: submitted")
    plain = asked.model_dump(mode="json", exclude_defaults=True)
    return book_of(workspace).submit(viewer, kind, plain)


def read(workspace: Workspace, viewer: Viewer, job: str, today: date) -> Read:
    """How a job of a viewer stands, and its result once it is done.

    The right to the subject and to everybody named is asked for anew, and the look written down:
    a consent that ended since closes the result too.

    Raises
    ------
    NotFound
        When there is no such job of this viewer.
    NotAllowed
        When a right that the result rests on has ended.
    StoreError
        When its file is gone or was changed.
    """
    found = book_of(workspace).get(viewer, job)
    if found.state != "done":
        return found, None
    asked = checked(found.kind, viewer, found.parameters)
    allowed = allowed_subject(workspace, viewer, asked, today, f"job {found.kind}: result")
    outcome, ground = _kept(workspace, found)
    if allowed is not None and not _open(allowed, outcome, ground):
        rule = "a consent that this result rests on has ended since it was made"
        raise NotAllowed(f"job {job}", rule, "Ask anew: you get what you may see now.")
    return found, outcome.result


def may_state_purpose(viewer: Viewer, rights: Rights) -> None:
    """Refuse a purpose that is none of the role's."""
    if (viewer.purpose, viewer.role) not in rights.rules.purposes:
        rule = f"the role {viewer.role} may not state it ({rights.rules.reference}, purposes)"
        raise NotAllowed(f"purpose {viewer.purpose}", rule, "State a purpose of your role.")


def _open(allowed: Opened, outcome: Outcome, ground: Ground) -> bool:
    return ground.lasts(allowed.viewer, allowed.rights) and all(map(allowed.sees, outcome.parties))


def _kept(workspace: Workspace, job: Job) -> tuple[Outcome, Ground]:
    path = workspace.settings.home / "jobs" / f"{job.id}.json"
    try:
        content = path.read_bytes()
    except OSError as error:
        rule = f"its file cannot be read ({error.strerror})"
        raise StoreError(f"result of job {job.id}", rule, "Ask anew.") from error
    if hashlib.sha256(content).hexdigest() != job.digest:
        rule = "its file is not the one that was written"
        raise StoreError(f"result of job {job.id}", rule, "Find out who wrote to it; ask anew.")
    told = json.loads(content)
    outcome, ground = told["outcome"], told["ground"]
    consents = tuple((grantor, tuple(scopes)) for grantor, scopes in ground["consents"])
    made = Outcome(outcome["result"], outcome["subject"], tuple(outcome["parties"]))
    return made, Ground(ground["rules"], consents)
