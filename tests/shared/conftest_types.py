"""Types of fixtures that tests name."""

from collections.abc import Callable

Run = Callable[..., tuple[int, str, str]]
