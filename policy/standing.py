"""Which statements count today: the only place that takes one out of a picture.

    expired     its publicity has ended           信用修复管理办法 (2026-04-01); Order 204 Art. 14
    repaired    the authority granted repair      信用修复管理办法 (2026-04-01) Art. 3
    withdrawn   the authority took it back        信用修复管理办法 (2026-04-01) Art. 3
    no_joining  the source did not allow analysis 网络数据安全管理条例 Art. 16

Algorithms know none of this: a figure after a repair equals the figure without the record.
"""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from graph_model.assemble import Standing
from graph_model.network import MISSING
from graph_model.snapshot import day_numbers, has_come

ENDINGS = (
    ("withdrawn_on", "withdrawn", "信用修复管理办法 (2026-04-01) Art. 3"),
    ("repaired_on", "repaired", "信用修复管理办法 (2026-04-01) Art. 3"),
    ("expires_on", "expired", "广州市公共信用信息管理规定 (Order 204) Art. 14"),
)
"""Date fields of a credit record whose coming ends its use, with reason and clause."""

NO_JOINING = ("no_joining", "网络数据安全管理条例 Art. 16")


def standing(
    tables: Mapping[str, pa.Table], association_allowed: Mapping[str, bool], day: date
) -> dict[str, Standing]:
    """Standing of every row of every table on one day.

    Parameters
    ----------
    tables : dict of str to pyarrow.Table
        Rows by kind, with `source` and the kind's own fields.
    association_allowed : dict of str to bool
        Whether each source lets its data be joined for analysis; a source that is not named
        does not.
    day : datetime.date
        Day of the picture.
    """
    return {kind: _of_kind(kind, table, association_allowed, day) for kind, table in tables.items()}


def _of_kind(
    kind: str, table: pa.Table, association_allowed: Mapping[str, bool], day: date
) -> Standing:
    counts = np.ones(table.num_rows, dtype=bool)
    reasons: dict[int, tuple[str, str]] = {}
    sources = table["source"].combine_chunks().dictionary_encode()
    for place, source in enumerate(sources.dictionary.to_pylist()):
        if not association_allowed.get(source, False):
            barred = np.asarray(sources.indices.to_numpy()) == place
            reasons |= dict.fromkeys(np.flatnonzero(barred).tolist(), NO_JOINING)
            counts &= ~barred
    if kind == "credit_record":
        for field, reason, clause in ENDINGS:
            ended = has_come(day, day_numbers(table[field].to_pylist(), MISSING))
            reasons |= dict.fromkeys(np.flatnonzero(ended & counts).tolist(), (reason, clause))
            counts &= ~ended
    return Standing(counts, reasons)
