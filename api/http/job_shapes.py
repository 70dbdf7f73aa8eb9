"""Shapes of jobs."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from api.jobs.book import Job, State

EXAMPLE: dict[str, Any] = {
    "id": "6f1c2c5e0b6a4f5e9a531f2f6b1d9a10",
    "kind": "what_if",
    "parameters": {
        "party": "uscc:91440112XXXX000191",
        "drop": ["guarantee:91440112XXXX000191:91440112XXXX00027U"],
    },
    "state": "running",
    "done": 0,
    "of": 1,
    "submitted_at": "2026-11-24T08:00:00+00:00",
    "started_at": "2026-11-24T08:00:01+00:00",
    "ended_at": None,
    "cancel_asked": False,
    "attempts": 1,
    "error": None,
    "result": None,
}


class JobAsked(BaseModel):
    """What is to be done."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{k: EXAMPLE[k] for k in ("kind", "parameters")}]},
    )

    kind: Annotated[str, Field(max_length=40, description="assess, what_if or paths.")]
    parameters: Annotated[
        dict[str, Any],
        Field(
            description="assess: date, scenarios, seed, relative_error. paths: party, date. "
            "what_if: party, date, and lists of changes add, drop, change, add_party, drop_party, "
            "change_party, written as `alliance what-if` takes them.",
        ),
    ]


class JobErrorShape(BaseModel):
    """Why a job failed."""

    value: str
    rule: str
    way_out: str


class JobShape(BaseModel):
    """How a job stands."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: str
    kind: str
    parameters: dict[str, Any]
    state: State
    done: Annotated[int, Field(description="Steps done.")]
    of: Annotated[int, Field(description="Of how many; 0 while it is not known.")]
    submitted_at: str
    started_at: str | None
    ended_at: str | None
    cancel_asked: bool
    attempts: Annotated[int, Field(description="How often it was begun.")]
    error: JobErrorShape | None
    result: Annotated[
        dict[str, Any] | None,
        Field(description="What was found, when one job is asked for that is done."),
    ]

    @classmethod
    def of_job(cls, job: Job, result: dict[str, Any] | None = None) -> "JobShape":
        """Shape a job."""
        return cls(
            id=job.id,
            kind=job.kind,
            parameters=dict(job.parameters),
            state=job.state,
            done=job.done,
            of=job.all,
            submitted_at=job.submitted_at,
            started_at=job.started_at or None,
            ended_at=job.ended_at or None,
            cancel_asked=job.cancel_asked,
            attempts=job.attempts,
            error=_error(job),
            result=result,
        )


def _error(job: Job) -> JobErrorShape | None:
    if job.error is None:
        return None
    value, rule, way_out = job.error
    return JobErrorShape(value=value, rule=rule, way_out=way_out)
