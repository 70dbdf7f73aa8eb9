"""The business register, annual accounts and the tax office."""

from datetime import date

import numpy as np

from graph_model.snapshot import day_number
from ingest.district.calendar import Extract
from ingest.district.district import District
from ingest.district.files import Delivery, Form, Sheet, Source, SourceFile
from ingest.district.settings import Bools, Ints
from ingest.district.texts import days, picked, wan

REGISTER = Source(
    id="register",
    name="黄埔区市场主体登记库（示例）",
    type="registry",
    rank=1,
    authorisation="区信用联盟数据共享协议（示例）第1号",
    mappings={
        "parties.toml": """\
name = "登记信息"

[format]
sheet = "parties"
header_has = ["统一社会信用代码", "企业名称"]
end_when = ["统一社会信用代码", "合计"]

[[statement]]
kind = "party"

[statement.fields]
party = { column = "统一社会信用代码" }
name = { column = "企业名称" }
kind = { column = "主体类型" }
former_names = { column = "曾用名" }
sector = { column = "行业代码" }
street = { column = "住所街镇代码" }
size = { column = "企业规模" }
reg_state = { column = "登记状态" }
established_on = { column = "成立日期" }
""",
        "shareholding.toml": """\
name = "股东信息"

[format]
sheet = "shareholding"
header_row = 3
end_when = ["股东代码", "合计"]

[money]
unit = "wan"

[[statement]]
kind = "ownership"

[statement.fields]
owner = { column = "股东代码" }
owned = { column = "企业代码" }
since = { column = "持股起始日" }
share = { column = "出资比例" }
subscribed = { column = "认缴出资额（万元）" }
paid_in = { column = "实缴出资额（万元）" }
""",
    },
)

ACCOUNTS = Source(
    id="annual-report",
    name="企业年度报告（示例）",
    type="registry",
    rank=5,
    authorisation="企业信息公示暂行条例第九条；企业选择共享（示例）",
    mappings={
        "financials.toml": """\
name = "年报资产状况，单位万元"

[money]
unit = "万元"

[[statement]]
kind = "financials"

[statement.fields]
party = { column = "统一社会信用代码" }
year = { column = "年度" }
period_end = { column = "期末日" }
revenue = { column = "营业收入（万元）" }
material_cost = { column = "外购成本（万元）" }
equity = { column = "所有者权益（万元）" }
total_assets = { column = "资产总额（万元）" }
current_assets = { column = "流动资产（万元）" }
current_liabilities = { column = "流动负债（万元）" }
net_profit = { column = "净利润（万元）" }
"""
    },
)

KIND_WORDS = {
    "enterprise": "企业",
    "carrier": "承运人",
    "lender": "金融机构",
    "guarantor": "融资担保机构",
    "public_body": "公共机构",
}
REPORT_SHARE = 0.88
"""Share of enterprises that send their annual report."""

PUBLISHED_IN_MONTH = 6
"""Accounts of a year are published until June of the next."""

SIZES = ((4e8, "大型"), (2e7, "中型"), (3e6, "小型"), (0.0, "微型"))
"""Least yearly revenue in yuan of each size class (manufacturing, 工信部联企业〔2011〕300号)."""

ABNORMAL_AFTER, ABNORMAL_SHARE = 200, 0.45
"""Days after a fall when the register notes abnormal operation, and of what share."""


def register(district: District, extract: Extract) -> list[Delivery]:
    """Parties and holdings, the whole every quarter."""
    if not extract.quarter:
        return []
    people, setting = district.population, district.setting
    count = people.enterprises
    state = np.full(len(people.code), "存续", dtype=object)
    fallen = district.ledger.failures
    noted = setting.random("abnormal").random(len(fallen.party)) < ABNORMAL_SHARE
    noted &= fallen.day + ABNORMAL_AFTER <= day_number(extract.as_of)
    state[fallen.party[noted]] = "列入经营异常名录"
    others = len(people.code) - count
    sizes = [next(word for least, word in SIZES if r >= least) for r in people.revenue.tolist()]
    parties = Sheet(
        {
            "统一社会信用代码": list(people.code),
            "企业名称": list(people.name),
            "主体类型": [KIND_WORDS[kind] for kind in people.kind],
            "曾用名": _former_names(district),
            "行业代码": [*people.sector, *([""] * others)],
            "住所街镇代码": picked(people.streets, people.street),
            "企业规模": [*sizes, *([""] * others)],
            "登记状态": state.tolist(),
            "成立日期": days(people.established),
        }
    )
    for twin in people.twins:
        for name, cells in parties.columns.items():
            cells.append(twin.code if name == "统一社会信用代码" else cells[twin.place])
    held = district.ownership
    since = np.maximum(people.established[held.owned], people.established[held.owner])
    holdings = Sheet(
        {
            "股东代码": picked(people.code, held.owner),
            "企业代码": picked(people.code, held.owned),
            "持股起始日": days(since),
            "出资比例": [f"{100 * share:.0f}%" for share in held.share.tolist()],
            "认缴出资额（万元）": wan(held.subscribed),
            "实缴出资额（万元）": wan(held.paid_in),
        }
    )
    form = Form(first_line=4)
    files = (
        SourceFile(
            "register.xlsx",
            parties,
            "full",
            extract.period,
            extract.as_of,
            mapping="parties.toml",
            form=form,
        ),
        SourceFile(
            "register.xlsx",
            holdings,
            "full",
            extract.period,
            extract.as_of,
            mapping="shareholding.toml",
            form=form,
        ),
    )
    return [Delivery(f"{extract.name}/01-register", REGISTER, files)]


def _former_names(district: District) -> list[str]:
    random = district.setting.random("former names")
    renamed = random.random(len(district.population.name)) < 0.03
    return [
        name.replace("广州云埔", "广州黄埔") if old else ""
        for name, old in zip(district.population.name, renamed.tolist(), strict=True)
    ]


def reporting(district: District) -> Bools:
    """Which enterprises send an annual report."""
    draw = district.setting.random("reports").random(district.population.enterprises)
    found: Bools = draw < REPORT_SHARE
    return found


def accounts(district: District, extract: Extract) -> list[Delivery]:
    """Accounts of the years that are published within an extract."""
    files = []
    for year in district.ledger.accounts:
        published = date(year.year + 1, PUBLISHED_IN_MONTH, 1)
        old = extract.opening and published.toordinal() < extract.end.toordinal()
        now = extract.has(np.array([day_number(published)]))[0]
        if not (old or now):
            continue
        chosen = np.flatnonzero(reporting(district) & year.alive)
        files.append(
            SourceFile(
                f"financials-{year.year}.csv",
                _accounts_sheet(district, year.year, chosen),
                "full",
                (date(year.year, 1, 1), date(year.year + 1, 1, 1)),
                extract.as_of,
                mapping="financials.toml",
                form=Form(encoding="utf-8-sig"),
            )
        )
    if not files:
        return []
    return [Delivery(f"{extract.name}/02-annual-report", ACCOUNTS, tuple(files))]


def _accounts_sheet(district: District, year: int, chosen: Ints) -> Sheet:
    people = district.population
    stated = next(one for one in district.ledger.accounts if one.year == year)
    return Sheet(
        {
            "统一社会信用代码": picked(people.code, chosen),
            "企业名称": picked(people.name, chosen),
            "年度": [str(year)] * len(chosen),
            "期末日": [f"{year}-12-31"] * len(chosen),
            "营业收入（万元）": wan(stated.revenue[chosen]),
            "外购成本（万元）": wan(stated.material_cost[chosen]),
            "所有者权益（万元）": wan(stated.equity[chosen]),
            "资产总额（万元）": wan(stated.total_assets[chosen]),
            "流动资产（万元）": wan(stated.current_assets[chosen]),
            "流动负债（万元）": wan(stated.current_liabilities[chosen]),
            "净利润（万元）": wan(stated.net_profit[chosen]),
        }
    )
