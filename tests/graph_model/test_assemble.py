from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from stating import BANK, DAY, load_dictionary, party, picture_of, state

from graph_model.network import MISSING, CreditNetwork
from graph_model.store.protocol import Store
from graph_model.store.sqlite import SqliteStore

A, B, C = (party(n) for n in (1, 2, 3))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = SqliteStore(tmp_path / "store.db", load_dictionary())
    yield opened
    opened.close()


def invoice(seller: str, buyer: str, number: str, amount: int, **more: object) -> dict:
    return {
        "seller": seller,
        "buyer": buyer,
        "invoice_no": number,
        "issued_on": "2026-05-01",
        "amount": amount,
        **more,
    }


def payment(payer: str, payee: str, number: str, amount: int, **more: object) -> dict:
    return {
        "payer": payer,
        "payee": payee,
        "payment_no": number,
        "paid_on": "2026-06-01",
        "amount": amount,
        **more,
    }


def amount(network: CreditNetwork, measure: str, row: str, column: str) -> int | None:
    matrix = network.matrices[measure]
    edge = matrix.edge(network.place(row), network.place(column))
    return None if edge is None else int(matrix.amount[edge])


def cited(network: CreditNetwork, measure: str, row: str, column: str) -> list[str]:
    matrix = network.matrices[measure]
    edge = matrix.edge(network.place(row), network.place(column))
    return [network.statements[int(k)] for k in matrix.evidence_of(edge)]


def test_invoices_of_a_year_add_up_to_trade_and_what_is_unpaid_to_payables(store: Store) -> None:
    state(
        store,
        {
            "invoice": [
                invoice(A, B, "1", 100_00, total=113_00),
                invoice(A, B, "2", 50_00),
                invoice(A, B, "old", 900_00, issued_on="2025-10-31"),
            ],
            "payment": [payment(B, A, "p", 13_00, invoice_no="1")],
        },
    )
    network = picture_of(store)
    # 100 + 50; the third is of 2025-10-31, one day outside the twelve months before 2026-10-31.
    assert amount(network, "trade", A, B) == 150_00
    # 113 - 13 + 50 + 900: payables look back three years
    assert amount(network, "payable", B, A) == 1050_00
    assert amount(network, "payable", A, B) is None


def test_a_payment_without_an_invoice_settles_the_oldest_first(store: Store) -> None:
    state(
        store,
        {
            "invoice": [
                invoice(A, B, "new", 70_00, issued_on="2026-05-02"),
                invoice(A, B, "old", 40_00, issued_on="2026-05-01"),
            ],
            "payment": [payment(B, A, "p", 50_00)],
        },
    )
    network = picture_of(store)
    assert amount(network, "payable", B, A) == 60_00  # 40 + 70 - 50
    assert cited(network, "payable", B, A) == [f"invoice:bank-a:{A}|new"]


def test_a_payment_that_names_an_invoice_settles_no_other(store: Store) -> None:
    state(
        store,
        {
            "invoice": [invoice(A, B, "1", 10_00), invoice(A, B, "2", 40_00)],
            "payment": [
                payment(B, A, "p", 25_00, invoice_no="1"),
                payment(B, A, "q", 9_00, invoice_no="unknown"),
            ],
        },
    )
    assert amount(picture_of(store), "payable", B, A) == 40_00


def test_a_red_letter_invoice_lowers_trade_and_payables(store: Store) -> None:
    state(store, {"invoice": [invoice(A, B, "1", 10_00), invoice(A, B, "2", -4_00)]})
    network = picture_of(store)
    assert amount(network, "trade", A, B) == 6_00
    assert amount(network, "payable", B, A) == 6_00


def test_a_void_invoice_counts_nowhere(store: Store) -> None:
    state(store, {"invoice": [invoice(A, B, "1", 10_00, state="void")]})
    network = picture_of(store)
    assert not len(network.matrices["trade"].indices)
    assert not len(network.matrices["payable"].indices)


def test_two_sources_naming_one_invoice_are_one_invoice_and_a_finding(store: Store) -> None:
    member = replace(BANK, id="member-b", type="member", rank=5)
    state(store, {"invoice": [invoice(A, B, "1", 10_00)]})
    state(store, {"invoice": [invoice(A, B, "1", 12_00)]}, member)
    network = picture_of(store, [BANK, member])
    assert amount(network, "trade", A, B) == 12_00  # the smaller rank counts
    assert cited(network, "trade", A, B) == [f"invoice:member-b:{A}|1"]
    assert network.manifest["findings"] == [
        {
            "about": f"invoice {A}|1",
            "counts": f"invoice:member-b:{A}|1",
            "other": f"invoice:bank-a:{A}|1",
            "fields": ("amount",),
        }
    ]


def test_the_largest_kind_counts_for_a_pair_and_the_disagreement_is_told(store: Store) -> None:
    contract = {"seller": A, "buyer": B, "contract_no": "c", "signed_on": "2026-03-01"}
    state(
        store,
        {
            "invoice": [invoice(A, B, "1", 10_00)],
            "contract": [{**contract, "amount": 500_00}],
        },
    )
    network = picture_of(store)
    assert amount(network, "trade", A, B) == 500_00
    assert cited(network, "trade", A, B) == [f"contract:bank-a:{A}|c"]
    assert [f["about"] for f in network.manifest["findings"]] == [f"trade {A} {B}"]


def test_goods_in_custody_stand_beside_goods_carried(store: Store) -> None:
    waybill = {"carrier": C, "shipper": A, "consignee": B, "shipped_on": "2026-10-01"}
    state(
        store,
        {
            "waybill": [
                {**waybill, "waybill_no": "1", "goods_value": 30_00, "received_on": "2026-10-03"},
                {**waybill, "waybill_no": "2", "goods_value": 20_00},
            ]
        },
    )
    carriage = picture_of(store).matrices["carriage"]
    assert carriage.quantities["amount"].tolist() == [50_00]
    assert carriage.quantities["in_custody"].tolist() == [20_00]
    assert len(carriage.evidence_of(0)) == 2


def test_unpaid_capital_is_subscribed_less_paid_in(store: Store) -> None:
    held = {"owner": A, "since": "2020-01-01", "subscribed": 100_00, "paid_in": 30_00}
    state(store, {"ownership": [{**held, "owned": B}, {**held, "owned": C, "paid_in": 100_00}]})
    network = picture_of(store)
    assert amount(network, "ownership", A, B) == 70_00
    assert amount(network, "ownership", A, C) is None


def test_a_guarantee_that_has_ended_is_gone_the_day_it_ends(store: Store) -> None:
    given = {
        "guarantor": A,
        "borrower": B,
        "guarantee_no": "g",
        "cover": 10_00,
        "starts_on": "2025-01-01",
        "ends_on": "2026-10-31",
    }
    state(store, {"guarantee": [given]})
    assert amount(picture_of(store, day=date(2026, 10, 30)), "guarantee", A, B) == 10_00
    assert picture_of(store).place(A) is None


def test_a_party_to_itself_is_no_edge(store: Store) -> None:
    state(store, {"invoice": [invoice(A, A, "1", 10_00)]})
    assert not len(picture_of(store).matrices["trade"].indices)


def test_the_latest_accounts_and_the_year_before_fill_the_node_columns(store: Store) -> None:
    accounts = {"party": A, "current_assets": 50_00}
    state(
        store,
        {
            "party": [{"party": A, "name": "甲", "kind": "enterprise", "sector": "3670"}],
            "financials": [
                {**accounts, "year": 2024, "period_end": "2024-12-31", "revenue": 80_00},
                {
                    **accounts,
                    "year": 2025,
                    "period_end": "2025-12-31",
                    "revenue": 90_00,
                    "current_liabilities": 20_00,
                },
            ],
        },
    )
    network = picture_of(store)
    place = network.place(A)
    told = {name: network.columns[name][place] for name in network.columns}
    assert told["name"].decode() == "甲"
    assert told["sector"] == b"3670"
    assert (told["revenue"], told["revenue_previous"]) == (90_00, 80_00)
    assert told["liquidity"] == 30_00
    assert told["equity"] == MISSING
    assert told["overdue_days"] == MISSING
    assert [network.statements[int(k)] for k in network.node_evidence] == [
        f"party:bank-a:{A}",
        f"financials:bank-a:{A}|2024",
        f"financials:bank-a:{A}|2025",
    ]


def test_days_past_due_come_from_own_loans_and_own_unpaid_invoices(store: Store) -> None:
    loan = {"lender": C, "borrower": B, "loan_no": "l", "balance": 10_00}
    state(
        store,
        {
            "loan": [{**loan, "overdue_days": 10}],
            "invoice": [
                invoice(A, B, "1", 10_00, due_on="2026-10-01"),
                invoice(A, B, "paid", 10_00, due_on="2026-06-01"),
            ],
            "payment": [payment(B, A, "p", 10_00, invoice_no="paid")],
        },
    )
    network = picture_of(store)
    late = network.columns["overdue_days"]
    assert late[network.place(B)] == 30  # 2026-10-01 to 2026-10-31; the loan only 10
    assert late[network.place(A)] == MISSING


def record(number: str, **more: object) -> dict:
    return {
        "party": A,
        "record_no": number,
        "record_kind": "dishonest_judgment_debtor",
        "severity": "serious",
        "authority": "法院",
        "recognised_on": "2026-02-01",
        **more,
    }


@pytest.mark.parametrize(
    ("field", "reason"),
    [("repaired_on", "repaired"), ("withdrawn_on", "withdrawn"), ("expires_on", "expired")],
)
def test_an_ended_record_leaves_no_trace(store: Store, field: str, reason: str) -> None:
    parties = [{"party": A, "name": "甲", "kind": "enterprise"}]
    state(store, {"party": parties})
    without = picture_of(store)
    state(store, {"credit_record": [record("1", **{field: DAY.isoformat()})]})
    with_it = picture_of(store)
    assert with_it.network_id == without.network_id
    assert with_it.manifest["standing"] == {"credit_record": {reason: 1}}


def test_a_target_event_within_twelve_months_is_dated(store: Store) -> None:
    state(
        store,
        {"credit_record": [record("1"), record("2", recognised_on="2025-10-31")]},
    )
    network = picture_of(store)
    assert network.columns["records_serious"].tolist() == [2]
    days = (date(2026, 2, 1) - date(1970, 1, 1)).days
    assert network.columns["event_on"].tolist() == [days]


def test_a_source_that_allows_no_joining_is_kept_and_never_analysed(store: Store) -> None:
    tax = replace(BANK, id="tax", association_allowed=False)
    state(store, {"invoice": [invoice(A, B, "1", 10_00)]})
    without = picture_of(store)
    state(store, {"invoice": [invoice(B, C, "2", 10_00)]}, tax)
    network = picture_of(store, [BANK, tax])
    assert network.network_id == without.network_id
    assert network.manifest["standing"] == {"invoice": {"no_joining": 1}}


def test_the_same_statements_in_another_order_give_the_same_picture(tmp_path: Path) -> None:
    made = [invoice(A, B, "1", 10_00), invoice(B, C, "2", 20_00), invoice(A, C, "3", 5_00)]
    ids = set()
    for k, rows in enumerate((made, made[::-1])):
        store = SqliteStore(tmp_path / f"{k}.db", load_dictionary())
        for row in rows:
            state(store, {"invoice": [row]})
        ids.add(picture_of(store).network_id)
        store.close()
    assert len(ids) == 1


def test_a_picture_of_an_earlier_load_is_what_was_known_then(store: Store) -> None:
    state(store, {"invoice": [invoice(A, B, "1", 10_00)]})
    before = picture_of(store).network_id
    state(store, {"invoice": [invoice(A, B, "2", 20_00)]})
    assert picture_of(store).network_id != before


def test_an_empty_store_gives_an_empty_picture(store: Store) -> None:
    network = picture_of(store)
    assert len(network) == 0
    assert len(network.statements) == 0
