"""The same list as a file: `?format=csv|xlsx`, or by the header `Accept`."""

from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import Depends, Header, Query, Response

from api.services.exporting import MEDIA, Format, Table, exported


def format_asked(
    format: Annotated[  # noqa: A002 (the word of the query)
        Literal["json", "csv", "xlsx"] | None,
        Query(description="json in pages, or the whole list as a file."),
    ] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Format | None:
    """Which file is asked for, None for JSON; the query stands above the header."""
    if format is not None:
        return None if format == "json" else format
    first = accept.partition(",")[0].partition(";")[0].strip().lower()
    return next((kind for kind, media in MEDIA.items() if media.startswith(f"{first};")), None) or (
        "xlsx" if first == MEDIA["xlsx"] else None
    )


Filed = Annotated[Format | None, Depends(format_asked)]
"""Parameter of a route whose list can be taken out as a file."""

FILES: dict[str, Any] = {
    "description": "The list, as JSON in pages or as a file.",
    "content": {
        "text/csv": {"schema": {"type": "string"}},
        MEDIA["xlsx"]: {"schema": {"type": "string", "format": "binary"}},
    },
}
"""For `responses={200: FILES}`."""


def download(table: Table, kind: Format) -> Response:
    """Answer with a file."""
    name = f"{table.name}-{table.date}.{kind}"
    headers = {
        "Content-Disposition": f"attachment; filename=\"{name}\"; filename*=UTF-8''{quote(name)}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(exported(table, kind), media_type=MEDIA[kind], headers=headers)
