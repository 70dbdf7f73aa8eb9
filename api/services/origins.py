"""Where a party's falls come from, by which paths, and what if a partner were gone.

A path tells about every party on it, so a viewer sees it only where each of them could be shown;
the rest is folded into one undisclosed share.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date as Day  # noqa: N812 (a field below is called date)
from itertools import islice

import numpy as np

from algorithms.industry import division_of
from algorithms.origins import FallPath, Origins, origins
from algorithms.what_if import fall_if_gone
from api.services.assessment import Assessment
from api.services.partners import UNCALIBRATED, event_day
from api.services.recorded_runs import recorded
from api.services.rights import Opened, opened, party_id_of
from api.services.workspace import Workspace
from graph_model.errors import BadInput, NotAllowed, NotFound
from graph_model.network import MISSING
from graph_model.schema import load_dictionary
from policy.visibility import Rights, Sight, Viewer, cited, link_sight, presence_sight

LISTED, LISTED_PATHS = 20, 10
"""Origins listed by name, and paths."""

LOOKED_AT = 500
"""Origins, the largest, of which it is asked whether the viewer may see them."""


@dataclass(frozen=True)
class OriginShare:
    """One origin: its share of the party's falls."""

    party: str
    name: str
    share: float


@dataclass(frozen=True)
class StepShown:
    """One step of a path: `fallen` pulls `hit` down through layers, on amounts and statements."""

    fallen: str
    hit: str
    layers: tuple[str, ...]
    layers_zh: tuple[str, ...]
    amount_fen: int | None
    statements: tuple[str, ...]


@dataclass(frozen=True)
class PathShown:
    """One path, origin first, the party last, with its share of the party's falls."""

    parties: tuple[str, ...]
    names: tuple[str, ...]
    share: float
    steps: tuple[StepShown, ...]


@dataclass(frozen=True)
class PartnerOrigins:
    """Origins and paths of one party; shares of origins and `undisclosed` and `rest` add up to 1.

    Attributes
    ----------
    own : float
        Share that begins with the party itself.
    origins : tuple of OriginShare
        Others, largest first, as far as the viewer may see them.
    rest : float
        Share of origins not listed, those beyond the `LOOKED_AT` largest among them.
    undisclosed : float
        Share of those of the largest that the viewer may not see.
    paths : tuple of PathShown
    more_paths : int
        Paths beside these, seen or not.
    falls : int or None
        Of the party in the kept scenarios; None while probabilities are withheld.
    scenarios, asked : int
        Kept scenarios, and those of the run they stand for.
    """

    party: str
    name: str
    date: Day
    own: float
    origins: tuple[OriginShare, ...]
    rest: float
    undisclosed: float
    paths: tuple[PathShown, ...]
    more_paths: int
    falls: int | None
    scenarios: int
    asked: int
    withheld: str
    rule: str
    run_id: str


@dataclass(frozen=True)
class IfGone:
    """A partner's part of the figure beside the figure without it.

    Attributes
    ----------
    part : float
        Share of the figure that comes through the partner's links to the party, as far as the
        viewer may see that there are such links.
    fall, fall_error : float
        Share by which the figure falls if the partner is gone, and its standard error. It is not
        the part: the partner may also reach the party through others, or only do what others
        would have done.
    run_again : int
    """

    party: str
    partner: str
    part: float
    fall: float
    fall_error: float
    run_again: int
    scenarios: int
    asked: int
    rule: str
    run_id: str


Sees = Callable[[str], bool]


def partner_origins(
    workspace: Workspace, viewer: Viewer, party: str, day: Day | None, today: Day
) -> PartnerOrigins:
    """Answer what a viewer may know, and write the look down; arguments as `partner_risk`.

    Raises
    ------
    NotAllowed
        When no rule lets the viewer see the party; the same words whether it exists or not.
    NotFound
        When there is nothing to see.
    """
    return origins_as_opened(opened(workspace, viewer, party, day, today, "origins and paths"))


def origins_as_opened(asked: Opened) -> PartnerOrigins:
    """Origins and paths for the viewer for whom the party's figure was opened."""
    viewer = asked.viewer
    answer = whole_origins(
        asked.assessment,
        asked.subject,
        asked.sees,
        lambda step: _step_sight(step, viewer, asked.rights) >= Sight.EXISTS,
    )
    paths = tuple(
        replace(path, steps=tuple(_trimmed(step, viewer, asked.rights) for step in path.steps))
        for path in answer.paths
    )
    return replace(answer, paths=paths, rule=asked.decision.rule)


def _step_sight(step: StepShown, viewer: Viewer, rights: Rights) -> Sight:
    """How much of the fact that the links of a step are there the viewer may see."""
    ends = (step.hit, step.fallen)
    return min(
        presence_sight(layer, step.statements, ends, viewer, rights) for layer in step.layers
    )


def _trimmed(step: StepShown, viewer: Viewer, rights: Rights) -> StepShown:
    """A step with its amount and statements as far as each of them may be seen."""
    ends = (step.hit, step.fallen)
    least = min(link_sight(layer, step.statements, ends, viewer, rights) for layer in step.layers)
    return replace(
        step,
        amount_fen=step.amount_fen if least == Sight.AMOUNT else None,
        statements=cited(step.statements, ends, viewer, rights),
    )


def own_folder_origins(assessment: Assessment, party: str) -> PartnerOrigins:
    """Answer from a network folder: nothing in it is hidden from its reader."""
    answer = whole_origins(assessment, party_id_of(party), lambda _party: True)
    return replace(answer, rule="the reader's own network folder")


def partner_if_gone(
    workspace: Workspace, viewer: Viewer, party: str, partner: str, day: Day | None, today: Day
) -> IfGone:
    """Part of a partner beside the fall if it were gone, for a viewer who may see both.

    Raises
    ------
    NotAllowed
        When no rule lets the viewer see one of them; the same words whether it exists or not.
    NotFound, BadInput
        When there is no figure, or both are one.
    """
    asked = opened(workspace, viewer, party, day, today, "fall if gone")
    other = party_id_of(partner)
    if not asked.sees(other):
        way_out = "Its part tells about the partner too: ask it for its consent."
        raise NotAllowed(other, "the viewer may not see this partner's own figure", way_out)
    ends = (asked.subject, other)
    answer = whole_if_gone(
        asked.assessment,
        *ends,
        lambda layer, statements: (
            presence_sight(layer, statements, ends, viewer, asked.rights) >= Sight.EXISTS
        ),
    )
    return replace(answer, rule=asked.decision.rule)


def own_folder_if_gone(assessment: Assessment, party: str, partner: str) -> IfGone:
    """Answer from a network folder."""
    answer = whole_if_gone(assessment, party_id_of(party), party_id_of(partner))
    return replace(answer, rule="the reader's own network folder")


def whole_if_gone(
    assessment: Assessment,
    subject: str,
    partner: str,
    sees_link: Callable[[str, tuple[str, ...]], bool] = lambda _layer, _statements: True,
) -> IfGone:
    """Compute the answer, as shares of the figure; the part through links that may be seen."""
    if subject == partner:
        raise BadInput(partner, "nobody is its own partner", "Name another party.")
    target, gone = _place(assessment, subject), _place(assessment, partner)
    figure = float(assessment.run.probability[target])
    if not figure > 0:
        raise NotFound(subject, "it has no figure to take apart", "See `alliance explain`.")
    links = assessment.links
    there = np.flatnonzero((links.hit == target) & (links.fallen == gone)).tolist()
    between = [
        k for k in there if sees_link(links.layers[int(links.layer[k])], _statements(assessment, k))
    ]
    found = fall_if_gone(recorded(assessment), target, gone)
    return IfGone(
        party=subject,
        partner=partner,
        part=float(assessment.run.link_part[between].sum()) / figure,
        fall=-found.difference / found.probability,
        fall_error=found.difference_error / found.probability,
        run_again=found.run_again,
        scenarios=found.scenarios,
        asked=found.asked,
        rule="",
        run_id=assessment.run_id,
    )


def whole_origins(
    assessment: Assessment,
    subject: str,
    sees: Sees,
    sees_step: Callable[[StepShown], bool] = lambda _step: True,
) -> PartnerOrigins:
    """Compute the answer; what `sees` and `sees_step` forbid is folded."""
    place = _place(assessment, subject)
    run = recorded(assessment)
    found = origins(run, place, most=200)
    if not found.falls:
        event = event_day(assessment.network, place)
        if event is not None:
            rule = f"the target event happened on {event}: no further fall is counted"
            raise NotFound(subject, rule, "See its risk, which says the day.")
        rule = f"it fell in none of {found.scenarios:,} scenarios"
        raise NotFound(subject, rule, "Assess with more scenarios.")
    ids = run.party_id
    shown: list[OriginShare] = []
    rest = undisclosed = 0.0
    looked = 0
    for k in np.argsort(-found.origin, kind="stable").tolist():
        share = float(found.origin[k]) / found.falls
        if share == 0:
            break
        if k == place:
            continue
        if looked == LOOKED_AT:
            rest += share
            continue
        looked += 1
        if not _seen(assessment, k, sees):
            undisclosed += share
        elif len(shown) < LISTED:
            shown.append(OriginShare(ids[k].decode(), _name(assessment, k), share))
        else:
            rest += share
    seen_paths = (
        _path(assessment, found, path)
        for path in found.paths
        if all(k == place or _seen(assessment, k, sees) for k in path.parties)
    )
    paths = list(islice((p for p in seen_paths if all(map(sees_step, p.steps))), LISTED_PATHS))
    calibrated = assessment.stated or assessment.parameters.calibrated
    return PartnerOrigins(
        party=subject,
        name=_name(assessment, place),
        date=assessment.network.valid_date,
        own=float(found.origin[place]) / found.falls,
        origins=tuple(shown),
        rest=rest,
        undisclosed=undisclosed,
        paths=tuple(paths),
        more_paths=len(found.paths) + found.more_paths - len(paths),
        falls=found.falls if calibrated else None,
        scenarios=found.scenarios,
        asked=found.asked,
        withheld="" if calibrated else UNCALIBRATED,
        rule="",
        run_id=assessment.run_id,
    )


def _place(assessment: Assessment, party: str) -> int:
    place = assessment.network.place(party)
    if place is None:
        rule = f"no statement names this party in the picture of {assessment.network.valid_date}"
        raise NotFound(party, rule, "Check the code, or assess a later day.")
    return place


def _seen(assessment: Assessment, place: int, sees: Sees) -> bool:
    """Industries (after the parties of the picture) are nobody's secret."""
    if place >= len(assessment.network):
        return True
    return sees(assessment.network.party_id[place].decode())


def _name(assessment: Assessment, place: int) -> str:
    if place < len(assessment.network):
        return assessment.network.text("name", place)
    party = bytes(assessment.run.party_id[place]).decode()
    row = load_dictionary().codes("gbt4754").get(division_of(party) or "")
    return row.zh if row else party


def _statements(assessment: Assessment, link: int) -> tuple[str, ...]:
    """Statements behind one link."""
    links = assessment.links
    start, stop = links.statements_indptr[link : link + 2]
    return tuple(assessment.network.statements[k] for k in links.statements[start:stop].tolist())


def _path(assessment: Assessment, found: Origins, path: FallPath) -> PathShown:
    links = assessment.links
    ids = assessment.run.party_id
    labels = {layer.layer: layer.zh for layer in load_dictionary().layers}
    steps = []
    for step in path.steps:
        layers = tuple(links.layers[int(links.layer[k])] for k in step.links)
        losses = [int(links.loss_fen[k]) for k in step.links]
        known = [loss for loss in losses if loss != MISSING]
        statements = dict.fromkeys(s for k in step.links for s in _statements(assessment, int(k)))
        steps.append(
            StepShown(
                fallen=bytes(ids[step.fallen]).decode(),
                hit=bytes(ids[step.hit]).decode(),
                layers=layers,
                layers_zh=tuple(labels[layer] for layer in layers),
                amount_fen=sum(known) if known else None,
                statements=tuple(statements),
            )
        )
    return PathShown(
        parties=tuple(bytes(ids[k]).decode() for k in path.parties),
        names=tuple(_name(assessment, k) for k in path.parties),
        share=path.falls / found.falls,
        steps=tuple(steps),
    )
