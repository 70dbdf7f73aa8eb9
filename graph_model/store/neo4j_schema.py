"""What a database holds, from the dictionary: labels, constraints, and whose it is.

    (:Guarantee)-[:GUARANTOR]->(:Enterprise)      a statement, and whoever it names in a role

A kind is a label, a role a relationship type, and whoever is named is an `Enterprise` with its
`party_id`. Labels that begin with `_` are housekeeping; no kind can have such a label.
"""

import json
from typing import LiteralString

from neo4j.exceptions import ClientError

from graph_model.errors import StoreError
from graph_model.schema import Dictionary, Kind
from graph_model.store.columns import COLUMN_TYPE
from graph_model.store.neo4j_connection import Connection

FORMAT = 1
"""Number of the housekeeping's form, kept on the store's node."""

STORE_NAME = "credit-alliance"
ENTERPRISE = "Enterprise"

HOUSEKEEPING: tuple[LiteralString, ...] = (
    "CREATE CONSTRAINT alliance_store IF NOT EXISTS FOR (n:_Store) REQUIRE n.name IS UNIQUE",
    "CREATE CONSTRAINT alliance_load IF NOT EXISTS FOR (n:_Load) REQUIRE n.number IS UNIQUE",
    "CREATE CONSTRAINT alliance_finding IF NOT EXISTS "
    "FOR (n:_Finding) REQUIRE n.finding_id IS UNIQUE",
    "CREATE CONSTRAINT alliance_finding_of IF NOT EXISTS FOR (n:_Finding) "
    "REQUIRE (n.source, n.sha256, n.line, n.column_name, n.rule) IS UNIQUE",
    "CREATE CONSTRAINT alliance_journal IF NOT EXISTS FOR (n:_Journal) REQUIRE n.stream IS UNIQUE",
    "CREATE CONSTRAINT alliance_line IF NOT EXISTS "
    "FOR (n:_JournalLine) REQUIRE (n.stream, n.seq) IS UNIQUE",
    "CREATE CONSTRAINT alliance_enterprise IF NOT EXISTS "
    "FOR (n:Enterprise) REQUIRE n.party_id IS UNIQUE",
)

KIND_CONSTRAINT: LiteralString = (
    "CREATE CONSTRAINT alliance_kind_<kind> IF NOT EXISTS "
    "FOR (s:<Kind>) REQUIRE (s.key, s.source, s.valid_from, s.tx_from) IS UNIQUE"
)

CONSTRAINTS: LiteralString = "SHOW CONSTRAINTS YIELD name RETURN name"
AWAIT_INDEXES: LiteralString = "CALL db.awaitIndexes(300)"
COUNT_NODES: LiteralString = "MATCH (n) RETURN count(n)"
STORE: LiteralString = "MATCH (w:_Store {name: $name}) RETURN w.form, w.fields"
MARK: LiteralString = "MERGE (w:_Store {name: $name}) SET w.form = $form, w.fields = $fields"


def label_of(kind: Kind) -> str:
    """Label of a kind: `credit_record` is `CreditRecord`."""
    return "".join(part.capitalize() for part in kind.name.split("_"))


def role_of(field: str) -> str:
    """Relationship type of a field that names a party."""
    return field.upper()


def for_kind(template: LiteralString, kind: Kind, **parts: str) -> LiteralString:
    """Put a kind's names into a constant query.

    Names come from the dictionary, which has checked that they are a-z, 0-9 and _; values are
    always parameters. So the text is as constant as the dictionary.
    """
    text = template.replace("<Kind>", label_of(kind)).replace("<kind>", kind.name)
    for name, part in parts.items():
        text = text.replace(f"<{name}>", part)
    return text


def prepare(connection: Connection, dictionary: Dictionary) -> None:
    """Make what is missing; only that is written, so a complete store opens for reading too.

    Raises
    ------
    StoreError
        When the database belongs to another program, is of a later form, or holds a kind or field
        that the dictionary no longer has, or has with another type.
    """
    _refuse_equal_labels(dictionary)
    held = _held(connection)
    _refuse_what_is_gone(held or {}, dictionary)
    wanted = {f"alliance_kind_{name}" for name in dictionary.kinds}
    wanted |= {text.split()[2] for text in HOUSEKEEPING}
    if wanted - {name for (name,) in connection.run(CONSTRAINTS)}:
        for statement in HOUSEKEEPING:
            _constrain(connection, statement)
        for kind in dictionary.kinds.values():
            _constrain(connection, for_kind(KIND_CONSTRAINT, kind))
        connection.run(AWAIT_INDEXES)
    fields = fields_of(dictionary)
    if held != fields:
        mark = {"name": STORE_NAME, "form": FORMAT, "fields": json.dumps(fields)}
        connection.writing(lambda transaction: transaction.run(MARK, mark).consume())


def fields_of(dictionary: Dictionary) -> dict[str, dict[str, str]]:
    """Kinds, and the types of their fields, as the store's node keeps them."""
    return {
        kind.name: {field.name: COLUMN_TYPE[field.type] for field in kind.fields}
        for kind in dictionary.kinds.values()
    }


def _held(connection: Connection) -> dict[str, dict[str, str]] | None:
    """Kinds, and the types of their fields, that the store was last opened with; None if new."""
    found = connection.read(STORE, {"name": STORE_NAME})
    if not found and connection.read(COUNT_NODES) != [[0]]:
        found = connection.read(STORE, {"name": STORE_NAME})  # another process may have been faster
        if not found:
            raise StoreError(
                connection.where,
                "the database holds a graph of another program",
                "Name an empty database.",
            )
    if not found:
        return None
    form, fields = found[0]
    if form > FORMAT:
        raise StoreError(
            f"{connection.where}, a store of form {form}",
            f"this version reads forms up to {FORMAT}",
            "Open it with the version that wrote it, and move by `alliance archive`.",
        )
    held: dict[str, dict[str, str]] = json.loads(fields)
    return held


def _refuse_what_is_gone(held: dict[str, dict[str, str]], dictionary: Dictionary) -> None:
    if gone := sorted(set(held) - set(dictionary.kinds)):
        raise StoreError(
            ", ".join(gone),
            "the store holds kinds that the dictionary no longer has",
            "Put them back into kinds.csv and fields.csv: what was stated is not dropped.",
        )
    for name, fields in held.items():
        own = fields_of(dictionary)[name]
        if gone := sorted(set(fields) - set(own)):
            raise StoreError(
                f"{name}: {', '.join(gone)}",
                "the store holds fields that the dictionary no longer has",
                "Put them back into fields.csv: what was stated is not dropped.",
            )
        if changed := [field for field in fields if fields[field] != own[field]]:
            raise StoreError(
                f"{name}: {', '.join(changed)}",
                "the store holds these fields with another type than the dictionary gives them",
                "Put the type in fields.csv back, and give the new meaning a field of its own.",
            )


def _refuse_equal_labels(dictionary: Dictionary) -> None:
    taken = {ENTERPRISE: "the parties"}
    for kind in dictionary.kinds.values():
        label = label_of(kind)
        if label in taken:
            raise StoreError(
                f"kind {kind.name}",
                f"its label {label} is that of {taken[label]}",
                "Give the kind another name in kinds.csv.",
            )
        taken[label] = f"kind {kind.name}"


def _constrain(connection: Connection, statement: LiteralString) -> None:
    try:
        connection.run(statement)
    except StoreError as error:
        # IF NOT EXISTS can lose a race against another process that does the same.
        cause = error.__cause__
        if not (isinstance(cause, ClientError) and "AlreadyExists" in (cause.code or "")):
            raise
