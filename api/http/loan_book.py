"""A lender's own loan book: sent once, and asked about."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Header, Query, Response, UploadFile

from api.audit import now
from api.http.documented import REFUSALS
from api.http.exports import FILES, Filed, download
from api.http.paging import Paged
from api.http.shapes_loan_book import (
    ConcentrationsShape,
    ExposureShape,
    LimitsShape,
    UploadShape,
)
from api.http.state import workspace_of
from api.http.today import Today
from api.http.viewer import viewer_of
from api.services import loan_book
from api.services.concentration import concentrations, limits
from api.services.exporting import MOST_ROWS
from api.services.exposure import exposure
from api.services.lender_tables import borrowers_table
from api.services.workspace import Workspace
from graph_model.errors import BadInput
from policy.visibility import Viewer

router = APIRouter(prefix="/api/v1/loan-book", tags=["loan book"])

ViewerOf = Annotated[Viewer, Depends(viewer_of)]
WorkspaceOf = Annotated[Workspace, Depends(workspace_of)]
DayQuery = Annotated[
    date | None, Query(alias="date", description="Day of the assessment; default the latest.")
]


@router.post("", summary="Send the loan book", status_code=201, responses=REFUSALS)
def send(
    viewer: ViewerOf,
    workspace: WorkspaceOf,
    today: Today,
    file: Annotated[UploadFile, File(description="CSV or XLSX with the template's headers.")],
    idempotency_key: Annotated[
        str, Header(description="A file sent again under its key is the same upload.")
    ],
    capital_fen: Annotated[
        int | None, Form(description="The lender's net capital, for its limits.")
    ] = None,
) -> UploadShape:
    """Read, match and keep the book for the lender alone; nothing of it becomes a statement."""
    with _on_disk(file) as path:
        return UploadShape.of(
            loan_book.upload(
                workspace,
                viewer,
                path,
                idempotency_key,
                today,
                file_name=file.filename or "",
                capital_fen=capital_fen,
            )
        )


@router.get(
    "/borrowers",
    summary="Level and exposure of each borrower",
    response_model=ExposureShape,
    responses={**REFUSALS, 200: FILES},
)
def borrowers(
    viewer: ViewerOf,
    workspace: WorkspaceOf,
    today: Today,
    page: Paged,
    kind: Filed,
    day: DayQuery = None,
) -> ExposureShape | Response:
    """Exposure direct and through one hop; of borrowers without consent the own loan only."""
    if kind is not None:
        action = f"exposure of the loan book as {kind}"
        whole = exposure(workspace, viewer, day, today, limit=MOST_ROWS, action=action)
        return download(borrowers_table(whole, viewer, day, now()), kind)
    upload, begins = page.numbered()
    answer = exposure(workspace, viewer, day, today, offset=begins, limit=page.limit)
    if upload not in (None, answer.upload):
        rule = "another loan book was sent since the page before this one"
        raise BadInput("cursor", rule, "Begin at the first page, without a cursor.")
    ends = begins + len(answer.borrowers)
    following = page.following((answer.upload, ends)) if ends < answer.borrowers_in_all else None
    return ExposureShape.of(answer, following)


@router.get("/concentration", summary="Where balances gather", responses=REFUSALS)
def concentration(
    viewer: ViewerOf, workspace: WorkspaceOf, today: Today, day: DayQuery = None
) -> ConcentrationsShape:
    """Shares by chain, sector, guarantor and carrier."""
    return ConcentrationsShape.model_validate(concentrations(workspace, viewer, day, today))


@router.get("/limits", summary="Limits against the lender's capital", responses=REFUSALS)
def held(
    viewer: ViewerOf, workspace: WorkspaceOf, today: Today, day: DayQuery = None
) -> LimitsShape:
    """Single names, groups of one control and guarantee circles, each with its clause."""
    return LimitsShape.model_validate(limits(workspace, viewer, day, today))


@contextmanager
def _on_disk(file: UploadFile) -> Iterator[Path]:
    """The uploaded file under a name of ours, with the suffix of the sender's."""
    suffix = Path(file.filename or "").suffix.lower()
    if suffix not in (".csv", ".tsv", ".txt", ".xlsx"):
        rule = "a loan book is a CSV, TSV or XLSX file"
        raise BadInput(f"file {(file.filename or '')[:80]!r}", rule, "Name it so.")
    with TemporaryDirectory(prefix="alliance-") as folder:
        path = Path(folder) / f"book{suffix}"
        read = 0
        with path.open("wb") as out:
            while block := file.file.read(1 << 20):
                read += len(block)
                if read > loan_book.MOST_BYTES:
                    rule = f"a loan book has at most {loan_book.MOST_BYTES // 2**20} MB"
                    raise BadInput("file", rule, "Send it in parts.")
                out.write(block)
        yield path
