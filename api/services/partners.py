"""The chain risk of a partner, as far as the viewer may see it."""

from dataclasses import dataclass, replace
from datetime import date as Day  # noqa: N812 (a field below is called date)

import numpy as np

from algorithms.explain import explain, level_of, ratio_with_without
from algorithms.reasons import Reason, own_reasons, reasons
from api.services.assessment import Assessment
from api.services.rights import Opened, opened
from api.services.workspace import Workspace
from graph_model.errors import NotFound
from graph_model.explanation import Part
from graph_model.network import MISSING, CreditNetwork
from graph_model.snapshot import day_of_number
from policy.visibility import Decision, Sight, Viewer, redact

UNCALIBRATED = (
    "uncalibrated: until the constants are fitted to outcomes, level, rank, shares and the ratio "
    "with and without contagion are shown, and no probability"
)
INSUFFICIENT = "too little is known of the party itself to say anything"


@dataclass(frozen=True)
class PartnerRisk:
    """One answer.

    Attributes
    ----------
    level : str or None
        Warning level Ⅳ Ⅲ Ⅱ Ⅰ; None below the least; "insufficient" without enough evidence;
        "event" when the target event has happened within twelve months.
    level_low, level_high : str or None
        Level with the lowest and the highest risk that unknown inputs leave open.
    event_on : datetime.date or None
        Day of that event.
    rank, ranked : int or None, int
        Place among the enterprises with a figure, 1 for the highest.
    ratio : float or None
        Figure with contagion over the figure without.
    probability, standard_error : float or None
        Over `horizon_months`; None with `withheld` as the reason.
    explanation : Part or None
        Parts that add up: probabilities, or shares of the figure where it is withheld; None
        where there is no figure.
    reasons : tuple of Reason
        What matters most, as far as the viewer may see it.
    rule : str
        By which rule the viewer sees it.
    """

    party: str
    name: str
    date: Day
    horizon_months: int
    level: str | None
    level_low: str | None
    level_high: str | None
    event_on: Day | None
    rank: int | None
    ranked: int
    ratio: float | None
    probability: float | None
    standard_error: float | None
    withheld: str
    explanation: Part | None
    reasons: tuple[Reason, ...]
    rule: str
    run_id: str
    network_id: str
    scenarios: int


def partner_risk(
    workspace: Workspace, viewer: Viewer, party: str, day: Day | None, today: Day
) -> PartnerRisk:
    """Answer what a viewer may know of a party's chain risk, and write the look down.

    Parameters
    ----------
    workspace : Workspace
        Where the published run and the consents are.
    viewer : Viewer
        Who asks and why.
    party : str
        Party id or unified social credit code.
    day : datetime.date, optional
        Day of the assessment; the latest by default.
    today : datetime.date
        Day on which consents must be in force.

    Raises
    ------
    NotAllowed
        When no rule lets the viewer see it; the same words whether the party exists or not.
    NotFound
        When the viewer may see it and there is nothing to see.
    """
    action = "partner risk"
    asked = opened(workspace, viewer, party, day, today, action, least=Sight.BAND)
    return as_opened(whole_answer(asked.assessment, asked.subject), asked)


def as_opened(answer: PartnerRisk, asked: Opened) -> PartnerRisk:
    """As much of a whole answer as the viewer may know for whom it was opened."""
    if asked.decision.sight < Sight.AMOUNT:
        return level_only(answer, asked.decision)
    whole = answer.explanation
    explanation = whole and redact(whole, asked.subject, asked.viewer, asked.rights)
    return told(answer, explanation, asked.decision.rule)


def own_folder_answer(assessment: Assessment, party: str) -> PartnerRisk:
    """Answer from a network folder: it is the reader's own, so nothing in it is hidden."""
    whole = whole_answer(assessment, party)
    return told(whole, whole.explanation, "the reader's own network folder")


def whole_answer(assessment: Assessment, subject: str) -> PartnerRisk:
    """Everything there is to say of a party; not for a viewer's eyes before `told`."""
    network, run = assessment.network, assessment.run
    place = network.place(subject)
    if place is None:
        raise NotFound(
            subject,
            f"no statement names this party in the picture of {network.valid_date}",
            "Check the code, or assess a later day.",
        )
    probability = float(run.probability[place])
    known = not np.isnan(probability)
    parties = run.probability[: len(network)]  # after them stand industries
    ranked = parties[~np.isnan(parties)]
    event = event_day(network, place)
    level, low, high = (
        level_of(float(p), assessment.parameters.levels)
        for p in (probability, assessment.bracket.low[place], assessment.bracket.high[place])
    )
    ratio = float(ratio_with_without(run)[place])
    shown = assessment.stated or assessment.parameters.calibrated
    withheld = "" if shown else UNCALIBRATED
    if not known:
        withheld = INSUFFICIENT if event is None else f"the target event happened on {event}"
    return PartnerRisk(
        party=subject,
        name=network.text("name", place),
        date=network.valid_date,
        horizon_months=run.horizon_months,
        level=level if event is None else "event",
        level_low=low if event is None else "event",
        level_high=high if event is None else "event",
        event_on=event,
        rank=int((ranked > probability).sum()) + 1 if known else None,
        ranked=len(ranked),
        ratio=None if np.isnan(ratio) else ratio,
        probability=probability if known else None,
        standard_error=float(run.standard_error[place]) if known else None,
        withheld=withheld,
        explanation=(
            explain(network, run, assessment.links, place, assessment.own) if known else None
        ),
        reasons=own_reasons(assessment.own, place) if known else (),
        rule="",
        run_id=assessment.run_id,
        network_id=network.network_id,
        scenarios=run.scenarios,
    )


def event_day(network: CreditNetwork, place: int) -> Day | None:
    """Day of the target event that a party has had within twelve months, if any."""
    days = int(network.columns["event_on"][place].astype(np.int64))
    return None if days == MISSING else day_of_number(days)


def told(answer: PartnerRisk, explanation: Part | None, rule: str) -> PartnerRisk:
    """Tell an answer with its redacted explanation; withheld probabilities become shares."""
    if answer.explanation is None or explanation is None:
        return replace(answer, explanation=None, reasons=(), rule=rule)
    named = replace(answer, reasons=reasons(explanation, answer.reasons), rule=rule)
    if not answer.withheld:
        return replace(named, explanation=explanation)
    whole = answer.explanation.value
    return replace(
        named,
        probability=None,
        standard_error=None,
        explanation=scaled(explanation, 1 / whole) if whole > 0 else explanation,
    )


def level_only(answer: PartnerRisk, decision: Decision) -> PartnerRisk:
    """Tell the level, which is a band of the figure, and nothing of the figure itself."""
    return replace(
        answer,
        rank=None,
        ratio=None,
        probability=None,
        standard_error=None,
        withheld="the level only, by the rule that shows it",
        explanation=None,
        reasons=(),
        rule=decision.rule,
    )


def scaled(part: Part, factor: float) -> Part:
    """Return the same tree with all values times a factor."""
    children = tuple(scaled(child, factor) for child in part.children)
    return replace(part, value=part.value * factor, children=children)
