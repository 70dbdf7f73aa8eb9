"""Reasons for which a unified social credit code is refused or doubted, as data.

Words, severity and way out stand in `dictionary/codes/uscc_reasons.csv`, so that they can be
corrected without touching the code that finds the faults.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_CODES = Path(__file__).with_name("dictionary") / "codes"


@dataclass(frozen=True, slots=True)
class UsccReason:
    """One line of `uscc_reasons.csv`: what is wrong, how bad it is and what to do.

    Severity is "quarantine" (verdict invalid), "warning" or "note" (verdict stays valid).
    """

    code: str
    zh: str
    en: str
    severity: str
    way_out_zh: str
    way_out_en: str


def code_table(name: str) -> list[dict[str, str]]:
    """Read one table of `dictionary/codes`.

    Parameters
    ----------
    name : str
        File name with its suffix.

    Returns
    -------
    list of dict
        One a row, column to text.
    """
    with (_CODES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def reasons() -> dict[str, UsccReason]:
    """Read the table of reasons.

    Returns
    -------
    dict of str to UsccReason
        By reason code, in the order of `dictionary/codes/uscc_reasons.csv`.
    """
    return {
        row["reason_code"]: UsccReason(
            code=row["reason_code"],
            zh=row["zh"],
            en=row["en"],
            severity=row["severity"],
            way_out_zh=row["way_out_zh"],
            way_out_en=row["way_out_en"],
        )
        for row in code_table("uscc_reasons.csv")
    }
