"""Who moved between two published runs: another level, another figure, a figure gained or lost.

A lender is told what moved between both as made on its own picture.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date as Day  # noqa: N812 (a field below is called date)
from typing import Any

import numpy as np
import numpy.typing as npt

from algorithms.explain import INSUFFICIENT
from api import audit
from api.services.assessment_pack import parameters_of
from api.services.desk import reader_of
from api.services.lender_views import entry_for
from api.services.rights import rights_of
from api.services.runs import pack_of, published_entries, published_entry, read_fields, run_of
from api.services.workspace import Workspace
from graph_model.errors import NotAllowed, NotFound
from graph_model.network import CreditNetwork, known
from graph_model.network_files import load
from policy.visibility import CHAIN_RISK, Ref, Sight, Viewer, decide

NO_LEVEL = (INSUFFICIENT, "event", "absent")
"""What stands instead of a level: too little evidence, a target event, not in the picture."""

LISTED = 50
"""Movers that are listed by name."""

LOOKED_AT = 100_000
"""Movers of whom it is asked whether the viewer may see them."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class RunNamed:
    """A published run: its id, day, last load, and last step of a case."""

    run_id: str
    date: str
    tx: int
    cases: int


@dataclass(frozen=True)
class Moved:
    """One party that moved; `ratio` is the figure after over the figure before.

    It is None where one of them is missing, or the viewer may see levels only.
    """

    party: str
    name: str
    level_before: str
    level_after: str
    ratio: float | None


@dataclass(frozen=True)
class Movers:
    """What changed between two published runs.

    Attributes
    ----------
    before, after : RunNamed
    up, down : int or None
        Parties at a higher, or a lower, warning level; None for all but the desk, as the two next.
    turned : int or None
        Parties that gained or lost a figure, or a target event.
    figures : int or None
        Parties whose figure differs, whatever their level.
    steps : int
        Steps of cases that the later run saw and the earlier one did not.
    listed : tuple of Moved
        As far as the viewer may see them: another level first, then the largest ratio.
    """

    before: RunNamed
    after: RunNamed
    up: int | None
    down: int | None
    turned: int | None
    figures: int | None
    steps: int
    listed: tuple[Moved, ...] = ()


@dataclass(frozen=True)
class _Side:
    """One of the two runs, aligned to the parties of both.

    `level` is a place in `levels`: none, the warning levels, then what is no level.
    """

    network: CreditNetwork
    probability: Floats
    level: Ints
    levels: tuple[str, ...]

    @property
    def at_level(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.level < len(self.levels) - len(NO_LEVEL))


def movers(workspace: Workspace, viewer: Viewer, day: Day | None, today: Day) -> Movers:
    """Who moved from the run published before to the run of a day, as far as the viewer may see.

    Parameters
    ----------
    workspace : Workspace
    viewer : Viewer
        Numbers are for the desk; others are told only of those whom they may see.
    day : datetime.date, optional
        Day of the later run; the latest by default.
    today : datetime.date

    Raises
    ------
    NotAllowed
        When the role may not state the purpose.
    NotFound
        When there are no two runs.
    """
    reader = reader_of(workspace, viewer, today)
    decision = reader.desk if reader.desk.allowed else reader.own
    audit.record(workspace.store, viewer, "movers", viewer.organisation, decision, "")
    if not decision.allowed:
        raise NotAllowed("movers", decision.rule, "State a purpose of this role, such as self.")
    before, after = (entry_for(workspace, viewer, e) for e in _two_runs(workspace, day))
    ids, was, now = _sides(workspace, before, after)
    rights = rights_of(workspace, today, run_of(workspace, after))
    listed: list[Moved] = []
    for k in _order(was, now)[:LOOKED_AT].tolist():
        party = ids[k].decode()
        found = decide(viewer, Ref(CHAIN_RISK, (party,)), rights)
        if found.sight >= Sight.BAND:
            if party != viewer.organisation:
                audit.record(workspace.store, viewer, "movers", party, found, after["run_id"])
            listed.append(_moved(party, k, was, now, whole=found.sight == Sight.AMOUNT))
            if len(listed) == LISTED:
                break
    told = _counted(before, after, was, now)
    if not reader.desk.allowed:
        told = replace(told, up=None, down=None, turned=None, figures=None)
    return replace(told, listed=tuple(listed))


def moved_since_before(workspace: Workspace, day: Day) -> Movers:
    """How many moved from the run before to the run of a day, naming nobody; raises NotFound."""
    before, after = _two_runs(workspace, day)
    _, was, now = _sides(workspace, before, after)
    return _counted(before, after, was, now)


def _two_runs(workspace: Workspace, day: Day | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Lines of the journal: of the run published before another one, and of that one."""
    after = published_entry(workspace, day)
    lines = published_entries(workspace)
    upto = max(k for k, line in enumerate(lines) if line == after)
    others = [line for line in lines[:upto] if line["run_id"] != after["run_id"]]
    if not others:
        rule = "no other run was published before it"
        raise NotFound(f"run {after['run_id']}", rule, "Assess again after the next change.")
    return others[-1], after


def _sides(
    workspace: Workspace, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[npt.NDArray[np.bytes_], _Side, _Side]:
    networks = [_picture_of(workspace, entry) for entry in (before, after)]
    ids = np.union1d(networks[0].party_id, networks[1].party_id)
    was, now = (
        _side(workspace, entry, network, ids)
        for entry, network in zip((before, after), networks, strict=True)
    )
    return ids, was, now


def _picture_of(workspace: Workspace, entry: Mapping[str, Any]) -> CreditNetwork:
    pictured = workspace.pictures / entry["network_id"]
    if not pictured.is_dir() or not (workspace.runs / entry["run_id"]).is_dir():
        rule = "the journal names it, but its files are gone"
        raise NotFound(f"run {entry['run_id']}", rule, "Assess that day again.")
    return load(pictured)


def _side(
    workspace: Workspace,
    entry: Mapping[str, Any],
    network: CreditNetwork,
    ids: npt.NDArray[np.bytes_],
) -> _Side:
    levels = parameters_of(pack_of(entry["pack"], workspace.settings)).levels
    names = ("none", *(level.name for level in levels), *NO_LEVEL)
    insufficient, event, absent = (names.index(name) for name in NO_LEVEL)
    run = read_fields(workspace.runs / entry["run_id"])
    place = np.searchsorted(ids, network.party_id)
    probability = np.full(len(ids), np.nan)
    probability[place] = run["probability"][: len(network)]
    level = np.searchsorted([one.lower for one in levels], probability, side="right")
    level[np.isnan(probability)] = absent
    level[place[np.isnan(probability[place])]] = insufficient
    level[place[known(network.columns["event_on"])]] = event
    return _Side(network, probability, level, names)


def _counted(before: Mapping[str, Any], after: Mapping[str, Any], was: _Side, now: _Side) -> Movers:
    both = was.at_level & now.at_level
    named = [RunNamed(e["run_id"], e["date"], e["tx"], e.get("cases", 0)) for e in (before, after)]
    return Movers(
        before=named[0],
        after=named[1],
        up=int((both & (now.level > was.level)).sum()),
        down=int((both & (now.level < was.level)).sum()),
        turned=int((~both & (now.level != was.level)).sum()),
        figures=int(_differ(was, now).sum()),
        steps=max(named[1].cases - named[0].cases, 0),
    )


def _differ(was: _Side, now: _Side) -> npt.NDArray[np.bool_]:
    unknown = np.isnan(was.probability) & np.isnan(now.probability)
    return np.asarray((was.probability != now.probability) & ~unknown)


def _order(was: _Side, now: _Side) -> Ints:
    """Those that moved: another level first, then the largest ratio."""
    at = np.flatnonzero(_differ(was, now) | (was.level != now.level))
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.abs(np.log(now.probability[at] / was.probability[at]))
    same_level = (was.level == now.level)[at]
    return at[np.lexsort((-np.nan_to_num(size, nan=np.inf), same_level))]


def _moved(party: str, k: int, was: _Side, now: _Side, *, whole: bool) -> Moved:
    names = [
        n.text("name", at) for n in (now.network, was.network) if (at := n.place(party)) is not None
    ]
    before, after = float(was.probability[k]), float(now.probability[k])
    told = whole and before > 0 and not np.isnan(after)
    return Moved(
        party=party,
        name=next(filter(None, names), ""),
        level_before=was.levels[int(was.level[k])],
        level_after=now.levels[int(now.level[k])],
        ratio=after / before if told else None,
    )
