"""The day on which rights are asked, for routes."""

from datetime import date
from typing import Annotated

from fastapi import Depends

from api.today import today

Today = Annotated[date, Depends(today)]
"""Parameter of a route that asks for rights."""
