"""Falls that spread in continuous time: one batch of scenarios, in exact integers.

Node i falls at the first tick t of the horizon at which

    own_i * t + sum over fallen j of rate_ij * (t - T_j)  >=  threshold_i

Time is counted in `TICKS` per horizon, a rate in units of 2**-`RATE_BITS` per horizon, so that the
left side is an int64 without rounding: falls do not depend on the order of nodes, links, hits or
threads, and more risk never makes anybody fall later, to the last tick.

The threshold is unit-exponential, `-log(1 - u)`, with u from a counter-based generator (the
finaliser of splitmix64: Steele, Lea and Flood 2014, OOPSLA) of (seed, scenario, key of the node).
As `1 - exp(-x) <= x`, u itself is a lower bound of the threshold: the logarithm is taken, and the
sum above is kept, only for nodes whose sum may reach u before the horizon ends (`slack <= 0`).

What is summed, per node and per pair (i is hit when j falls):

    lost_j  = sum over scenarios of (H - T_j), where j fell
    met_ij  = sum over scenarios of (H - max(T_i, T_j)), where both fell
    sum of ((T_i and H) - T_j)+  =  lost_j - met_ij

so only links between two fallen nodes are touched again after a scenario.

Most falls are nodes' own, and all of these are known when a scenario begins: they are sorted once
and merged with the heap of falls by contagion, and the pairs of those to come are prefetched.
"""

import math
from collections.abc import Callable
from typing import NamedTuple, ParamSpec, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

from algorithms.kernels.prefetch import prefetch

P = ParamSpec("P")
R = TypeVar("R")

TICKS = 1 << 30
"""Ticks of one horizon (a year: 0.03 seconds each)."""

RATE_BITS = 25
"""A rate of one fall per horizon is 2**25 units."""

RATE_LIMIT = float((1 << 32) - 1) / (1 << RATE_BITS)
"""Largest own rate or rate of a pair, per horizon (128: a certain fall within days)."""

_NEVER = TICKS + 1
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_S11, _S27, _S30, _S31 = np.uint64(11), np.uint64(27), np.uint64(30), np.uint64(31)
_S32, _S33, _ONE, _HIT = np.uint64(32), np.uint64(33), np.uint64(1), np.uint64(0xFFFFFFFF)
_NODE = np.int64(0xFFFFFFFF)
_KEPT = int(np.iinfo(np.int32).min)
_COARSER = 24  # slack has 31 bits after the point, and is rounded down: never too late
_FRACTION_BITS = 2  # a threshold has 30 + 25 = 55 bits after the point, u has 53
_TO_UNIT = 2.0**-53
_TO_THRESHOLD = 2.0**55

_DIGITS = 1 << 10
_LAST = np.int64(1 << 62)  # after all entries of the heap
_PAIRS_AHEAD, _STARTS_AHEAD = 3, 6  # how many own falls ahead they are prefetched: measured
_LINE = 8  # pairs in 64 bytes, a line of the cache

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Wiring(NamedTuple):
    """The network as the kernel reads it; rates per horizon.

    A pair (i is hit, j falls) stands once, whatever the number of its layers. `out_*` are ordered
    by j, then i; `in_*` by i, then j.
    """

    key: npt.NDArray[np.uint64]  # (n,)
    own: Ints  # (n,) units
    own_bound: npt.NDArray[np.int32]  # (n,) sum of own at the end of the horizon, as `slack`
    own_rate: Floats  # (n,) the same as a float, for the compensator
    out_start: Ints  # (n + 1,)
    out_pair: npt.NDArray[np.uint64]  # (p,) units * 2**32 + i
    out_rate: Floats  # (p,)
    in_start: Ints  # (n + 1,)
    in_fallen: npt.NDArray[np.int32]  # (p,) j
    in_place: npt.NDArray[np.int32]  # (p,) place of the pair among `out_*`


class Desk(NamedTuple):
    """What one thread works on: scratch of a scenario, of a batch, and its running totals."""

    slack: npt.NDArray[np.int32]  # (n,) u less the sum at the end; _KEPT once `state` is kept
    state: Ints  # (n, 4) threshold, and at the last hit: left side, units, tick
    fall: npt.NDArray[np.int32]  # (n,) tick, _NEVER before it is known
    down: npt.NDArray[np.uint64]  # one bit a node
    heap: Ints  # (2n + 64,) tick * 2**32 + node
    own_falls: Ints  # (n + 7,) nodes that fall of their own, first to last, as the heap has them
    order: npt.NDArray[np.int32]  # (n,) the fallen, first to last
    open_pair: npt.NDArray[np.int32]  # (p,) pairs whose j fell and whose i may fall later
    batch: Ints  # (n, 2) lost, falls
    batch_met: Floats  # (n,) sum over pairs of rate * met
    lost: Ints  # (n,) totals of this thread
    falls: Ints  # (n,)
    met: Ints  # (p,)


def packed(units: Ints, hit: Ints) -> npt.NDArray[np.uint64]:
    """Pairs as `Wiring.out_pair` holds them."""
    return (units.astype(np.uint64) << _S32) | hit.astype(np.uint64)


def slack_units(own: Ints) -> npt.NDArray[np.int32]:
    """Own sums at the end of the horizon as `Wiring.own_bound` holds them, clipped at 1."""
    clipped: Ints = np.minimum(own << (30 - _COARSER), 2**31 - 1)
    return clipped.astype(np.int32)


def new_desk(nodes: int, pairs: int) -> Desk:
    """A desk for `nodes` nodes and `pairs` pairs, all sums zero (12 bytes a pair, 128 a node)."""
    return Desk(
        slack=np.zeros(nodes, np.int32),
        state=np.zeros((nodes, 4), np.int64),
        fall=np.full(nodes, _NEVER, np.int32),
        down=np.zeros(nodes // 64 + 1, np.uint64),
        heap=np.zeros(2 * nodes + 64, np.int64),
        own_falls=np.zeros(nodes + _STARTS_AHEAD + 1, np.int64),
        order=np.zeros(nodes, np.int32),
        open_pair=np.empty(pairs, np.int32),
        batch=np.zeros((nodes, 2), np.int64),
        batch_met=np.zeros(nodes, np.float64),
        lost=np.zeros(nodes, np.int64),
        falls=np.zeros(nodes, np.int64),
        met=np.zeros(pairs, np.int64),
    )


def _compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile at the first call (never at import), keep on disk, run without the lock."""
    return cast(Callable[P, R], numba.njit(cache=True, nogil=True)(function))


@_compiled
def _mix(x: np.uint64) -> np.uint64:
    x = (x ^ (x >> _S30)) * _MIX_1
    x = (x ^ (x >> _S27)) * _MIX_2
    return x ^ (x >> _S31)


@_compiled
def _draw(
    key: npt.NDArray[np.uint64],
    scenario_key: np.uint64,
    own_bound: npt.NDArray[np.int32],
    slack: npt.NDArray[np.int32],
) -> None:
    for i in range(len(key)):
        slack[i] = np.int32(_mix(key[i] + scenario_key) >> _S33) - own_bound[i]


@_compiled
def _threshold(key: np.uint64, scenario_key: np.uint64) -> np.int64:
    u = np.int64(_mix(key + scenario_key) >> _S11)
    exact = np.int64(-math.log(1.0 - u * _TO_UNIT) * _TO_THRESHOLD)
    threshold: np.int64 = max(exact, u << _FRACTION_BITS, np.int64(1))
    return threshold


@_compiled
def _sort_by_tick(entries: Ints, result: Ints, size: int) -> None:
    """Sort `entries[:size]` by tick into `result`; equal ticks keep their order.

    By ten bits at a time, as ticks have thirty; `entries` is used up.
    """
    start = np.empty(_DIGITS + 1, np.int64)
    for shift in (32, 42, 52):
        start[:] = 0
        for k in range(size):
            start[((entries[k] >> shift) & (_DIGITS - 1)) + 1] += 1
        for digit in range(1, _DIGITS):
            start[digit] += start[digit - 1]
        for k in range(size):
            digit = (entries[k] >> shift) & (_DIGITS - 1)
            result[start[digit]] = entries[k]
            start[digit] += 1
        entries, result = result, entries


@_compiled
def _push(heap: Ints, size: int, entry: np.int64) -> None:
    k = size
    while k > 0:
        above = (k - 1) >> 1
        if heap[above] <= entry:
            break
        heap[k] = heap[above]
        k = above
    heap[k] = entry


@_compiled
def _pop(heap: Ints, size: int) -> np.int64:
    """Take the least entry out of the first `size`; the caller counts down."""
    least: np.int64 = heap[0]
    last = heap[size - 1]
    k, child = 0, 1
    while child < size - 1:
        if child + 1 < size - 1 and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= last:
            break
        heap[k] = heap[child]
        k, child = child, 2 * child + 1
    heap[k] = last
    return least


@_compiled
def _weed(heap: Ints, size: int, fall: npt.NDArray[np.int32]) -> int:
    """Drop entries that an earlier fall has overtaken; at most one a node is left."""
    kept = 0
    for k in range(size):
        entry = heap[k]
        if fall[entry & _NODE] == entry >> 32:
            _push(heap, kept, entry)
            kept += 1
    return kept


@_compiled
def _prefetch_pairs(out_pair: npt.NDArray[np.uint64], first: np.int64) -> None:
    prefetch(out_pair, first)
    prefetch(out_pair, first + _LINE)
    prefetch(out_pair, first + 2 * _LINE)


@_compiled
def _scenario(wiring: Wiring, desk: Desk, scenario_key: np.uint64) -> tuple[int, int]:
    """Let one scenario run; returns how many of `desk.order` and of `desk.open_pair` it filled."""
    key, own = wiring.key, wiring.own
    in_start, in_fallen, in_place = wiring.in_start, wiring.in_fallen, wiring.in_place
    out_start, out_pair, out_rate = wiring.out_start, wiring.out_pair, wiring.out_rate
    slack, state, fall, down = desk.slack, desk.state, desk.fall, desk.down
    heap, own_falls, order, open_pair = desk.heap, desk.own_falls, desk.order, desk.open_pair
    met, batch_met = desk.met, desk.batch_met
    _draw(key, scenario_key, wiring.own_bound, slack)
    alone = 0
    for n in range(len(slack)):
        if slack[n] <= 0 and own[n] > 0:
            tick = (_threshold(key[n], scenario_key) + own[n] - 1) // own[n]
            if tick <= TICKS:
                fall[n] = tick
                heap[alone] = (tick << 32) | n
                alone += 1
    _sort_by_tick(heap, own_falls, alone)
    own_falls[alone : alone + _STARTS_AHEAD + 1] = _LAST
    turn, size, fallen, opened = 0, 0, 0, 0
    while True:
        prefetch(out_start, own_falls[turn + _STARTS_AHEAD] & _NODE)
        _prefetch_pairs(out_pair, out_start[own_falls[turn + _PAIRS_AHEAD] & _NODE])
        if size > 0:
            _prefetch_pairs(out_pair, out_start[heap[0] & _NODE])
        if size == 0 or own_falls[turn] < heap[0]:
            entry = own_falls[turn]
            if entry == _LAST:
                break
            turn += 1
        else:
            entry = _pop(heap, size)
            size -= 1
        now, j = entry >> 32, entry & _NODE
        if fall[j] != now:
            continue  # it fell earlier than this entry thought
        order[fallen] = j
        fallen += 1
        left = TICKS - now
        for e in range(out_start[j], out_start[j + 1]):
            i = np.int64(out_pair[e] & _HIT)
            more = np.int64(out_pair[e] >> _S32)
            room = slack[i]
            if room > 0:
                after = room - (more * left >> _COARSER) - 1
                if after > 0:
                    slack[i] = after
                    continue
                # From here on i may fall: its sum so far, from those that fell before j.
                rate = own[i]
                reached = rate * now
                for f in range(in_start[i], in_start[i + 1]):
                    k = in_fallen[f]
                    if (down[k >> 6] >> np.uint64(k & 63)) & _ONE:
                        earlier = in_place[f]
                        hit = np.int64(out_pair[earlier] >> _S32)
                        rate += hit
                        reached += hit * (now - fall[k])
                        open_pair[opened] = earlier
                        opened += 1
                threshold = _threshold(key[i], scenario_key)
                slack[i] = _KEPT
                state[i, 0] = threshold
            elif fall[i] <= now:
                met[e] += left
                batch_met[i] += out_rate[e] * left
                continue
            elif room == _KEPT:
                threshold, rate = state[i, 0], state[i, 2]
                reached = state[i, 1] + rate * (now - state[i, 3])
            else:  # it may fall of its own, and this is its first hit
                threshold, rate = _threshold(key[i], scenario_key), own[i]
                reached = rate * now
                slack[i] = _KEPT
                state[i, 0] = threshold
            open_pair[opened] = e
            opened += 1
            rate += more
            state[i, 1], state[i, 2], state[i, 3] = reached, rate, now
            if rate > 0:
                tick = now + (threshold - reached + rate - 1) // rate
                if tick < fall[i] and tick <= TICKS:
                    fall[i] = tick
                    if size == len(heap):
                        size = _weed(heap, size, fall)
                    _push(heap, size, (tick << 32) | i)
                    size += 1
        down[j >> 6] |= _ONE << np.uint64(j & 63)
    return fallen, opened


@_compiled
def _account(wiring: Wiring, desk: Desk, fallen: int, opened: int) -> None:
    """Add what is left of one scenario to the sums, and clear its traces."""
    out_pair, out_rate = wiring.out_pair, wiring.out_rate
    fall, down, order, open_pair = desk.fall, desk.down, desk.order, desk.open_pair
    batch, batch_met, met = desk.batch, desk.batch_met, desk.met
    for k in range(opened):
        e = open_pair[k]
        i = np.int64(out_pair[e] & _HIT)
        if fall[i] <= TICKS:
            both = np.int64(TICKS - fall[i])
            met[e] += both
            batch_met[i] += out_rate[e] * both
    for k in range(fallen):
        i = order[k]
        batch[i, 0] += TICKS - fall[i]
        batch[i, 1] += 1
        fall[i] = _NEVER
        down[i >> 6] = np.uint64(0)


@_compiled
def _batch_mean(wiring: Wiring, desk: Desk, done: int) -> Floats:
    """Mean compensator of the `done` scenarios of the batch on the desk, shape (n,)."""
    out_start, out_pair, out_rate = wiring.out_start, wiring.out_pair, wiring.out_rate
    own_rate, batch, batch_met = wiring.own_rate, desk.batch, desk.batch_met
    mean = np.empty(len(own_rate), np.float64)
    for i in range(len(mean)):
        mean[i] = own_rate[i] * (done * TICKS - batch[i, 0])
    for j in range(len(mean)):
        if batch[j, 1] > 0:
            for e in range(out_start[j], out_start[j + 1]):
                mean[np.int64(out_pair[e] & _HIT)] += out_rate[e] * batch[j, 0]
    for i in range(len(mean)):
        mean[i] = (mean[i] - batch_met[i]) / (done * float(TICKS))
    return mean


@_compiled
def continue_batch(
    wiring: Wiring,
    desk: Desk,
    seed_key: np.uint64,
    first: int,
    step: int,
    scenarios: int,
    done: int,
) -> Floats:
    """Scenarios first, first + step, ... below `scenarios`, after `done` of the same batch.

    Adds to the sums of the batch on the desk, which stay there, and returns its mean compensator:
    array of float64, shape (n,).
    """
    for scenario in range(first, scenarios, step):
        scenario_key = _mix(seed_key + np.uint64(scenario) * _GOLDEN)
        fallen, opened = _scenario(wiring, desk, scenario_key)
        _account(wiring, desk, fallen, opened)
        done += 1
    return _batch_mean(wiring, desk, done)


@_compiled
def run_batch(
    wiring: Wiring, desk: Desk, seed_key: np.uint64, first: int, step: int, scenarios: int
) -> Floats:
    """Scenarios first, first + step, ... below `scenarios`.

    Adds to the totals of the desk and returns the mean compensator of this batch: array of
    float64, shape (n,).
    """
    mean = continue_batch(wiring, desk, seed_key, first, step, scenarios, 0)
    batch, batch_met, lost, falls = desk.batch, desk.batch_met, desk.lost, desk.falls
    for i in range(len(mean)):
        lost[i] += batch[i, 0]
        falls[i] += batch[i, 1]
        batch[i, 0], batch[i, 1], batch_met[i] = 0, 0, 0.0
    return mean
