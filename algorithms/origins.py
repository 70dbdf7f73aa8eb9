"""Where the falls of a party come from: origins, and the paths from them to it.

Every kept fall of the party has mass 1. Back in time, a party that fell at T keeps of its mass

    own * T / L(T)                       as the origin, of its own cause
    rate_j * (T - T_j) / L(T)            and passes this on to each j that fell before it,

with L(T) = own * T + sum over those j of rate_j * (T - T_j): what filled its threshold. Masses by
origin add up to the number of the party's falls. This total stands beside the probability, not
instead of it: falls are counted here, and the probability is an average of compensators.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from algorithms.kernels.recording import no_falls, share_out
from algorithms.links import Floats, Ints
from algorithms.recorded_falls import RecordedRun
from graph_model.errors import BadInput

LONGEST = 8
"""Parties on a path at most; longer ones are in `Origins.unfollowed`."""

THINNEST = 1e-3
"""Share of one fall below which a path is not followed."""

ROWS = 1 << 17


@dataclass(frozen=True)
class Step:
    """One party pulled another down: by these links (places in `RecordedRun.links`)."""

    fallen: int
    hit: int
    links: tuple[int, ...]


@dataclass(frozen=True)
class FallPath:
    """One way from an origin to the party.

    Parameters
    ----------
    parties : tuple of int
        Places as given, origin first, the party last.
    falls : float
        Mass of its falls that came this way.
    steps : tuple of Step
        One fewer than parties.
    """

    parties: tuple[int, ...]
    falls: float
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Origins:
    """Origins and paths of one party.

    Parameters
    ----------
    place : int
    falls : int
        Of the party in the kept scenarios.
    origin : array of float64, shape (n,)
        Falls by origin, in the order of the given parties; they add up to `falls`.
    paths : tuple of FallPath
        Largest first.
    more_paths, more_falls : int, float
        Paths found beside these, and their falls.
    unfollowed : float
        Falls on paths too long or too thin to be followed.
    scenarios, asked : int
        Kept scenarios, and those of the run they stand for.
    """

    place: int
    falls: int
    origin: Floats
    paths: tuple[FallPath, ...]
    more_paths: int
    more_falls: float
    unfollowed: float
    scenarios: int
    asked: int


def origins(run: RecordedRun, place: int, *, most: int = 10) -> Origins:
    """Share the falls of a party out to origins and paths.

    Parameters
    ----------
    run : RecordedRun
    place : int
        Of the party, as given.
    most : int
        Paths to list.

    Raises
    ------
    BadInput
        For a place that is none.
    """
    nodes = len(run.party_id)
    if not 0 <= place < nodes:
        raise BadInput(f"place {place}", f"it is a place from 0 to {nodes - 1}", "Correct it.")
    falls, wiring, order = run.falls, run.setting.wiring, run.setting.parties
    at, scenario = falls.of(int(run.sorted_place[place]))
    mass = np.zeros(nodes)
    way, mass_of = np.empty((ROWS, LONGEST), np.int32), np.empty(ROWS)
    scratch = no_falls(nodes)
    used, cut = share_out(
        wiring,
        scratch,
        falls.start,
        falls.node,
        falls.tick,
        at,
        scenario,
        mass,
        THINNEST,
        way,
        mass_of,
    )
    found = _from_the_fallen(run, _together(way[:used], mass_of[:used]))
    found.sort(key=lambda path: (-path[1], [bytes(run.party_id[order[k]]) for k in path[0]]))
    paths = tuple(
        FallPath(
            tuple(int(order[k]) for k in parties),
            falls_,
            tuple(_step(run, *two) for two in pairwise(parties)),
        )
        for parties, falls_ in found[:most]
    )
    shared = np.zeros(nodes)
    shared[order] = _with_the_fallen(run, mass)
    return Origins(
        place=place,
        falls=len(at),
        origin=shared,
        paths=paths,
        more_paths=len(found) - len(paths),
        more_falls=sum(falls_ for _, falls_ in found[most:]),
        unfollowed=float(cut),
        scenarios=run.scenarios,
        asked=run.asked,
    )


Found = list[tuple[tuple[int, ...], float]]


def _together(way: npt.NDArray[np.int32], mass: Floats) -> Found:
    """Paths (target first, padded with -1) of all scenarios, equal ones added up, turned round."""
    if not len(way):
        return []
    raw = np.ascontiguousarray(way).view(f"V{way.shape[1] * way.itemsize}").ravel()
    _, first, group = np.unique(raw, return_index=True, return_inverse=True)
    total = np.bincount(group, mass, len(first))
    return [
        (tuple(k for k in reversed(way[row].tolist()) if k >= 0), float(falls))
        for row, falls in zip(first.tolist(), total.tolist(), strict=True)
    ]


def _standing(run: RecordedRun) -> tuple[Ints, Ints, Floats]:
    """Links from parties already fallen: hit, fallen (sorted places), rate per horizon."""
    setting = run.setting
    at = np.flatnonzero(setting.standing)
    link = setting.links[at]
    return (
        setting.hit[at],
        run.sorted_place[run.links.fallen[link]],
        run.links.rate[link] * run.years,
    )


def _with_the_fallen(run: RecordedRun, mass: Floats) -> Floats:
    """What came from parties already fallen, taken off the own cause of those they hit."""
    if not run.already_fallen.any():
        return mass
    hit, fallen, rate = _standing(run)
    whole = run.setting.wiring.own_rate
    with np.errstate(invalid="ignore", divide="ignore"):
        kept = np.where(whole > 0, run.own / whole, 1.0)
    shared = mass * kept
    np.add.at(shared, fallen, mass[hit] * rate / whole[hit])
    return shared


def _from_the_fallen(run: RecordedRun, found: Found) -> Found:
    """Paths that begin with a party already fallen, split off those that seem to begin after it."""
    if not run.already_fallen.any():
        return found
    hit, fallen, rate = _standing(run)
    split: Found = []
    for parties, falls in found:
        first = parties[0]
        whole = float(run.setting.wiring.own_rate[first])
        start, stop = np.searchsorted(hit, (first, first + 1)).tolist()
        if start == stop:
            split.append((parties, falls))
            continue
        if run.own[first] > 0:
            split.append((parties, falls * float(run.own[first]) / whole))
        together: dict[int, float] = {}
        for k in range(start, stop):
            together[int(fallen[k])] = together.get(int(fallen[k]), 0.0) + float(rate[k])
        split += [((k, *parties), falls * more / whole) for k, more in together.items()]
    return split


def _step(run: RecordedRun, fallen: int, hit: int) -> Step:
    """Links of one pair (sorted places), strongest first."""
    setting = run.setting
    start, stop = np.searchsorted(setting.hit, (hit, hit + 1)).tolist()
    links = setting.links[start:stop]
    given = int(setting.parties[fallen])
    between: list[int] = links[
        (run.links.fallen[links] == given) & (run.links.rate[links] > 0)
    ].tolist()
    between.sort(key=lambda k: -float(run.links.rate[k]))
    return Step(given, int(setting.parties[hit]), tuple(between))
