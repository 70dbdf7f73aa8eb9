"""Chain risk against exact values: Markov chains over all sets of fallen parties.

Every network is written as a network folder, read back, and goes the whole way: derived links,
scorecard, simulation. Error bars of the parts come from runs with different seeds.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from algorithms.chain_risk import ChainRisk, chain_risk
from algorithms.layers import LAYERS, derive_links
from algorithms.links import Links
from algorithms.scorecard import scorecard
from graph_model.network import CreditNetwork
from graph_model.network_folder import read_network_folder, write_network_folder
from tests.algorithms.pictures import pack_parameters

FILES = sorted((Path(__file__).parent / "chain_risk").glob("*.json"))
SEEDS = 16
SCENARIOS = 40_000
PARAMETERS = pack_parameters()


def written(case: dict[str, Any], folder: Path, without: str = "") -> CreditNetwork:
    """The network of a case as a folder, written and read twice."""
    made = folder / f"{case['name']}-{without}"
    made.mkdir()
    (made / "network.toml").write_text(f'unit = "yuan"\ndate = {date(2026, 6, 30)}\n', "utf-8")
    nodes = [node for node in case["nodes"] if node["id"] != without]
    lines = [f"{n['id']},{n['kind']},{n['own_intensity']!r}" for n in nodes]
    (made / "nodes.csv").write_text("\n".join(["id,kind,own_rate", *lines]), "utf-8")
    edges = [e for e in case["edges"] if without not in (e["hit"], e["fallen"])]
    lines = [f"{e['hit']},{e['fallen']},{e['layer']},{e['intensity']!r}" for e in edges]
    (made / "rates.csv").write_text("\n".join(["hit,fallen,layer,rate", *lines]), "utf-8")
    network = read_network_folder(made)
    again = made.with_name(f"{made.name}-again")
    write_network_folder(network, again)
    read = read_network_folder(again)
    assert read.network_id == network.network_id
    return read


def runs(network: CreditNetwork, seeds: int = SEEDS) -> tuple[Links, list[ChainRisk]]:
    own = scorecard(network, PARAMETERS).own_rate
    links = derive_links(network, PARAMETERS)
    return links, [
        chain_risk(network.party_id, own, links, scenarios=SCENARIOS, seed=seed)
        for seed in range(seeds)
    ]


def agrees(found: np.ndarray, expected: np.ndarray) -> None:
    """Mean of the runs (rows) within four standard errors, these from the spread of the runs."""
    error = found.std(axis=0, ddof=1) / len(found) ** 0.5
    away = np.abs(found.mean(axis=0) - expected)
    assert (away <= 4 * error + 1e-7).all(), (away / error).max()  # rates have 25 bits


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_probabilities_and_parts_equal_the_markov_chain(file: Path, tmp_path: Path) -> None:
    case = json.loads(file.read_text("utf-8"))
    network = written(case, tmp_path)
    links, made = runs(network)
    ids = network.ids()
    expected = case["expected"]
    for name in ("probability", "own_part"):
        exact = np.array([expected[name][party] for party in ids])
        agrees(np.array([getattr(run, name) for run in made]), exact)
    exact = np.array([expected["probability"][party] for party in ids])
    for run in made:
        assert (np.abs(run.probability - exact) <= 4.5 * run.standard_error).all()
        total = run.own_part + np.bincount(links.hit, run.link_part, len(ids))
        np.testing.assert_allclose(total, run.probability, rtol=0, atol=1e-9)
    place = {
        (ids[h], ids[f], LAYERS[la]): k
        for k, (h, f, la) in enumerate(zip(links.hit, links.fallen, links.layer, strict=True))
    }
    order = [place[edge["hit"], edge["fallen"], edge["layer"]] for edge in case["edges"]]
    parts = np.array([run.link_part[order] for run in made])
    agrees(parts, np.array(expected["edge_part"]))


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_probabilities_without_each_party_equal_the_markov_chain(
    file: Path, tmp_path: Path
) -> None:
    case = json.loads(file.read_text("utf-8"))
    _, whole = runs(written(case, tmp_path))
    ids = [node["id"] for node in case["nodes"]]
    for gone, exact in case["expected"]["probability_without"].items():
        network = written(case, tmp_path, gone)
        _, made = runs(network)
        left = network.ids()
        agrees(
            np.array([run.probability for run in made]), np.array([exact[party] for party in left])
        )
        # Paired: with the same seed nobody is worse off without the party.
        kept = [k for k, party in enumerate(sorted(ids)) if party != gone]
        for with_, without in zip(whole, made, strict=True):
            assert (without.falls <= with_.falls[kept]).all()
