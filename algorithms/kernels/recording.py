"""Falls kept one by one, and what is read from them.

A scenario is its falls, first to last: (node, tick) of each, 8 bytes. As random numbers are keyed
and sums are integers, everything the batches of `kernels/contagion.py` add up can be added up
again from the falls, for any choice of scenarios, to the last tick.

The compiled code of `kernels/contagion.py` is part of the compiled code here; numba's cache looks
at this file only, so after a change there this file's cache entries must go too.
"""

import numpy as np
import numpy.typing as npt

from algorithms.kernels.contagion import (
    _GOLDEN,
    _NEVER,
    _S32,
    TICKS,
    Desk,
    Floats,
    Ints,
    Wiring,
    _account,
    _compiled,
    _mix,
    _scenario,
    _threshold,
)

__all__ = [
    "add_sums",
    "by_node",
    "compensators",
    "met_of",
    "no_falls",
    "pairs_matched",
    "run_scenarios",
    "share_out",
    "to_run_again",
]

Ticks = npt.NDArray[np.int32]
Places = npt.NDArray[np.int32]


def no_falls(nodes: int) -> Ticks:
    """Scratch of the readers below: the tick of every node, none of them fallen."""
    return np.full(nodes, _NEVER, np.int32)


@_compiled
def run_scenarios(
    wiring: Wiring,
    desk: Desk,
    seed_key: np.uint64,
    scenario: Ints,
    node: Places,
    tick: Ticks,
    count: Ints,
) -> int:
    """Let the given scenarios run and write their falls one after the other.

    `node` and `tick` have room for all; `count[k]` becomes the number of falls of `scenario[k]`.
    Adds to `desk.batch` and `desk.met`; returns how many falls there are.
    """
    used = 0
    for k in range(len(scenario)):
        scenario_key = _mix(seed_key + np.uint64(scenario[k]) * _GOLDEN)
        fallen, opened = _scenario(wiring, desk, scenario_key)
        for f in range(fallen):
            node[used + f] = desk.order[f]
            tick[used + f] = desk.fall[desk.order[f]]
        _account(wiring, desk, fallen, opened)
        used += fallen
        count[k] = fallen
    return used


@_compiled
def add_sums(
    wiring: Wiring,
    fall: Ticks,
    start: Ints,
    node: Places,
    tick: Ticks,
    chosen: Ints,
    sign: int,
    lost: Ints,
    falls: Ints,
    met: Ints,
) -> None:
    """Add (or with sign -1 take away) the sums of chosen scenarios, as a run makes them."""
    in_start, in_fallen, in_place = wiring.in_start, wiring.in_fallen, wiring.in_place
    for s in chosen:
        first, stop = start[s], start[s + 1]
        for k in range(first, stop):
            fall[node[k]] = tick[k]
        for k in range(first, stop):
            i, now = node[k], np.int64(tick[k])
            lost[i] += sign * (TICKS - now)
            falls[i] += sign
            for f in range(in_start[i], in_start[i + 1]):
                other = np.int64(fall[in_fallen[f]])
                if other <= TICKS:
                    met[in_place[f]] += sign * (TICKS - max(now, other))
        for k in range(first, stop):
            fall[node[k]] = _NEVER


@_compiled
def by_node(node: Places, nodes: int) -> tuple[Ints, Ints]:
    """Places of the falls of every node: those of i are `place[start[i]:start[i + 1]]`."""
    start = np.zeros(nodes + 1, np.int64)
    for i in node:
        start[i + 1] += 1
    for k in range(nodes):
        start[k + 1] += start[k]
    after = start[:-1].copy()
    place = np.empty(len(node), np.int64)
    for k in range(len(node)):
        place[after[node[k]]] = k
        after[node[k]] += 1
    return start, place


@_compiled
def _fall_alone(
    wiring: Wiring, i: int, threshold: np.int64, fall: Ticks, ticks: Ints, units: Ints
) -> np.int64:
    """Tick at which i falls when the others fall as `fall` says."""
    hits = 0
    for f in range(wiring.in_start[i], wiring.in_start[i + 1]):
        tick = np.int64(fall[wiring.in_fallen[f]])
        if tick <= TICKS:
            k = hits
            while k > 0 and ticks[k - 1] > tick:
                ticks[k], units[k] = ticks[k - 1], units[k - 1]
                k -= 1
            ticks[k] = tick
            units[k] = np.int64(wiring.out_pair[wiring.in_place[f]] >> _S32)
            hits += 1
    now, reached, rate = np.int64(0), np.int64(0), wiring.own[i]
    for k in range(hits):
        if rate > 0:
            tick = now + (threshold - reached + rate - 1) // rate
            if tick <= ticks[k]:
                break
        reached += rate * (ticks[k] - now)
        now = ticks[k]
        rate += units[k]
    fall_tick = np.int64(_NEVER)
    if rate > 0:
        fall_tick = min(fall_tick, now + (threshold - reached + rate - 1) // rate)
    return fall_tick


@_compiled
def to_run_again(
    wiring: Wiring,
    seed_key: np.uint64,
    fall: Ticks,
    start: Ints,
    node: Places,
    tick: Ticks,
    chosen: Ints,
    own_changed: Ints,
    pair_start: Ints,
    pair_hit: Ints,
) -> npt.NDArray[np.bool_]:
    """Which of the `chosen` scenarios come out otherwise with the new `wiring`.

    `start`, `node` and `tick` are the falls with the old one, in the places of the new one; when
    j falls, the changed pairs `pair_hit[pair_start[j]:pair_start[j + 1]]` begin to count.

    A party is asked when its own rate changed, or when the fallen end of a changed pair fell
    before it. If each of them, the others falling as they did, falls at its old tick, then the old
    falls fulfil the new equations; these have one solution (time runs forward), so nothing
    changes. If one does not, the first of them to fall otherwise makes the scenario another.
    """
    again = np.zeros(len(chosen), np.bool_)
    asked_in = np.full(len(fall), -1, np.int64)
    most = np.int64(1)
    for i in range(len(fall)):
        most = max(most, wiring.in_start[i + 1] - wiring.in_start[i])
    ticks, units = np.empty(most, np.int64), np.empty(most, np.int64)
    for place in range(len(chosen)):
        s = chosen[place]
        for k in range(start[s], start[s + 1]):
            fall[node[k]] = tick[k]
        scenario_key = _mix(seed_key + np.uint64(s) * _GOLDEN)
        for i in own_changed:
            asked_in[i] = s
            threshold = _threshold(wiring.key[i], scenario_key)
            if _fall_alone(wiring, i, threshold, fall, ticks, units) != fall[i]:
                again[place] = True
                break
        for k in range(start[s], start[s + 1]):
            if again[place]:
                break
            j = node[k]
            for p in range(pair_start[j], pair_start[j + 1]):
                i = pair_hit[p]
                if tick[k] >= fall[i] or asked_in[i] == s:
                    continue
                asked_in[i] = s
                threshold = _threshold(wiring.key[i], scenario_key)
                if _fall_alone(wiring, i, threshold, fall, ticks, units) != fall[i]:
                    again[place] = True
                    break
        for k in range(start[s], start[s + 1]):
            fall[node[k]] = _NEVER
    return again


@_compiled
def pairs_matched(
    one_start: Ints, one_fallen: Places, to: Ints, other_start: Ints, other_fallen: Places
) -> npt.NDArray[np.int64]:
    """Which pair of `other` each pair of `one` is, -1 for none; both by hit, then fallen.

    `to[i]` is the place of node i in the other numbering, ascending; -1 where it is not there.
    """
    found = np.full(len(one_fallen), -1, np.int64)
    for i in range(len(to)):
        if to[i] < 0:
            continue
        g, stop = other_start[to[i]], other_start[to[i] + 1]
        for f in range(one_start[i], one_start[i + 1]):
            wanted = to[one_fallen[f]]
            while g < stop and other_fallen[g] < wanted:
                g += 1
            if g < stop and other_fallen[g] == wanted:
                found[f] = g
    return found


@_compiled
def met_of(
    fall: Ticks,
    start: Ints,
    node: Places,
    tick: Ticks,
    chosen: npt.NDArray[np.bool_],
    pair_hit: Ints,
    pair_fallen: Ints,
) -> npt.NDArray[np.int64]:
    """Ticks that both of some pairs had fallen, over the scenarios of a mask."""
    met = np.zeros(len(pair_hit), np.int64)
    for s in range(len(chosen)):
        if not chosen[s]:
            continue
        for k in range(start[s], start[s + 1]):
            fall[node[k]] = tick[k]
        for p in range(len(met)):
            later = max(np.int64(fall[pair_hit[p]]), np.int64(fall[pair_fallen[p]]))
            if later <= TICKS:
                met[p] += TICKS - later
        for k in range(start[s], start[s + 1]):
            fall[node[k]] = _NEVER
    return met


@_compiled
def compensators(
    wiring: Wiring,
    fall: Ticks,
    start: Ints,
    node: Places,
    tick: Ticks,
    places: Ints,
    batches: int,
    sums: Floats,
    sign: float,
    chosen: Ints,
    number: Ints,
) -> None:
    """Add the compensators of some nodes to `sums`, shape (batches, len(places)), times `sign`.

    Over scenarios `chosen` of the falls; scenario k of them is number `number[k]` of the run.
    """
    for c in range(len(chosen)):
        s = chosen[c]
        batch = number[c] % batches
        for k in range(start[s], start[s + 1]):
            fall[node[k]] = tick[k]
        for p in range(len(places)):
            i = places[p]
            end = min(np.int64(fall[i]), np.int64(TICKS))
            total = wiring.own_rate[i] * end
            for f in range(wiring.in_start[i], wiring.in_start[i + 1]):
                other = np.int64(fall[wiring.in_fallen[f]])
                if other < end:
                    total += wiring.out_rate[wiring.in_place[f]] * (end - other)
            sums[batch, p] += sign * total / TICKS
        for k in range(start[s], start[s + 1]):
            fall[node[k]] = _NEVER


@_compiled
def share_out(
    wiring: Wiring,
    fall: Ticks,
    start: Ints,
    node: Places,
    tick: Ticks,
    at: Ints,
    scenario: Ints,
    origin: Floats,
    least: float,
    path: npt.NDArray[np.int32],
    mass_of: Floats,
) -> tuple[int, float]:
    """Share the falls of one node out to their origins, and follow the paths back.

    Fall k of it is `at[k]` among all and happened in `scenario[k]`. Adds to `origin`, shape (n,);
    fills rows of `path`, shape (rows, longest), with target, ..., origin, then -1, and `mass_of`
    with their masses. Returns the rows filled and the mass of the paths not followed: thinner
    than `least`, too long, or without room.
    """
    out_pair, own = wiring.out_pair, wiring.own
    in_start, in_fallen, in_place = wiring.in_start, wiring.in_fallen, wiring.in_place
    rows, longest = path.shape
    mass, kept = np.zeros(len(fall), np.float64), np.zeros(len(fall), np.float64)
    # Causes of a node in the present scenario: the fallen, and the share it passes on to them.
    first_cause, last_cause = np.zeros(len(fall), np.int64), np.zeros(len(fall), np.int64)
    cause, share = np.empty(4096, np.int32), np.empty(4096, np.float64)
    way = np.full(longest, -1, np.int32)
    open_node, open_depth = np.empty(1024, np.int32), np.empty(1024, np.int64)
    open_mass = np.empty(1024, np.float64)
    used, cut = 0, 0.0
    for s in range(len(at)):
        first, stop = start[scenario[s]], at[s] + 1  # who fell later has no part in it
        target = node[at[s]]
        for k in range(first, stop):
            fall[node[k]] = tick[k]
        mass[target] = 1.0
        causes = 0
        for k in range(stop - 1, first - 1, -1):
            i, now = node[k], np.int64(tick[k])
            here = mass[i]
            if here == 0.0:
                continue
            mass[i] = 0.0
            if causes + in_start[i + 1] - in_start[i] > len(cause):
                room = 2 * (causes + in_start[i + 1] - in_start[i])
                more_cause, more_share = np.empty(room, np.int32), np.empty(room, np.float64)
                more_cause[:causes], more_share[:causes] = cause[:causes], share[:causes]
                cause, share = more_cause, more_share
            alone = float(own[i]) * now
            whole = alone
            first_cause[i] = causes
            for f in range(in_start[i], in_start[i + 1]):
                other = np.int64(fall[in_fallen[f]])
                if other < now:
                    more = float(out_pair[in_place[f]] >> _S32) * (now - other)
                    if more > 0.0:
                        cause[causes], share[causes] = in_fallen[f], more
                        causes += 1
                        whole += more
            last_cause[i] = causes
            kept[i] = alone / whole
            origin[i] += here * kept[i]
            for c in range(first_cause[i], causes):
                share[c] /= whole
                mass[cause[c]] += here * share[c]
        size = 1
        open_node[0], open_depth[0], open_mass[0] = target, 0, 1.0
        while size > 0:
            size -= 1
            i, depth, here = open_node[size], open_depth[size], open_mass[size]
            way[depth] = i
            part = here * kept[i]
            if part > 0.0:
                if part < least or used == rows:
                    cut += part
                else:
                    for d in range(longest):
                        path[used, d] = way[d] if d <= depth else -1
                    mass_of[used] = part
                    used += 1
            for c in range(first_cause[i], last_cause[i]):
                part = here * share[c]
                if part < least or depth + 1 == longest or size == len(open_node):
                    cut += part
                else:
                    open_node[size], open_depth[size] = cause[c], depth + 1
                    open_mass[size] = part
                    size += 1
        for k in range(first, stop):
            fall[node[k]] = _NEVER
    return used, cut
