"""The parties whose falls put most on others, from the parts of the published run.

Names are for supervision: each party named is written down as looked at. For the purpose ecosystem
the same list stands without names. Persons (sole traders) are never named.
"""

from dataclasses import dataclass
from datetime import date as Day  # noqa: N812 (a field below is called date)

from algorithms.system_origins import SystemOrigins, system_origins
from api import audit
from api.services.overview import OpenedDistrict, once, opened_district
from api.services.partners import UNCALIBRATED
from api.services.rights import is_personal, rules_of
from api.services.workspace import Workspace
from graph_model.ecosystem import section_of
from policy.visibility import Viewer

NAMING = "supervision"
ACTION = "origins of the district"


@dataclass(frozen=True)
class Origin:
    """One party that puts much on others.

    Attributes
    ----------
    party, name : str or None
        None where names are not shown.
    section, street : str or None
        Letter of its section of industry, code of its street; with the name only.
    share : float
        Of all parts that falls have in the figures of others.
    falls_of_others : float or None
        Sum of the parts: expected falls of others over the horizon; None while uncalibrated.
    hit : int or None
        How many others it hits; with the name, and not where they are fewer than a row of a table
        needs: a count of one would tell a link, and its loss an amount.
    loss_band : str or None
        Band of what they lose when it falls; where `hit` is shown.
    """

    rank: int
    party: str | None
    name: str | None
    section: str | None
    street: str | None
    share: float
    falls_of_others: float | None
    hit: int | None
    loss_band: str | None


@dataclass(frozen=True)
class DistrictOrigins:
    """The list, and the share of all parts that it holds."""

    date: Day
    run_id: str
    scenarios: int
    median_relative_error: float
    rule: str
    withheld: str
    origins: tuple[Origin, ...]
    share_of_all: float


def district_origins(
    workspace: Workspace,
    viewer: Viewer,
    day: Day | None,
    today: Day,
    *,
    action: str = ACTION,
) -> DistrictOrigins:
    """Answer who puts most on others; arguments and errors as `ecosystem`."""
    asked = opened_district(workspace, viewer, day, today, action)
    listed = once(
        workspace, "origins", asked.assessment.run_id, asked.pack, lambda: _listed(asked, today)
    )
    assessment = asked.assessment
    if viewer.purpose == NAMING:
        for origin in listed:
            if origin.party is not None:
                audit.record(
                    *(workspace.store, viewer, action, origin.party),
                    *(asked.decision, assessment.run_id),
                )
    else:
        listed = tuple(_unnamed(origin) for origin in listed)
    shown = assessment.stated or assessment.parameters.calibrated
    return DistrictOrigins(
        date=assessment.network.valid_date,
        run_id=assessment.run_id,
        scenarios=assessment.run.scenarios,
        median_relative_error=assessment.run.median_relative_error,
        rule=asked.decision.rule,
        withheld="" if shown else UNCALIBRATED,
        origins=listed,
        share_of_all=sum(origin.share for origin in listed),
    )


def _listed(asked: OpenedDistrict, today: Day) -> tuple[Origin, ...]:
    assessment, network = asked.assessment, asked.assessment.network
    found = system_origins(assessment.run, assessment.links, len(network))
    most = int(asked.pack.number("origins_listed", 1, 200))
    listed = enumerate(found.top(most), start=1)
    return tuple(_origin(asked, found, k, rank, today) for rank, k in listed)


def _origin(
    asked: OpenedDistrict, found: SystemOrigins, place: int, rank: int, today: Day
) -> Origin:
    assessment, network = asked.assessment, asked.assessment.network
    party = network.party_id[place].decode()
    person = is_personal(asked.workspace, today, assessment, party)
    codes = asked.workspace.dictionary.codes("gbt4754")
    shown = assessment.stated or assessment.parameters.calibrated
    many = not person and int(found.hit[place]) >= asked.small_cells.least_enterprises
    band = rules_of(asked.workspace, today).band(int(found.loss_fen[place])) if many else None
    return Origin(
        rank=rank,
        party=None if person else party,
        name=None if person else network.text("name", place),
        section=None if person else section_of(network.text("sector", place), codes),
        street=None if person else network.text("street", place),
        share=float(found.share[place]),
        falls_of_others=float(found.put_on_others[place]) if shown else None,
        hit=int(found.hit[place]) if many else None,
        loss_band=band,
    )


def _unnamed(origin: Origin) -> Origin:
    """The same without what tells who it is; exact yuan and counts would tell it too."""
    return Origin(
        origin.rank, None, None, None, None, origin.share, origin.falls_of_others, None, None
    )
