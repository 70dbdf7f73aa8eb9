"""The simulation of chain risk once more, slow and plain: what the kernel must reproduce exactly.

No heap, no slack, no early exits: in every scenario the next fall is found by trying all parties,
in Python integers of any size. Same keys, same units, hence the same falls and the same sums.
"""

import hashlib
import math

import numpy as np

from algorithms.links import Links

TICKS = 2**30
UNIT = 2**25
WORD = 2**64


def mix(x: int) -> int:
    """Finaliser of splitmix64."""
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % WORD
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % WORD
    return x ^ (x >> 31)


def key(raw: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "little")


def threshold(name: bytes, scenario: int, seed: int) -> int:
    scenario_key = mix((key(seed.to_bytes(8, "little")) + scenario * 0x9E3779B97F4A7C15) % WORD)
    u = mix((key(name) + scenario_key) % WORD) >> 11
    return max(int(-math.log(1.0 - u * 2.0**-53) * 2.0**55), u * 4, 1)


def falls_of(
    names: list[bytes],
    own: list[int],
    pairs: dict[tuple[int, int], int],
    first: set[int],
    scenario: int,
    seed: int,
) -> dict[int, int]:
    """Place -> tick of everybody who falls in one scenario; `pairs` is (hit, fallen) -> units."""
    bars = [threshold(name, scenario, seed) for name in names]
    fallen = dict.fromkeys(first, 0)
    while True:
        best: tuple[int, int] | None = None
        for i in range(len(names)):
            if i in fallen:
                continue
            hits = [(pairs[i, j], fallen[j]) for j in fallen if (i, j) in pairs]
            rate = own[i] + sum(a for a, _ in hits)
            if rate:
                # rate * t - sum a * T_j >= bar
                tick = -((-bars[i] - sum(a * t for a, t in hits)) // rate)
                if tick <= TICKS and (best is None or (tick, i) < best):
                    best = (tick, i)
        if best is None:
            return fallen
        fallen[best[1]] = best[0]


def reference(
    names: list[bytes],
    own_rate: list[float],
    links: Links,
    *,
    scenarios: int,
    seed: int,
    years: float,
    first: set[int],
) -> tuple[list[int], list[int], list[int]]:
    """(falls, summed time alive of each party, summed overlap of each link), in ticks."""
    pair_rate: dict[tuple[int, int], float] = {}
    order = np.lexsort((links.layer, links.fallen, links.hit))
    for k in order.tolist():
        two = (int(links.hit[k]), int(links.fallen[k]))
        pair_rate[two] = pair_rate.get(two, 0.0) + float(links.rate[k]) * years
    pairs = {two: round(rate * UNIT) for two, rate in pair_rate.items() if rate > 0}
    # What those already fallen give is rounded link by link, as own rate is.
    own = [0 if i in first else round(rate * years * UNIT) for i, rate in enumerate(own_rate)]
    for hit, j in list(pairs):
        if j in first:
            del pairs[hit, j]
            if hit not in first:
                for k in range(len(links)):
                    if (links.hit[k], links.fallen[k]) == (hit, j):
                        own[hit] += round(float(links.rate[k]) * years * UNIT)
    falls, alive, overlap = [0] * len(names), [0] * len(names), [0] * len(links)
    for scenario in range(scenarios):
        fallen = falls_of(names, own, pairs, first, scenario, seed)
        for i in range(len(names)):
            end = fallen.get(i, TICKS)
            alive[i] += end
            falls[i] += i in fallen and i not in first
        for k in range(len(links)):
            i, j = int(links.hit[k]), int(links.fallen[k])
            if j in fallen:
                overlap[k] += max(0, fallen.get(i, TICKS) - fallen[j])
    return falls, alive, overlap
