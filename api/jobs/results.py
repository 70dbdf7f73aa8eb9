"""Results of jobs: one file each, shown only while the rights they rest on last."""

import hashlib
import json
from dataclasses import asdict
from datetime import date
from typing import Any

from api.jobs.book import Job, book_of
from api.jobs.kinds import Outcome, allowed_subject, checked
from api.services.workspace import Workspace
from graph_model.errors import NotAllowed, StoreError
from policy.visibility import Viewer

Read = tuple[Job, dict[str, Any] | None]


def keep(workspace: Workspace, job: str, outcome: Outcome) -> str:
    """Write a result, whole or not at all; returns its digest."""
    folder = workspace.settings.home / "jobs"
    folder.mkdir(parents=True, exist_ok=True)
    content = json.dumps(asdict(outcome), ensure_ascii=False, sort_keys=True).encode()
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
    outcome = _kept(workspace, found)
    if allowed is not None and not all(map(allowed.sees, outcome.parties)):
        rule = "a consent that this result rests on has ended since it was made"
        raise NotAllowed(f"job {job}", rule, "Ask anew: you get what you may see now.")
    return found, outcome.result


def _kept(workspace: Workspace, job: Job) -> Outcome:
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
    return Outcome(told["result"], told["subject"], tuple(told["parties"]))
