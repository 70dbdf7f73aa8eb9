"""Chain risk beside EoN, the package for epidemics on networks, on the same network.

python bench/chain_risk_eon.py [--parties N] [--links M] [--scenarios S] [--eon E]

EoN needs networkx, and one node more that has fallen from the start: from it a link of the own rate
goes to every party. That is the same process (nobody recovers, a year), but EoN counts falls. At
equal error it would need as many more scenarios as counting has more variance. Goals: 100 times
per scenario, 5,000 times at equal error. Miller and Ting (2019), Journal of Open Source Software
4(44), 1731.
"""

import argparse
import statistics
import time
import warnings

import networkx as nx
import numpy as np
from chain_risk import gain, no_links, workload
from kept import Kept

from algorithms.chain_risk import Links, chain_risk

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import EoN

SOURCE = -1


def graph_of(own: np.ndarray, links: Links) -> nx.DiGraph:
    """The network as EoN reads it: a link of the summed rates from the fallen to the hit."""
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(
        ((SOURCE, i, rate) for i, rate in enumerate(own.tolist())), weight="rate"
    )
    code = links.fallen.astype(np.int64) * len(own) + links.hit
    pairs, place = np.unique(code, return_inverse=True)
    rate = np.bincount(place, links.rate)
    columns = ((pairs // len(own)).tolist(), (pairs % len(own)).tolist(), rate.tolist())
    graph.add_weighted_edges_from(zip(*columns, strict=True), weight="rate")
    return graph


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parties", type=int, default=100_000)
    parser.add_argument("--links", type=int, default=2_000_000)
    parser.add_argument("--scenarios", type=int, default=2_000)
    parser.add_argument("--eon", type=int, default=15, help="scenarios of EoN")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    kept = Kept("chain_risk_eon", asked.seed)
    names, own, links = workload(asked.parties, asked.links, asked.seed)
    chain_risk(names[:1], own[:1], no_links(), scenarios=64)
    kept.line(f"parties {asked.parties:,}, links {asked.links:,}; thread CPU time, one thread")

    def ours(scenarios: int) -> float:
        cpu = time.process_time()
        chain_risk(names, own, links, scenarios=scenarios, seed=asked.seed, threads=1)
        return time.process_time() - cpu

    run = chain_risk(names, own, links, scenarios=asked.scenarios, seed=asked.seed, threads=1)
    whole = statistics.median(ours(asked.scenarios) for _ in range(3)) / asked.scenarios
    begun = time.process_time()
    graph = graph_of(own, links)
    kept.line(f"networkx graph made in {time.process_time() - begun:.1f} s (not counted)")
    random = np.random.default_rng(asked.seed)
    times, falls = [], []
    for _ in range(asked.eon):
        cpu = time.process_time()
        _, _, fallen, _ = EoN.fast_SIR(
            graph, 1.0, 0.0, initial_infecteds=SOURCE, tmax=1.0, transmission_weight="rate",
            rng=random,
        )  # fmt: skip
        times.append(time.process_time() - cpu)
        falls.append(int(fallen[-1]) - 1)
    theirs = statistics.median(times)
    error = statistics.stdev(falls) / len(falls) ** 0.5
    kept.line(f"falls a scenario: ours {run.falls.sum() / run.scenarios:.0f}")
    kept.line(f"                  EoN  {statistics.mean(falls):.0f} +- {error:.0f}")
    kept.line(f"ms a scenario:    ours {1e3 * whole:.2f} (set-up shared by {asked.scenarios:,})")
    kept.line(f"                  EoN  {1e3 * theirs:.0f} (median of {asked.eon})")
    kept.line(f"ratio per scenario {theirs / whole:.0f}")
    kept.line(f"variance of counting over ours, median {gain(run):.0f}")
    kept.line(f"ratio at equal error {theirs / whole * gain(run):,.0f}")


if __name__ == "__main__":
    main()
