"""Made names and codes: 广州云埔 + an invented word + the trade（示例）有限公司, codes XXXX…."""

import csv
from functools import cache
from pathlib import Path

import numpy as np

from graph_model import uscc
from graph_model.uscc_arithmetic import OUTER_ALPHABET

BODIES = len(OUTER_ALPHABET) ** 4
"""Bodies XXXX + four symbols."""

REGIONS = (("440112", 0.6), ("440116", 0.25), ("440101", 0.15))
"""Registrars: the district, its former neighbour (still in codes), the city; and their shares."""


@cache
def _words(means: str) -> dict[str, str]:
    path = Path(__file__).parent / "name_words.csv"
    with path.open(encoding="utf-8", newline="") as file:
        found = [row for row in csv.DictReader(file) if row["means"] == means]
    return {row["key"] or row["word"]: row["word"] for row in found}


def trade_of(sector: str) -> str:
    """Word for the trade of a class of industry."""
    return _words("trade").get(sector, "实业")


def made_names(random: np.random.Generator, trades: list[str], form: str) -> list[str]:
    """Distinct names, one for each trade word.

    Parameters
    ----------
    random : numpy.random.Generator
    trades : list of str
    form : str
        Legal form at the end, such as 有限公司.
    """
    syllables = list(_words("syllable"))
    taken: set[str] = set()
    names = []
    for trade, picks in zip(
        trades, random.integers(len(syllables), size=(len(trades), 8)).tolist(), strict=True
    ):
        word = ""
        for length in range(2, 9):
            word = "".join(syllables[k] for k in picks[:length])
            if f"{word}{trade}" not in taken:
                break
        taken.add(f"{word}{trade}")
        names.append(f"广州云埔{word}{trade}（示例）{form}")
    return names


def made_codes(
    random: np.random.Generator, count: int, *, first: int, authority: str = "91"
) -> list[str]:
    """Distinct codes with both check characters.

    Parameters
    ----------
    random : numpy.random.Generator
        Draws the registrars.
    count : int
    first : int
        Number of the first body; bodies of different numbers differ.
    authority : str
        Registration authority and category: 91 an enterprise, 12 a public institution.
    """
    regions = [name for name, _ in REGIONS]
    drawn = random.choice(len(regions), size=count, p=[share for _, share in REGIONS]).tolist()
    return [
        uscc.make(authority, regions[region], f"XXXX{_body(first + place)}")
        for place, region in enumerate(drawn)
    ]


def _body(number: int) -> str:
    # A stride without common factor, so that neighbours in the list do not look like neighbours.
    rest = number * 387_413 % BODIES
    symbols = ""
    for _ in range(4):
        rest, digit = divmod(rest, len(OUTER_ALPHABET))
        symbols = OUTER_ALPHABET[digit] + symbols
    return symbols
