"""Pages of a list: an opaque cursor says where the last page ended.

    next page = rows whose key > key of the last row shown

The cursor holds that key and a digest of the question, and is not signed: it can only move within
what the viewer may see, which is decided anew on every page. Rows that come or go between two
pages are neither shown twice nor let others be missed.
"""

import base64
import binascii
import hashlib
import json
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field

from graph_model.errors import BadInput

MOST = 200
"""Rows of one page at most."""

Key = tuple[str | int | float, ...]
Row = TypeVar("Row")
Shape = TypeVar("Shape")


class Page(BaseModel, Generic[Shape]):
    """One page of a list."""

    items: list[Shape]
    total: Annotated[int, Field(description="Rows of the whole list that the viewer may see.")]
    next: Annotated[
        str | None, Field(description="Path and query of the next page; null on the last.")
    ]


@dataclass(frozen=True)
class PageAsked:
    """Which page is asked for.

    Attributes
    ----------
    after : tuple or None
        Key of the last row seen; None for the first page.
    """

    limit: int
    after: Key | None
    path: str
    question: tuple[tuple[str, str], ...]

    def of(
        self,
        rows: Sequence[Row],
        key: Callable[[Row], Key],
        shape: Callable[[Row], Shape],
    ) -> Page[Shape]:
        """Cut the page out of the whole list.

        Parameters
        ----------
        rows : sequence
            In ascending order of their keys.
        key : callable
            Place of a row in the order, unlike that of any other row: texts and numbers.
        shape : callable
            What goes over the wire; called for the rows of the page only.

        Raises
        ------
        BadInput
            When the cursor holds a key of another form.
        """
        try:
            start = 0 if self.after is None else bisect_right(rows, self.after, key=key)
        except TypeError as error:
            raise _not_ours() from error
        stop = min(start + self.limit, len(rows))
        following = self.following(key(rows[stop - 1])) if stop < len(rows) else None
        return Page[Any](
            items=[shape(rows[k]) for k in range(start, stop)], total=len(rows), next=following
        )

    def following(self, key: Key) -> str:
        """Path and query of the page after the row of a key."""
        cursor = _written(key, self.path, self.question)
        query = [*self.question, ("limit", str(self.limit)), ("cursor", cursor)]
        return f"{self.path}?{urlencode(query)}"

    def numbered(self) -> tuple[int | None, int]:
        """Number of the list, None for the first page, and how many of its rows were seen.

        Raises
        ------
        BadInput
            When the cursor holds another key than these two.
        """
        match self.after:
            case None:
                return None, 0
            case (int(number), int(seen)) if seen > 0:
                return number, seen
        raise _not_ours()


def page_asked(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST, description="Rows of a page.")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=1024, description="From `next` of the page before.")
    ] = None,
) -> PageAsked:
    """Read which page is asked for; 422 for a cursor of another question."""
    question = tuple(
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in ("limit", "cursor")
    )
    path = request.url.path
    after = None if cursor is None else _read(cursor, path, question)
    return PageAsked(limit, after, path, question)


Paged = Annotated[PageAsked, Depends(page_asked)]
"""Parameter of a route that answers in pages."""


def _written(key: Key, path: str, question: tuple[tuple[str, str], ...]) -> str:
    text = json.dumps([_digest(path, question), *key], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str, path: str, question: tuple[tuple[str, str], ...]) -> Key:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        content = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _not_ours() from error
    if not isinstance(content, list) or len(content) < 2 or content[0] != _digest(path, question):
        raise _not_ours()
    if not all(isinstance(part, str | int | float) for part in content[1:]):
        raise _not_ours()
    return tuple(content[1:])


def _digest(path: str, question: tuple[tuple[str, str], ...]) -> str:
    text = json.dumps([path, sorted(question)])
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _not_ours() -> BadInput:
    rule = "it was not given by the page before this one, of the same question"
    return BadInput("cursor", rule, "Begin at the first page, without a cursor.")
