"""A worker: claims jobs one after the other, does them, and says how they went.

It holds a lock file for as long as it lives. A job at work whose worker's lock is free was lost
with its process; any worker lets it wait again, or fail when that has happened too often.
"""

import logging
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from filelock import FileLock, Timeout

from api.jobs.book import Book, Job, book_of
from api.jobs.kinds import KINDS, checked
from api.jobs.results import ground_of, keep
from api.services.consent_index import consent_index
from api.services.rights import rules_of
from api.services.workspace import Workspace
from api.today import today
from graph_model.errors import AllianceError, StoreError

LOG = logging.getLogger("alliance.jobs")
SAY_SECONDS = 1.0
"""Progress is written down at most this often."""

LOOK_SECONDS = 0.5
"""How long a worker without work waits before it looks again."""

ORPHANS_SECONDS = 15.0
CLOSE_SECONDS = 20.0
"""How long a stopping server waits for a job that does not answer."""


class Cancelled(Exception):
    """The viewer wants no more of it."""


class Interrupted(Exception):
    """The process stops; another will do it."""


class Worker:
    """One worker of a workspace.

    Parameters
    ----------
    workspace : Workspace
    stop : threading.Event
        Set it, and the worker ends as soon as the job at work says how far it is.
    """

    def __init__(self, workspace: Workspace, stop: Event | None = None) -> None:
        self.workspace = workspace
        self.stop = stop or Event()
        self.name = f"{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self._book: Book = book_of(workspace)
        self._looked = float("-inf")

    def run(self) -> None:
        """Work until told to stop."""
        with self.alive():
            while not self.stop.is_set():
                try:
                    worked = self.step()
                except StoreError as error:
                    LOG.error("worker %s: %s", self.name, error)
                    worked = False
                if not worked:
                    self.stop.wait(LOOK_SECONDS)

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Hold the lock that says so."""
        lock = self._lock(self.name)
        with lock:
            yield
        self._forget(lock)

    def step(self) -> bool:
        """Do the job that has waited longest; says whether there was one."""
        if time.monotonic() - self._looked > ORPHANS_SECONDS:
            self._looked = time.monotonic()
            self.adopt()
        waiting = (job for job in self._book.all().values() if job.state == "queued")
        for job in waiting:
            claimed = self._book.claim(self.name, job.id)
            if claimed is not None:
                self._work(claimed)
                return True
        return False

    def adopt(self) -> None:
        """Take care of jobs whose workers have died."""
        for job in self._book.all().values():
            if job.state != "running" or job.worker == self.name:
                continue
            lock = self._lock(job.worker)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue  # it lives
            self._forget(lock)
            self._book.requeue(job.id, job.worker, "the process that worked on it ended")

    def _work(self, job: Job) -> None:
        """Do one job; whatever happens stands in the book."""
        said = time.monotonic()

        def progress(done: int, of: int) -> None:
            nonlocal said
            if self._book.all()[job.id].cancel_asked:
                raise Cancelled
            if self.stop.is_set():
                raise Interrupted
            if time.monotonic() - said >= SAY_SECONDS:
                said = time.monotonic()
                self._book.progress(job.id, self.name, done, of)

        kind = KINDS[job.kind]
        day = today()
        try:
            parameters = checked(job.kind, job.viewer, job.parameters)
            before = consent_index(self.workspace, day)
            outcome = kind.work(self.workspace, job.viewer, parameters, day, progress)
            after = consent_index(self.workspace, day)
            progress(1, 1)
            rules = rules_of(self.workspace, day).reference
            ground = ground_of(job.viewer, outcome, rules, before, after)
            self._book.finish(job.id, self.name, keep(self.workspace, job.id, outcome, ground))
        except Cancelled:
            self._book.stopped(job.id, self.name)
        except Interrupted:
            self._book.give_back(job.id, self.name)
        except AllianceError as error:
            self._book.fail(job.id, self.name, (error.value, error.rule, error.way_out))
        except Exception as error:
            LOG.error("job %s", job.id, exc_info=error)
            rule = "the server met something it did not foresee"
            way_out = "Tell the operator the number of the job; it stands in the log."
            self._book.fail(job.id, self.name, (f"job {job.id}", rule, way_out))

    def _lock(self, name: str) -> FileLock:
        folder = self.workspace.settings.home / "workers"
        folder.mkdir(parents=True, exist_ok=True)
        return FileLock(folder / f"{name}.lock", thread_local=False)

    def _forget(self, lock: FileLock) -> None:
        """Let go of a lock and its file."""
        lock.release(force=True)
        Path(lock.lock_file).unlink(missing_ok=True)


@contextmanager
def workers(workspace: Workspace, how_many: int) -> Iterator[None]:
    """Let so many workers run beside whatever is done inside."""
    stop = Event()
    threads = [
        Thread(target=Worker(workspace, stop).run, name=f"jobs-{k}", daemon=True)
        for k in range(how_many)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(CLOSE_SECONDS)
