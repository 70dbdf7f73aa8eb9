"""The lender's own picture: statements that count, less what other lenders lent.

    a loan of another lender      does not count       征信业管理条例 Art. 29
    "90 days past due" recorded by another lender      likewise: it tells of its loan

The borrower's consent lets its figure be seen, never another lender's loan. Taken out before
anything is computed, it is in no figure, rank, share, amount, cache or log that the lender reads.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph_model.assemble import Standing

OTHER_LENDER = ("other_lender", "征信业管理条例 Art. 29")
LOAN_RECORD = "loan_90_days"
"""Kind of record that a lender states about a loan of its own."""


def without_other_lenders(
    standing: Mapping[str, Standing],
    tables: Mapping[str, pa.Table],
    source_types: Mapping[str, str],
    lender: str,
) -> dict[str, Standing]:
    """Standing of every row as one lender may have it.

    Parameters
    ----------
    standing : dict of str to Standing
        Of everybody's picture.
    tables : dict of str to pyarrow.Table
        Rows by kind, with `source` and the kind's own fields.
    source_types : dict of str to str
        Type of each source (`codes/source_type.csv`).
    lender : str
        Party id of whose view it is.
    """
    found = dict(standing)
    loans = tables["loan"]
    own = np.asarray(pc.equal(loans["lender"], lender).to_numpy(zero_copy_only=False), np.bool_)
    found["loan"] = _struck(standing["loan"], ~own)
    others = {source for source, kind in source_types.items() if kind == "lender"}
    others |= set(loans["source"].unique().to_pylist())
    others -= set(loans.filter(pa.array(own))["source"].unique().to_pylist())
    records = tables["credit_record"]
    told = np.array(
        [
            kind == LOAN_RECORD and source in others
            for kind, source in zip(
                records["record_kind"].to_pylist(), records["source"].to_pylist(), strict=True
            )
        ],
        dtype=np.bool_,
    )
    found["credit_record"] = _struck(standing["credit_record"], told)
    return found


def _struck(standing: Standing, out: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Standing:
    reasons = dict(standing.reasons)
    reasons |= dict.fromkeys(np.flatnonzero(out & standing.counts).tolist(), OTHER_LENDER)
    return replace(standing, counts=standing.counts & ~out, reasons=reasons)
