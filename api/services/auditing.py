"""The audit journal is sealed daily and verified; a subject reads who looked at it.

A seal notes, for every journal, how many lines it has and the hash of the last. Seals are a
journal themselves (`audit-seals`). Kept in a file elsewhere as well, they tell when the whole
store was written anew. All of it is kept at least five years (Shenzhen Social Credit Regulation
Art. 45, the strictest neighbour).
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from api import audit
from api.services.rights import of_own
from api.services.runs import published
from api.services.workspace import Workspace
from graph_model.errors import BadInput, NotFound, StoreError
from graph_model.store.journal import checked, line_hash
from graph_model.store.protocol import JournalEntry
from graph_model.store.records import json_of
from policy.visibility import Viewer

SEALS = "audit-seals"
MARKS = dict[int, str]


@dataclass(frozen=True)
class StreamState:
    """How a journal fares.

    Attributes
    ----------
    lines, sealed : int
        Lines it has, and how many of them are sealed.
    sealed_on : str
        Day of the last seal, "" before the first.
    hash : str
        Of the last line.
    fault : StoreError or None
        What is wrong, naming the first line.
    """

    stream: str
    lines: int
    sealed: int
    sealed_on: str
    hash: str
    fault: StoreError | None


@dataclass(frozen=True)
class Look:
    """One look at a party, as it reads it itself.

    Attributes
    ----------
    at : str
        Wall time, UTC.
    who, name, role : str
        Organisation that looked, by party id and name where it is known, and in which role.
    purpose, purpose_zh : str
    action : str
        Which answer it asked for.
    sight : str
        How much it was shown: hidden, exists, band or amount.
    rule : str
        By which rule it was shown, or refused.
    shown : str
        Run or case the answer came from.
    """

    seq: int
    at: str
    who: str
    name: str
    role: str
    purpose: str
    purpose_zh: str
    action: str
    allowed: bool
    sight: str
    rule: str
    shown: str


def verified(workspace: Workspace, seals: Path | None = None) -> list[StreamState]:
    """Check every journal against itself, against its seals, and against seals kept elsewhere.

    Parameters
    ----------
    workspace : Workspace
    seals : Path, optional
        File that `seal` wrote.

    Raises
    ------
    BadInput
        When the file is none, or was changed itself.
    """
    store = workspace.store
    kept = _read(seals) if seals else []
    found = [_checked(workspace, SEALS, {line["seq"]: line["hash"] for line in kept}, ("", 0))]
    trusted = kept if found[0].fault else [*kept, *store.journal(SEALS)]
    noted: dict[str, MARKS] = {}
    last: dict[str, tuple[str, int]] = {}
    for line in trusted:
        told = line["payload"]
        noted.setdefault(told["stream"], {})[told["last_seq"]] = told["hash"]
        last[told["stream"]] = (told["day"], told["last_seq"])
    for stream in sorted({*store.streams(), *noted} - {SEALS}):
        state = _checked(workspace, stream, noted.get(stream, {}), last.get(stream, ("", 0)))
        found.append(state)
    return found


def seal(workspace: Workspace, today: date, to: Path | None = None) -> list[JournalEntry]:
    """Seal every journal that has new lines; returns the seals written.

    Parameters
    ----------
    workspace : Workspace
    today : datetime.date
    to : Path, optional
        File kept elsewhere: seals that it lacks are added to it, these and earlier ones.

    Raises
    ------
    StoreError
        When a journal is not whole: a broken one is not sealed.
    """
    states = verified(workspace, to if to and to.exists() else None)
    for state in states:
        if state.fault:
            raise state.fault
    written = []
    for state in states:
        if state.stream != SEALS and state.lines > state.sealed:
            told = {
                "day": today.isoformat(),
                "stream": state.stream,
                "first_seq": state.sealed + 1,
                "last_seq": state.lines,
                "count": state.lines - state.sealed,
                "hash": state.hash,
            }
            written.append(workspace.store.append(SEALS, audit.now(), told))
    if to:
        _add(to, list(workspace.store.journal(SEALS)))
    return written


def who_looked(
    workspace: Workspace,
    viewer: Viewer,
    today: date,
    *,
    own: bool = False,
    before: int | None = None,
    limit: int | None = None,
) -> list[Look]:
    """Looks at the viewer's own organisation, refused ones too, the latest first.

    Free, and as often as it likes (Order 204 Art. 15).

    Parameters
    ----------
    workspace : Workspace
    viewer : Viewer
    today : datetime.date
    own : bool
        Also the organisation's looks at itself.
    before : int, optional
        Only lines of the journal before this one.
    limit : int, optional
        The latest so many; all by default.

    Raises
    ------
    NotAllowed
        When the role may not state the purpose.
    """
    of_own(workspace, viewer, "who looked", today)
    mine = viewer.organisation
    found = [
        line
        for line in workspace.store.journal(audit.STREAM)
        if line["payload"]["subject"] == mine
        and (own or line["payload"]["organisation"] != mine)
        and (before is None or line["seq"] < before)
    ]
    latest = found if limit is None else found[-limit:]
    names = _names(workspace, {line["payload"]["organisation"] for line in latest})
    purposes = workspace.dictionary.codes("purpose")
    return [_look(line, names, purposes) for line in reversed(latest)]


def _look(line: Mapping[str, Any], names: Mapping[str, str], purposes: Mapping[str, Any]) -> Look:
    told = line["payload"]
    purpose = purposes.get(told["purpose"])
    return Look(
        seq=line["seq"],
        at=line["at"],
        who=told["organisation"],
        name=names.get(told["organisation"], ""),
        role=told["role"],
        purpose=told["purpose"],
        purpose_zh=purpose.zh if purpose else "",
        action=told["action"],
        allowed=told["allowed"],
        sight=told.get("sight", ""),
        rule=told["rule"],
        shown=told["shown"],
    )


def _names(workspace: Workspace, parties: set[str]) -> dict[str, str]:
    """Names of parties, as far as the published picture knows them."""
    try:
        network = published(workspace).network
    except (NotFound, StoreError):
        return {}
    places = {party: network.place(party) for party in parties}
    return {p: network.text("name", at) for p, at in places.items() if at is not None}


def _checked(
    workspace: Workspace, stream: str, marks: MARKS, sealed: tuple[str, int]
) -> StreamState:
    day, upto = sealed
    try:
        state = checked(stream, workspace.store.journal(stream), marks)
    except StoreError as fault:
        return StreamState(stream, 0, upto, day, "", fault)
    return StreamState(stream, state.lines, upto, day, state.hash, None)


def _read(path: Path) -> list[JournalEntry]:
    """Seals of a file, each one whole in itself."""
    found = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            line = json.loads(text)
            told = line["payload"]
            hashed = line_hash(line["previous"], SEALS, line["seq"], line["at"], json_of(told))
            whole = hashed == line["hash"] and {"stream", "day", "last_seq", "hash"} <= set(told)
        except (ValueError, KeyError, TypeError):
            whole = False
        if not whole:
            rule = "is no seal, or was changed"
            raise BadInput(f"{path}, line {number}", rule, "Use another copy of the file.")
        found.append(line)
    return found


def _add(path: Path, seals: list[JournalEntry]) -> None:
    """Add the seals that a file lacks, and let them reach the disk."""
    held = {line["seq"] for line in _read(path)} if path.exists() else set[int]()
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json_of(line) + "\n" for line in seals if line["seq"] not in held)
        file.flush()
        os.fsync(file.fileno())
