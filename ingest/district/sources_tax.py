"""The tax office, and what enterprises promised authorities."""

from datetime import date

import numpy as np

from graph_model.snapshot import day_number
from ingest.district.calendar import Extract
from ingest.district.district import District
from ingest.district.files import Delivery, Sheet, Source, SourceFile
from ingest.district.ledger import Accounts
from ingest.district.sources_register import reporting
from ingest.district.texts import days, picked, yuan

GRADES = Source(
    id="tax-grades",
    name="纳税缴费信用评价结果（示例）",
    type="official",
    rank=8,
    authorisation="纳税缴费信用管理办法（示例引用）",
    mappings={
        "grades.toml": """\
name = "纳税缴费信用评价结果"

[[statement]]
kind = "grade"

[statement.fields]
party = { column = "纳税人识别号" }
scale = { constant = "tax_credit" }
year = { column = "评价年度" }
grade = { column = "信用等级" }
authority = { column = "评价单位" }
starts_on = { column = "评价结果有效期始" }
ends_on = { column = "评价结果有效期止" }
"""
    },
)
COMMITMENTS = Source(
    id="commitments",
    name="信用承诺登记（示例）",
    type="official",
    rank=8,
    authorisation="广州市公共信用信息管理规定（示例引用）",
)
TAX = Source(
    id="tax",
    name="税务申报营业收入（示例）",
    type="official",
    rank=8,
    authorisation="政务数据提供（示例）；未取得关联分析同意",
    association_allowed=False,
    mappings={
        "tax-revenue.toml": """\
name = "申报营业收入"

[[statement]]
kind = "financials"

[statement.fields]
party = { column = "纳税人识别号" }
year = { column = "所属年度" }
period_end = { column = "税款所属期止" }
revenue = { column = "营业收入" }
net_profit = { column = "利润总额减所得税" }
"""
    },
)

GRADED_MONTH, GRADED_DAY = 4, 20
"""Grades of a year are published in April of the next."""

LETTERS = ("A", "B", "M", "C", "D")
NEW_FIRM_DAYS = 3 * 365
PROMISES_A_MONTH = 0.006
BROKEN, PARTLY = 0.12, 0.08


def tax(district: District, extract: Extract) -> list[Delivery]:
    """Folders of the tax office, and of commitments."""
    return [
        *_grades(district, extract),
        *_revenue(district, extract),
        *_promises(district, extract),
    ]


def _years(district: District, extract: Extract) -> list[tuple[Accounts, date]]:
    """Years whose grades are published within an extract, and the day of publication."""
    told = [(one, date(one.year + 1, GRADED_MONTH, GRADED_DAY)) for one in district.ledger.accounts]
    return [(one, day) for one, day in told if extract.has(np.array([day_number(day)]))[0]]


def _grades(district: District, extract: Extract) -> list[Delivery]:
    """Grades: points for profit and age, and the lot of audits."""
    people, files = district.population, list[SourceFile]()
    for year, day in _years(district, extract):
        random = district.setting.random(f"tax grades {year.year}")
        chosen = np.flatnonzero(year.alive)
        profit = (year.net_profit / np.maximum(year.revenue, 1))[chosen]
        points = 80 + 150 * np.clip(profit, -0.1, 0.1) + random.normal(0, 8, len(chosen))
        letter = np.select([points >= 90, points >= 70, points >= 50], [0, 1, 3], 4)
        young = people.established[chosen] > day_number(day) - NEW_FIRM_DAYS
        letter = np.where(young & (letter < 3), 2, letter)
        sheet = Sheet(
            {
                "纳税人识别号": picked(people.code, chosen),
                "纳税人名称": picked(people.name, chosen),
                "评价年度": [str(year.year)] * len(chosen),
                "信用等级": picked(LETTERS, letter),
                "评价单位": ["黄埔区税务局（示例）"] * len(chosen),
                "评价结果有效期始": [day.isoformat()] * len(chosen),
                "评价结果有效期止": [day.replace(year=day.year + 1).isoformat()] * len(chosen),
            }
        )
        files.append(
            SourceFile(
                *(f"grades-{year.year}.csv", sheet, "delta", extract.period, extract.as_of),
                mapping="grades.toml",
            )
        )
    if not files:
        return []
    return [Delivery(f"{extract.name}/43-tax-grades", GRADES, tuple(files))]


def _revenue(district: District, extract: Extract) -> list[Delivery]:
    """Revenue of those without annual reports; it may not be joined with other data."""
    people, files = district.population, list[SourceFile]()
    for year, _ in _years(district, extract):
        chosen = np.flatnonzero(year.alive & ~reporting(district))
        if not len(chosen):
            continue
        sheet = Sheet(
            {
                "纳税人识别号": picked(people.code, chosen),
                "纳税人名称": picked(people.name, chosen),
                "所属年度": [str(year.year)] * len(chosen),
                "税款所属期止": [f"{year.year}.12.31"] * len(chosen),
                "营业收入": yuan(year.revenue[chosen]),
                "利润总额减所得税": yuan(year.net_profit[chosen]),
            }
        )
        period = (date(year.year, 1, 1), date(year.year + 1, 1, 1))
        files.append(
            SourceFile(
                *(f"tax-revenue-{year.year}.csv", sheet, "full", period, extract.as_of),
                mapping="tax-revenue.toml",
            )
        )
    return [Delivery(f"{extract.name}/47-tax", TAX, tuple(files))] if files else []


def _promises(district: District, extract: Extract) -> list[Delivery]:
    """Promises made, and every quarter how those that have come due were kept."""
    if not extract.quarter:
        return []
    people, setting = district.population, district.setting
    random = setting.random("commitments")
    shape = (setting.seen_months, people.enterprises)
    month, party = np.nonzero(random.random(shape) < PROMISES_A_MONTH)
    made = setting.month_days[month] + random.integers(28, size=len(month))
    due = made + random.integers(30, 200, len(month))
    luck = random.random(len(month))
    kept = np.select([luck < BROKEN, luck < BROKEN + PARTLY], [2, 1], 0)
    now = day_number(extract.as_of)
    chosen = np.flatnonzero(made <= now)
    words = ("全部履行", "部分履行", "未履行", "履行中")
    state = np.where(due[chosen] <= now, kept[chosen], len(words) - 1)
    if not len(chosen):
        return []
    sheet = Sheet(
        {
            "承诺主体": picked(people.code, party[chosen]),
            "承诺编号": [f"CN-{k + 1:06d}" for k in chosen.tolist()],
            "承诺事由": ["按期整改"] * len(chosen),
            "承诺受理单位": ["黄埔区市场监督管理局（示例）"] * len(chosen),
            "承诺日期": days(made[chosen]),
            "承诺期限": days(due[chosen]),
            "履约状态": picked(words, state),
        }
    )
    period = (setting.first_day(0), extract.end)
    file = SourceFile(*("commitments.csv", sheet, "full", period, extract.as_of, "commitment"))
    return [Delivery(f"{extract.name}/44-commitments", COMMITMENTS, (file,))]
