"""Departments and courts: penalties, lists, confirmed late payables."""

import numpy as np

from ingest.district.calendar import Extract
from ingest.district.district import District
from ingest.district.files import Delivery, Form, Sheet, Source, SourceFile
from ingest.district.settings import Ints
from ingest.district.target_events import BANKRUPTCY, COURT, PAYABLE
from ingest.district.texts import days, picked

PENALTIES = Source(
    id="double-publicity",
    name="公共信用信息平台双公示（示例）",
    type="official",
    rank=5,
    authorisation="广州市公共信用信息管理规定（示例引用）",
    mappings={
        "penalties.toml": """\
name = "行政处罚双公示"

[[statement]]
kind = "credit_record"

[statement.fields]
party = { column = "行政相对人代码_1（统一社会信用代码）" }
record_no = { column = "行政处罚决定书文号" }
record_kind = { constant = "admin_penalty" }
severity = { column = "失信程度" }
authority = { column = "处罚机关" }
recognised_on = { column = "处罚决定日期" }
expires_on = { column = "公示截止期" }
repaired_on = { column = "修复日期" }
"""
    },
)
COURT_LISTS = Source(
    id="court",
    name="人民法院执行与破产名单（示例）",
    type="court",
    rank=3,
    authorisation="最高人民法院关于公布失信被执行人名单信息的若干规定（示例引用）",
    mappings={
        "court-list.toml": """\
name = "法院名单"

[[statement]]
kind = "credit_record"

[statement.fields]
party = { column = "统一社会信用代码" }
record_no = { column = "案号" }
record_kind = { column = "名单类别" }
severity = { column = "失信程度", values = { "严重失信主体" = "严重" } }
authority = { column = "执行法院" }
recognised_on = { column = "发布日期" }
withdrawn_on = { column = "撤销日期" }
"""
    },
)
PAYABLES = Source(
    id="payment-complaints",
    name="拖欠中小企业账款投诉处理（示例）",
    type="official",
    rank=6,
    authorisation="保障中小企业款项支付条例（示例引用）",
    mappings={
        "complaints.toml": """\
name = "确认拖欠满九十日账款"

[[statement]]
kind = "credit_record"

[statement.fields]
party = { column = "拖欠方代码" }
record_no = { column = "办理编号" }
record_kind = { constant = "payable_90_days" }
severity = { constant = "serious" }
authority = { column = "确认机关" }
recognised_on = { column = "满九十日" }
"""
    },
)

PENALTIES_A_YEAR = 0.05
REPAIRED = 0.35
DEBTOR_SHARE = 0.02
"""Share of strained enterprises a month that a court lists as judgment debtors."""

STRAINED = 0.3


def official(district: District, extract: Extract) -> list[Delivery]:
    """Folders of departments and courts."""
    return [
        *_penalties(district, extract),
        *_court(district, extract),
        *_complaints(district, extract),
    ]


def _penalties(district: District, extract: Extract) -> list[Delivery]:
    people, setting = district.population, district.setting
    random = setting.random("penalties")
    count = people.enterprises
    many = random.poisson(PENALTIES_A_YEAR / 12, (setting.seen_months, count))
    month, party = np.nonzero(many)
    when = setting.month_days[month] + random.integers(28, size=len(month))
    grave = random.choice(3, size=len(month), p=[0.6, 0.33, 0.07])
    repaired = random.random(len(month)) < REPAIRED
    chosen = np.flatnonzero(extract.has(when))
    grade = ("轻微", "一般", "严重")
    lasts = np.array([90, 365, 1095])[grave]
    office = ("市场监督管理局", "生态环境分局", "应急管理局", "交通运输局")
    repair = np.where(repaired & (when + 60 < setting.month_days[-1]), when + 60, when + 10**5)
    known = repaired[chosen] & (repair[chosen] <= setting.month_days[extract.end_month])
    sheet = Sheet(
        {
            "行政相对人名称": picked(people.name, party[chosen]),
            "行政相对人类别": ["法人及非法人组织"] * len(chosen),
            "行政相对人代码_1（统一社会信用代码）": picked(people.code, party[chosen]),
            "行政处罚决定书文号": [f"穗埔罚字〔示例〕{k + 1}号" for k in chosen.tolist()],
            "违法行为类型": ["未按规定公示信息"] * len(chosen),
            "处罚类别": ["罚款"] * len(chosen),
            "失信程度": picked(grade, grave[chosen]),
            "处罚决定日期": days(when[chosen]),
            "公示截止期": days((when + lasts)[chosen]),
            "修复日期": [
                d if k else ""
                for d, k in zip(
                    days(np.minimum(repair, when + 60)[chosen]), known.tolist(), strict=True
                )
            ],
            "处罚机关": [f"黄埔区{office[k % 4]}（示例）" for k in chosen.tolist()],
        }
    )
    if not len(chosen):
        return []
    file = SourceFile(
        *("penalties.csv", sheet, "delta", extract.period, extract.as_of),
        mapping="penalties.toml",
        form=Form(encoding="utf-8-sig"),
    )
    return [Delivery(f"{extract.name}/40-double-publicity", PENALTIES, (file,))]


def _court(district: District, extract: Extract) -> list[Delivery]:
    people, events = district.population, district.events
    listed = np.flatnonzero(np.isin(events.kind, (COURT, BANKRUPTCY)) & extract.has(events.day))
    party, day = events.party[listed], events.day[listed]
    word = np.where(events.kind[listed] == COURT, "失信被执行人", "破产申请受理").tolist()
    debtor, debtor_day, number = _judgment_debtors(district, extract)
    both = np.concatenate([party, debtor])
    if not len(both):
        return []
    sheet = Sheet(
        {
            "案号": [
                *(f"（示例）粤0112执{k + 1}号" for k in listed.tolist()),
                *(f"（示例）粤0112执前{k}号" for k in number.tolist()),
            ],
            "被执行人名称": picked(people.name, both),
            "统一社会信用代码": picked(people.code, both),
            "名单类别": [*word, *(["被执行人"] * len(debtor))],
            "失信程度": [*(["严重失信主体"] * len(party)), *(["一般"] * len(debtor))],
            "执行法院": ["广州市黄埔区人民法院（示例）"] * len(both),
            "发布日期": days(np.concatenate([day, debtor_day])),
            "撤销日期": [""] * len(both),
        }
    )
    file = SourceFile(
        *("court-list.csv", sheet, "delta", extract.period, extract.as_of),
        mapping="court-list.toml",
    )
    return [Delivery(f"{extract.name}/41-court", COURT_LISTS, (file,))]


def _judgment_debtors(district: District, extract: Extract) -> tuple[Ints, Ints, Ints]:
    setting = district.setting
    draw = setting.random("debtors").random((setting.seen_months, district.population.enterprises))
    strained = district.ledger.strain[: setting.seen_months] < STRAINED
    strained &= district.ledger.strain[: setting.seen_months] > 0
    month, party = np.nonzero(strained & (draw < DEBTOR_SHARE))
    inside = (month >= extract.first_month) & (month < extract.end_month)
    month, party = month[inside], party[inside]
    return party, setting.month_days[month] + 14, month * 10**6 + party


def _complaints(district: District, extract: Extract) -> list[Delivery]:
    people, events = district.population, district.events
    chosen = np.flatnonzero((events.kind == PAYABLE) & extract.has(events.day))
    if not len(chosen):
        return []
    party = events.party[chosen]
    sheet = Sheet(
        {
            "办理编号": [f"TQ-{k + 1:06d}" for k in chosen.tolist()],
            "拖欠方代码": picked(people.code, party),
            "拖欠方名称": picked(people.name, party),
            "满九十日": days(events.day[chosen]),
            "确认机关": ["黄埔区工业和信息化局（示例）"] * len(chosen),
        }
    )
    file = SourceFile(
        *("complaints.csv", sheet, "delta", extract.period, extract.as_of),
        mapping="complaints.toml",
    )
    return [Delivery(f"{extract.name}/42-payment-complaints", PAYABLES, (file,))]
