"""Published figures follow the cases: whatever takes a step queues an assessment of its day."""

from datetime import date

from api.audit import OPERATOR
from api.jobs.book import Job, book_of
from api.services.runs import published_entries
from api.services.workspace import Workspace

KIND = "assess"


def follow_cases(workspace: Workspace, today: date) -> Job | None:
    """Queue an assessment of today, on behalf of the operator.

    Returns
    -------
    Job or None
        None where no figures are published yet, or such an assessment waits already.
    """
    if not published_entries(workspace):
        return None
    book = book_of(workspace)
    asked = {"date": today.isoformat()}
    if any(
        (job.kind, job.state, dict(job.parameters)) == (KIND, "queued", asked)
        for job in book.all().values()
    ):
        return None
    return book.submit(OPERATOR, KIND, asked)
