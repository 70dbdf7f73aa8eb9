"""Long work: submit, look how far it is, cancel."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from api.http.documented import REFUSALS
from api.http.job_shapes import JobAsked, JobShape
from api.http.paging import Page, Paged
from api.http.state import workspace_of
from api.http.today import Today
from api.http.viewer import viewer_of
from api.jobs.book import Job, book_of
from api.jobs.results import read, submitted
from api.services.workspace import Workspace
from policy.visibility import Viewer

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"], responses=REFUSALS)

Asking = Annotated[Viewer, Depends(viewer_of)]
Opened = Annotated[Workspace, Depends(workspace_of)]
JobId = Annotated[str, Path(max_length=64, description="Id of the job.")]


@router.post("", summary="Ask for long work", status_code=202)
def submit(
    viewer: Asking, workspace: Opened, today: Today, asked: JobAsked, response: Response
) -> JobShape:
    """Queue a job and answer at once; ask for it again to see how far it is.

    `assess` is the administrator's; `what_if` and `paths` are members' and financiers', about
    parties they may see.
    """
    job = submitted(workspace, viewer, asked.kind, asked.parameters, today)
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    return JobShape.of_job(job)


@router.get("", summary="One's own jobs")
def list_jobs(viewer: Asking, workspace: Opened, page: Paged) -> Page[JobShape]:
    """Jobs of this viewer, asked for under this purpose, the latest first; without results."""
    jobs = book_of(workspace).of(viewer)
    return page.of(jobs, lambda job: (-job.number,), JobShape.of_job)


@router.get("/{job}", summary="How far a job is, and its result")
def show(viewer: Asking, workspace: Opened, today: Today, job: JobId) -> JobShape:
    """State and progress; the result once it is done, while the rights it rests on last."""
    return JobShape.of_job(*read(workspace, viewer, job, today))


@router.delete("/{job}", summary="Cancel a job")
def cancel(viewer: Asking, workspace: Opened, job: JobId) -> JobShape:
    """Ask for it to end: a waiting one ends at once, one at work at its next step; 409 after."""
    stood: Job = book_of(workspace).cancel(viewer, job)
    return JobShape.of_job(stood)
