"""Adding a kind is adding rows: a dictionary with one more, and no line of code."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import jsonschema
import pyarrow as pa
import pytest
from stating import party, picture_of

from graph_model.dictionary_page import dictionary_page
from graph_model.errors import BadInput
from graph_model.json_schema import json_schema
from graph_model.network import MISSING
from graph_model.schema import Dictionary
from graph_model.snapshot import Snapshot
from graph_model.statement import Source
from graph_model.store.archive import read_archive, write_archive
from graph_model.store.opening import open_store
from graph_model.store.protocol import Store
from ingest.load import ingest_folder
from ingest.source_file import read_source
from tests.store_contract.dictionaries import changed, field, more
from tests.store_contract.made import FILE, TAX, cells_of, row, state

PLEDGE = {
    "kind": "pledge",
    "zh": "动产质押",
    "en": "pledge of movables",
    "time": "period",
    "key": "debtor pledge_no",
    "valid_from": "registered_on",
    "valid_to": "released_on",
    "meaning": "movables that secure a debt",
    "source": "own design",
}
FIELDS = (
    field("pledge", "debtor", "party", required="yes"),
    field("pledge", "pledge_no", "text", required="yes"),
    field("pledge", "creditor", "party"),
    field("pledge", "registered_on", "date", required="yes"),
    field("pledge", "released_on", "date"),
    field("pledge", "value", "money", unit="fen"),
    field("pledge", "haircut", "rate", unit="fraction"),
    field("pledge", "state", "code", codes="reg_state"),
    field("pledge", "in_storage", "flag"),
)


@pytest.fixture
def gained(tmp_path: Path) -> Dictionary:
    return changed(tmp_path / "dictionary", kinds=more(PLEDGE), fields=more(*FIELDS))


@pytest.fixture
def store(gained: Dictionary, tmp_path: Path) -> Iterator[Store]:
    made = open_store(str(tmp_path / "a.db"), gained)
    yield made
    made.close()


def pledges(store: Store) -> None:
    """One pledge stated, and corrected by a second load."""
    stated = {"debtor": "uscc:D", "pledge_no": "1", "creditor": "uscc:C"}
    stated |= {"registered_on": "2026-01-01"}
    valid = ("2026-01-01", "2026-07-01")
    made = row("pledge", 0, valid=valid, dictionary=store.dictionary, value=100, **stated)
    state(store, ("pledge", made))
    with store.begin(TAX) as load:
        load.close_rows("pledge", [one.row_id for one in store.rows("pledge")])
        better = row(
            "pledge", load.number, valid=valid, dictionary=store.dictionary, haircut=0.25, **stated
        )
        load.open_rows("pledge", [better])
        load.publish([FILE])


def test_a_new_kind_has_a_table(store: Store) -> None:
    pledges(store)
    columns = ["debtor", "value", "haircut", "state"]
    table = store.table("pledge", Snapshot(date(2026, 6, 1), 2), columns)
    assert table.schema.types == [pa.string(), pa.int64(), pa.float64(), pa.string()]
    assert table.to_pylist() == [
        {"debtor": "uscc:D", "value": MISSING, "haircut": 0.25, "state": ""}
    ]
    first = store.table("pledge", Snapshot(date(2026, 6, 1), 1), columns)
    assert cells_of(first) == [["uscc:D"], [100], ["nan"], [""]]
    assert store.table("pledge", Snapshot(date(2026, 7, 1), 2), columns).num_rows == 0


def test_a_new_kind_has_a_history_by_key_and_by_role(store: Store) -> None:
    pledges(store)
    for asked in ("uscc:D|1", "uscc:D", "uscc:C"):
        assert [(kind, one.tx_from) for kind, one in store.history(asked)] == [
            ("pledge", 1),
            ("pledge", 2),
        ]


MEASURED = {
    "measure": "pledged",
    "quantity": "amount",
    "kind": "pledge",
    "row": "creditor",
    "column": "debtor",
    "amount": "value",
    "aggregate": "in_force",
    "meaning": "movables that secure claims of the row on the column",
}

SOURCE = """
id = "register"
name = "movables"
type = "official"
rank = 1
authorisation = "a test"
association_allowed = true
[[file]]
path = "pledges.csv"
kind = "pledge"
extract = "full"
period = { start = 2026-01-01, end = 2026-11-01 }
"""


def test_a_new_kind_is_ingested_checked_and_measured(tmp_path: Path) -> None:
    folder = tmp_path / "dictionary"
    gained = changed(folder, kinds=more(PLEDGE), fields=more(*FIELDS), measures=more(MEASURED))
    (tmp_path / "source.toml").write_text(SOURCE, encoding="utf-8")
    debtor, creditor = party(1), party(2)
    rows = [
        f"{debtor[5:]},1,{creditor[5:]},2026-01-01,100.00,有",
        f"{debtor[5:]},2,{creditor[5:]},2026-13-01,100.00,有",
    ]
    header = "debtor,pledge_no,creditor,registered_on,value,in_storage"
    (tmp_path / "pledges.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    store = open_store(str(tmp_path / "b.db"), gained)
    report = ingest_folder(
        store, read_source(tmp_path / "source.toml", gained), tmp_path, beside=tmp_path
    )
    assert (report.files[0].accepted, report.files[0].quarantined) == (1, 1)
    register = Source("register", "movables", "official", 1, "a test", association_allowed=True)
    network = picture_of(store, [register])
    pledged = network.matrices["pledged"]
    edge = pledged.edge(network.place(creditor) or 0, network.place(debtor) or 0)
    assert edge is not None
    assert pledged.amount.tolist() == [100_00]
    assert network.statements[int(pledged.evidence_of(edge)[0])] == f"pledge:register:{debtor}|1"
    store.close()


def test_a_new_kind_is_archived(store: Store, gained: Dictionary, tmp_path: Path) -> None:
    pledges(store)
    write_archive(store, tmp_path / "archive")
    archive = read_archive(tmp_path / "archive", gained)
    assert list(archive.rows("pledge")) == list(store.rows("pledge"))


def test_a_new_kind_has_a_json_schema(gained: Dictionary) -> None:
    schema = json_schema(gained, gained.kind("pledge"))
    jsonschema.Draft202012Validator.check_schema(schema)
    right = {"debtor": f"uscc:{'9' * 18}", "pledge_no": "1", "registered_on": "2026-01-01"}
    jsonschema.validate(right, schema)
    for wrong in (
        {"pledge_no": "1", "registered_on": "2026-01-01"},
        right | {"value": "12"},
        right | {"state": "unheard of"},
        right | {"colour": "red"},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def test_a_new_kind_stands_on_the_page_of_the_dictionary(gained: Dictionary) -> None:
    assert "动产质押" in dictionary_page(gained)


@pytest.mark.parametrize(
    ("kind", "fields", "rule"),
    [
        (PLEDGE | {"key": "debtor colour"}, FIELDS, "every part of the key is a required field"),
        (PLEDGE | {"time": "often"}, FIELDS, "time often is none of"),
        (PLEDGE | {"kind": "Pledge!"}, (), "every part of the key|is named with a-z"),
        (PLEDGE | {"valid_from": "value"}, FIELDS, "name date fields"),
        (PLEDGE, (*FIELDS, field("pledge", "load", "integer")), "a field is named with"),
        (PLEDGE, (*FIELDS, field("pledge", "paid", "money", unit="yuan")), "money is kept in fen"),
        (PLEDGE, (*FIELDS, field("pledge", "colour", "code")), "a code field names its table"),
        (PLEDGE, (*FIELDS, field("pledge", "mood", "feeling")), "type feeling is unknown"),
        (PLEDGE, (*FIELDS, field("pledges", "a", "text")), "kinds.csv has no such kind"),
    ],
)
def test_a_wrong_row_is_named(
    kind: dict[str, str], fields: tuple[dict[str, str], ...], rule: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=rule):
        changed(tmp_path / "dictionary", kinds=more(kind), fields=more(*fields))


def test_the_digest_names_the_dictionary(gained: Dictionary, tmp_path: Path) -> None:
    again = changed(tmp_path / "again", kinds=more(PLEDGE), fields=more(*FIELDS))
    assert replace(again, code_tables={}).digest == gained.digest
    assert changed(tmp_path / "plain").digest != gained.digest
