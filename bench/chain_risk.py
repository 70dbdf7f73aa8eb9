"""Speed of chain risk on the workload of the speed goals: 100,000 parties, 2,000,000 links.

python bench/chain_risk.py [--parties N] [--links M] [--scenarios S ...] [--threads T ...]
                           [--relative-error E]

Goals on two free cores: 500 scenarios in 0.5 s, 10,000 in 6 s, with a median relative error of 1 %;
1,000,000 parties with 20,000,000 links and 1,000 scenarios in 60 s. `seconds` hold everything from
arrays in to figures out, sorting and hashing included.
"""

import argparse
import statistics
import time
from dataclasses import fields
from pathlib import Path

import numpy as np
from kept import Kept
from numpy.typing import NDArray

from algorithms.chain_risk import ChainRisk, Links, chain_risk

LAYERS = ("receivable", "sales", "supply", "guarantee", "logistics", "ownership", "industry")


def workload(
    parties: int, links: int, seed: int
) -> tuple[NDArray[np.bytes_], NDArray[np.float64], Links]:
    """Power-law degrees, log-normal own risk of mean 2 %, contagion lifts the mean to 2.5 %."""
    random = np.random.default_rng(seed)
    names = np.array([b"src:bench:%08d" % k for k in range(parties)])
    own = np.minimum(0.02 * np.exp(random.normal(-0.5, 1.0, parties)), 0.5)
    own *= 0.02 / own.mean()
    weight = (np.arange(parties) + 10.0) ** -0.6
    share = np.cumsum(weight) / weight.sum()
    place = random.permutation(parties)
    code = np.zeros(0, np.int64)
    while len(code) < links:
        drawn = place[np.searchsorted(share, random.random((2, links)))]
        layer = random.choice(7, links, p=[0.3, 0.25, 0.25, 0.05, 0.08, 0.02, 0.05])
        fresh = (drawn[0] * parties + drawn[1]) * 7 + layer
        code = np.sort(np.concatenate((code, fresh[drawn[0] != drawn[1]])))
        code = code[np.append(True, code[1:] != code[:-1])]
    code = np.sort(random.permutation(code)[:links])
    hit, fallen = code // 7 // parties, code // 7 % parties
    rate = np.minimum(random.lognormal(-1.0, 1.4, links), 250.0)
    # A hub has many partners, and each of them weighs little beside its capacity.
    rate /= np.sqrt(np.bincount(hit, minlength=parties)[hit])
    wanted = 0.0051 * parties / (0.5 * (rate * own[fallen] * 1.2).sum())
    return (
        names,
        -np.log1p(-own),
        Links(
            hit.astype(np.int32),
            fallen.astype(np.int32),
            (code % 7).astype(np.int8),
            np.minimum(rate * wanted, 5.0),
            np.zeros(links, np.int64),
            LAYERS,
            np.zeros(links + 1, np.int64),
            np.zeros(0, np.int64),
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parties", type=int, default=100_000)
    parser.add_argument("--links", type=int, default=2_000_000)
    parser.add_argument("--scenarios", type=int, nargs="+", default=[500, 10_000])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--relative-error", type=float)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    kept = Kept("chain_risk" if asked.parties < 1_000_000 else "chain_risk_large", asked.seed)
    names, own, links = workload(asked.parties, asked.links, asked.seed)
    kept.line(f"parties {asked.parties:,}, links {asked.links:,}")
    begun = time.perf_counter()
    chain_risk(names[:1], own[:1], no_links(), scenarios=64)
    kept.line(f"first answer after start {time.perf_counter() - begun:.2f} s (from the cache)")
    before = _memory_mb("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak of making the workload is forgotten
    kept.line(
        "scenarios threads seconds  cpu_s  ms/scenario/thread  falls  mean%  median_rel  gain"
    )
    for scenarios in asked.scenarios:
        answers = set()
        for threads in asked.threads:
            seconds, processor = [], []
            for _ in range(asked.repeats):
                wall, cpu = time.perf_counter(), time.process_time()
                run = chain_risk(
                    names,
                    own,
                    links,
                    scenarios=scenarios,
                    seed=asked.seed,
                    threads=threads,
                    relative_error=asked.relative_error,
                )
                seconds.append(time.perf_counter() - wall)
                processor.append(time.process_time() - cpu)
            answers.add(run.probability.tobytes() + run.standard_error.tobytes())
            kept.line(_line(run, threads, seconds, processor))
        kept.line(f"equal bytes for all thread counts: {len(answers) == 1}")
    more = _memory_mb("VmHWM") - before
    given = sum(getattr(links, f.name).nbytes for f in fields(links) if f.name != "layers")
    kept.line(
        f"memory: links as given {given / asked.links:.0f}, runs at their peak "
        f"{more * 2**20 / asked.links:.0f} MB per million links ({max(asked.threads)} threads)"
    )


def _memory_mb(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def gain(run: ChainRisk) -> float:
    """How many times less variance than counting falls in as many scenarios (median)."""
    counted = run.probability * (1 - run.probability) / run.scenarios
    ok = run.standard_error > 0
    return float(np.median(counted[ok] / run.standard_error[ok] ** 2))


def _line(run: ChainRisk, threads: int, seconds: list[float], processor: list[float]) -> str:
    wall = statistics.median(seconds)
    return (
        f"{run.scenarios:9d} {threads:7d} {wall:7.2f} {statistics.median(processor):6.2f} "
        f"{1e3 * wall * threads / run.scenarios:19.2f} {run.falls.sum() / run.scenarios:6.0f} "
        f"{100 * run.probability.mean():6.3f} {run.median_relative_error:11.4f} {gain(run):5.0f}"
    )


def no_links() -> Links:
    empty = np.zeros(0, np.int32)
    return Links(
        empty, empty, empty.astype(np.int8), empty.astype(np.float64), empty.astype(np.int64),
        LAYERS, np.zeros(1, np.int64), np.zeros(0, np.int64),
    )  # fmt: skip


if __name__ == "__main__":
    main()
