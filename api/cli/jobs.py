"""`alliance jobs`: the operator's view of long work, and a worker beside the server."""

from typing import Annotated

import typer

from api.cli.app import HomeOption, StoreOption, app, console, errors, listing, workspace
from api.jobs.book import book_of
from api.jobs.worker import Worker

jobs = typer.Typer(no_args_is_help=True, help="Long work: list it, or work on it.")
app.add_typer(jobs, name="jobs")


@jobs.command("list", epilog="Example: alliance jobs list --last 50")
def list_jobs(
    last: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the latest.")] = 20,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Print the latest jobs: kind, state, progress, for whom; never what they found."""
    with workspace(store, home) as opened:
        found = list(book_of(opened).all().values())
    table = listing("id", "kind", "state", "progress", "for", "submitted", "error")
    for job in found[-last:]:
        table.add_row(
            job.id,
            job.kind,
            job.state,
            f"{job.done}/{job.all}" if job.all else "",
            f"{job.viewer.role}:{job.viewer.organisation}",
            job.submitted_at,
            job.error[1] if job.error else "",
        )
    console.print(table)


@jobs.command("work", epilog="Example: alliance jobs work")
def work(
    once: Annotated[bool, typer.Option(help="End when no job waits.")] = False,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Work on jobs until interrupted; the server may run with ALLIANCE_JOB_WORKERS=0 beside it."""
    with workspace(store, home) as opened:
        worker = Worker(opened)
        if not once:
            errors.print("working on jobs; stop with Ctrl-C")
            worker.run()
            return
        with worker.alive():
            done = 0
            while worker.step():
                done += 1
        console.print(f"{done} jobs worked on")
