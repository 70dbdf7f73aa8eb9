"""JSON schema (draft 2020-12) of a kind, made from the dictionary."""

from typing import Any

from graph_model.schema import Dictionary, Field, Kind

JSON_TYPE: dict[str, dict[str, Any]] = {
    "party": {"type": "string", "pattern": "^(uscc:[0-9A-Z]{18}|lei:[0-9A-Z]{20}|src:.+)$"},
    "text": {"type": "string", "minLength": 1},
    "code": {"type": "string"},
    "date": {"type": "string", "format": "date"},
    "list": {"type": "string", "minLength": 1},
    "money": {"type": "integer"},
    "integer": {"type": "integer"},
    "rate": {"type": "number", "minimum": 0, "maximum": 1},
    "flag": {"type": "integer", "enum": [0, 1]},
}


def json_schema(dictionary: Dictionary, kind: Kind) -> dict[str, Any]:
    """Schema of the fields of one statement of a kind; money is integer fen.

    Parameters
    ----------
    dictionary : Dictionary
        Holds the code tables.
    kind : Kind
        One of its kinds.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{kind.en} ({kind.zh})",
        "description": kind.meaning,
        "type": "object",
        "properties": {field.name: _property(dictionary, field) for field in kind.fields},
        "required": [field.name for field in kind.fields if field.required],
        "additionalProperties": False,
    }


def _property(dictionary: Dictionary, field: Field) -> dict[str, Any]:
    made = {"title": field.zh, "description": field.meaning, **JSON_TYPE[field.type]}
    if field.codes:
        made["enum"] = sorted(dictionary.codes(field.codes))
    if field.least is not None:
        made["minimum"] = field.least
    if field.unit:
        made["description"] = f"{field.meaning} [{field.unit}]"
    return made
