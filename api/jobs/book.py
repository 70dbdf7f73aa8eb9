"""The book of jobs: the stream `jobs`, folded into how each job stands.

    submitted ─► claimed ─► progress … ─► done | failed
        │           │  └─► requeued (its worker died) | given back (it stopped) ─► claimed
        └── cancel ─┴────► cancelled

Of two claims the first in the journal counts; what a worker says of a job that is not his any more
counts for nothing. Everything stands in the journal, so jobs outlive the process.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Literal

from api.audit import now
from api.services.workspace import Workspace
from graph_model.errors import Conflict, NotFound
from graph_model.store.protocol import JournalEntry, Store
from policy.visibility import Viewer

STREAM = "jobs"
ATTEMPTS = 2
"""How often a job is begun whose worker dies."""

State = Literal["queued", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class Job:
    """How one job stands.

    Attributes
    ----------
    number : int
        Line of the journal on which it was submitted.
    parameters : dict
        As asked, checked.
    done, all : int
        Steps done, and of how many; 0 of 0 before anything is known.
    worker : str
        Who works on it, or did last.
    attempts : int
        How often it was begun.
    cancel_asked : bool
    error : tuple of str or None
        Value, rule and way out, if it failed.
    digest : str
        Of its result, if it is done.
    """

    id: str
    number: int
    kind: str
    parameters: Mapping[str, Any]
    viewer: Viewer
    state: State
    submitted_at: str
    started_at: str = ""
    ended_at: str = ""
    done: int = 0
    all: int = 0
    worker: str = ""
    attempts: int = 0
    cancel_asked: bool = False
    error: tuple[str, str, str] | None = None
    digest: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing will happen any more."""
        return self.state in ("done", "failed", "cancelled")


class Book:
    """Jobs of one store, as its journal says; read on from where it was read last.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._seq = 0
        self._jobs: dict[str, Job] = {}

    def submit(self, viewer: Viewer, kind: str, parameters: Mapping[str, Any]) -> Job:
        """Put a job into the queue."""
        job = uuid.uuid4().hex
        self._say(
            job,
            "submitted",
            kind=kind,
            parameters=dict(parameters),
            role=viewer.role,
            organisation=viewer.organisation,
            purpose=viewer.purpose,
        )
        return self.all()[job]

    def all(self) -> dict[str, Job]:
        """Every job by id, in the order in which they were submitted."""
        with self._lock:
            for line in self._store.journal(STREAM, self._seq):
                self._fold(line)
                self._seq = line["seq"]
            return dict(self._jobs)

    def of(self, viewer: Viewer) -> list[Job]:
        """Jobs of a viewer, the latest first."""
        return [job for job in reversed(self.all().values()) if job.viewer == viewer]

    def get(self, viewer: Viewer, job: str) -> Job:
        """One job of a viewer.

        Raises
        ------
        NotFound
            When there is none, in the same words when it is another's.
        """
        found = self.all().get(job)
        if found is None or found.viewer != viewer:
            rule = "no such job of this viewer"
            raise NotFound("job", rule, "List your jobs, under the purpose they were asked for.")
        return found

    def cancel(self, viewer: Viewer, job: str) -> Job:
        """Ask for a job to end; one that waits ends at once.

        Raises
        ------
        NotFound
            As `get`.
        Conflict
            When it has ended already.
        """
        found = self.get(viewer, job)
        if found.ended:
            raise Conflict(f"job {job}", f"has ended: {found.state}", "Ask anew if need be.")
        self._say(job, "cancel")
        return self.get(viewer, job)

    def claim(self, worker: str, job: str) -> Job | None:
        """Claim a waiting job; None when somebody else was first."""
        self._say(job, "claimed", worker=worker)
        found = self.all()[job]
        return found if (found.state, found.worker) == ("running", worker) else None

    def requeue(self, job: str, worker: str, why: str) -> None:
        """Let a job that was lost by its worker wait again, or fail when it was lost too often."""
        if self.all()[job].attempts >= ATTEMPTS:
            way_out = "Ask the operator: the log of the server says why. Then ask anew."
            self.fail(job, worker, (f"begun {ATTEMPTS} times", why, way_out))
        else:
            self._say(job, "requeued", worker=worker, why=why)

    def give_back(self, job: str, worker: str) -> None:
        """Let a job wait again that its worker has no time to end; this was no attempt."""
        self._say(job, "given back", worker=worker)

    def progress(self, job: str, worker: str, done: int, of: int) -> None:
        """Say how far it is."""
        self._say(job, "progress", worker=worker, done=done, all=of)

    def finish(self, job: str, worker: str, digest: str) -> None:
        """Say that it is done."""
        self._say(job, "done", worker=worker, digest=digest)

    def fail(self, job: str, worker: str, error: tuple[str, str, str]) -> None:
        """Say that it failed."""
        self._say(job, "failed", worker=worker, error=list(error))

    def stopped(self, job: str, worker: str) -> None:
        """Say that it was cancelled while at work."""
        self._say(job, "cancelled", worker=worker)

    def _say(self, job: str, event: str, **more: Any) -> None:
        self._store.append(STREAM, now(), {"job": job, "event": event, **more})

    def _fold(self, line: JournalEntry) -> None:
        told, at = line["payload"], line["at"]
        job = told["job"]
        if told["event"] == "submitted":
            viewer = Viewer(told["role"], told["organisation"], told["purpose"])
            self._jobs[job] = Job(
                job, line["seq"], told["kind"], told["parameters"], viewer, "queued", at
            )
        else:
            self._jobs[job] = folded(self._jobs[job], told, at)


def folded(job: Job, told: Mapping[str, Any], at: str) -> Job:
    """How a job stands after one more event."""
    event = told["event"]
    if event == "cancel" and not job.ended:
        if job.state == "queued":
            return replace(job, state="cancelled", cancel_asked=True, ended_at=at)
        return replace(job, cancel_asked=True)
    if event == "claimed" and job.state == "queued":
        return replace(
            job,
            state="running",
            worker=told["worker"],
            started_at=at,
            attempts=job.attempts + 1,
            done=0,
            all=0,
        )
    if job.state != "running" or told.get("worker") != job.worker:
        return job
    match event:
        case "progress":
            return replace(job, done=told["done"], all=told["all"])
        case "requeued" | "given back" if job.cancel_asked:
            return replace(job, state="cancelled", ended_at=at)
        case "requeued":
            return replace(job, state="queued", done=0, all=0)
        case "given back":
            return replace(job, state="queued", done=0, all=0, attempts=job.attempts - 1)
        case "done":
            return replace(job, state="done", ended_at=at, done=job.all, digest=told["digest"])
        case "failed":
            value, rule, way_out = told["error"]
            return replace(job, state="failed", ended_at=at, error=(value, rule, way_out))
        case "cancelled":
            return replace(job, state="cancelled", ended_at=at)
    return job


def book_of(workspace: Workspace) -> Book:
    """Return the book of a workspace, the same for all that ask."""
    with _opening:
        found = workspace.kept.get(STREAM)
        if not isinstance(found, Book):
            found = workspace.kept[STREAM] = Book(workspace.store)
    return found


_opening = Lock()
