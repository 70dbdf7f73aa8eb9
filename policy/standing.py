"""Which statements count today: the only place that takes one out of a picture.

    expired     its publicity has ended, five years after recognition at the latest
                                                  信用修复管理办法 (2026-04-01); Order 204 Art. 14
    repaired    the authority granted repair      信用修复管理办法 (2026-04-01) Art. 3
    withdrawn   the authority took it back        信用修复管理办法 (2026-04-01) Art. 3
    no_joining  the source did not allow analysis 网络数据安全管理条例 Art. 16
    objected, objection_upheld, objection_corrected, repaired
                a case took the statement or its link out (`policy.cases`)
                                                  征信业管理条例 Art. 25

Where several sources state one credit record, the one that counts (smallest rank) says whether it
has ended, and the others follow it: 信用中国 prevails over copies (信用修复管理办法).

Algorithms know none of this: a figure after a repair equals the figure without the record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph_model.assemble import Standing
from graph_model.network import MISSING
from graph_model.snapshot import day_numbers, has_come, in_window

ENDINGS = (
    ("withdrawn_on", "withdrawn", "信用修复管理办法 (2026-04-01) Art. 3"),
    ("repaired_on", "repaired", "信用修复管理办法 (2026-04-01) Art. 3"),
    ("expires_on", "expired", "广州市公共信用信息管理规定 (Order 204) Art. 14"),
)
"""Date fields of a credit record whose coming ends its use, with reason and clause."""

LONGEST_MONTHS = 60
"""After recognition a record is used no longer than this, whatever its source says (Art. 14)."""

NO_JOINING = ("no_joining", "网络数据安全管理条例 Art. 16")

PREVAILS = "the record of the authority prevails over copies"

Reasons = dict[int, tuple[str, str]]


@dataclass(frozen=True)
class TakenOut:
    """Statements that a case takes out: rows of a kind whose cells are these.

    Parameters
    ----------
    kind : str
    cells : dict of str to str
        Column -> value, all of which must hold: source and key, or the parties of a link.
    reason, clause : str
    upto : int, optional
        Only versions known since this load or before it.
    """

    kind: str
    cells: Mapping[str, str]
    reason: str
    clause: str
    upto: int | None = None


def standing(
    tables: Mapping[str, pa.Table],
    association_allowed: Mapping[str, bool],
    day: date,
    taken_out: Sequence[TakenOut],
    ranks: Mapping[str, int],
) -> dict[str, Standing]:
    """Standing of every row of every table on one day.

    Parameters
    ----------
    tables : dict of str to pyarrow.Table
        Rows by kind, with `key`, `source`, `tx_from` and the kind's own fields.
    association_allowed : dict of str to bool
        Whether each source lets its data be joined for analysis; a source that is not named
        does not.
    day : datetime.date
        Day of the picture.
    taken_out : sequence of TakenOut
        What cases take out, as of both dates of the tables.
    ranks : dict of str to int
        Rank of each source: of several that state one credit record the smallest decides.
    """
    return {
        kind: _of_kind(
            table,
            association_allowed,
            day if kind == "credit_record" else None,
            [one for one in taken_out if one.kind == kind],
            ranks,
        )
        for kind, table in tables.items()
    }


def _of_kind(
    table: pa.Table,
    association_allowed: Mapping[str, bool],
    records_on: date | None,
    taken_out: Sequence[TakenOut],
    ranks: Mapping[str, int],
) -> Standing:
    reasons: Reasons = {}
    sources = table["source"].combine_chunks().dictionary_encode()
    for place, source in enumerate(sources.dictionary.to_pylist()):
        if not association_allowed.get(source, False):
            barred = np.asarray(sources.indices.to_numpy()) == place
            reasons |= dict.fromkeys(np.flatnonzero(barred).tolist(), NO_JOINING)
    if records_on is not None:
        ended = _ended(table, records_on)
        barred = np.zeros(table.num_rows, dtype=bool)
        barred[list(reasons)] = True
        reasons = _with_copies(table, ended, barred, ranks) | ended | reasons
    for one in taken_out:
        for row in rows_named(table, one):
            reasons.setdefault(row, (one.reason, one.clause))
    counts = np.ones(table.num_rows, dtype=bool)
    counts[list(reasons)] = False
    return Standing(counts, reasons)


def _ended(table: pa.Table, day: date) -> Reasons:
    """Records whose use has ended, with the reason that comes first in `ENDINGS`."""
    found: Reasons = {}
    for field, reason, clause in ENDINGS:
        come = has_come(day, day_numbers(table[field].to_pylist(), MISSING))
        found = dict.fromkeys(np.flatnonzero(come).tolist(), (reason, clause)) | found
    recognised = day_numbers(table["recognised_on"].to_pylist(), MISSING)
    too_old = has_come(day, recognised) & ~in_window(day, LONGEST_MONTHS, recognised)
    return dict.fromkeys(np.flatnonzero(too_old).tolist(), ENDINGS[-1][1:]) | found


def _with_copies(
    table: pa.Table, ended: Reasons, barred: npt.NDArray[np.bool_], ranks: Mapping[str, int]
) -> Reasons:
    """Copies of ended records that other sources state: the source that counts decides."""
    names = np.array(table["source"].to_pylist(), dtype=str)
    if not ended or len(np.unique(names)) < 2:
        return {}
    keys = table["key"].combine_chunks().dictionary_encode().indices.to_numpy()
    rank = np.array([ranks.get(name, 1000) for name in names])
    order = np.lexsort((names, rank, barred, keys))
    first = np.ones(len(order), dtype=bool)
    first[1:] = keys[order][1:] != keys[order][:-1]
    winner = order[np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))]
    return {
        int(row): (ended[int(best)][0], f"{ended[int(best)][1]}; {PREVAILS}")
        for row, best in zip(order[~first], winner[~first], strict=True)
        if int(best) in ended and not barred[best]
    }


def rows_named(table: pa.Table, wanted: TakenOut) -> list[int]:
    """Rows of a table of that kind that have all the cells, in the versions that are meant."""
    mask: pa.ChunkedArray | None = None
    for column, value in wanted.cells.items():
        same = pc.equal(table[column], value)
        mask = same if mask is None else pc.and_(mask, same)
    if wanted.upto is not None:
        mask = pc.and_(mask, pc.less_equal(table["tx_from"], wanted.upto))
    found: list[int] = np.flatnonzero(np.asarray(pc.fill_null(mask, False))).tolist()
    return found
