"""A partner at a glance: its register entry, its level, and how much of what the viewer may see."""

from dataclasses import dataclass
from datetime import date as Day  # noqa: N812 (a field below is called date)

from algorithms.explain import level_of
from api.services.partners import event_day
from api.services.register_entry import Entry, entry_of, in_register
from api.services.rights import Opened
from api.services.seen_by_others import classes_of, ref_of
from api.services.workspace import Workspace
from policy.visibility import CHAIN_RISK, Sight, Viewer, decide


@dataclass(frozen=True)
class SightOf:
    """How much of a visibility class of a party a viewer may see, and by which rule."""

    of: str
    zh: str
    en: str
    sight: str
    rule: str


@dataclass(frozen=True)
class PartnerView:
    """One answer.

    Attributes
    ----------
    member : bool
        Whether the party is a member of the alliance today.
    level : str or None
        As `PartnerRisk.level`; None too where the viewer may not see it.
    sights : tuple of SightOf
        By class, the hidden ones too. Of facts between two parties: those with somebody else.
    """

    entry: Entry
    member: bool
    date: Day
    level: str | None
    sights: tuple[SightOf, ...]
    run_id: str


def partner_view(
    workspace: Workspace, viewer: Viewer, party: str, day: Day | None, today: Day
) -> PartnerView:
    """Look at a partner, and write the look down; arguments as `partner_risk`.

    Raises
    ------
    NotFound
        When no register shows it in the picture.
    NotAllowed
        When the role may not state the purpose.
    """
    asked, place = in_register(workspace, viewer, party, day, today, "partner")
    sights = []
    level = None
    for of, told in classes_of(workspace, today).items():
        found = decide(viewer, ref_of(of, asked.subject, two_sided=told.two_sided), asked.rights)
        sights.append(SightOf(of, told.zh, told.en, found.sight.name.lower(), found.rule))
        if of == CHAIN_RISK and found.sight >= Sight.BAND:
            level = _level(asked, place)
    return PartnerView(
        entry=entry_of(workspace, asked.assessment, place),
        member=asked.rights.member(asked.subject),
        date=asked.assessment.network.valid_date,
        level=level,
        sights=tuple(sights),
        run_id=asked.assessment.run_id,
    )


def _level(asked: Opened, place: int) -> str | None:
    made = asked.assessment
    if event_day(made.network, place) is not None:
        return "event"
    return level_of(float(made.run.probability[place]), made.parameters.levels)
