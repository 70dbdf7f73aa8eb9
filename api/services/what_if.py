"""What if a link or a party were added, dropped or changed: figures before and after, paired.

A changed link tells about both of its ends (decision 0007), so from the store it may name only
parties whose own figure the viewer could be shown, between whom the viewer may see such links, and
parties that are only supposed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date as Day  # noqa: N812 (a field below is called date)

import numpy as np

from algorithms.network_changes import AmountChange, Change, PartyDrop, changed_world
from algorithms.what_if import World, what_if
from api.services.assessment import Assessment
from api.services.changes import SUPPOSED, Asked, read_changes
from api.services.figures import Comparison, Figure
from api.services.partners import INSUFFICIENT, UNCALIBRATED
from api.services.recorded_runs import recorded
from api.services.rights import Opened, opened, party_id_of, refused
from api.services.workspace import Workspace
from graph_model.errors import AllianceError, BadInput, NotFound
from graph_model.schema import Dictionary, load_dictionary
from policy.visibility import Viewer, measure_refs

MOVERS = 10
LOOKED_AT = 1000  # movers of whom it is asked whether the viewer may see them


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
        Parties that move too, that the viewer may see, and that are not listed: of the 1,000 others
        that move most. What is hidden is not even counted.
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
    return what_if_as_opened(allowed, changes_as_opened(allowed, asked))


def changes_as_opened(allowed: Opened, asked: Asked) -> list[Change]:
    """Read changes that name only what the viewer may see for whom a figure was opened."""

    def refusal(other: str) -> AllianceError | None:
        found = allowed.decided(other)
        return None if found.allowed else refused(other, found)

    dictionary = allowed.workspace.dictionary

    def link_refusal(measure: str, row: str, column: str) -> AllianceError | None:
        if any(end.startswith(SUPPOSED) for end in (row, column)):
            return None
        refs = measure_refs(dictionary, measure, row, column)
        found = min((allowed.decision_of(ref) for ref in refs), key=lambda decision: decision.sight)
        return None if found.allowed else refused(f"{measure}:{row}:{column}", found)

    network = allowed.assessment.network
    return read_changes(network, dictionary, asked, refusal, link_refusal)


def what_if_as_opened(allowed: Opened, changes: list[Change]) -> WhatIfAnswer:
    """Answer a what-if for the viewer for whom the subject's figure was opened."""

    def sees(other: str) -> bool:
        return other.startswith(SUPPOSED) or allowed.sees(other)

    answer = whole_what_if(allowed.assessment, allowed.subject, changes, sees)
    return replace(answer, rule=allowed.decision.rule)


def own_folder_what_if(assessment: Assessment, party: str, asked: Asked) -> WhatIfAnswer:
    """Answer from a network folder: it is the reader's own, so nothing in it is hidden."""
    dictionary: Dictionary = load_dictionary()
    changes = read_changes(
        *(assessment.network, dictionary, asked),
        refusal=lambda _party: None,
        link_refusal=lambda _measure, _row, _column: None,
    )
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
    compared = Comparison(assessment, new_network, found)
    others = [k for k in compared.moved if k != place]
    seen = [k for k in others[:LOOKED_AT] if sees(found.party_id[k].decode())]
    listed = seen[:MOVERS]
    figures = compared.figures([place, *listed])
    withheld = "" if compared.shown else UNCALIBRATED
    if np.isnan(found.after[place]):
        withheld = INSUFFICIENT
    return WhatIfAnswer(
        subject=figures[0],
        date=network.valid_date,
        horizon_months=run.horizon_months,
        movers=tuple(figures[1:]),
        others_moved=len(seen) - len(listed),
        overridden=_overridden(assessment, changes),
        withheld=withheld,
        rule="",
        run_id=assessment.run_id,
        network_id=network.network_id,
        scenarios=found.scenarios,
        asked=found.asked,
        run_again=len(found.run_again),
    )


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
