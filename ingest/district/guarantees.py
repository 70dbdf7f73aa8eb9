"""Who guarantees whom: mostly pairs, some trees and clumps, and five circles that are planted.

Shares of component sizes follow published aggregate statistics of a real guarantee register
(`guarantee_components.csv`); tests hold degrees and components to within five points.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ingest.district.population import Population
from ingest.district.settings import Bools, DistrictSetting, Floats, Ints

PARTAKING = 0.26
"""Share of enterprises that stand in a guarantee relation."""

CIRCLES = (3, 3, 4, 4, 5)
"""Members of each planted circle."""

HUB, TURNED = 0.85, 0.06
"""Share of links of a larger component that lead to its hub, and that run against the others."""

SMALL = 8
"""Fewest enterprises outside circles for guarantees to be drawn at all."""


@dataclass(frozen=True)
class Guarantees:
    """Guarantees of loans.

    Parameters
    ----------
    guarantor, borrower : array of int64, shape (guarantees,)
        Places of enterprises.
    cover_share : array of float64
        Cover as a share of the borrower's credit line.
    circle : array of int64
        Number of the planted circle, -1 for the others.
    """

    guarantor: Ints
    borrower: Ints
    cover_share: Floats
    circle: Ints

    def members(self, circle: int) -> list[int]:
        """Places of a planted circle, each guaranteeing the next."""
        places: list[int] = self.guarantor[self.circle == circle].tolist()
        return places


@cache
def component_shares() -> dict[int, float]:
    """Share of components of each size; the largest size stands for it and all above."""
    path = Path(__file__).parent / "guarantee_components.csv"
    with path.open(encoding="utf-8", newline="") as file:
        counted = {int(row["size"]): int(row["components"]) for row in csv.DictReader(file)}
    total = sum(counted.values())
    return {size: count / total for size, count in counted.items()}


def made_guarantees(setting: DistrictSetting, population: Population, borrows: Ints) -> Guarantees:
    """Draw the guarantees.

    Parameters
    ----------
    setting : DistrictSetting
    population : Population
    borrows : array of int64
        Places of enterprises with a credit line: only their debts are guaranteed.
    """
    random = setting.random("guarantees")
    # Neighbours in this order are of one chain, and firms that guarantee one another often are.
    order = np.lexsort((random.random(population.enterprises), population.chain))
    small = population.revenue < np.quantile(population.revenue, 0.7)
    can_borrow = np.zeros(population.enterprises, bool)
    can_borrow[borrows] = True
    pool = order[random.random(len(order)).argsort(kind="stable")]
    circled = [place for place in pool.tolist() if small[place] and can_borrow[place]]
    circled = circled[: sum(CIRCLES)]
    edges: list[tuple[int, int, int]] = []
    at = 0
    for number, size in enumerate(CIRCLES):
        ring = circled[at : at + size]
        at += size
        edges += [(ring[k], ring[(k + 1) % size], number) for k in range(size)]
    left = int(PARTAKING * population.enterprises) - len(circled)
    taken = np.isin(order, circled)
    start = random.integers(len(order))
    free = np.roll(order[~taken], int(start)).tolist()
    for number, size in enumerate(_sizes(random, left)):
        group, free = free[:size], free[size:]
        ends = _component(random, group, can_borrow, star_in=number % 2 == 0)
        edges += [(a, b, -1) for a, b in ends]
    guarantor, borrower, circle = (
        np.array(column, np.int64) for column in zip(*edges, strict=True)
    )
    return Guarantees(guarantor, borrower, random.uniform(0.35, 1.0, len(edges)), circle)


def _sizes(random: np.random.Generator, nodes: int) -> list[int]:
    """Sizes of components by quota, together about as many nodes as asked for."""
    if nodes < SMALL:
        return []
    shares = component_shares()
    largest = max(shares)
    drawn = np.minimum(largest - 0.5 + random.pareto(1.3, 4_000) * largest, 45).astype(int)
    large = np.maximum(drawn, largest)
    mean = sum(size * share for size, share in shares.items() if size != largest)
    mean += shares[largest] * float(large.mean())
    components = nodes / mean
    sizes: list[int] = []
    carried = 0.0
    for size, share in shares.items():
        carried += components * share
        many, carried = int(carried), carried - int(carried)
        sizes += [size] * many if size != largest else large[:many].tolist()
    return sizes


def _component(
    random: np.random.Generator, group: list[int], can_borrow: Bools, *, star_in: bool
) -> list[tuple[int, int]]:
    """Guarantor and borrower of each edge of one connected component.

    With `star_in` most guarantee the hub, else the hub guarantees most.
    """
    if len(group) < 2:
        return []
    group = sorted(group, key=lambda place: not can_borrow[place])
    edges = []
    for k in range(1, len(group)):
        other = group[0] if random.random() < HUB else group[int(random.integers(k))]
        ahead = len(group) == 2 or star_in != (random.random() < TURNED)
        edges.append((group[k], other) if ahead else (other, group[k]))
    if len(group) >= 10:
        for _ in range(len(group) // 4):
            a, b = random.choice(len(group), 2, replace=False).tolist()
            edges.append((group[a], group[b]))
    pairs = dict.fromkeys(edges)
    return [(a, b) for a, b in pairs if (b, a) not in pairs or a < b]
