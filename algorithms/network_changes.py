"""A picture with a few things changed, and the links that change with them.

Amounts between parties are added, dropped or changed one by one; so are parties and their facts.
Losses of a fall depend on the two parties and on who else lends to the fallen one or guarantees
for it, so a change is derived on the parties around it and put in place of what stood there: the
links are those of the whole picture derived anew, to the last digit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from algorithms.industry import run_network
from algorithms.layers import derive_links
from algorithms.links import Ints, Links
from algorithms.losses import LOSSES
from algorithms.parameters import AssessmentParameters
from algorithms.scorecard import scorecard
from algorithms.what_if import World
from graph_model.network import MISSING, CreditNetwork, Matrix, StatedRates, known

CREDIT = ("loan", "guarantee")
"""Measures in which others' claims on a party change what each of them loses."""


@dataclass(frozen=True)
class AmountChange:
    """One entry of a matrix: another amount, or none any more.

    Parameters
    ----------
    measure, quantity : str
        Matrix, and which of its quantities.
    row, column : str
        Party ids.
    fen : int or None
        None drops the entry with all its quantities.
    """

    measure: str
    row: str
    column: str
    fen: int | None
    quantity: str = "amount"


@dataclass(frozen=True)
class PartyChange:
    """A party that is not there yet is added; facts are put in place of those known.

    Parameters
    ----------
    party : str
    facts : dict of str to int, float or bytes
        By node column; what is not named stays, or is missing for a new party.
    """

    party: str
    facts: Mapping[str, int | float | bytes]


@dataclass(frozen=True)
class PartyDrop:
    """A party goes, with everything that names it."""

    party: str


Change = AmountChange | PartyChange | PartyDrop


def changed_network(network: CreditNetwork, changes: Sequence[Change]) -> CreditNetwork:
    """Return the picture with changes made one after the other; evidence of new amounts is none.

    Parties that a change of an amount names must be there.
    """
    for change in changes:
        if isinstance(change, AmountChange):
            network = _with_amount(network, change)
        elif isinstance(change, PartyDrop):
            network = _without_party(network, change.party)
        else:
            if network.place(change.party) is None:
                network = _with_party(network, change.party)
            place = network.place(change.party)
            columns = dict(network.columns)
            for name, value in change.facts.items():
                columns[name] = _set(columns[name], place, value)
            network = replace(network, columns=columns)
    return network


def changed_world(
    network: CreditNetwork,
    world: World,
    parameters: AssessmentParameters,
    changes: Sequence[Change],
) -> tuple[CreditNetwork, World]:
    """Return the changed picture and what a run is made on, from those of the picture as it was.

    Parameters
    ----------
    network : CreditNetwork
    world : World
        Of `network`, with the same parameters: parties, then industries.
    parameters : AssessmentParameters
    changes : sequence of Change
    """
    new = changed_network(network, changes)
    nodes = len(new)
    place = _places(network.party_id, new.party_id)
    own = np.full(nodes, np.nan)
    own[place[place >= 0]] = world.own_rate[: len(network)][place >= 0]
    told = np.zeros(nodes, np.bool_)
    for change in changes:
        if isinstance(change, PartyChange) and (k := new.place(change.party)) is not None:
            told[k] = True
    own[told] = scorecard(_part(new, told), parameters).own_rate
    industries = np.arange(len(network), len(world.party_id))
    base = world.links
    moves = any(not isinstance(c, AmountChange) or c.measure == "trade" for c in changes)
    if moves:  # else no industry can be another
        base = base.where((base.hit < len(network)) & (base.fallen < len(network)))
    place = np.concatenate((place, nodes + np.arange(len(industries))))
    links = _relinked(base, place, new, parameters, _core(network, new, changes))
    if not moves:
        ids, rates = world.party_id[industries], world.own_rate[industries]
    else:
        alone = run_network(new, parameters, own, off=tuple(LOSSES))
        ids, rates = alone.party_id[nodes:], alone.own_rate[nodes:]
        theirs = (alone.links.hit >= nodes) | (alone.links.fallen >= nodes)
        links = _inserted(links, alone.links.where(theirs))
    return new, World(
        np.concatenate((new.party_id, ids)) if len(ids) else new.party_id,
        np.concatenate((own, rates)),
        links,
        np.concatenate((known(new.columns["event_on"]), np.zeros(len(ids), np.bool_))),
        world.unknown_rate,
    )


def _places(ids: npt.NDArray[np.bytes_], among: npt.NDArray[np.bytes_]) -> Ints:
    """Place of each id among sorted others, -1 where it is not there."""
    at = np.minimum(np.searchsorted(among, ids), max(len(among) - 1, 0))
    return np.where(among[at] == ids, at, -1) if len(among) else np.full(len(ids), -1)


def _core(
    network: CreditNetwork, new: CreditNetwork, changes: Sequence[Change]
) -> npt.NDArray[np.bool_]:
    """Parties (of the new picture) whose fall may cost others something else: mask (n,)."""
    core = np.zeros(len(new), np.bool_)
    for change in changes:
        named = [change.row, change.column] if isinstance(change, AmountChange) else [change.party]
        for picture in (network, new):
            for party in named:
                place = picture.place(party)
                if place is None:
                    continue
                around = [place]
                if not isinstance(change, AmountChange):
                    around += _partners(picture, place)
                at = _places(picture.party_id[around], new.party_id)
                core[at[at >= 0]] = True
    return core


def _partners(network: CreditNetwork, place: int) -> list[int]:
    found: set[int] = set()
    for matrix in network.matrices.values():
        found.update(matrix.indices[matrix.indptr[place] : matrix.indptr[place + 1]].tolist())
        found.update(matrix.rows[matrix.indices == place].tolist())
    rates = network.rates
    found.update(rates.fallen[rates.hit == place].tolist())
    found.update(rates.hit[rates.fallen == place].tolist())
    return sorted(found)


def _relinked(
    links: Links,
    place: Ints,
    network: CreditNetwork,
    parameters: AssessmentParameters,
    core: npt.NDArray[np.bool_],
) -> Links:
    """Links of the changed picture: derived anew where `core` falls, else as they were."""
    near = core.copy()
    for name in CREDIT:
        matrix = network.matrices[name]
        near[matrix.rows[core[matrix.indices]]] = True
    part = derive_links(_part(network, near), parameters)
    given = np.flatnonzero(near)
    part = replace(
        part,
        hit=given[part.hit].astype(np.int32),
        fallen=given[part.fallen].astype(np.int32),
    )
    part = part.where(core[part.fallen])
    hit, fallen = place[links.hit], place[links.fallen]
    more = np.zeros(int(place.max(initial=-1)) + 2, np.bool_)  # the last for those gone
    wide, deep = np.concatenate((near, more)), np.concatenate((core, more))
    stays = (hit >= 0) & (fallen >= 0) & ~(wide[hit] & deep[fallen])
    old = Links(
        hit=hit[stays].astype(np.int32),
        fallen=fallen[stays].astype(np.int32),
        layer=links.layer[stays],
        rate=links.rate[stays],
        loss_fen=links.loss_fen[stays],
        layers=links.layers,
        statements_indptr=np.zeros(int(stays.sum()) + 1, np.int64),
        statements=np.zeros(0, np.int64),
    )
    return _inserted(old, part)


def _inserted(links: Links, more: Links) -> Links:
    """Both, sorted by hit, fallen and layer as each of them is, without evidence."""
    count = 1 + max(int(np.max(a, initial=0)) for a in (links.fallen, more.fallen))
    one, other = (
        (part.hit.astype(np.int64) * count + part.fallen) * len(links.layers) + part.layer
        for part in (links, more)
    )
    at = np.searchsorted(one, other)
    return Links(
        hit=np.insert(links.hit, at, more.hit),
        fallen=np.insert(links.fallen, at, more.fallen),
        layer=np.insert(links.layer, at, more.layer),
        rate=np.insert(links.rate, at, more.rate),
        loss_fen=np.insert(links.loss_fen, at, more.loss_fen),
        layers=links.layers,
        statements_indptr=np.zeros(len(one) + len(other) + 1, np.int64),
        statements=np.zeros(0, np.int64),
    )


def _part(network: CreditNetwork, chosen: npt.NDArray[np.bool_]) -> CreditNetwork:
    """The picture of some parties and what stands between them, without evidence."""
    place = np.cumsum(chosen) - 1
    matrices = {}
    for name, matrix in network.matrices.items():
        edge = np.flatnonzero(chosen[matrix.indices] & chosen[matrix.rows])
        matrices[name] = _matrix(
            place[matrix.rows[edge]],
            place[matrix.indices[edge]],
            {q: values[edge] for q, values in matrix.quantities.items()},
            int(chosen.sum()),
        )
    rates = network.rates
    both = chosen[rates.hit] & chosen[rates.fallen]
    return replace(
        network,
        party_id=network.party_id[chosen],
        columns={name: column[chosen] for name, column in network.columns.items()},
        matrices=matrices,
        rates=StatedRates(
            place[rates.hit[both]].astype(np.int32),
            place[rates.fallen[both]].astype(np.int32),
            rates.layer[both],
            rates.rate[both],
        ),
        node_evidence_indptr=np.zeros(int(chosen.sum()) + 1, np.int64),
        node_evidence=np.zeros(0, np.int64),
    )


def _matrix(rows: Ints, columns: Ints, quantities: Mapping[str, Ints], nodes: int) -> Matrix:
    """A matrix from edges in order, without evidence."""
    indptr = np.zeros(nodes + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=nodes), out=indptr[1:])
    none = np.zeros(len(rows) + 1, np.int64)
    return Matrix(indptr, columns.astype(np.int32), quantities, none, np.zeros(0, np.int64))


def _with_amount(network: CreditNetwork, change: AmountChange) -> CreditNetwork:
    matrix = network.matrices[change.measure]
    row, column = network.place(change.row), network.place(change.column)
    assert row is not None  # noqa: S101 (checked where the change was read)
    assert column is not None  # noqa: S101
    edge = matrix.edge(row, column)
    indptr, evidence_indptr = matrix.indptr.copy(), matrix.evidence_indptr
    if edge is not None and change.fen is not None:
        values = matrix.quantities[change.quantity].copy()
        values[edge] = change.fen
        made = replace(matrix, quantities={**matrix.quantities, change.quantity: values})
    elif edge is not None:
        indptr[row + 1 :] -= 1
        start, stop = int(evidence_indptr[edge]), int(evidence_indptr[edge + 1])
        shorter = np.delete(evidence_indptr, edge + 1)
        shorter[edge + 1 :] -= stop - start
        made = Matrix(
            indptr,
            np.delete(matrix.indices, edge),
            {q: np.delete(values, edge) for q, values in matrix.quantities.items()},
            shorter,
            np.delete(matrix.evidence, slice(start, stop)),
        )
    elif change.fen is None:
        return network
    else:
        start, stop = int(matrix.indptr[row]), int(matrix.indptr[row + 1])
        at = start + int(np.searchsorted(matrix.indices[start:stop], column))
        indptr[row + 1 :] += 1
        made = Matrix(
            indptr,
            np.insert(matrix.indices, at, column),
            {
                q: np.insert(values, at, change.fen if q == change.quantity else _nothing(q))
                for q, values in matrix.quantities.items()
            },
            np.insert(evidence_indptr, at, evidence_indptr[at]),
            matrix.evidence,
        )
    return replace(network, matrices={**network.matrices, change.measure: made})


def _nothing(quantity: str) -> int:
    return 0 if quantity == "amount" else MISSING


def _with_party(network: CreditNetwork, party: str) -> CreditNetwork:
    """The picture with one more party, of which nothing is known."""
    raw = party.encode()
    at = int(np.searchsorted(network.party_id, raw))
    wide = np.dtype(f"S{max(len(raw), network.party_id.dtype.itemsize)}")
    columns: dict[str, npt.NDArray[np.generic]] = {}
    for name, column in network.columns.items():
        unknown = np.zeros(1, column.dtype)
        if column.dtype.kind != "S":
            unknown[0] = np.nan if column.dtype.kind == "f" else MISSING
        columns[name] = np.concatenate((column[:at], unknown, column[at:]))
    matrices = {
        name: replace(
            matrix,
            indptr=np.insert(matrix.indptr, at, matrix.indptr[at]),
            indices=matrix.indices + (matrix.indices >= at).astype(np.int32),
        )
        for name, matrix in network.matrices.items()
    }
    rates = network.rates
    return replace(
        network,
        party_id=np.insert(network.party_id.astype(wide), at, raw),
        columns=columns,
        matrices=matrices,
        node_evidence_indptr=np.insert(
            network.node_evidence_indptr, at, network.node_evidence_indptr[at]
        ),
        rates=replace(
            rates,
            hit=rates.hit + (rates.hit >= at).astype(np.int32),
            fallen=rates.fallen + (rates.fallen >= at).astype(np.int32),
        ),
    )


def _without_party(network: CreditNetwork, party: str) -> CreditNetwork:
    chosen = np.ones(len(network), np.bool_)
    place = network.place(party)
    if place is not None:
        chosen[place] = False
    return _part(network, chosen)


def _set(
    column: npt.NDArray[np.generic], place: int | None, value: int | float | bytes
) -> npt.NDArray[np.generic]:
    if isinstance(value, bytes) and len(value) > column.dtype.itemsize:
        column = column.astype(f"S{len(value)}")
    column = column.copy()
    column[place] = value
    return column


__all__ = [
    "AmountChange",
    "Change",
    "PartyChange",
    "PartyDrop",
    "changed_network",
    "changed_world",
]
