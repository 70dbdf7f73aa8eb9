"""JSON schema of every kind: what the loader accepts is valid, what it refuses is not."""

import pytest
from jsonschema import Draft202012Validator
from stating import load_dictionary, party

from graph_model.json_schema import json_schema

DICTIONARY = load_dictionary()
INVOICE = {
    "seller": party(1),
    "invoice_no": "1",
    "buyer": "src:bank-a:7",
    "issued_on": "2026-05-01",
    "amount": -5,
    "state": "valid",
}


@pytest.mark.parametrize("kind", DICTIONARY.kinds.values(), ids=lambda kind: kind.name)
def test_every_kind_has_a_schema_that_is_one(kind) -> None:
    schema = json_schema(DICTIONARY, kind)
    Draft202012Validator.check_schema(schema)
    assert set(schema["required"]) == {f.name for f in kind.fields if f.required}


def test_an_invoice_is_valid() -> None:
    schema = Draft202012Validator(json_schema(DICTIONARY, DICTIONARY.kind("invoice")))
    assert list(schema.iter_errors(INVOICE)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 1.5},
        {"state": "maybe"},
        {"seller": "91440112XXXX000191"},
        {"surplus": 1},
        {"buyer": None},
    ],
)
def test_a_wrong_invoice_is_not(wrong: dict[str, object]) -> None:
    schema = Draft202012Validator(json_schema(DICTIONARY, DICTIONARY.kind("invoice")))
    assert list(schema.iter_errors(INVOICE | wrong))
