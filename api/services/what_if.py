"""What if a link or a party were added, dropped or changed: figures before and after, paired.

A changed link tells about both of its ends (decision 0007), so from the store it may name only
parties whose own figure the viewer could be shown, between whom the viewer may see such links, and
parties that are only supposed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date as Day  # noqa: N812 (a field below is called date)
from itertools import islice

import numpy as np
import numpy.typing as npt

from algorithms.explain import level_of
from algorithms.industry import PREFIX
from algorithms.network_changes import AmountChange, Change, PartyDrop, changed_world
from algorithms.what_if import WhatIf, World, what_if
from api.services.changes import SUPPOSED, Asked, read_changes
from api.services.partners import INSUFFICIENT, UNCALIBRATED
from api.services.recorded_runs import recorded
from api.services.rights import opened, party_id_of, refused
from api.services.runs import Assessment
from api.services.workspace import Workspace
from graph_model.errors import AllianceError, BadInput, NotFound
from graph_model.schema import Dictionary, load_dictionary
from policy.visibility import Viewer, measure_refs

MOVERS = 10
LOOKED_AT = 1000  # movers of whom it is asked whether the viewer may see them


@dataclass(frozen=True)
class Figure:
    """How one party stands before and after.

    Attributes
    ----------
    level_before, level_after : str or None
        Warning levels; "insufficient" where there is no figure, None below the least.
    rank_before, rank_after : int or None
        1 for the highest figure; None where there is none.
    ratio, ratio_error : float or None
        Figure after over figure before, and its standard error; None where one is 0 or missing.
    probability_before, probability_after, difference, difference_error : float or None
        None while probabilities are withheld.
    """

    party: str
    name: str
    level_before: str | None
    level_after: str | None
    rank_before: int | None
    rank_after: int | None
    ratio: float | None
    ratio_error: float | None
    probability_before: float | None
    probability_after: float | None
    difference: float | None
    difference_error: float | None


@dataclass(frozen=True)
class WhatIfAnswer:
    """One answer.

    Attributes
    ----------
    subject : Figure
        Of the party asked about.
    movers : tuple of Figure
        Those others that move most, largest difference first, as far as the viewer may see them.
    others_moved : int
        Parties that move too and are not listed.
    overridden : tuple of str
        Changed amounts between parties of whom the picture states a rate outright, with its layer:
        that layer does not move.
    withheld : str
        Why there are no probabilities; "" if there are.
    rule : str
        By which rule the viewer sees it.
    scenarios, asked : int
        Scenarios the figures rest on, and those of the published run.
    run_again : int
        Scenarios that the change can touch.
    """

    subject: Figure
    date: Day
    horizon_months: int
    movers: tuple[Figure, ...]
    others_moved: int
    overridden: tuple[str, ...]
    withheld: str
    rule: str
    run_id: str
    network_id: str
    scenarios: int
    asked: int
    run_again: int


def partner_what_if(
    workspace: Workspace,
    viewer: Viewer,
    party: str,
    asked: Asked,
    day: Day | None,
    today: Day,
) -> WhatIfAnswer:
    """Answer on the published run what a viewer may know, and write the look down.

    Parameters
    ----------
    workspace : Workspace
    viewer : Viewer
        Who asks and why.
    party : str
        Party id or unified social credit code.
    asked : Asked
        Changes as typed.
    day : datetime.date, optional
        Day of the assessment; the latest by default.
    today : datetime.date
        Day on which consents must be in force.

    Raises
    ------
    NotAllowed
        When no rule lets the viewer see the subject, or a party or a link that a change names; the
        same words whether it exists or not.
    NotFound, BadInput
        As for the picture and the changes.
    """
    allowed = opened(workspace, viewer, party, day, today, "what if")

    def refusal(other: str) -> AllianceError | None:
        found = allowed.decided(other)
        return None if found.allowed else refused(other, found)

    def link_refusal(measure: str, row: str, column: str) -> AllianceError | None:
        if any(end.startswith(SUPPOSED) for end in (row, column)):
            return None
        refs = measure_refs(workspace.dictionary, measure, row, column)
        found = min((allowed.decision_of(ref) for ref in refs), key=lambda decision: decision.sight)
        return None if found.allowed else refused(f"{measure}:{row}:{column}", found)

    network = allowed.assessment.network
    changes = read_changes(network, workspace.dictionary, asked, refusal, link_refusal)

    def sees(other: str) -> bool:
        return other.startswith(SUPPOSED) or allowed.sees(other)

    answer = whole_what_if(allowed.assessment, allowed.subject, changes, sees)
    return replace(answer, rule=allowed.decision.rule)


def own_folder_what_if(assessment: Assessment, party: str, asked: Asked) -> WhatIfAnswer:
    """Answer from a network folder: it is the reader's own, so nothing in it is hidden."""
    dictionary: Dictionary = load_dictionary()
    changes = read_changes(assessment.network, dictionary, asked, lambda _party: None)
    answer = whole_what_if(assessment, party_id_of(party), changes, lambda _party: True)
    return replace(answer, rule="the reader's own network folder")


def whole_what_if(
    assessment: Assessment, subject: str, changes: list[Change], sees: Callable[[str], bool]
) -> WhatIfAnswer:
    """Compute the answer; who else moves is listed as far as `sees` says."""
    network, run = assessment.network, assessment.run
    if any(isinstance(change, PartyDrop) and change.party == subject for change in changes):
        rule = "the party asked about is dropped itself"
        raise BadInput(subject, rule, "Ask about another party.")
    old = World(run.party_id, run.own_rate, assessment.links, run.already_fallen, run.unknown_rate)
    new_network, world = changed_world(network, old, assessment.parameters, changes)
    found = what_if(recorded(assessment), world)
    place = found.place(subject.encode())
    if place is None:
        rule = f"no statement names this party in the picture of {network.valid_date}"
        raise NotFound(subject, rule, "Check the code, or add it with --add-party.")
    moved = _moved(found)
    others = [k for k in moved if k != place]
    near = (k for k in others[:LOOKED_AT] if sees(found.party_id[k].decode()))
    listed = list(islice(near, MOVERS))
    places = np.array([place, *listed])
    errors = found.difference_error(places)
    shown = assessment.stated or assessment.parameters.calibrated
    real = _parties(found)
    ranked = {
        when: np.sort(figures[real & ~np.isnan(figures)])
        for when, figures in (("before", found.before), ("after", found.after))
    }

    def figure(k: int, error: float) -> Figure:
        before, after = float(found.before[k]), float(found.after[k])
        both = before > 0 and not np.isnan(after)
        named = found.party_id[k].decode()
        at = new_network.place(named)
        was = network.place(named)
        name = new_network.text("name", at) if at is not None else ""
        if at is None and was is not None:
            name = network.text("name", was)
        levels = assessment.parameters.levels
        return Figure(
            party=named,
            name=name,
            level_before=level_of(before, levels),
            level_after=level_of(after, levels),
            rank_before=_rank(ranked["before"], before),
            rank_after=_rank(ranked["after"], after),
            ratio=after / before if both else None,
            ratio_error=error / before if both else None,
            probability_before=_told(before, shown),
            probability_after=_told(after, shown),
            difference=_told(after - before, shown),
            difference_error=_told(error, shown),
        )

    figures = [figure(k, float(e)) for k, e in zip(places.tolist(), errors, strict=True)]
    withheld = "" if shown else UNCALIBRATED
    if np.isnan(found.after[place]):
        withheld = INSUFFICIENT
    return WhatIfAnswer(
        subject=figures[0],
        date=network.valid_date,
        horizon_months=run.horizon_months,
        movers=tuple(figures[1:]),
        others_moved=len(others) - len(listed),
        overridden=_overridden(assessment, changes),
        withheld=withheld,
        rule="",
        run_id=assessment.run_id,
        network_id=network.network_id,
        scenarios=found.scenarios,
        asked=found.asked,
        run_again=len(found.run_again),
    )


def _parties(found: WhatIf) -> npt.NDArray[np.bool_]:
    """Which of them are parties, and not industries: mask (n,)."""
    return ~np.char.startswith(found.party_id, PREFIX.encode())


def _moved(found: WhatIf) -> list[int]:
    """Parties whose figure changes, the largest difference first."""
    size = np.abs(np.nan_to_num(found.difference))
    at = np.flatnonzero(size > 0)
    at = at[np.argsort(-size[at], kind="stable")]
    real = _parties(found)
    return [k for k in at.tolist() if real[k]]


def _rank(ranked: npt.NDArray[np.float64], figure: float) -> int | None:
    """1 for the highest of sorted figures."""
    if np.isnan(figure):
        return None
    return len(ranked) - int(np.searchsorted(ranked, figure, side="right")) + 1


def _told(value: float, shown: bool) -> float | None:
    return value if shown and not np.isnan(value) else None


def _overridden(assessment: Assessment, changes: list[Change]) -> tuple[str, ...]:
    """Changed amounts between parties whose rate is stated outright."""
    network, rates = assessment.network, assessment.network.rates
    stated = {
        (hit, fallen): layer.decode()
        for hit, fallen, layer in zip(
            rates.hit.tolist(), rates.fallen.tolist(), rates.layer.tolist(), strict=True
        )
    }
    told = []
    for change in changes:
        if isinstance(change, AmountChange):
            row, column = network.place(change.row), network.place(change.column)
            if row is not None and column is not None:
                layer = stated.get((row, column)) or stated.get((column, row))
                if layer is not None:
                    told.append(f"{change.measure}:{change.row}:{change.column} ({layer})")
    return tuple(told)
