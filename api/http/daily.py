"""What a running server does once a day by itself: it seals the journals."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, time, timedelta

from api import today as calendar
from api.services.auditing import seal
from api.services.workspace import Workspace
from graph_model.errors import AllianceError

AT = time(0, 5)
"""When, by the clock of the place: soon after a day has ended."""

LOG = logging.getLogger("alliance.daily")


@asynccontextmanager
async def sealed_daily(workspace: Callable[[], Workspace]) -> AsyncIterator[None]:
    """Seal every day while the context lasts; `workspace` raises while there is none."""
    task = asyncio.create_task(_every_day(workspace))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def seconds_until(now: datetime) -> float:
    """Seconds until the next sealing.

    >>> seconds_until(datetime(2026, 10, 31, 23, 5))
    3600.0
    """
    tomorrow = datetime.combine(now.date() + timedelta(days=1), AT, now.tzinfo)
    return (tomorrow - now).total_seconds()


async def _every_day(workspace: Callable[[], Workspace]) -> None:
    while True:
        await asyncio.sleep(seconds_until(datetime.now()))  # noqa: DTZ005 (the place's clock)
        try:
            written = await asyncio.to_thread(seal, workspace(), calendar.today())
            LOG.info("sealed %d journals", len(written))
        except AllianceError as fault:
            LOG.error("the journals were not sealed: %s", fault)
        except Exception as fault:  # whatever it was: the next day is tried again
            LOG.error("the journals were not sealed", exc_info=fault)
