"""The bracket holds the point for everybody, and levels migrate one way."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.bracket import Bracket, bracket, migration
from algorithms.chain_risk import ChainRisk, chain_risk
from algorithms.industry import run_network
from algorithms.parameters import AssessmentParameters
from algorithms.scorecard import scorecard
from graph_model.errors import BadInput
from graph_model.network import CreditNetwork
from tests.algorithms.pictures import pack_parameters, picture

PARAMETERS = pack_parameters(industry_members=3)
PAPER_DUST = 1e-6  # own rates and pairs are rounded to 2**-25 a horizon, falls to ticks


def point(
    network: CreditNetwork, parameters: AssessmentParameters, scenarios: int = 1024
) -> tuple[ChainRisk, Bracket]:
    own = scorecard(network, parameters).own_rate
    made = run_network(network, parameters, own)
    run = chain_risk(
        made.party_id,
        made.own_rate,
        made.links,
        scenarios=scenarios,
        seed=4,
        already_fallen=made.already_fallen,
        unknown_rate=made.unknown_rate,
    )
    return run, bracket(network, parameters, own, run)


@st.composite
def pictures(draw: st.DrawFn) -> CreditNetwork:
    """Small pictures in which some revenue, cost, equity, liquidity and own rate is unknown."""
    size = draw(st.integers(4, 8))
    cell = st.sampled_from(["", "50", "400"])
    cost = st.sampled_from(["", "300", "900"])
    own = st.sampled_from(["", "0.01", "0.3"])
    rows = [
        f"n{k},enterprise,{draw(st.sampled_from(['36', '39', '']))},1000,{draw(cost)},{draw(cell)},"
        f"{draw(cell)},{draw(own)}"
        for k in range(size)
    ]
    pair = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(
        lambda p: p[0] != p[1]
    )
    files = {
        "nodes": "|".join(["id,kind,sector,revenue,material_cost,equity,liquidity,own_rate", *rows])
    }
    for name in ("payable", "trade", "guarantee"):
        edges = draw(st.lists(pair, unique=True, max_size=8))
        if edges:
            lines = [f"n{i},n{j},{draw(st.integers(1, 900))}" for i, j in edges]
            files[name] = "|".join(["row,column,amount", *lines])
    return picture(**files)


@settings(max_examples=25)
@given(pictures())
def test_low_point_and_high_are_in_order_for_every_party(network: CreditNetwork) -> None:
    parameters = replace(PARAMETERS, bracket_scenarios=1024)
    own = scorecard(network, parameters).own_rate
    found = []
    for bound in ("low", "point", "high"):
        made = run_network(network, parameters, own, bound=bound)  # type: ignore[arg-type]
        found.append(
            chain_risk(
                made.party_id,
                made.own_rate,
                made.links,
                scenarios=128,
                seed=4,
                unknown_rate=made.unknown_rate,
            )
        )
    low, middle, high = found
    known = ~np.isnan(own)
    for less, more in ((low, middle), (middle, high)):
        # One seed: in every scenario, not only in the mean.
        assert (less.falls <= more.falls).all()
        above = less.probability[: len(own)] - more.probability[: len(own)]
        assert (above[known] < PAPER_DUST).all()


@settings(max_examples=15)
@given(pictures())
def test_the_bracket_holds_the_point_and_theta_moves_one_way(network: CreditNetwork) -> None:
    run, other = point(network, replace(PARAMETERS, bracket_scenarios=256))
    middle = run.probability[: len(network)]
    known = ~np.isnan(middle)
    for less, more in (
        (other.low, middle),
        (middle, other.high),
        (other.half_theta, middle),
        (middle, other.twice_theta),
    ):
        assert (np.isnan(less) == np.isnan(more)).all()
        assert (less[known] <= more[known]).all()
    assert other.scenarios == 256


def test_where_everything_is_known_low_and_high_are_the_point() -> None:
    nodes = "id,sector,revenue,material_cost,equity,liquidity,own_rate" + "".join(
        f"|n{k},36,1000,700,100,100,0.1" for k in range(6)
    )
    network = picture(nodes=nodes, payable="row,column,amount|n0,n1,100|n2,n3,50")
    run, other = point(network, replace(PARAMETERS, bracket_scenarios=1024))
    middle = run.probability[:6]
    assert other.low.tobytes() == other.high.tobytes() == middle.tobytes()
    assert (other.half_theta < middle).all()
    assert (other.twice_theta > middle).all()


def test_theta_zero_leaves_nothing_to_bracket() -> None:
    nodes = "id,sector,revenue,own_rate" + "".join(f"|n{k},36,1000,0.1" for k in range(6))
    network = picture(nodes=nodes, payable="row,column,amount|n0,n1,100")
    run, other = point(network, replace(PARAMETERS, theta=0.0))
    assert run.probability.tobytes() == run.own_part.tobytes()
    for column in (other.low, other.high, other.half_theta, other.twice_theta):
        assert column.tobytes() == run.probability[:6].tobytes()


def test_migration_counts_parties_level_by_level() -> None:
    nan = np.nan
    #            a     b     c     d     e
    at = np.array([0.01, 0.03, 0.06, 0.25, nan])
    other = Bracket(
        low=np.array([0.01, 0.01, 0.06, 0.21, nan]),
        high=np.array([0.01, 0.06, 0.07, 0.50, nan]),
        half_theta=np.array([0.01, 0.01, 0.04, 0.25, nan]),
        twice_theta=np.array([0.02, 0.04, 0.06, 0.30, nan]),
        scenarios=64,
    )
    found = migration(at, other, PARAMETERS.levels)
    assert found.levels == ("none", "Ⅳ", "Ⅲ", "Ⅱ", "Ⅰ", "insufficient")
    assert found.half_theta == (2, 1, 0, 0, 1, 1)
    assert found.point == (1, 1, 1, 0, 1, 1)
    assert found.twice_theta == (0, 2, 1, 0, 1, 1)
    assert (found.changed_by_half, found.changed_by_twice) == (2, 1)
    assert found.changed_by_unknowns == 1  # b


def test_progress_counts_all_four_runs() -> None:
    network = picture(nodes="id,revenue,own_rate|a,1000,0.1|b,1000,0.1")
    own = scorecard(network, PARAMETERS).own_rate
    run = chain_risk(
        network.party_id, own, run_network(network, PARAMETERS, own).links, scenarios=64
    )
    told: list[tuple[int, int]] = []
    bracket(network, PARAMETERS, own, run, progress=lambda *told_: told.append(told_))
    assert told == [(k + 1, 256) for k in range(256)]


@pytest.mark.parametrize("bounds", [(0.1, 0.01), (-0.1, 0.1)])
def test_bounds_of_unknown_own_rates_are_in_order(bounds: tuple[float, float]) -> None:
    with pytest.raises(BadInput, match="own_rate_unknown"):
        pack_parameters(own_rate_unknown=bounds)
