"""Lenders and guarantee companies: loan balances, guarantees, and loans ninety days overdue."""

from datetime import date

import numpy as np

from graph_model.snapshot import day_number
from ingest.district.calendar import Extract, quarter_ends
from ingest.district.district import District
from ingest.district.files import Delivery, Form, Sheet, Source, SourceFile
from ingest.district.ledger import NEVER
from ingest.district.lending import GUARANTORS
from ingest.district.population import LENDERS
from ingest.district.settings import Ints, assumed
from ingest.district.target_events import LOAN
from ingest.district.texts import days, picked, wan, yuan

MONTHLY = 5
"""The first lenders, who have most of the customers, send every month; the others quarterly."""

STEP = 0.1
"""Balances are drawn and paid back in tenths of the line."""

IN_WAN = 3
"""Every third lender writes 万元."""

STRAINED, LATE_SHARE = 0.3, 0.35
"""Months of cost in hand below which instalments come late, and how often."""

GUARANTEE_DAYS = 3 * 365 + 200

LOANS = """\
name = "贷款余额表"

[money]
unit = "{unit}"

[[statement]]
kind = "loan"

[statement.fields]
lender = {{ constant = "{code}" }}
loan_no = {{ column = "借据编号" }}
borrower = {{ column = "客户统一社会信用代码" }}
issued_on = {{ column = "起息日" }}
due_on = {{ column = ["到期日", "到期日期"] }}
balance = {{ column = ["贷款余额", "贷款余额（万元）"] }}
collateral = {{ column = ["押品价值", "押品价值（万元）"] }}
overdue_days = {{ column = "逾期天数", null_words = ["未逾期"] }}
"""
GUARANTEE_MAPPING = """\
name = "保证合同表，单位万元"

[money]
unit = "wan"

[[statement]]
kind = "guarantee"

[statement.fields]
guarantor = { column = "保证人代码" }
guarantee_no = { column = "保证合同号" }
borrower = { column = "被保证人代码" }
creditor = { column = "债权人代码" }
starts_on = { column = "生效日" }
ends_on = { column = "失效日" }
cover = { column = "最高保证金额（万元）" }
"""
OVERDUE = """\
name = "逾期九十日名单"

[[statement]]
kind = "credit_record"

[statement.fields]
party = { column = "客户统一社会信用代码" }
record_no = { column = "借据编号" }
record_kind = { constant = "loan_90_days" }
severity = { constant = "serious" }
authority = { column = "报送机构" }
recognised_on = { column = "逾期满九十日" }
"""


class LendingFiles:
    """Files of the lenders of one district."""

    def __init__(self, district: District) -> None:
        self._district = district
        people, lending = district.population, district.lending
        given, random = district.guarantees, district.setting.random("loan files")
        self._sources = [self._source(k) for k in range(LENDERS)]
        main = np.full(people.enterprises, NEVER)
        order = np.argsort(lending.part, kind="stable")
        main[lending.borrower[order]] = lending.lender[order]
        self._main = main
        self._fell = np.full(people.enterprises, NEVER)
        self._fell[district.ledger.failures.party] = district.ledger.failures.day
        self._term = random.integers(800, 1400, len(lending.borrower))
        self._creditor = np.where(
            main[given.borrower] == NEVER, people.lenders[0], main[given.borrower]
        )
        self._starts = district.setting.month_days[0] - random.integers(
            30, 700, len(given.guarantor)
        )
        self._late = random.random((district.setting.seen_months, people.enterprises))
        # Guarantee companies stand in for a few borrowers each.
        borrowers = np.flatnonzero(lending.line > 0)
        self._backed = np.sort(random.permutation(borrowers)[: len(borrowers) // 12])
        self._backer = random.integers(LENDERS - GUARANTORS, LENDERS, len(self._backed))

    def _source(self, k: int) -> Source:
        people = self._district.population
        place = people.lenders[k]
        kind = "guarantee" if k >= LENDERS - GUARANTORS else "bank"
        unit = "wan" if k % IN_WAN == 1 else "yuan"
        return Source(
            id=f"{kind}-{k + 1:02d}",
            name=people.name[place],
            type="lender",
            rank=10,
            authorisation="借款人书面同意（征信业管理条例第二十九条，示例）",
            mappings={
                "loans.toml": LOANS.format(code=people.code[place], unit=unit),
                "guarantees.toml": GUARANTEE_MAPPING,
                "overdue.toml": OVERDUE,
            },
        )

    def deliveries(self, extract: Extract) -> list[Delivery]:
        """Folders of the lenders that send with an extract."""
        found = []
        for k, source in enumerate(self._sources):
            if not (extract.quarter or k < MONTHLY):
                continue
            files: list[SourceFile] = []
            if k < LENDERS - GUARANTORS:
                months = (
                    quarter_ends(self._district.setting, extract)
                    if extract.opening
                    else [extract.end_month - 1]
                )
                files += [self._loans(k, month) for month in months]
                overdue = self._overdue(k, extract)
                files += [overdue] if len(overdue.sheet) else []
            if extract.quarter:
                guarantees = self._guarantees(k, extract)
                files += [guarantees] if len(guarantees.sheet) else []
            files = [file for file in files if len(file.sheet)]
            if files:
                folder = f"{extract.name}/{7 + k:02d}-{source.id}"
                found.append(Delivery(folder, source, tuple(files)))
        return found

    def _loans(self, k: int, month: int) -> SourceFile:
        district = self._district
        people, lending, setting = district.population, district.lending, district.setting
        chosen = np.flatnonzero(lending.lender == people.lenders[k])
        borrower = lending.borrower[chosen]
        as_of = setting.last_day(month)
        line = lending.line[borrower]
        used = np.ceil(district.ledger.drawn[month, borrower] / line / STEP) * STEP
        fell = self._fell[borrower]
        # What was drawn when it fell stays owed.
        last = np.clip(
            np.searchsorted(setting.month_days, fell, side="right") - 1, 0, setting.months - 1
        )
        fallen = (fell != NEVER) & (fell <= day_number(as_of))
        owed = np.ceil(district.ledger.drawn[last, borrower] / line / STEP) * STEP
        used = np.where(fallen, np.maximum(owed, STEP), used)
        balance = np.round(used * line * lending.part[chosen], -2)
        pledged = np.round(line * lending.part[chosen] * lending.collateral_share[chosen], -3)
        strain = district.ledger.strain[month, borrower]
        late = (strain < STRAINED) & (self._late[month, borrower] < LATE_SHARE)
        overdue = np.where(late, (1 + 28 * self._late[month, borrower] / LATE_SHARE), 0)
        overdue = np.where(fallen, day_number(as_of) - fell, overdue).astype(np.int64)
        in_wan = k % IN_WAN == 1
        mark, money = ("（万元）", wan) if in_wan else ("", yuan)
        sheet = Sheet(
            {
                "借据编号": [
                    f"{people.code[people.lenders[k]][12:16]}-{c:07d}" for c in chosen.tolist()
                ],
                "客户统一社会信用代码": picked(people.code, borrower),
                "客户名称": picked(people.name, borrower),
                "起息日": days(lending.issued[chosen]),
                _due_header(k, as_of): days(lending.issued[chosen] + self._term[chosen]),
                f"贷款余额{mark}": money(balance),
                f"押品价值{mark}": [
                    text if value else ""
                    for text, value in zip(money(pledged), pledged.tolist(), strict=True)
                ],
                "逾期天数": [str(n) if n else "未逾期" for n in overdue.tolist()],
            }
        )
        start = setting.first_day(month)
        return SourceFile(
            *(f"loans-{as_of:%Y-%m}.csv", sheet, "full", (start, setting.first_day(month + 1))),
            as_of,
            mapping="loans.toml",
            form=Form(encoding="gb18030" if k % 2 == 0 else "utf-8"),
        )

    def _overdue(self, k: int, extract: Extract) -> SourceFile:
        district = self._district
        people, events = district.population, district.events
        start = extract.start
        if k >= MONTHLY and not extract.opening:
            start = district.setting.first_day(extract.end_month - 3)
        since = (events.day >= day_number(start)) & (events.day < day_number(extract.end))
        mine = self._main[events.party] == people.lenders[k]
        chosen = np.flatnonzero(since & mine & (events.kind == LOAN))
        party = events.party[chosen]
        sheet = Sheet(
            {
                "客户统一社会信用代码": picked(people.code, party),
                "客户名称": picked(people.name, party),
                "借据编号": [f"YQ-{p:07d}" for p in party.tolist()],
                "逾期满九十日": days(events.day[chosen]),
                "报送机构": [people.name[people.lenders[k]]] * len(chosen),
            }
        )
        return SourceFile(
            *("overdue.csv", sheet, "delta", (start, extract.end), extract.as_of),
            mapping="overdue.toml",
        )

    def _guarantees(self, k: int, extract: Extract) -> SourceFile:
        district = self._district
        people, given = district.population, district.guarantees
        place = people.lenders[k]
        line = district.lending.line
        if k < LENDERS - GUARANTORS:
            chosen = np.flatnonzero((self._creditor == place) & (line[given.borrower] > 0))
            guarantor, borrower = given.guarantor[chosen], given.borrower[chosen]
            cover = given.cover_share[chosen] * line[borrower]
            creditor = np.full(len(chosen), place)
            starts = self._starts[chosen]
        else:
            mine = self._backer == k
            borrower = self._backed[mine]
            chosen = 10**6 + np.flatnonzero(mine)
            guarantor = np.full(len(borrower), place)
            cover = 0.6 * line[borrower]
            creditor = self._main[borrower]
            starts = np.full(len(borrower), district.setting.month_days[0] - 200)
        sheet = Sheet(
            {
                "保证合同号": [f"BZ-{c:07d}" for c in chosen.tolist()],
                "保证人代码": picked(people.code, guarantor),
                "保证人名称": picked(people.name, guarantor),
                "被保证人代码": picked(people.code, borrower),
                "被保证人名称": picked(people.name, borrower),
                "债权人代码": picked(people.code, creditor),
                "生效日": days(starts),
                "失效日": days(_ends(starts)),
                "最高保证金额（万元）": wan(np.maximum(np.round(cover, -3), 1000)),
            }
        )
        return SourceFile(
            *("guarantees.csv", sheet, "full", extract.period, extract.as_of),
            mapping="guarantees.toml",
            form=Form(encoding="gb18030" if k % 2 == 0 else "utf-8"),
        )


def _due_header(k: int, as_of: date) -> str:
    """Some lenders change the wording of a header from one year to the next."""
    return "到期日期" if k % 4 == 1 and as_of.year % 2 == 0 else "到期日"


def _ends(starts: Ints) -> Ints:
    return starts + GUARANTEE_DAYS + int(assumed("event_delay_days"))
