"""The day on which rights are asked: by the calendar of the place."""

from datetime import date


def today() -> date:
    """Today; consents are dated by the local calendar."""
    return date.today()  # noqa: DTZ011 (the day on the calendar of the place)
