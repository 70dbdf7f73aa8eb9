"""Industries as nodes of a run: an industry under stress hits its members, and they hit it.

    industry -> member      theta * ratio * beta * own rate of the member
    member -> industry      theta * ratio * revenue of the member / revenue of all members
    industry -> industry    theta * ratio * what is bought from it / all that the other one buys

per year and capped like every rate; there are no yuan in this layer. An industry is a division of
GB/T 4754 with enough enterprises of known revenue; its node `industry:36` stands after the parties
of the picture. It has an own intensity, but no figure that anybody is shown. Parties without
revenue weigh nothing and make no industry, so that a crowd of them dilutes nothing.
Industry states as in Duffie, Eckner, Horel and Saita (2009), Journal of Finance 64(5), 2089-2123.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.capacity import Floats, money
from algorithms.layers import LAYERS, Bound, derive_links
from algorithms.links import Ints, Links, merged
from algorithms.parameters import AssessmentParameters
from algorithms.sectors import division
from graph_model.network import MISSING, CreditNetwork, known

LAYER = LAYERS.index("industry")
PREFIX = "industry:"


@dataclass(frozen=True)
class RunNetwork:
    """What chain risk runs on: the n parties of a picture, and after them k industries.

    Parameters
    ----------
    party_id : array of bytes, shape (n + k,)
    own_rate : array of float64, shape (n + k,)
        Per year; NaN where unknown.
    already_fallen : array of bool, shape (n + k,)
    unknown_rate : float
        Own intensity with which parties of unknown own rate are let fall, per year.
    links : Links
        Between all of them, sorted by hit, fallen and layer.
    divisions : tuple of str, length k
        GB/T 4754 divisions of the industries.
    members : array of int64, shape (k,)
        Enterprises of known revenue in each.
    """

    party_id: npt.NDArray[np.bytes_]
    own_rate: Floats
    already_fallen: npt.NDArray[np.bool_]
    unknown_rate: float
    links: Links
    divisions: tuple[str, ...]
    members: Ints


def run_network(
    network: CreditNetwork,
    parameters: AssessmentParameters,
    own_rate: Floats,
    *,
    off: Collection[str] = (),
    bound: Bound = "point",
) -> RunNetwork:
    """Derive all links of a picture, with its industries.

    Parameters
    ----------
    network : CreditNetwork
    parameters : AssessmentParameters
    own_rate : array of float64, shape (n,)
        As the scorecard gives them.
    off : collection of str
        Layers switched off; without `industry` there are no industries.
    bound : {"point", "low", "high"}
        Unknown capacities, margins and own rates at the geometric mean of their bounds, or at the
        ends that give the lowest and the highest risk.

    Returns
    -------
    RunNetwork

    Raises
    ------
    BadInput
        For a layer that does not exist.
    """
    low, high = parameters.own_rate_unknown
    unknown_rate = {"point": (low * high) ** 0.5, "low": low, "high": high}[bound]
    unknown_rate *= parameters.own_scale
    fallen = known(network.columns["event_on"])
    links = derive_links(network, parameters, off=off, bound=bound)
    place, members, names = _industries(network, parameters)
    if "industry" in off:
        place, members, names = np.full(len(network), -1), members[:0], ()
    filled = np.where(np.isnan(own_rate), unknown_rate, own_rate)
    ids = [f"{PREFIX}{name}".encode() for name in names]
    return RunNetwork(
        party_id=np.concatenate((network.party_id, np.array(ids, "S")))
        if ids
        else network.party_id,
        own_rate=np.concatenate((own_rate, np.full(len(ids), parameters.industry_own_rate))),
        already_fallen=np.concatenate((fallen, np.zeros(len(ids), np.bool_))),
        unknown_rate=unknown_rate,
        links=merged(links, _links(network, parameters, filled, place, len(ids))),
        divisions=names,
        members=members,
    )


def division_of(party_id: str) -> str | None:
    """Division of a derived industry node, None for any other party.

    >>> division_of("industry:36"), division_of("uscc:91440112XXXX000191")
    ('36', None)
    """
    return party_id.removeprefix(PREFIX) if party_id.startswith(PREFIX) else None


def _industries(
    network: CreditNetwork, parameters: AssessmentParameters
) -> tuple[Ints, Ints, tuple[str, ...]]:
    """Place of the industry of every party (-1 for none), members and divisions."""
    codes, code = np.unique(network.columns["sector"], return_inverse=True)
    names = [division(bytes(raw).decode()) for raw in codes.tolist()]
    kind = network.columns["kind"]
    stated = kind == b"industry"
    taken = {names[k] for k in code[stated].tolist()}
    taken |= {division_of(network.party_id[k].decode()) for k in np.flatnonzero(stated).tolist()}
    listed = sorted({name for name in names if name is not None} - taken)
    of_code = np.array([listed.index(n) if n in listed else -1 for n in names], dtype=np.int64)
    place = np.where(stated, -1, of_code[code])
    counted = (place >= 0) & (money(network, "revenue") > 0) & (kind != b"sole_trader")
    members = np.bincount(place[counted], minlength=len(listed))
    enough = members >= parameters.industry_members
    new = np.append(np.where(enough, np.cumsum(enough) - 1, -1), -1)  # place -1 stays -1
    return new[place], members[enough], tuple(n for n, e in zip(listed, enough, strict=True) if e)


def _links(
    network: CreditNetwork,
    parameters: AssessmentParameters,
    own_rate: Floats,
    place: Ints,
    count: int,
) -> Links:
    """Links of the derived industries."""
    nodes = len(network)
    member = np.flatnonzero(place >= 0)
    industry = place[member]
    revenue = np.fmax(money(network, "revenue"), 0.0)  # 0 where unknown
    output = np.bincount(industry, revenue[member], count)[industry]
    trade = network.matrices["trade"]
    seller, buyer = place[trade.rows], place[trade.indices]
    # Trade of those without revenue does not count: a crowd of them would dilute the others.
    counted = (trade.amount > 0) & (revenue[trade.rows] > 0) & (revenue[trade.indices] > 0)
    inputs = counted & (buyer >= 0)
    bought = np.bincount(buyer[inputs], trade.amount[inputs].astype(np.float64), count)
    between = inputs & (seller >= 0) & (seller != buyer)
    codes, group = np.unique(buyer[between] * count + seller[between], return_inverse=True)
    given = np.bincount(group, trade.amount[between].astype(np.float64), len(codes))
    input_share = given / bought[codes // max(count, 1)]
    hit = np.concatenate((member, nodes + industry, nodes + codes // max(count, 1)))
    fallen = np.concatenate((nodes + industry, member, nodes + codes % max(count, 1)))
    share = np.concatenate(
        (parameters.industry_beta * own_rate[member], revenue[member] / output, input_share)
    )
    rate = np.minimum(parameters.theta * parameters.ratio["industry"] * share, parameters.rate_cap)
    some = rate > 0
    many = int(some.sum())
    return Links(
        hit=hit[some].astype(np.int32),
        fallen=fallen[some].astype(np.int32),
        layer=np.full(many, LAYER, np.int8),
        rate=rate[some],
        loss_fen=np.full(many, MISSING),
        layers=LAYERS,
        statements_indptr=np.zeros(many + 1, np.int64),
        statements=np.zeros(0, np.int64),
    )
