"""How many trades away a partner stands from the viewer's own organisation, up and down the chain.

    upstream    I buy from … who buys from the partner
    downstream  I sell to … who sells to the partner

Computed when asked and never stored: what is tier 2 for one is tier 1 for another. It goes through
links only that the viewer may see: its own trades, and those of parties that consented.
"""

from dataclasses import dataclass
from datetime import date as Day  # noqa: N812 (a field below is called date)

from api.services.links import columns_of, entries, seen_link
from api.services.register_entry import in_register
from api.services.rights import Opened
from api.services.workspace import Workspace
from policy.visibility import Sight, Viewer

TRADE = "trade"
FARTHEST = 8
"""Trades at most."""

LOOKED_AT = 20_000
"""Links that one question looks at; beyond them the answer says that it did not go on."""

UPSTREAM, DOWNSTREAM = "column", "row"
"""Where a party stands in the measure when one goes on from it."""


@dataclass(frozen=True)
class Way:
    """Shortest way along trades.

    Attributes
    ----------
    hops : int or None
        None where no way may be seen; 0 for oneself.
    parties, names : tuple of str
        From the viewer's organisation to the partner.
    whole : bool
        Whether everything within `FARTHEST` trades that may be seen was looked at.
    """

    hops: int | None
    parties: tuple[str, ...]
    names: tuple[str, ...]
    whole: bool


@dataclass(frozen=True)
class Tier:
    """Where a partner stands as seen from the viewer's organisation."""

    party: str
    seen_from: str
    date: Day
    upstream: Way
    downstream: Way
    run_id: str


def tier(workspace: Workspace, viewer: Viewer, party: str, day: Day | None, today: Day) -> Tier:
    """Say how far up and down the chain a partner stands, and write the look down.

    Parameters and errors as `neighbours.neighbours`.
    """
    asked, place = in_register(workspace, viewer, party, day, today, "tier")
    start = asked.assessment.network.place(viewer.organisation)
    ways = [_way(asked, start, place, going) for going in (UPSTREAM, DOWNSTREAM)]
    return Tier(
        party=asked.subject,
        seen_from=viewer.organisation,
        date=asked.assessment.network.valid_date,
        upstream=ways[0],
        downstream=ways[1],
        run_id=asked.assessment.run_id,
    )


def _way(asked: Opened, start: int | None, goal: int, going: str) -> Way:
    """Breadth first along links that may be seen; of equally short ways the first by party id."""
    nothing = Way(None, (), (), whole=True)
    if start is None:
        return nothing
    columns = columns_of(asked.workspace, asked.assessment)
    came: dict[int, int] = {start: start}
    edge_of_search, looked = [start], 0
    for _ in range(FARTHEST):
        if goal in came or not edge_of_search:
            break
        following: list[int] = []
        for place in edge_of_search:
            for edge, other in entries(asked.assessment, columns, TRADE, going, place):
                looked += 1
                if looked > LOOKED_AT:
                    return Way(None, (), (), whole=False)
                if other in came:
                    continue
                ends = (place, other) if going == DOWNSTREAM else (other, place)
                if seen_link(asked, TRADE, ends, edge, statements=False)[0] > Sight.HIDDEN:
                    came[other] = place
                    following.append(other)
        edge_of_search = sorted(following)
    if goal not in came:
        return nothing
    back = [goal]
    while back[-1] != start:
        back.append(came[back[-1]])
    network = asked.assessment.network
    return Way(
        hops=len(back) - 1,
        parties=tuple(network.party_id[k].decode() for k in reversed(back)),
        names=tuple(network.text("name", k) for k in reversed(back)),
        whole=True,
    )
