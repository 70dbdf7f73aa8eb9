"""Who fell and who did not, as the records of a later picture show it.

A party's target event within the twelve months before the later picture stands in its node table;
records that do not count (repaired, withdrawn, expired) are not in it.
"""

import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt

from graph_model.errors import BadInput
from graph_model.network import MISSING, CreditNetwork, known
from graph_model.snapshot import day_of_number, months_before

HORIZON_MONTHS = 12
KINDS = (b"enterprise", b"carrier")
"""Kinds of party whose falls are counted: not lenders, public bodies, or persons who trade."""


def counted(network: CreditNetwork) -> npt.NDArray[np.bool_]:
    """Parties of a picture whose falls are counted: in the register, and no persons."""
    of_kind = np.isin(network.columns["kind"], KINDS)
    return of_kind & np.char.startswith(network.party_id, b"uscc:")


def recorded_falls(before: CreditNetwork, after: CreditNetwork) -> npt.NDArray[np.int64]:
    """Day number of the target event of every party of `before`, as `after` shows it.

    Parameters
    ----------
    before : CreditNetwork
    after : CreditNetwork
        Picture of the day twelve months later.

    Returns
    -------
    array of int64, shape (n,)
        `MISSING` where there was none.

    Raises
    ------
    BadInput
        When the pictures are not twelve months apart: events in a picture are those of a year.
    """
    if months_before(after.valid_date, HORIZON_MONTHS) != before.valid_date:
        value = f"pictures of {before.valid_date} and {after.valid_date}"
        rule = f"outcomes are those of {HORIZON_MONTHS} months"
        raise BadInput(value, rule, "Take pictures a year apart.")
    event = after.columns["event_on"].astype(np.int64)
    at = np.minimum(np.searchsorted(after.party_id, before.party_id), max(len(after) - 1, 0))
    found = np.full(len(before), MISSING)
    if len(after):
        same = after.party_id[at] == before.party_id
        found[same] = event[at[same]]
    return found


def write_outcomes(path: Path, before: CreditNetwork, after: CreditNetwork) -> int:
    """Write the file that `alliance calibrate` reads; returns how many fell.

    Parameters
    ----------
    path : pathlib.Path
    before, after : CreditNetwork
        As for `recorded_falls`.
    """
    event = recorded_falls(before, after)
    fell = known(event)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("party", "date", "fell"))
        for k in np.flatnonzero(counted(before)).tolist():
            day = day_of_number(int(event[k])).isoformat() if fell[k] else ""
            out.writerow((before.party_id[k].decode(), day, "yes" if fell[k] else "no"))
    return int((fell & counted(before)).sum())
