"""The made world: its topology, its rates, and that without contagion nothing spreads."""

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from ingest.district.calendar import month_numbers
from ingest.district.district import District, made_district
from ingest.district.guarantees import CIRCLES, component_shares, made_guarantees
from ingest.district.lending import made_lending
from ingest.district.population import made_population
from ingest.district.settings import DistrictSetting, assumptions
from ingest.district.world import simulate

HERE = Path(__file__).parent
FOLDER = Path(__file__).parents[3] / "districts" / "huangpu"
POINTS = 0.05


@pytest.fixture(scope="module")
def made() -> District:
    return made_district(DistrictSetting(), FOLDER)


@pytest.fixture(scope="module")
def null() -> District:
    return made_district(DistrictSetting(contagion=False), FOLDER)


@pytest.fixture(scope="module")
def guarantee_graph() -> nx.DiGraph:
    setting = DistrictSetting()
    population = made_population(setting, FOLDER)
    borrows = np.flatnonzero(made_lending(setting, population).line > 0)
    given = made_guarantees(setting, population, borrows)
    graph = nx.DiGraph()
    graph.add_edges_from(zip(given.guarantor.tolist(), given.borrower.tolist(), strict=True))
    return graph


def events_by_year(district: District) -> np.ndarray:
    setting, events = district.setting, district.events
    month = month_numbers(setting, events.day)
    inside = events.first & (month >= 0) & (month < setting.months)
    return np.bincount(month[inside] // 12, minlength=3)


def test_guarantee_components_have_the_sizes_of_a_real_register(
    guarantee_graph: nx.DiGraph,
) -> None:
    wanted = component_shares()
    largest = max(wanted)
    sizes = Counter(min(len(c), largest) for c in nx.weakly_connected_components(guarantee_graph))
    total = sum(sizes.values())
    assert {k: sizes[k] / total for k in wanted} == pytest.approx(wanted, abs=POINTS)


def test_guarantee_degrees_are_those_of_a_real_register(guarantee_graph: nx.DiGraph) -> None:
    with (HERE / "guarantee_degrees.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for side, degrees in (
        ("out", dict(guarantee_graph.out_degree())),
        ("in", dict(guarantee_graph.in_degree())),
    ):
        counted = Counter(min(degree, 2) for degree in degrees.values())
        nodes = {int(r["degree"]): int(r["nodes"]) for r in rows if r["side"] == side}
        for degree, count in nodes.items():
            share = counted[degree] / len(degrees)
            assert share == pytest.approx(count / sum(nodes.values()), abs=POINTS)


def test_five_circles_are_planted(made: District) -> None:
    given = set(
        zip(made.guarantees.guarantor.tolist(), made.guarantees.borrower.tolist(), strict=True)
    )
    for number, size in enumerate(CIRCLES):
        ring = made.guarantees.members(number)
        assert len(ring) == size
        assert all((a, b) in given for a, b in zip(ring, ring[1:] + ring[:1], strict=True))


def test_three_to_six_in_a_hundred_fall_a_year_and_a_part_of_them_by_contagion(
    made: District,
) -> None:
    by_year = events_by_year(made) / made.setting.enterprises
    assert 0.03 <= by_year.mean() <= 0.06
    assert 0.02 <= by_year.min() <= by_year.max() <= 0.08
    assert 0.25 <= made.ledger.failures.by_contagion.mean() <= 0.4


def test_contagion_is_cash_that_does_not_come(made: District) -> None:
    failures = made.ledger.failures
    assert (
        failures.losses[failures.by_contagion] >= failures.shortfall[failures.by_contagion]
    ).all()
    assert (failures.channel >= 0).tolist() == failures.by_contagion.tolist()
    hits = made.ledger.hits
    assert set(hits.by.tolist()) <= set(failures.party.tolist())
    assert (hits.amount > 0).all()


def test_without_contagion_nobody_is_hit(null: District) -> None:
    assert len(null.ledger.hits.hit) == 0
    assert not null.ledger.failures.by_contagion.any()
    assert 0.02 <= events_by_year(null).mean() / null.setting.enterprises <= 0.05


def test_what_falls_spread_makes_more_fall(made: District, null: District) -> None:
    assert events_by_year(made).sum() > 1.15 * events_by_year(null).sum()


def test_without_contagion_a_bad_month_of_one_reaches_no_other(null: District) -> None:
    """Without its credit line one firm falls at another time, and nobody else's cash is touched."""
    fallen = null.ledger.failures.party
    line = null.lending.line.copy()
    suppliers = np.bincount(null.trade.buyer, minlength=len(null.population.code))[fallen]
    one = int(fallen[np.where(line[fallen] > 0, suppliers, 0).argmax()])
    assert suppliers.max() >= 3
    line[one] = 0
    other = simulate(
        null.setting,
        null.population,
        null.trade,
        replace(null.lending, line=line),
        null.guarantees,
        null.ownership,
    )
    # Sums of the same amounts in another order differ in their last digits.
    same = np.isclose(other.strain, null.ledger.strain, rtol=1e-6, atol=1e-6)
    changed = np.flatnonzero((~same).any(axis=0))
    assert changed.tolist() == [one]


def test_sizes_follow_a_power_law(made: District) -> None:
    revenue = np.sort(made.population.revenue)[::-1]
    assert 0.4 <= revenue[: len(revenue) // 10].sum() / revenue.sum() <= 0.98


def test_partners_are_replaced_after_months(made: District) -> None:
    links = made.ledger.links
    new = links.since > 0
    assert new.sum() > 50
    assert (links.until[new] > links.since[new]).any()


def test_every_assumption_is_used_and_says_why() -> None:
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in (Path(__file__).parents[3] / "ingest" / "district").glob("*.py")
    )
    assert [name for name in assumptions() if f'assumed("{name}")' not in code] == []
