"""What every store does, as sentences; the model is held to them as much as the adapters."""

import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from graph_model.errors import BadInput, StoreBusy, StoreError
from graph_model.network import MISSING
from graph_model.snapshot import OPEN_DATE, OPEN_TX, Snapshot
from graph_model.store.journal import verify
from graph_model.store.opening import open_store
from graph_model.store.protocol import Store
from tests.store_contract.made import (
    BANK,
    DAY,
    DICTIONARY,
    FILE,
    TAX,
    column,
    dump_of,
    finding,
    invoice,
    row,
    state,
)
from tests.store_contract.model_store import ModelStore


def in_memory(_: Path) -> Store:
    return ModelStore(DICTIONARY)


def on_sqlite(folder: Path) -> Store:
    return open_store(str(folder / "a.db"), DICTIONARY)


@pytest.fixture(params=["model", "sqlite", "neo4j"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "neo4j":
        server = request.getfixturevalue("neo4j_server")
        made = open_store(server.uri, DICTIONARY, user=server.user, password=server.password)
    else:
        made = in_memory(tmp_path) if request.param == "model" else on_sqlite(tmp_path)
    yield made
    made.close()


def test_an_empty_store_has_head_0_and_shows_nothing(store: Store) -> None:
    assert store.head() == 0
    assert store.table("invoice", Snapshot(DAY, 0), ["key", "amount"]).num_rows == 0
    assert (store.loads(), store.findings(), store.streams()) == ([], [], [])


def test_nothing_unpublished_is_visible(store: Store) -> None:
    first = state(store, ("invoice", invoice(1, 0)))
    before = dump_of(store)
    with store.begin(TAX) as load:
        load.open_rows("invoice", [invoice(2, load.number)])
        load.close_rows("invoice", [r.row_id for r in store.rows("invoice")])
        load.note("f" * 64, [finding(3)])
        assert dump_of(store) == before
        for tx in (first, load.number, OPEN_TX - 1):
            assert column(store, "invoice", "invoice_no", tx=tx) == ["1"]
        assert [r.tx_to for _, r in store.history("uscc:S")] == [OPEN_TX]


def test_publishing_shows_everything_at_once(store: Store) -> None:
    state(store, ("invoice", invoice(1, 0)))
    old = next(store.rows("invoice"))
    with store.begin(TAX) as load:
        load.open_rows("invoice", [invoice(2, load.number), invoice(3, load.number)])
        load.close_rows("invoice", [old.row_id])
        load.note("f" * 64, [finding(3)])
        number = load.publish([FILE])
    assert store.head() == number
    assert column(store, "invoice", "invoice_no") == ["2", "3"]
    assert [r.tx_to for r in store.rows("invoice")] == [number, OPEN_TX, OPEN_TX]
    assert [f["load"] for f in store.findings()] == [number]
    assert store.loads()[-1].files == (FILE,)


def test_an_aborted_load_leaves_nothing_but_its_number(store: Store) -> None:
    with store.begin(TAX) as load:
        load.open_rows("invoice", [invoice(1, load.number)])
        load.note("f" * 64, [finding(3), finding(4)])
        load.publish([FILE])
    with store.begin(TAX) as load:
        load.resolve([1])
        load.publish([FILE])
    before = dump_of(store)
    with store.begin(TAX) as load:
        load.open_rows("invoice", [invoice(2, load.number)])
        load.open_rows("loan", [row("loan", load.number, lender="L", loan_no="1", balance=5)])
        load.close_rows("invoice", [r.row_id for r in store.rows("invoice")])
        load.note("f" * 64, [finding(5)])
        assert load.resolve([1, 2]) == 1, "finding 1 is settled already"
    after = dump_of(store)
    assert [(r.number, r.state) for r in after.pop("loads")][2:] == [(3, "aborted")]
    before.pop("loads")
    assert after == before
    assert [f["resolved_by"] for f in store.findings()] == [2, 0]


def test_an_exception_aborts(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.begin(TAX) as load:
        assert load.open_rows("invoice", [invoice(1, load.number)]) / 0
    assert list(store.rows("invoice")) == []
    assert [load.state for load in store.loads()] == ["aborted"]


def test_a_number_is_never_used_twice(store: Store) -> None:
    with store.begin(TAX) as load:
        load.open_rows("invoice", [invoice(1, load.number)])
    assert state(store, ("invoice", invoice(1, 0))) == load.number + 1


def test_publishing_nothing_writes_nothing(store: Store) -> None:
    head = state(store, ("invoice", invoice(1, 0)))
    before = dump_of(store)
    closed_long_ago = invoice(9, 1).row_id
    with store.begin(TAX) as load:
        assert load.open_rows("invoice", []) == 0
        assert load.close_rows("invoice", [closed_long_ago]) == 0
        assert load.note("f" * 64, []) == 0
        assert load.resolve([77]) == 0
        assert not load.has_written
        assert load.publish([FILE]) == head
    assert dump_of(store) == before


def test_a_load_that_has_ended_takes_no_more(store: Store) -> None:
    with store.begin(TAX) as load:
        load.open_rows("invoice", [invoice(1, load.number)])
        load.publish([FILE])
        with pytest.raises(StoreError, match="has ended"):
            load.open_rows("invoice", [invoice(2, load.number)])
        with pytest.raises(StoreError, match="has ended"):
            load.publish([FILE])
    with store.begin(TAX) as load:
        load.open_rows("invoice", [invoice(2, load.number)])
        load.abort()
        with pytest.raises(StoreError, match="has ended"):
            load.publish([FILE])
    assert column(store, "invoice", "invoice_no") == ["1"]


def test_one_thread_has_one_load_at_a_time(store: Store) -> None:
    with store.begin(TAX) as load:
        load.open_rows("invoice", [invoice(1, load.number)])
        with pytest.raises(StoreBusy), store.begin(TAX, wait_seconds=0.1):
            pass
        load.publish([FILE])
    assert column(store, "invoice", "invoice_no") == ["1"]


def test_an_older_load_gives_the_older_picture(store: Store) -> None:
    first = state(store, ("invoice", invoice(1, 0, amount=100)))
    with store.begin(TAX) as load:
        load.close_rows("invoice", [r.row_id for r in store.rows("invoice")])
        load.open_rows("invoice", [invoice(1, load.number, amount=70)])
        second = load.publish([FILE])
    with store.begin(TAX) as load:
        load.close_rows("invoice", [r.row_id for r in load.keys_in_force("invoice", "tax")])
        third = load.publish([FILE])
    seen = [column(store, "invoice", "amount", tx=tx) for tx in (0, first, second, third)]
    assert seen == [[], [100], [70], []]
    assert [r.tx_to for r in store.rows("invoice", upto=first)] == [OPEN_TX]
    assert column(store, "invoice", "tx_to", tx=first) == [OPEN_TX], "as it was known then"


def test_a_fact_holds_from_its_first_day_until_before_its_last(store: Store) -> None:
    state(store, ("invoice", invoice(1, 0, valid=("2026-03-01", "2026-04-01"))))
    days = [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1)]
    assert [len(column(store, "invoice", "key", day)) for day in days] == [0, 1, 1, 0]


def test_two_sources_say_the_same_key_side_by_side(store: Store) -> None:
    state(store, ("invoice", invoice(1, 0, amount=100)))
    state(store, ("invoice", invoice(1, 0, amount=90, source="bank")), source=BANK)
    assert column(store, "invoice", "amount") == [100, 90]  # sorted as text
    with store.begin(BANK) as load:
        assert list(load.in_force("invoice", "bank", ["uscc:S|1", "uscc:S|2"])) == ["uscc:S|1"]
        assert [r.source for r in load.keys_in_force("invoice", "bank")] == ["bank"]


def test_in_force_is_what_no_load_has_closed_oldest_first(store: Store) -> None:
    with store.begin(TAX) as load:
        late = invoice(1, load.number, valid=("2026-05-01", OPEN_DATE))
        early = invoice(1, load.number, valid=("2026-01-01", "2026-05-01"))
        other = invoice(2, load.number)
        load.open_rows("invoice", [late, other, early])
        load.publish([FILE])
    with store.begin(TAX) as load:
        load.close_rows("invoice", [other.row_id])
        load.open_rows("invoice", [own := invoice(3, load.number)])
        keys = [early.key, other.key, own.key, early.key]
        assert load.in_force("invoice", "tax", keys) == {early.key: [early, late], own.key: [own]}
        assert list(load.keys_in_force("invoice", "tax")) == [early, late, own]


def test_history_finds_a_key_and_every_role_of_a_party(store: Store) -> None:
    roles = {"guarantor": "uscc:G", "borrower": "uscc:S", "creditor": "uscc:L"}
    state(
        store,
        ("party", row("party", 0, party="uscc:S", name="甲", kind="enterprise")),
        ("invoice", invoice(1, 0)),
        ("guarantee", row("guarantee", 0, guarantee_no="g", starts_on="2026-01-01", **roles)),
    )
    assert [kind for kind, _ in store.history("uscc:S")] == ["party", "invoice", "guarantee"]
    assert [kind for kind, _ in store.history("uscc:L")] == ["guarantee"]
    assert [kind for kind, _ in store.history("uscc:S|1")] == ["invoice"]
    assert store.history("uscc:nobody") == []


def test_history_keeps_what_was_corrected(store: Store) -> None:
    state(store, ("invoice", invoice(1, 0, amount=100)))
    with store.begin(TAX) as load:
        load.close_rows("invoice", [r.row_id for r in store.rows("invoice")])
        load.open_rows("invoice", [invoice(1, load.number, amount=70)])
        load.publish([FILE])
    amounts = [(r.named(DICTIONARY.kind(k))["amount"], r.tx_to) for k, r in store.history("uscc:B")]
    assert amounts == [(100, 2), (70, OPEN_TX)]


def test_a_row_that_its_own_load_closes_vanishes(store: Store) -> None:
    with store.begin(TAX) as load:
        load.open_rows("invoice", [invoice(1, load.number), invoice(2, load.number)])
        assert load.close_rows("invoice", [invoice(1, load.number).row_id]) == 1
        load.open_rows("invoice", [invoice(1, load.number, amount=5)])
        assert load.close_rows("invoice", [invoice(1, load.number).row_id]) == 1
        load.publish([FILE])
    assert [r.key for r in store.rows("invoice")] == ["uscc:S|2"]


def test_closing_twice_keeps_the_first_end(store: Store) -> None:
    state(store, ("invoice", invoice(1, 0)))
    row_id = next(store.rows("invoice")).row_id
    for counted in (1, 0):
        with store.begin(TAX) as load:
            assert load.close_rows("invoice", [row_id]) == counted
            load.publish([FILE])
    assert [r.tx_to for r in store.rows("invoice")] == [2]
    assert store.head() == 2


def test_one_row_per_key_source_validity_and_load(store: Store) -> None:
    with pytest.raises(StoreError, match="is there already"), store.begin(TAX) as load:
        load.open_rows("invoice", [invoice(1, load.number), invoice(1, load.number, amount=5)])
    assert list(store.rows("invoice")) == []


def test_a_row_opens_under_the_number_of_its_load(store: Store) -> None:
    with store.begin(TAX) as load, pytest.raises(StoreError, match="own number"):
        load.open_rows("invoice", [invoice(1, load.number - 1)])


def test_empty_text_and_infinite_rates_are_refused(store: Store) -> None:
    with store.begin(TAX) as load:
        with pytest.raises(StoreError, match="empty text"):
            load.open_rows("invoice", [invoice(1, load.number, state="")])
        held = {"owner": "uscc:O", "owned": "uscc:P", "since": "2026-01-01"}
        with pytest.raises(StoreError, match="infinite"):
            load.open_rows("ownership", [row("ownership", load.number, share=math.inf, **held)])


def test_missing_values_are_empty_text_smallest_integer_and_nan(store: Store) -> None:
    held = {"owner": "uscc:O", "owned": "uscc:P", "since": "2026-01-01"}
    state(store, ("ownership", row("ownership", 0, **held)))
    table = store.table("ownership", Snapshot(DAY, 1), ["until", "share", "subscribed", "line"])
    assert table.schema.types == [pa.string(), pa.float64(), pa.int64(), pa.int64()]
    (found,) = table.to_pylist()
    assert (found["until"], found["subscribed"], found["line"]) == ("", MISSING, 2)
    assert math.isnan(found["share"])


def test_an_empty_picture_has_its_types(store: Store) -> None:
    table = store.table("ownership", Snapshot(DAY, 0), ["key", "tx_to", "share", "paid_in"])
    assert table.schema.types == [pa.string(), pa.int64(), pa.float64(), pa.int64()]


def test_an_unknown_kind_or_field_is_named(store: Store) -> None:
    with pytest.raises(BadInput, match="invoise"):
        store.table("invoise", Snapshot(DAY, 0), ["key"])
    with pytest.raises(BadInput, match="amont"):
        store.table("invoice", Snapshot(DAY, 0), ["amont"])


TEXTS = ('a "b", c', "line\r\nbreak", "甲\x00乙", "NULL", " \u2028", "%7C|")


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_comes_back_as_it_was(store: Store, text: str) -> None:
    state(store, ("party", row("party", 0, party="uscc:S", name=text, kind="enterprise")))
    assert [r.values[1] for r in store.rows("party")] == [text]


@pytest.mark.parametrize("share", [0.1 + 0.2, 5e-324, 1.0, 1 / 3, 1e300])
def test_rates_come_back_to_the_last_bit(store: Store, share: float) -> None:
    held = {"owner": "uscc:O", "owned": "uscc:P", "since": "2026-01-01"}
    state(store, ("ownership", row("ownership", 0, share=share, **held)))
    assert [repr(c) for c in column(store, "ownership", "share")] == [repr(share)]


def test_findings_of_one_content_are_kept_once(store: Store) -> None:
    with store.begin(TAX) as load:
        assert load.note("f" * 64, [finding(3), finding(3), finding(3, column="buyer")]) == 2
        load.publish([FILE])
    with store.begin(TAX) as load:
        again = [finding(3), finding(3, rule="DATE"), finding(4)]
        assert load.note("f" * 64, again) == 2
        assert load.note("e" * 64, [finding(3)]) == 1
        load.publish([FILE])
    with store.begin(BANK) as load:
        assert load.note("f" * 64, [finding(3)]) == 1
        load.publish([FILE])
    assert [f["load"] for f in store.findings()] == [1, 1, 2, 2, 2, 3]
    assert len(store.findings("bank")) == 1
    assert store.findings("bank")[0]["row"] == {"金额": "x"}
    assert len(store.findings(upto=1)) == 2


def test_a_finding_is_settled_when_the_load_is_published(store: Store) -> None:
    with store.begin(TAX) as load:
        load.note("f" * 64, [finding(3)])
        load.publish([FILE])
    with store.begin(TAX) as load:
        assert load.resolve([1]) == 1
        assert store.findings()[0]["resolved_by"] == 0
        load.publish([FILE])
    assert store.findings()[0]["resolved_by"] == 2
    assert store.findings(upto=1)[0]["resolved_by"] == 0


def test_journals_are_chained_each_on_its_own(store: Store) -> None:
    store.append("runs", "2026-01-01", {"n": 1, "名": "甲"})
    store.append("audit", "2026-01-02", {})
    last = store.append("runs", "2026-01-03", {"deep": {10: "ten", 9: [1, 2.5, None]}})
    assert store.streams() == ["audit", "runs"]
    assert list(store.journal("runs"))[-1] == last
    assert [line["seq"] for line in store.journal("runs")] == [1, 2]
    assert verify("runs", store.journal("runs")) == 2
    assert verify("audit", store.journal("audit")) == 1
    assert list(store.journal("none")) == []
    assert list(store.journal("runs", after=1)) == [last]
    assert list(store.journal("runs", after=2)) == []


def test_a_journal_grows_while_a_load_runs_and_stays_when_it_aborts(store: Store) -> None:
    with store.begin(TAX) as load:
        load.open_rows("invoice", [invoice(1, load.number)])
        store.append("audit", "2026-01-01", {"n": 1})
    assert len(list(store.journal("audit"))) == 1


def test_a_store_can_be_written_while_its_rows_are_read(store: Store) -> None:
    state(store, *(("invoice", invoice(n, 0)) for n in range(5)))
    reading = store.rows("invoice")
    next(reading)
    state(store, ("invoice", invoice(9, 0)))
    store.append("audit", "2026-01-01", {})
    assert len(list(reading)) == 4


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Store]:
    made = on_sqlite(tmp_path)
    yield made
    made.close()


def test_columns_empty_in_the_first_70_000_rows_have_their_types(sqlite: Store) -> None:
    held = {"owner": "uscc:O", "since": "2026-01-01"}
    with sqlite.begin(TAX) as load:
        n = load.number
        rows = (row("ownership", n, owned=f"uscc:{k:08d}", **held) for k in range(70_000))
        load.open_rows("ownership", rows)
        last = {"owned": "uscc:z", "share": 0.25, "paid_in": 7, "until": "2027-01-01"}
        load.open_rows("ownership", [row("ownership", n, **held, **last)])
        load.publish([FILE])
    table = sqlite.table("ownership", Snapshot(DAY, 1), ["share", "paid_in", "until", "key"])
    assert table.schema.types == [pa.float64(), pa.int64(), pa.string(), pa.string()]
    filled = table.filter(pc.equal(table["key"], "uscc:O|uscc:z")).to_pylist()
    assert filled == [{"share": 0.25, "paid_in": 7, "until": "2027-01-01", "key": "uscc:O|uscc:z"}]
    assert pc.sum(pc.is_nan(table["share"])).as_py() == 70_000
