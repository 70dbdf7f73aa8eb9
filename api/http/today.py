"""The day on which rights are asked: by the calendar of the place."""

from datetime import date
from typing import Annotated

from fastapi import Depends


def today() -> date:
    """Today."""
    return date.today()  # noqa: DTZ011 (consents are dated by the calendar of the place)


Today = Annotated[date, Depends(today)]
"""Parameter of a route that asks for rights."""
