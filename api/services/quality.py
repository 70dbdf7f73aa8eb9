"""How the rows of each source fared, and what is still waiting to be corrected."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from api.services.workspace import Workspace
from ingest.quarantine import waiting, write_quarantine

CODE_RULES = ("CHECK_OUTER", "CHECK_INNER", "LENGTH", "CHARSET", "PLACEHOLDER", "FORMAT")
"""Rules that speak of a wrong unified social credit code (错码)."""

DUPLICATE_RULE = ("CONTRADICTION", "party")
"""Rule and column of a code that one file gives to two parties (重码)."""

CODE_ERROR_TARGET = 0.00005
"""重错码率 of the policy (穗府办函〔2020〕35号): at most 0.005 %."""


@dataclass
class SourceQuality:
    """Counts of one source over all its published loads; replays settle rows counted before."""

    source: str
    name: str
    loads: int = 0
    last_load: str = ""
    read: int = 0
    accepted: int = 0
    warned: int = 0
    quarantined: int = 0
    refused: int = 0
    settled: int = 0
    waiting: int = 0
    wrong_codes: int = 0
    duplicate_codes: int = 0
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)


def quality(workspace: Workspace) -> list[SourceQuality]:
    """Quality of every source that was ever loaded, by its id."""
    found: dict[str, SourceQuality] = {}
    for load in workspace.store.loads():
        if load.state != "published":
            continue
        of = found.setdefault(load.source.id, SourceQuality(load.source.id, load.source.name))
        of.loads += 1
        of.last_load = load.ended_at
        for file in load.files:
            if file.replays:
                of.settled += file.accepted + file.warned
                continue
            of.read += file.read
            of.accepted += file.accepted
            of.warned += file.warned
            of.quarantined += file.quarantined
            of.refused += file.refused
    wrong: dict[str, set[tuple[int, int, int]]] = {}
    twice: dict[str, set[tuple[int, int, int]]] = {}
    for finding in workspace.store.findings():
        rule = finding["rule"].partition(":")[0]
        found[finding["source"]].rules[finding["severity"], rule] += 1
        row = (finding["load"], finding["file"], finding["line"])
        if rule.startswith(CODE_RULES):
            wrong.setdefault(finding["source"], set()).add(row)
        if (rule, finding["column_name"]) == DUPLICATE_RULE:
            twice.setdefault(finding["source"], set()).add(row)
    for source, one in found.items():
        one.wrong_codes = len(wrong.get(source, ()))
        one.duplicate_codes = len(twice.get(source, ()))
    rows_waiting = {
        (f["source"], f["load"], f["file"], f["line"]) for f in waiting(workspace.store)
    }
    for source, *_ in rows_waiting:
        found[source].waiting += 1
    return [found[source] for source in sorted(found)]


def write_waiting(workspace: Workspace, path: Path, source: str | None = None) -> int:
    """Write all rows that wait to a quarantine file; returns how many."""
    return write_quarantine(waiting(workspace.store, source), path)
