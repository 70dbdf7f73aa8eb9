"""What standing takes out leaves no trace: the figure is that of a world where it was not said."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stating import BANK, DAY, party, picture_of, state

from algorithms.chain_risk import chain_risk
from algorithms.industry import run_network
from algorithms.scorecard import scorecard
from graph_model.network import CreditNetwork
from graph_model.schema import Dictionary, Value, key_of, load_dictionary
from graph_model.statement import Source
from graph_model.store.sqlite import SqliteStore
from policy.standing import TakenOut
from tests.algorithms.pictures import pack_parameters

PARTIES = [party(n) for n in range(1, 6)]
DICTIONARY: Dictionary = load_dictionary()
SILENT = Source("tax", "税务", "official", 5, "test", association_allowed=False)
Rows = Mapping[str, Sequence[Mapping[str, Value]]]

WORLD: Rows = {
    "party": [{"party": p, "name": "甲", "kind": "enterprise", "sector": "3670"} for p in PARTIES],
    "financials": [
        {"party": p, "year": 2025, "period_end": "2025-12-31", "revenue": 9_000_000_00}
        | {"equity": 800_000_00, "total_assets": 2_000_000_00, "material_cost": 5_000_000_00}
        for p in PARTIES
    ],
    "invoice": [
        {"seller": a, "buyer": b, "invoice_no": f"I{k}", "issued_on": "2026-05-01"}
        | {"amount": 600_000_00 + k}
        for k, (a, b) in enumerate(itertools.pairwise(PARTIES))
    ],
}


def run_of(network: CreditNetwork) -> dict[str, bytes]:
    parameters = pack_parameters()
    own = scorecard(network, parameters).own_rate
    made = run_network(network, parameters, own)
    run = chain_risk(
        *(made.party_id, made.own_rate, made.links),
        scenarios=128,
        seed=7,
        threads=1,
        already_fallen=made.already_fallen,
        unknown_rate=made.unknown_rate,
    )
    return {k: v.tobytes() for k, v in vars(run).items() if hasattr(v, "tobytes")}


def extra(number: int, at: int, other: int) -> tuple[str, dict[str, Any]]:
    """A statement beside the world's: a record, a guarantee, an invoice or a loan."""
    a, b = PARTIES[at], PARTIES[(at + other) % len(PARTIES)]
    made: list[tuple[str, dict[str, Any]]] = [
        (
            "credit_record",
            {"party": a, "record_no": "R", "record_kind": "dishonest_judgment_debtor"}
            | {"severity": "serious", "authority": "法院", "recognised_on": "2026-02-01"},
        ),
        (
            "guarantee",
            {"guarantor": a, "borrower": b, "guarantee_no": "G", "starts_on": "2026-01-01"}
            | {"cover": 700_000_00},
        ),
        (
            "invoice",
            {"seller": a, "buyer": b, "invoice_no": "X", "issued_on": "2026-06-01"}
            | {"amount": 900_000_00},
        ),
        ("loan", {"lender": a, "borrower": b, "loan_no": "L", "balance": 500_000_00}),
    ]
    return made[number]


def statement(kind: str, fields: Mapping[str, Value], source: str) -> str:
    return f"{kind}:{source}:{key_of(fields[name] for name in DICTIONARY.kind(kind).key)}"


def took_out(kind: str, fields: dict[str, Any], reason: str) -> list[TakenOut]:
    if reason == "objected":
        key = key_of(fields[name] for name in DICTIONARY.kind(kind).key)
        return [TakenOut(kind, {"source": BANK.id, "key": key}, "objected", "Art. 25")]
    measured = next(m for m in DICTIONARY.measures if m.kind == kind)
    pair = {name: fields[name] for name in (measured.row, measured.column)}
    return [TakenOut(kind, pair, "link_objected", "Art. 25")]


@settings(max_examples=40)
@given(
    reason=st.sampled_from(
        ["withdrawn", "repaired", "expired", "no_joining", "objected", "link_objected"]
    ),
    number=st.integers(0, 3),
    at=st.integers(0, 4),
    other=st.integers(1, 4),
)
def test_the_figure_is_that_of_a_world_where_it_was_not_said(
    tmp_path_factory: pytest.TempPathFactory, reason: str, number: int, at: int, other: int
) -> None:
    if reason == "link_objected" and other == 1:
        other = 2  # the world's own invoices join neighbours: they would go with the link
    ends = {"withdrawn": "withdrawn_on", "repaired": "repaired_on", "expired": "expires_on"}
    kind, fields = extra(0 if reason in ends else number, at, other)
    if reason == "link_objected" and kind == "credit_record":
        kind, fields = extra(1, at, other)
    source = SILENT if reason == "no_joining" else BANK
    if reason in ends:
        fields[ends[reason]] = DAY.isoformat()
    out = took_out(kind, fields, reason) if "objected" in reason else []
    folder: Path = tmp_path_factory.mktemp("standing")
    store = SqliteStore(folder / "x.db", DICTIONARY)
    state(store, WORLD)
    never = picture_of(store)
    state(store, {kind: [fields]}, source)
    counting = picture_of(store, [BANK, replace(SILENT, association_allowed=True)])
    today = picture_of(store, [BANK, SILENT], out=out)
    yesterday = picture_of(store, day=DAY - timedelta(days=1))
    store.close()
    named = {one["statement"]: one["reason"] for one in today.manifest["not_counted"]}
    assert named == {statement(kind, fields, source.id): reason}
    assert today.network_id == never.network_id
    assert run_of(today) == run_of(never)
    if reason in ends:
        assert yesterday.columns["records_serious"][at] == 1
    else:
        assert counting.network_id != never.network_id


COPY = Source("copies", "信用网站", "open_data", 50, "test", association_allowed=True)


@pytest.mark.parametrize(
    ("best", "copy", "counts"),
    [("2026-03-01", None, 0), (None, "2026-03-01", 1), (None, None, 1), (None, "2027-03-01", 1)],
)
def test_the_record_that_counts_says_whether_it_has_ended(
    tmp_path: Path, best: str | None, copy: str | None, counts: int
) -> None:
    _, fields = extra(0, 0, 1)
    store = SqliteStore(tmp_path / "x.db", DICTIONARY)
    state(store, {"credit_record": [fields | {"repaired_on": copy}]}, COPY)
    state(store, {"credit_record": [fields | {"repaired_on": best}]})
    network = picture_of(store, [BANK, COPY])
    store.close()
    assert network.columns["records_serious"].sum() == counts


def test_a_version_stated_after_the_objection_counts(tmp_path: Path) -> None:
    kind, fields = extra(2, 0, 1)
    key = key_of(fields[name] for name in ("seller", "invoice_no"))
    store = SqliteStore(tmp_path / "x.db", DICTIONARY)
    tx = state(store, {kind: [fields]})
    state(store, {"party": [{"party": PARTIES[0], "name": "甲", "kind": "enterprise"}]})
    cells = {"source": BANK.id, "key": key}
    for upto, edges in ((tx, 0), (tx - 1, 1)):
        out = [TakenOut(kind, cells, "objection_corrected", "Art. 25", upto)]
        assert len(picture_of(store, out=out).matrices["trade"].indices) == edges
    store.close()


@pytest.mark.parametrize(("recognised", "counts"), [("2021-10-31", 0), ("2021-11-01", 1)])
def test_no_record_is_used_longer_than_five_years(
    tmp_path: Path, recognised: str, counts: int
) -> None:
    """As of 2026-10-31, whatever end the source gives, or none."""
    for k, end in enumerate((None, "2030-01-01")):
        _, fields = extra(0, 0, 1)
        store = SqliteStore(tmp_path / f"{k}.db", DICTIONARY)
        said = fields | {"recognised_on": recognised, "expires_on": end}
        state(store, {"credit_record": [said], "party": WORLD["party"]})
        network = picture_of(store)
        store.close()
        assert network.columns["records_serious"].sum() == counts
        out = {one["reason"] for one in network.manifest["not_counted"]}
        assert out == (set() if counts else {"expired"})
