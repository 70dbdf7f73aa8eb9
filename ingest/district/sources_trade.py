"""What trade leaves behind: members' invoices, core ledgers, contracts, payments, waybills."""

import numpy as np

from graph_model.snapshot import day_number
from ingest.district.calendar import Extract
from ingest.district.district import District
from ingest.district.falls import carriers_of
from ingest.district.files import Delivery, Form, Sheet, Source, SourceFile
from ingest.district.ledger import NEVER
from ingest.district.papers import made_papers
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
        people = district.population
        member = np.zeros(len(people.code), bool)
        member[: people.enterprises] = members(district)
        core = np.zeros(len(people.code), bool)
        core[: people.enterprises] = people.tier == CORE_TIER
        self._carrier = carriers_of(district.setting, people)
        self.papers = made_papers(district, member, core, self._carrier >= 0)
        made = self.papers.invoices
        recent = made.month >= -SETTLED_BEFORE
        self._by_seller = recent & member[made.seller]
        self._by_buyer = recent & core[made.buyer] & (made.month >= 0) & self.papers.real
        self._known = self._by_seller | self._by_buyer
        self._returned = np.full(len(made), NEVER)
        sent_back = self.papers.of_kind("round_trip_payment")
        self._returned[sent_back] = made.paid[sent_back] + 4

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
        made = self.papers.invoices
        issued = extract.has(made.issued)
        if extract.opening:
            start = day_number(extract.start)
            before = (made.issued < start) & ((made.paid >= start) | (made.paid == NEVER))
            issued |= before
        return issued

    def _invoices(self, extract: Extract) -> list[Delivery]:
        made, people = self.papers.invoices, self._district.population
        chosen = np.flatnonzero(self._by_seller & self._issued(extract))
        sheet = Sheet(
            {
                "销方": picked(people.code, made.seller[chosen]),
                "发票号码": picked(self.papers.number, chosen),
                "购方": picked(people.code, made.buyer[chosen]),
                "开票日期": days(made.issued[chosen]),
                "付款到期日": days(made.due[chosen]),
                "金额": yuan(self.papers.seller_says[chosen]),
                "价税合计": yuan(self.papers.seller_says[chosen] * (1 + TAX)),
                "发票状态": ["有效"] * len(chosen),
            }
        )
        file = SourceFile(
            *("invoices.csv", sheet, "delta", extract.period, extract.as_of, "invoice"),
            form=Form(encoding="gb18030"),
        )
        return [Delivery(f"{extract.name}/03-member-invoices", INVOICES, (file,))]

    def _ledgers(self, extract: Extract) -> list[Delivery]:
        made, people = self.papers.invoices, self._district.population
        chosen = np.flatnonzero(self._by_buyer & self._issued(extract))
        if not len(chosen):
            return []
        sheet = Sheet(
            {
                "付款单位代码": picked(people.code, made.buyer[chosen]),
                "供应商代码": picked(people.code, made.seller[chosen]),
                "供应商名称": picked(people.name, made.seller[chosen]),
                "发票号": picked(self.papers.number, chosen),
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
        made, people = self.papers.invoices, self._district.population
        chosen = np.flatnonzero(self._known & extract.has(made.paid))
        back = np.flatnonzero(extract.has(self._returned))
        both = np.concatenate([chosen, back])
        numbers = picked(self.papers.number, chosen)
        payer = np.concatenate([made.buyer[chosen], made.seller[back]])
        payee = np.concatenate([made.seller[chosen], made.buyer[back]])
        payments = Sheet(
            {
                "付款方": picked(people.code, payer),
                "付款流水号": [
                    *(f"FK{number}" for number in numbers),
                    *(f"TH{number}" for number in picked(self.papers.number, back)),
                ],
                "收款方": picked(people.code, payee),
                "付款日期": days(np.concatenate([made.paid[chosen], self._returned[back]])),
                "付款金额": yuan(made.amount[both] * (1 + TAX)),
                "对应发票号码": [*numbers, *([""] * len(back))],
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
                f"HT-{setting.first_day(month).year}-{k:06d}-{month:02d}" for k in chosen.tolist()
            ]
            rows["买方"] += picked(people.code, links.buyer[chosen])
            rows["签订日期"] += days(signed)
            rows["到期日"] += days(signed + 365)
            rows["合同金额"] += yuan(np.round(links.weight[chosen] * 12, -2))
        return Sheet(rows)

    def _another(self, carrier: Ints) -> Ints:
        """Another carrier for each."""
        kinds = np.array(self._district.population.kind[: self._district.population.enterprises])
        carriers = np.flatnonzero(kinds == "carrier")
        place = np.searchsorted(carriers, carrier)
        found: Ints = carriers[(place + 1) % len(carriers)]
        return found

    def _waybills(self, extract: Extract) -> list[Delivery]:
        """Transports of the month, and arrivals of those that were under way."""
        made, people = self.papers.invoices, self._district.population
        carrier = self._carrier[made.seller]
        sent = (carrier >= 0) & (made.month >= 0) & self.papers.real
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
        again = np.isin(chosen, self.papers.of_kind("reused_waybill"))
        number = [f"YD{text}" for text in picked(self.papers.number, chosen)]
        number += [f"ZY{text}" for text in picked(self.papers.number, chosen[again])]
        mover = np.concatenate([carrier[chosen], self._another(carrier[chosen[again]])])
        chosen = np.concatenate([chosen, chosen[again]])
        arrived = np.concatenate([arrived, arrived[again]])
        sheet = Sheet(
            {
                "shippingNoteNumber": number,
                "actualCarrierId": picked(people.code, mover),
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


def _stamps(day: Ints, clock: str) -> list[str]:
    return [text.replace("-", "") + clock if text else "" for text in days(day)]
