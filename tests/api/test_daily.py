"""A running server seals its journals day by day, whatever one day brings."""

import asyncio
from typing import Any

import pytest

from api.http import daily


def test_a_day_that_fails_is_told_and_the_next_one_is_tried(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    days: list[int] = []

    def seal(*_asked: Any) -> list[Any]:
        days.append(len(days))
        if len(days) == 1:
            raise OSError("no space left")
        return []

    async def serve() -> None:
        async with daily.sealed_daily(lambda: None):  # type: ignore[arg-type, return-value]
            for _ in range(500):
                if len(days) > 1:
                    break
                await asyncio.sleep(0.01)

    monkeypatch.setattr(daily, "seal", seal)
    monkeypatch.setattr(daily, "seconds_until", lambda _now: 0.01)
    asyncio.run(serve())
    assert len(days) > 1
    assert "no space left" in caplog.text
