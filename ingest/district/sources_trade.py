"""What trade leaves behind: members' invoices, core ledgers, contracts, payments, waybills."""

import numpy as np

from graph_model.snapshot import day_number
from ingest.district.calendar import Extract, month_numbers
from ingest.district.district import District
from ingest.district.falls import carriers_of
from ingest.district.files import Delivery, Form, Sheet, Source, SourceFile
from ingest.district.ledger import NEVER
from ingest.district.settings import Bools, Ints
from ingest.district.texts import days, picked, yuan

INVOICES = Source(
    id="member-invoices",
    name="联盟成员销项发票（示例）",
    type="member",
    rank=20,
    authorisation="成员入盟协议（示例）第七条：销方自行报送",
)
LEDGERS = Source(
    id="core-ledger",
    name="核心企业应付台账（示例）",
    type="member",
    rank=30,
    authorisation="成员入盟协议（示例）第七条：购方自行报送",
    mappings={
        "payables.toml": """\
name = "应付账款台账"

# One row names an invoice and, by the way, its seller.
[[statement]]
kind = "invoice"

[statement.fields]
seller = { column = "供应商代码" }
invoice_no = { column = "发票号" }
buyer = { column = "付款单位代码" }
issued_on = { column = "发票日期" }
due_on = { column = "应付日期" }
amount = { column = "不含税金额（元）" }
total = { column = "价税合计（元）" }

[[statement]]
kind = "party"
repeats = "first"

[statement.fields]
party = { column = "供应商代码" }
name = { column = "供应商名称" }
kind = { constant = "enterprise" }
"""
    },
)
SETTLEMENT = Source(
    id="settlement",
    name="供应链结算平台（示例）",
    type="member",
    rank=25,
    authorisation="平台服务协议（示例）：买卖双方授权报送",
)
WAYBILLS = Source(
    id="waybills",
    name="网络货运平台运单（示例）",
    type="carrier",
    rank=20,
    authorisation="网络货运数据报送协议（示例）",
    mappings={
        "waybills.toml": """\
name = "运单，交通运输部网络货运字段名"

[[statement]]
kind = "waybill"

[statement.fields]
carrier = { column = "actualCarrierId" }
waybill_no = { column = "shippingNoteNumber" }
shipper = { column = "consignorId" }
consignee = { column = "consigneeId" }
shipped_on = { column = "despatchActualDateTime" }
received_on = { column = "goodsReceiptDateTime" }
goods_value = { column = "goodsValue" }
"""
    },
)

TAX = 0.13
"""Value-added tax on goods; what is owed is the amount with tax."""

MEMBER_SHARE = 0.66
"""Share of enterprises that are members and send their invoices."""

CONTRACT_SHARE = 0.45
CORE_TIER = 0
SETTLED_BEFORE = 13
"""Open invoices of so many months before the first month are sent too."""


def members(district: District) -> Bools:
    """Which enterprises are members of the alliance; the core ones all are."""
    draw = district.setting.random("members").random(district.population.enterprises)
    found: Bools = (draw < MEMBER_SHARE) | (district.population.tier == CORE_TIER)
    return found


class TradeFiles:
    """Files on trade of one district; what is shared by all extracts is made once."""

    def __init__(self, district: District) -> None:
        self._district = district
        people, made = district.population, district.ledger.invoices
        first = day_number(district.setting.first_day(-SETTLED_BEFORE))
        recent = made.issued >= first
        member = np.zeros(len(people.code), bool)
        member[: people.enterprises] = members(district)
        core = np.zeros(len(people.code), bool)
        core[: people.enterprises] = people.tier == CORE_TIER
        self.by_seller = recent & member[made.seller]
        self.by_buyer = recent & core[made.buyer] & (made.month >= 0)
        self.known = self.by_seller | self.by_buyer
        self.number = _numbers(district, len(made))
        self._carrier = carriers_of(district.setting, people)

    def deliveries(self, extract: Extract) -> list[Delivery]:
        """All folders of an extract."""
        return [
            *self._invoices(extract),
            *self._ledgers(extract),
            *self._settlement(extract),
            *self._waybills(extract),
        ]

    def _issued(self, extract: Extract) -> Bools:
        """Invoices of an extract; the opening one has those still open from before, too."""
        made = self._district.ledger.invoices
        issued = extract.has(made.issued)
        if extract.opening:
            start = day_number(extract.start)
            before = (made.issued < start) & ((made.paid >= start) | (made.paid == NEVER))
            issued |= before
        return issued

    def _invoices(self, extract: Extract) -> list[Delivery]:
        made, people = self._district.ledger.invoices, self._district.population
        chosen = np.flatnonzero(self.by_seller & self._issued(extract))
        sheet = Sheet(
            {
                "销方": picked(people.code, made.seller[chosen]),
                "发票号码": picked(self.number, chosen),
                "购方": picked(people.code, made.buyer[chosen]),
                "开票日期": days(made.issued[chosen]),
                "付款到期日": days(made.due[chosen]),
                "金额": yuan(made.amount[chosen]),
                "价税合计": yuan(made.amount[chosen] * (1 + TAX)),
                "发票状态": ["有效"] * len(chosen),
            }
        )
        file = SourceFile(
            *("invoices.csv", sheet, "delta", extract.period, extract.as_of, "invoice"),
            form=Form(encoding="gb18030"),
        )
        return [Delivery(f"{extract.name}/03-member-invoices", INVOICES, (file,))]

    def _ledgers(self, extract: Extract) -> list[Delivery]:
        made, people = self._district.ledger.invoices, self._district.population
        chosen = np.flatnonzero(self.by_buyer & self._issued(extract))
        if not len(chosen):
            return []
        sheet = Sheet(
            {
                "付款单位代码": picked(people.code, made.buyer[chosen]),
                "供应商代码": picked(people.code, made.seller[chosen]),
                "供应商名称": picked(people.name, made.seller[chosen]),
                "发票号": picked(self.number, chosen),
                "发票日期": days(made.issued[chosen]),
                "应付日期": days(made.due[chosen]),
                "不含税金额（元）": yuan(made.amount[chosen]),
                "价税合计（元）": yuan(made.amount[chosen] * (1 + TAX)),
            }
        )
        file = SourceFile(
            *("payables.csv", sheet, "delta", extract.period, extract.as_of),
            mapping="payables.toml",
            form=Form(encoding="gb18030"),
        )
        return [Delivery(f"{extract.name}/04-core-ledger", LEDGERS, (file,))]

    def _settlement(self, extract: Extract) -> list[Delivery]:
        made, people = self._district.ledger.invoices, self._district.population
        chosen = np.flatnonzero(self.known & extract.has(made.paid))
        payments = Sheet(
            {
                "付款方": picked(people.code, made.buyer[chosen]),
                "付款流水号": [f"FK{number}" for number in picked(self.number, chosen)],
                "收款方": picked(people.code, made.seller[chosen]),
                "付款日期": days(made.paid[chosen]),
                "付款金额": yuan(made.amount[chosen] * (1 + TAX)),
                "对应发票号码": picked(self.number, chosen),
            }
        )
        form = Form(encoding="gb18030", delimiter="\t")
        files = [
            SourceFile(
                *("payments.tsv", payments, "delta", extract.period, extract.as_of, "payment"),
                form=form,
            )
        ]
        contracts = self._contracts(extract)
        if len(contracts):
            files.append(
                SourceFile(
                    *("contracts.tsv", contracts, "delta", extract.period, extract.as_of),
                    kind="contract",
                    form=Form(delimiter="\t"),
                )
            )
        return [Delivery(f"{extract.name}/05-settlement", SETTLEMENT, tuple(files))]

    def _contracts(self, extract: Extract) -> Sheet:
        """One frame contract a year for a part of the links, signed in the month of its turn."""
        links, people = self._district.ledger.links, self._district.population
        random = self._district.setting.random("contracts")
        count = len(links.seller)
        has = random.random(count) < CONTRACT_SHARE
        turn = random.integers(12, size=count)
        day_of = random.integers(1, 28, size=count)
        rows: dict[str, list[str]] = {
            name: [] for name in ("卖方", "合同编号", "买方", "签订日期", "到期日", "合同金额")
        }
        setting = self._district.setting
        for month in range(extract.first_month, extract.end_month):
            standing = (links.until == NEVER) | (links.until > month)
            new = (links.since == month) & (month > 0)
            chosen = np.flatnonzero(
                has & standing & (links.since <= month) & (new | (month % 12 == turn))
            )
            signed = day_number(setting.first_day(month)) + day_of[chosen] - 1
            rows["卖方"] += picked(people.code, links.seller[chosen])
            rows["合同编号"] += [
                f"HT-{extract_year(setting.first_day(month))}-{k:06d}-{month:02d}"
                for k in chosen.tolist()
            ]
            rows["买方"] += picked(people.code, links.buyer[chosen])
            rows["签订日期"] += days(signed)
            rows["到期日"] += days(signed + 365)
            rows["合同金额"] += yuan(np.round(links.weight[chosen] * 12, -2))
        return Sheet(rows)

    def _waybills(self, extract: Extract) -> list[Delivery]:
        """Transports of the month, and arrivals of those that were under way."""
        made, people = self._district.ledger.invoices, self._district.population
        carrier = self._carrier[made.seller]
        sent = (carrier >= 0) & (made.month >= 0)
        random = self._district.setting.random("waybills")
        travel = random.integers(1, 9, size=len(made))
        lost = np.zeros(len(made), bool)
        failures = self._district.ledger.failures
        fallen = np.full(people.enterprises, NEVER)
        fallen[failures.party] = failures.day
        when = fallen[np.maximum(carrier, 0)]
        shipped = made.issued
        lost = (when != NEVER) & (shipped + travel >= when)
        sent &= ~((when != NEVER) & (shipped >= when))
        arrives = np.where(lost, NEVER, shipped + travel)
        moved = extract.has(shipped) | (extract.has(arrives) & ~lost)
        chosen = np.flatnonzero(sent & moved)
        arrived = arrives[chosen]
        arrived = np.where(arrived < day_number(extract.end), arrived, NEVER)
        sheet = Sheet(
            {
                "shippingNoteNumber": [f"YD{number}" for number in picked(self.number, chosen)],
                "actualCarrierId": picked(people.code, carrier[chosen]),
                "consignorId": picked(people.code, made.seller[chosen]),
                "consigneeId": picked(people.code, made.buyer[chosen]),
                "despatchActualDateTime": _stamps(shipped[chosen], "083000"),
                "goodsReceiptDateTime": _stamps(arrived, "133000"),
                "goodsValue": yuan(made.amount[chosen]),
                "totalMonetaryAmount": yuan(made.amount[chosen] * 0.012),
            }
        )
        if not len(chosen):
            return []
        file = SourceFile(
            *("waybills.csv", sheet, "delta", extract.period, extract.as_of),
            mapping="waybills.toml",
        )
        return [Delivery(f"{extract.name}/06-waybills", WAYBILLS, (file,))]


def extract_year(day: object) -> str:
    """Year of a day, as text."""
    return str(day)[:4]


def _numbers(district: District, count: int) -> list[str]:
    made = district.ledger.invoices
    year = 24 + (np.maximum(month_numbers(district.setting, made.issued), 0) + 10) // 12
    return [f"{y}44{k:014d}" for y, k in zip(year.tolist(), range(count), strict=True)]


def _stamps(day: Ints, clock: str) -> list[str]:
    return [text.replace("-", "") + clock if text else "" for text in days(day)]
