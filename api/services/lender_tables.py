"""A lender's borrowers as a table that can be taken out."""

from datetime import date

from api.services.exporting import Table, yuan
from api.services.exposure import Exposure
from api.services.own_tables import exporter_of
from policy.visibility import Viewer

BORROWERS = (
    *("主体 party", "名称 name", "借据 loans", "余额（元） balance", "抵质押（元） collateral"),
    *("匹配分 match score", "授权 consent", "预警等级 level", "位次 rank", "倍数 ratio"),
    *("概率 probability", "标准误 standard error", "一跳敞口（元） one hop"),
    *("波及他人（元） through", "未给出 withheld", "依据 rule"),
)


def borrowers_table(found: Exposure, viewer: Viewer, asked: date | None, at: str) -> Table:
    """One borrower a row; of those without consent the lender's own loan only."""
    rows = [
        (
            *(one.party, one.name, "；".join(one.loans)),
            *(yuan(one.balance_fen), yuan(one.collateral_fen), one.match_score),
            *(one.consent, one.level, one.rank, one.ratio, one.probability, one.standard_error),
            *(yuan(one.one_hop_fen), yuan(one.through_fen), one.withheld, one.rule),
        )
        for one in found.borrowers
    ]
    filters = {"lender": found.lender, "date": "latest" if asked is None else asked.isoformat()}
    notes = {"run": found.run_id, "upload": f"{found.upload} of {found.uploaded_at}"}
    told = (exporter_of(viewer), at, notes)
    return Table("borrowers", BORROWERS, rows, filters, found.date, *told)
