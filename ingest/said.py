"""What one load has said: every key that its files name, and which row first named it.

That tells a contradiction (two rows of one load) from a correction (a row against an earlier
load), and what a full extract no longer names.
"""

from collections import ChainMap
from collections.abc import Iterable, MutableMapping
from typing import NamedTuple

from graph_model.schema import Kind
from graph_model.statement import Row


class Place(NamedTuple):
    """Where a good row named a key."""

    file: str
    line: int


Keys = MutableMapping[str, Place | None]
"""Key to the first good row that named it; None where only rows kept aside did."""

Settled = frozenset[tuple[int, int]]
"""(load, line) of rows that a person has corrected and taken in again."""

Part = tuple[str | None, ...]
"""Parts of a key of which some could not be read."""


class Said:
    """Keys by kind, and by the day as of which they were said."""

    def __init__(self) -> None:
        self._keys: dict[str, dict[str, dict[str, Place | None]]] = {}
        self._parts: dict[str, dict[str, set[Part]]] = {}

    def before(self, kind: Kind, day: str) -> list[Keys]:
        """Keys that a row may contradict: of states those of the same day, else all."""
        by_day = self._keys.get(kind.name, {})
        if kind.time == "state":
            return [by_day[day]] if day in by_day else []
        return list(by_day.values())

    def add(self, kind: str, day: str, keys: Keys) -> None:
        """Take in the keys that the good rows of a chunk named."""
        held = self._keys.setdefault(kind, {}).setdefault(day, {})
        for key, place in keys.items():
            if held.get(key) is None:
                held[key] = place

    def add_aside(self, kind: str, day: str, keys: Iterable[str], parts: Iterable[Part]) -> None:
        """Take in keys of rows kept aside: named, and nothing is known of them.

        Of a key that cannot be read whole the readable parts count, so that a damaged cell does
        not end the fact it speaks of.
        """
        held = self._keys.setdefault(kind, {}).setdefault(day, {})
        for key in keys:
            held.setdefault(key, None)
        self._parts.setdefault(kind, {}).setdefault(day, set()).update(
            part for part in parts if any(one is not None for one in part)
        )

    def names(self, kind: Kind, day: str, row: Row) -> bool:
        """Whether the extract as of `day` names a row: of events, whether any file does."""
        days = self._keys.get(kind.name, {}) if kind.time == "event" else [day]
        if any(row.key in self._keys.get(kind.name, {}).get(one, {}) for one in days):
            return True
        return any(
            _fits(part, row.key)
            for one in days
            for part in self._parts.get(kind.name, {}).get(one, ())
        )


def drafted(before: Iterable[Keys]) -> ChainMap[str, Place | None]:
    """Keys said so far, with a first map of its own for what is said next."""
    return ChainMap({}, *before)


def _fits(part: Part, key: str) -> bool:
    return all(p is None or p == held for p, held in zip(part, key.split("|"), strict=True))
