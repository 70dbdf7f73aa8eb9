"""Findings on Neo4j: nodes with consecutive numbers; only the one writer gives numbers."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, LiteralString

from neo4j import ManagedTransaction

from graph_model.statement import Finding
from graph_model.store import records
from graph_model.store.neo4j_connection import Connection

KNOWN: LiteralString = (
    "UNWIND $rows AS r MATCH (f:_Finding {source: $source, sha256: $sha256, line: r[0], "
    "column_name: r[1], rule: r[2]}) RETURN collect(r)"
)
LAST_FINDING: LiteralString = (
    "MATCH (f:_Finding) WHERE f.finding_id > 0 "
    "RETURN f.finding_id ORDER BY f.finding_id DESC LIMIT 1"
)
CREATE_FINDINGS: LiteralString = (
    "UNWIND $rows AS r CREATE (:_Finding {finding_id: r[0], load: r[1], source: r[2], "
    "sha256: r[3], file: r[4], line: r[5], column_name: r[6], value: r[7], severity: r[8], "
    "rule: r[9], way_out: r[10], row: r[11], resolved_by: r[12]})"
)
"""Cells in the order of `records.FINDING_COLUMNS`."""

RESOLVE: LiteralString = (
    "UNWIND $ids AS finding_id MATCH (f:_Finding {finding_id: finding_id}) "
    "WHERE f.resolved_by = 0 SET f.resolved_by = $number RETURN count(f)"
)
PAGE_OF_FINDINGS: LiteralString = (
    "MATCH (f:_Finding) WHERE f.finding_id > $after AND f.load <= $tx "
    "AND ($source IS NULL OR f.source = $source) WITH f ORDER BY f.finding_id LIMIT $page "
    "RETURN collect([f.finding_id, f.load, f.source, f.sha256, f.file, f.line, f.column_name, "
    "f.value, f.severity, f.rule, f.way_out, f.row, "
    "CASE WHEN f.resolved_by > $tx THEN 0 ELSE f.resolved_by END])"
)
TAKE_BACK_FINDINGS: LiteralString = "MATCH (f:_Finding {load: $number}) DELETE f"
REOPEN_FINDINGS: LiteralString = "MATCH (f:_Finding {resolved_by: $number}) SET f.resolved_by = 0"

PAGE = 10_000


def keep_findings(
    transaction: ManagedTransaction,
    load: int,
    source: str,
    sha256: str,
    findings: Sequence[Finding],
) -> int:
    """Write those that are new; returns how many."""
    fresh = {(f.line, f.column, f.rule): f for f in reversed(findings)}
    asked = {"source": source, "sha256": sha256, "rows": [list(identity) for identity in fresh]}
    known = transaction.run(KNOWN, asked).single(strict=True)[0]
    for identity in known:
        del fresh[tuple(identity)]
    last = transaction.run(LAST_FINDING).single()
    first = (last[0] if last else 0) + 1
    in_order = [f for f in findings if fresh.get((f.line, f.column, f.rule)) is f]
    rows = [
        (
            *(number, load, source, sha256, f.file, f.line, f.column, f.value, f.severity),
            *(f.rule, f.way_out, records.json_of(f.row), 0),
        )
        for number, f in enumerate(in_order, start=first)
    ]
    transaction.run(CREATE_FINDINGS, {"rows": rows}).consume()
    return len(rows)


def resolve_findings(transaction: ManagedTransaction, load: int, finding_ids: list[int]) -> int:
    """Mark as settled those that are not; returns how many."""
    found = transaction.run(RESOLVE, {"ids": finding_ids, "number": load}).single(strict=True)
    return int(found[0])


def findings_upto(connection: Connection, source: str | None, tx: int) -> list[dict[str, Any]]:
    """Findings as they were when load `tx` was published, by number."""
    found: list[dict[str, Any]] = []
    asked = {"source": source, "tx": tx, "page": PAGE}
    after = 0
    while page := connection.read(PAGE_OF_FINDINGS, {**asked, "after": after})[0][0]:
        found += map(records.finding_of, page)
        after = found[-1]["finding_id"]
    return found


def restore_findings(transaction: ManagedTransaction, findings: Iterable[Mapping[str, Any]]) -> int:
    """Write one batch of findings that have numbers; returns how many were left to write."""
    rows = [list(records.cells_of_finding(finding)) for finding in islice(findings, PAGE)]
    transaction.run(CREATE_FINDINGS, {"rows": rows}).consume()
    return len(rows)
