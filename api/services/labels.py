"""Labels of a party for a lender: bands and flags, never rows (穗府办函〔2020〕35号 item (六)).

Facts of the register are public; labels of public credit data and of payment need the party's
consent to the class they belong to.
"""

from dataclasses import dataclass

import numpy as np

from graph_model.network import MISSING, CreditNetwork
from policy.visibility import Ref, Rights, Sight, Viewer, decide

RECORDS = (
    ("records_minor", "轻微失信", "minor records"),
    ("records_general", "一般失信", "general records"),
    ("records_serious", "严重失信", "serious records"),
)
OVERDUE = ((1, "未逾期", "not overdue"), (31, "逾期30天以内", "up to 30 days past due"),
           (91, "逾期31–90天", "31 to 90 days past due"))  # fmt: skip
LATE = ("逾期90天以上", "more than 90 days past due")


@dataclass(frozen=True)
class Label:
    """One label: which fact, and its band in words."""

    code: str
    zh: str
    en: str


def labels_of(
    network: CreditNetwork, viewer: Viewer, rights: Rights, party: str, place: int | None
) -> tuple[Label, ...]:
    """Labels that the viewer may see of a party.

    Parameters
    ----------
    network : CreditNetwork
        The viewer's own picture.
    viewer : Viewer
    rights : Rights
    party : str
    place : int or None
        Of the party in the picture.
    """
    if place is None or rights.personal(party):
        return ()
    found: list[Label] = []
    for name in ("size", "reg_state"):
        code = rights.dictionary.codes("size_class" if name == "size" else name).get(
            network.text(name, place)
        )
        if code is not None:
            found.append(Label(name, code.zh, code.en))
    if _sees(viewer, "credit", party, rights):
        for name, zh, en in RECORDS:
            count = int(network.columns[name][place].astype(np.int64))
            some = count not in (0, MISSING)
            found.append(
                Label(name, f"{zh}：{'有' if some else '无'}", f"{en}: {'yes' if some else 'none'}")
            )
    days = int(network.columns["overdue_days"][place].astype(np.int64))
    if days != MISSING and _sees(viewer, "debt_label", party, rights):
        zh, en = next(((zh, en) for below, zh, en in OVERDUE if days < below), LATE)
        found.append(Label("overdue_days", zh, en))
    return tuple(found)


def _sees(viewer: Viewer, visibility: str, party: str, rights: Rights) -> bool:
    return decide(viewer, Ref(visibility, (party,)), rights).sight >= Sight.BAND
