"""Both figures of a case: with what it is about, and without; for the desk that decides it.

The published run is made again, paired, on the picture that differs from its own by this case
alone: each figure is that of a full run, to the last digit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as Day  # noqa: N812 (a field below is called date)
from itertools import islice
from typing import Any

from algorithms.what_if import what_if
from api.services.assessment import Assessment
from api.services.cases import case_for_desk, case_rules
from api.services.desk import parties_of
from api.services.figures import Comparison, Figure, world_of
from api.services.partners import UNCALIBRATED
from api.services.pictures import assembled, seen_steps, snapshot_of
from api.services.recorded_runs import recorded
from api.services.rights import rights_of
from api.services.runs import published_entry, run_of
from api.services.what_if import LOOKED_AT, MOVERS
from api.services.workspace import Workspace
from policy.cases import Case, Effect, folded, taken_out, targeted
from policy.visibility import CHAIN_RISK, Ref, Sight, Viewer, decide


@dataclass(frozen=True)
class CaseFigures:
    """Figures with and without what a case is about.

    Attributes
    ----------
    parties : tuple of Figure
        Those whom the case concerns; `before` is with it, `after` without.
    movers : tuple of Figure
        Others, as far as the desk may see them: a figure gained or lost, then largest difference.
    others_moved : int
        Parties that move too and are not listed.
    counts : bool
        Whether it counts in the published run.
    with_it, without_it : str
        Pictures; equal where no figure rests on it.
    run_id : str
        Published run.
    scenarios, asked, run_again : int
        As in `WhatIfAnswer`.
    """

    case: str
    date: Day
    parties: tuple[Figure, ...]
    movers: tuple[Figure, ...]
    others_moved: int
    counts: bool
    with_it: str
    without_it: str
    withheld: str
    rule: str
    run_id: str
    scenarios: int
    asked: int
    run_again: int


def case_figures(
    workspace: Workspace, viewer: Viewer, case_id: str, day: Day | None, today: Day
) -> CaseFigures:
    """Compute both figures on the published run.

    Parameters
    ----------
    workspace : Workspace
    viewer : Viewer
        The desk. It sees the figure of the party that asked it to check (征信业管理条例 Art. 25);
        others by their own rights.
    case_id : str
    day : datetime.date, optional
        Day of the assessment; the latest by default.
    today : datetime.date

    Raises
    ------
    NotAllowed
        For everybody but the desk.
    NotFound
        When there is no such case, or no assessment.
    """
    case, decision = case_for_desk(workspace, viewer, case_id, today, "case figures")
    entry = published_entry(workspace, day)
    effect = case_rules(workspace, today).effect_of(case.opened.kind)
    compared = with_and_without(workspace, case, entry, effect)
    assessment, found = compared.assessment, compared.found
    rights = rights_of(workspace, today, assessment)

    def sees(party: str) -> bool:
        shown = decide(viewer, Ref(CHAIN_RISK, (party,)), rights).sight
        return party == case.opened.party or shown == Sight.AMOUNT

    concerned = [
        place
        for party in sorted(set(parties_of(case)))
        if sees(party) and (place := found.place(party.encode())) is not None
    ]
    moving = [*compared.gained_or_lost, *compared.moved]
    others = [k for k in moving if k not in concerned]
    near = (k for k in others[:LOOKED_AT] if sees(found.party_id[k].decode()))
    listed = list(islice(near, MOVERS))
    figures = compared.figures([*concerned, *listed])
    pictures = (assessment.network.network_id, compared.other.network_id)
    with_it, without_it = pictures[::-1] if compared.backwards else pictures
    return CaseFigures(
        case=case.id,
        date=assessment.network.valid_date,
        parties=tuple(figures[: len(concerned)]),
        movers=tuple(figures[len(concerned) :]),
        others_moved=len(others) - len(listed),
        counts=not compared.backwards,
        with_it=with_it,
        without_it=without_it,
        withheld="" if compared.shown else UNCALIBRATED,
        rule=decision.rule,
        run_id=assessment.run_id,
        scenarios=found.scenarios,
        asked=found.asked,
        run_again=len(found.run_again),
    )


def with_and_without(
    workspace: Workspace, case: Case, entry: Mapping[str, Any], effect: Effect
) -> Comparison:
    """Compare a published run with the run that differs by one case alone.

    Parameters
    ----------
    workspace : Workspace
    case : Case
    entry : dict
        What the journal says of the run: both dates of its picture, and the last step it saw.
    effect : Effect
        What the case takes out when it does.
    """
    assessment: Assessment = run_of(workspace, entry)
    network, dictionary = assessment.network, workspace.dictionary
    snapshot = snapshot_of(workspace, network.valid_date, entry["tx"])
    seen = folded(seen_steps(workspace, snapshot, entry.get("cases", 0)))
    now = seen.pop(case.opened.case, None)
    out = taken_out(seen.values(), dictionary)
    is_out = now is not None and now.last.effect != "no"
    if not is_out:
        out += targeted(case, dictionary, effect)
    other = assembled(workspace, snapshot, out, entry.get("cases", 0))
    found = what_if(recorded(assessment), world_of(other, assessment.parameters))
    return Comparison(assessment, other, found, backwards=is_out)
