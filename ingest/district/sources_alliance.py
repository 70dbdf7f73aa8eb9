"""The alliance itself: who is a member, and who consented to what."""

from hashlib import sha256

import numpy as np

from ingest.district.calendar import Extract
from ingest.district.district import District
from ingest.district.files import Delivery, Sheet, Source, SourceFile
from ingest.district.settings import Bools, Ints
from ingest.district.sources_trade import members
from ingest.district.texts import days, picked

ALLIANCE = Source(
    id="alliance",
    name="黄埔供应链信用联盟（示例）秘书处",
    type="alliance",
    rank=1,
    authorisation="联盟章程（示例）",
)
CONSENTS = Source(
    id="consents",
    name="信用联盟授权登记（示例）",
    type="alliance",
    rank=1,
    authorisation="授权人签署的授权书（示例）",
)
CONSENTING = 0.85
"""Share of members that consent to their lender; the others let nobody look."""

TO_SUPPLIERS, LARGEST_TIER = 0.6, 1
"""Share of links into the first tiers whose buyer lets the supplier check him."""

SCOPES = "chain_risk；finance；trade；guarantee；loan；logistics；credit"
LASTS_DAYS = 12 * 365


def alliance(district: District, extract: Extract) -> list[Delivery]:
    """Members and consents, the whole every quarter."""
    if not extract.quarter:
        return []
    people, setting = district.population, district.setting
    random = setting.random("alliance")
    count = people.enterprises
    joined = setting.month_days[0] - random.integers(10, 600, count)
    consents = random.random(count) < CONSENTING
    draw, paper = random.random(count), random.random(count) < 0.2
    member = np.flatnonzero(members(district))
    start, end = extract.period
    memberships = Sheet(
        {
            "联盟": ["黄埔供应链信用联盟（示例）"] * len(member),
            "成员": picked(people.code, member),
            "成员角色": np.where(people.tier[member] == 0, "核心企业", "成员").tolist(),
            "加入日期": days(joined[member]),
            "退出日期": [""] * len(member),
        }
    )
    lending = district.lending
    grantee = np.array(people.lenders)[(draw**2 * 8).astype(np.int64)]
    order = np.argsort(lending.part, kind="stable")
    grantee[lending.borrower[order]] = lending.lender[order]
    to_lender = member[consents[member]]
    buyer, seller = _to_suppliers(district, consents)
    giving, receiving = np.concatenate([to_lender, buyer]), [*grantee[to_lender], *seller]
    purpose = np.where(lending.line[to_lender] > 0, "贷后管理", "授信审批").tolist()
    given = Sheet(
        {
            "授权主体": picked(people.code, giving),
            "授权编号": _numbers(giving, receiving),
            "被授权机构": picked(people.code, np.array(receiving)),
            "授权目的": [*purpose, *(["合作伙伴核查"] * len(buyer))],
            "授权数据范围": [SCOPES] * len(giving),
            "授权起": days(joined[giving] + 5),
            "授权止": days(joined[giving] + 5 + LASTS_DAYS),
            "授权方式": ["纸质" if p else "电子" for p in paper[giving].tolist()],
            "授权文件摘要": [
                sha256(f"SQ-{k}".encode()).hexdigest() if paper[k] else "" for k in giving.tolist()
            ],
        }
    )
    return [
        Delivery(
            f"{extract.name}/{folder}",
            source,
            (SourceFile(name, sheet, "full", (start, end), extract.as_of, kind),),
        )
        for folder, source, name, sheet, kind in (
            ("45-memberships", ALLIANCE, "memberships.csv", memberships, "membership"),
            ("46-consents", CONSENTS, "consents.csv", given, "consent"),
        )
    ]


def _to_suppliers(district: District, consents: Bools) -> tuple[Ints, Ints]:
    """(buyer, seller) of the links whose buyer lets his supplier look, both of them members."""
    trade, people = district.trade, district.population
    open_to = np.zeros(len(people.code), bool)
    open_to[: people.enterprises] = consents & members(district)
    large = np.zeros(len(people.code), bool)
    large[: people.enterprises] = people.tier <= LARGEST_TIER
    draw = district.setting.random("partner consents").random(len(trade))
    is_member = members(district)[trade.seller]
    chosen = open_to[trade.buyer] & large[trade.buyer] & is_member & (draw < TO_SUPPLIERS)
    return trade.buyer[chosen], trade.seller[chosen]


def _numbers(giving: Ints, receiving: list[int]) -> list[str]:
    return [f"SQ-{a:06d}-{b:06d}" for a, b in zip(giving.tolist(), receiving, strict=True)]
