"""Speed of what-if and of fall-if-gone on a live run: 100,000 parties, 2,000,000 links.

python bench/what_if.py [--parties N] [--links M] [--scenarios S] [--asked K]
"""

import argparse
import resource
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from algorithms.industry import run_network
from algorithms.network_changes import AmountChange, Change, PartyChange, PartyDrop, changed_world
from algorithms.parameters import AssessmentParameters
from algorithms.recorded_falls import record_falls
from algorithms.scorecard import scorecard
from algorithms.what_if import World, fall_if_gone, what_if
from graph_model.network import MISSING, CreditNetwork, Matrix, TextColumn
from graph_model.schema import load_dictionary

sys.path += [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests" / "shared")]

SHARE = {
    "trade": 0.46,
    "payable": 0.34,
    "guarantee": 0.05,
    "loan": 0.05,
    "carriage": 0.08,
    "ownership": 0.02,
}


def network_of(parties: int, entries: int, seed: int) -> CreditNetwork:
    """A picture with power-law degrees and log-normal amounts."""
    random = np.random.default_rng(seed)
    dictionary = load_dictionary()
    columns: dict[str, np.ndarray] = {}
    for made in dictionary.node_columns:
        empty = {"text": np.zeros(parties, "S1"), "rate": np.full(parties, np.nan)}
        columns[made.column] = empty.get(made.type, np.full(parties, MISSING))
    revenue = np.exp(random.normal(21.0, 1.5, parties))
    columns["kind"] = np.full(parties, b"enterprise")
    codes = np.array([b"%02d10" % k for k in range(13, 91)])  # divisions 13 to 90
    weight = 1.0 / np.arange(1, len(codes) + 1)
    columns["sector"] = random.choice(codes, parties, p=weight / weight.sum())
    for name, share in (("revenue", 1.0), ("material_cost", 0.7), ("equity", 0.3)):
        columns[name] = np.rint(revenue * share).astype(np.int64)
    columns["liquidity"] = np.rint(revenue * 0.2).astype(np.int64)
    own = np.minimum(0.02 * np.exp(random.normal(-0.5, 1.0, parties)), 0.5)
    columns["own_rate"] = -np.log1p(-own * (0.02 / own.mean()))
    weight = (np.arange(parties) + 10.0) ** -0.6
    share = np.cumsum(weight) / weight.sum()
    place = random.permutation(parties)
    matrices = {}
    for measure in dictionary.measure_names():
        wanted = int(entries * SHARE.get(measure, 0))
        drawn = place[np.minimum(np.searchsorted(share, random.random((2, wanted))), parties - 1)]
        code = np.unique((drawn[0] * parties + drawn[1])[drawn[0] != drawn[1]])
        row, column = code // parties, code % parties
        indptr = np.zeros(parties + 1, np.int64)
        np.cumsum(np.bincount(row, minlength=parties), out=indptr[1:])
        scale = np.minimum(revenue[row], revenue[column])
        amount = np.rint(scale * random.lognormal(-4.5, 1.0, len(code))).astype(np.int64)
        quantities = {
            q: amount if q == "amount" else np.full(len(code), MISSING)
            for q in dictionary.quantities(measure)
        }
        none = np.zeros(len(code) + 1, np.int64)
        matrices[measure] = Matrix(
            indptr, column.astype(np.int32), quantities, none, np.zeros(0, np.int64)
        )
    return CreditNetwork(
        valid_date=date(2026, 6, 30),
        party_id=np.array([b"src:bench:%08d" % k for k in range(parties)]),
        columns=columns,
        matrices=matrices,
        statements=TextColumn.of([]),
        node_evidence_indptr=np.zeros(parties + 1, np.int64),
        node_evidence=np.zeros(0, np.int64),
        dictionary_digest=dictionary.digest,
    )


def tuned(network: CreditNetwork, parameters: AssessmentParameters) -> AssessmentParameters:
    """Theta at which contagion lifts the mean by about a quarter, as in the workload."""
    own = scorecard(network, parameters).own_rate
    made = run_network(network, parameters, own)
    added = 0.5 * (made.links.rate * made.own_rate[made.links.fallen] * 1.2).sum()
    factor = 0.0051 * len(network) / added
    return replace(parameters, theta=parameters.theta * factor, rate_cap=parameters.rate_cap)


def some_changes(network: CreditNetwork, random: np.random.Generator, kind: str) -> list[Change]:
    """One change of a kind, somewhere in the network."""
    ids = network.ids()
    if kind == "add a party":
        chosen = ids[random.integers(len(ids))]
        return [
            PartyChange("new:x", {"own_rate": 0.05, "revenue": 10**9, "sector": b"3612"}),
            AmountChange("payable", "new:x", chosen, 10**8),
        ]
    if kind == "drop a party":
        return [PartyDrop(ids[random.integers(len(ids))])]
    if kind == "change a fact":
        return [PartyChange(ids[random.integers(len(ids))], {"own_rate": 0.1})]
    verb, _, measure = kind.partition(" ")
    matrix = network.matrices[measure]
    if verb == "add":
        row, column = random.choice(len(ids), 2, replace=False).tolist()
    else:
        edge = int(random.integers(len(matrix.indices)))
        row, column = int(matrix.rows[edge]), int(matrix.indices[edge])
    fen = {"add": 10**8, "drop": None, "change": 3 * 10**8}[verb]
    return [AmountChange(measure, ids[row], ids[column], fen)]


KINDS = (
    *("add payable", "drop guarantee", "change loan", "drop payable", "add guarantee"),
    *("change trade", "drop trade", "add trade", "change carriage"),
    *("drop a party", "change a fact", "add a party"),
)


def main() -> None:
    from machine import machine_line

    from tests.algorithms.pictures import pack_parameters

    parser = argparse.ArgumentParser()
    parser.add_argument("--parties", type=int, default=100_000)
    parser.add_argument("--links", type=int, default=2_000_000)
    parser.add_argument("--scenarios", type=int, default=10_000)
    parser.add_argument("--asked", type=int, default=8, help="of each kind of change")
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(machine_line(asked.seed))
    # Trade makes two links where an input is essential; the rest about one for each entry.
    network = network_of(asked.parties, int(asked.links * 0.86), asked.seed)
    parameters = tuned(network, pack_parameters())
    own = scorecard(network, parameters).own_rate
    made = run_network(network, parameters, own)
    world = World(made.party_id, made.own_rate, made.links, made.already_fallen, made.unknown_rate)
    start = time.perf_counter()
    run = record_falls(
        world.party_id,
        world.own_rate,
        world.links,
        scenarios=asked.scenarios,
        seed=asked.seed,
        already_fallen=world.already_fallen,
        unknown_rate=world.unknown_rate,
    )
    run.falls.of(0)
    print(
        f"parties={len(network)} industries={len(world.party_id) - len(network)} "
        f"links={len(world.links)} scenarios={run.scenarios} of {run.asked} "
        f"falls/scenario={len(run.falls.node) / run.scenarios:.0f} "
        f"recorded in {time.perf_counter() - start:.1f} s"
    )
    random = np.random.default_rng(asked.seed)
    print(f"{'change':16s} {'median s':>9s} {'p95 s':>7s} {'max s':>7s} {'cpu s':>6s}  run again")
    every = []
    for kind in asked.kinds:
        wall, processor, again = [], [], []
        for k in range(asked.asked + 1):
            changes = some_changes(network, random, kind)
            start, before = time.perf_counter(), time.process_time()
            _, other = changed_world(network, world, parameters, changes)
            found = what_if(run, other)
            largest = np.argsort(-np.abs(np.nan_to_num(found.difference)))[:11]
            found.difference_error(largest)
            if k:  # the first of a kind compiles, or reads the cache
                wall.append(time.perf_counter() - start)
                processor.append(time.process_time() - before)
                again.append(len(found.run_again))
        every += wall
        print(_line(kind, wall, processor, again))
    print(_line("all", every, every, [0]))
    wall, processor, again = [], [], []
    for k in range(asked.asked + 1):
        edge = int(random.integers(len(world.links)))
        target, partner = int(world.links.hit[edge]), int(world.links.fallen[edge])
        start, before = time.perf_counter(), time.process_time()
        gone = fall_if_gone(run, target, partner)
        if k:
            wall.append(time.perf_counter() - start)
            processor.append(time.process_time() - before)
            again.append(gone.run_again)
    print(_line("fall if gone", wall, processor, again))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _line(kind: str, wall: list[float], processor: list[float], again: list[int]) -> str:
    return (
        f"{kind:16s} {np.median(wall):9.2f} {np.percentile(wall, 95):7.2f} {max(wall):7.2f} "
        f"{np.median(processor):6.2f}  median {np.median(again):.0f} max {max(again)}"
    )


if __name__ == "__main__":
    main()
