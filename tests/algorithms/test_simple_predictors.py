"""Simple rules: by hand, against networkx and scikit-learn, and their laws."""

import json
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from algorithms.industry import run_network
from algorithms.scorecard import scorecard
from algorithms.simple_predictors import (
    DAMPING,
    FEATURES,
    Pairs,
    fit_logistic,
    largest_exposure,
    link_count,
    neighbour_features,
    pairs_of,
    personalised_pagerank,
)
from graph_model.errors import BadInput
from tests.algorithms.pictures import pack_parameters, picture

PUBLISHED = Path(__file__).parents[1] / "published" / "pagerank" / "five_nodes.json"


def pairs(rows: list[tuple[int, int, float]]) -> Pairs:
    """Pairs from (hit, fallen, loss)."""
    hit, fallen, loss = zip(*rows, strict=True) if rows else ((), (), ())
    return Pairs(np.array(hit, np.int64), np.array(fallen, np.int64), np.array(loss, np.float64))


@st.composite
def networks(draw: st.DrawFn) -> tuple[Pairs, np.ndarray]:
    size = draw(st.integers(2, 8))
    two = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))
    chosen = draw(st.lists(two.filter(lambda t: t[0] != t[1]), unique=True, max_size=20))
    rows = [(i, j, draw(st.floats(1, 1e9))) for i, j in chosen]
    restart = draw(st.lists(st.floats(1e-3, 1), min_size=size, max_size=size))
    return pairs(rows), np.array(restart)


def test_links_and_exposures_of_a_picture_by_hand() -> None:
    # b owes a 1,000 yuan and c owes a 400: at LGD 0.6 a loses 600 or 240 yuan; b sells to a too
    header = "id,kind,sector,revenue,material_cost,equity,current_assets,current_liabilities"
    nodes = [f"{name},enterprise,3612,10000,8000,2000,5000,3000" for name in "abc"]
    network = picture(
        nodes="|".join([header, *nodes]), payable="row,column,amount|b,a,1000|c,a,400"
    )
    parameters = pack_parameters()
    made = run_network(network, parameters, scorecard(network, parameters).own_rate)
    found = pairs_of(made, 3)
    assert list(zip(found.hit, found.fallen, found.loss, strict=True)) == [
        (0, 1, 60_000),
        (0, 2, 24_000),
    ]
    assert link_count(found, 3).tolist() == [2, 0, 0]
    assert largest_exposure(found, 3).tolist() == [60_000, 0, 0]


def test_pagerank_of_five_nodes_has_the_published_values() -> None:
    case = json.loads(PUBLISHED.read_text("utf-8"))
    place = {name: k for k, name in enumerate(case["nodes"])}
    rows = [(place[to], place[of], weight) for of, to, weight in case["edges"]]
    restart = np.zeros(len(place))
    for name, weight in case["personalization"].items():
        restart[place[name]] = weight
    assert case["damping"] == DAMPING
    found = personalised_pagerank(pairs(rows), restart)
    np.testing.assert_allclose(found, case["pagerank"], atol=1e-12)


@given(networks())
def test_pagerank_is_that_of_networkx(case: tuple[Pairs, np.ndarray]) -> None:
    made, restart = case
    found = personalised_pagerank(made, restart)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(restart)))
    for hit, fallen, loss in zip(made.hit, made.fallen, made.loss, strict=True):
        graph.add_edge(int(fallen), int(hit), weight=loss)
    weights = {k: float(v) for k, v in enumerate(restart)}
    judge = nx.pagerank(graph, DAMPING, weights, tol=1e-13, max_iter=2000, dangling=weights)
    np.testing.assert_allclose(found, [judge[k] for k in range(len(restart))], atol=1e-9)
    assert found.sum() == pytest.approx(1)


def test_pagerank_needs_a_start() -> None:
    with pytest.raises(BadInput, match="distress starts somewhere"):
        personalised_pagerank(pairs([]), np.zeros(2))


def test_features_by_hand() -> None:
    # 0 loses 40 by 1 (own rate 0.1) and 60 by 2 (has fallen), of a capacity of 200
    made = pairs([(0, 1, 40.0), (0, 2, 60.0)])
    own = np.array([0.02, 0.1, np.nan])
    capacity = np.array([200.0, np.nan, 10.0])
    found = neighbour_features(made, own, np.array([False, False, True]), capacity)
    assert found.shape == (3, len(FEATURES))
    # shares of capacity: largest 60/200, all 100/200, by risk 40*0.1/200, to the fallen 60/200
    shares = np.log1p(np.array([0.3, 0.5, 0.02, 0.3]) / 1e-4)
    expected = [np.log(0.02), np.log(3), np.log1p(60), *shares, 40 * 0.1 / 100]
    np.testing.assert_allclose(found[0], expected, rtol=1e-12)
    np.testing.assert_allclose(found[1], [np.log(0.1), *np.zeros(7)], atol=1e-12)


def test_a_logistic_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(800, 4)) * [1, 5, 0.1, 0] + [0, 10, 1, 3]
    fell = rng.random(800) < 1 / (1 + np.exp(3 - features[:, 0]))
    found = fit_logistic(features, fell)
    scaled = (features - found.centre) / found.spread
    judge = LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000).fit(scaled, fell)
    np.testing.assert_allclose(found.weight, judge.coef_[0], atol=1e-5)
    assert found.intercept == pytest.approx(judge.intercept_[0], abs=1e-5)
    np.testing.assert_allclose(
        found.probability(features), judge.predict_proba(scaled)[:, 1], atol=1e-6
    )
    # the intercept is free: as many falls are expected as there were
    assert found.probability(features).sum() == pytest.approx(fell.sum(), abs=1e-6)


def test_a_logistic_ends_also_where_one_alone_fell_and_a_fact_tells_them_apart() -> None:
    features = np.column_stack([np.r_[50.0, np.zeros(99)], np.arange(100.0)])
    fell = np.arange(100) == 0
    found = fit_logistic(features, fell).probability(features)
    assert found.sum() == pytest.approx(1, abs=1e-6)
    assert found[0] > 0.5
    assert found[1:].max() < 0.1
