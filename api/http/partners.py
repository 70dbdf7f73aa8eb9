"""Questions about a partner."""

from datetime import date
from operator import attrgetter
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from api.audit import now
from api.http.documented import REFUSALS
from api.http.exports import FILES, Filed, download
from api.http.member_shapes import FoundShape, NeighbourShape, PartnerShape, PathsShape, TierShape
from api.http.paging import Page, Paged
from api.http.shapes import PartnerRiskShape
from api.http.state import workspace_of
from api.http.today import Today
from api.http.viewer import viewer_of
from api.services.exporting import Table, yuan
from api.services.neighbours import neighbours
from api.services.origins import partner_origins
from api.services.own_tables import exporter_of
from api.services.partner_view import partner_view
from api.services.partners import partner_risk
from api.services.search import MOST, find
from api.services.tier import tier
from api.services.workspace import Workspace
from policy.visibility import Viewer

router = APIRouter(prefix="/api/v1/partners", tags=["partners"], responses=REFUSALS)

Asking = Annotated[Viewer, Depends(viewer_of)]
Opened = Annotated[Workspace, Depends(workspace_of)]
Party = Annotated[str, Path(max_length=128, description="Party id or unified social credit code.")]
Day = Annotated[
    date | None, Query(alias="date", description="Day of the assessment; default the latest.")
]


@router.get("", summary="Find partners by code or name")
def search(
    viewer: Asking,
    workspace: Opened,
    today: Today,
    page: Paged,
    q: Annotated[
        str,
        Query(
            max_length=120,
            description="Code or name, former names too, or a part; width, brackets, case and "
            f"traditional characters do not matter. At most {MOST:,} are found.",
        ),
    ],
    day: Day = None,
) -> Page[FoundShape]:
    """Find parties; what is told of them is what any register shows. Sole traders never are."""
    found = find(workspace, viewer, q, today, day).found
    return page.of(found, lambda one: one.key, FoundShape.of)


@router.get("/{party}", summary="A partner at a glance")
def glance(
    viewer: Asking, workspace: Opened, today: Today, party: Party, day: Day = None
) -> PartnerShape:
    """Register entry, the level if it may be seen, and how much of what else may be, by rule."""
    return PartnerShape.of(partner_view(workspace, viewer, party, day, today))


@router.get("/{party}/risk", summary="Chain risk of a partner")
def risk(
    viewer: Asking, workspace: Opened, today: Today, party: Party, day: Day = None
) -> PartnerRiskShape:
    """Level, rank and parts that add up, as far as the viewer may see them."""
    return PartnerRiskShape.of(partner_risk(workspace, viewer, party, day, today))


@router.get(
    "/{party}/neighbours",
    summary="Links of a partner",
    response_model=Page[NeighbourShape],
    responses={200: FILES},
)
def links(
    viewer: Asking,
    workspace: Opened,
    today: Today,
    page: Paged,
    kind: Filed,
    party: Party,
    measure: Annotated[
        str | None, Query(max_length=40, description="trade, payable, guarantee, loan, …")
    ] = None,
    day: Day = None,
) -> Page[NeighbourShape] | Response:
    """List links by measure and direction, each as far as the viewer may see it.

    Whether it exists, a band, or the amount; links that may not be seen are not counted.
    """
    action = "neighbours" if kind is None else f"neighbours as {kind}"
    found = neighbours(workspace, viewer, party, day, today, measure, action=action)
    if kind is None:
        key = attrgetter("key")
        return page.of(found.links, key, lambda link: NeighbourShape.of(found.told(link)))
    columns = (
        *("类型 measure", "关系", "relation", "主体 party", "名称 name"),
        *("可见程度 sight", "金额（元） yuan", "区间 band", "依据 rule"),
    )
    rows = [
        (
            *(one.measure, one.zh, one.en, one.party, one.name, one.sight),
            *(
                yuan(one.amount_fen),
                one.band,
                one.rule,
            ),
        )
        for one in map(found.told, found.links)
    ]
    filters = {"party": found.asked.subject, "measure": measure or "all"}
    notes = {"run": found.asked.assessment.run_id}
    told = (exporter_of(viewer), now(), notes)
    return download(Table("neighbours", columns, rows, filters, found.date, *told), kind)


@router.get("/{party}/paths", summary="Where its falls begin, and by which ways")
def paths(
    viewer: Asking, workspace: Opened, today: Today, party: Party, day: Day = None
) -> PathsShape:
    """Origins and paths of the falls of the published run; each needs every party's consent."""
    return PathsShape.of(partner_origins(workspace, viewer, party, day, today))


@router.get("/{party}/tier", summary="How far up and down my chain it stands")
def place(
    viewer: Asking, workspace: Opened, today: Today, party: Party, day: Day = None
) -> TierShape:
    """Count trades from the viewer's organisation, through links only that it may see."""
    return TierShape.of(tier(workspace, viewer, party, day, today))
