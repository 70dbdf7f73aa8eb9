"""Speed of origins, paths and parts of one party, once falls are kept.

python bench/origins.py [--parties N] [--links M] [--scenarios S] [--asked K]
"""

import argparse
import resource
import sys
import time
from pathlib import Path

import numpy as np

from algorithms.origins import origins
from algorithms.recorded_falls import record_falls

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests" / "shared")]


def main() -> None:
    from chain_risk import workload
    from machine import machine_line

    parser = argparse.ArgumentParser()
    parser.add_argument("--parties", type=int, default=100_000)
    parser.add_argument("--links", type=int, default=2_000_000)
    parser.add_argument("--scenarios", type=int, default=10_000)
    parser.add_argument("--asked", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(machine_line(asked.seed), f"parties={asked.parties} links={asked.links}")
    names, own, links = workload(asked.parties, asked.links, asked.seed)
    start = time.perf_counter()
    run = record_falls(names, own, links, scenarios=asked.scenarios, seed=asked.seed)
    seconds = time.perf_counter() - start
    kept = run.falls.node.nbytes + run.falls.tick.nbytes
    print(
        f"recorded {run.scenarios} of {run.asked} scenarios, {len(run.falls.node):,} falls, "
        f"{kept / 2**20:.0f} MB in {seconds:.1f} s"
    )
    origins(run, 0)  # compiles, or reads the cache
    random = np.random.default_rng(asked.seed)
    # Those asked for are drawn with the number of their falls as weight: people ask about trouble.
    given = np.empty(asked.parties)
    given[run.setting.parties] = run.fell
    for title, weight in (("any party", None), ("by its falls", given / given.sum())):
        chosen = random.choice(asked.parties, asked.asked, p=weight)
        taken, falls, paths = [], [], []
        for place in chosen.tolist():
            start = time.perf_counter()
            at = np.flatnonzero(links.hit == place)  # what `explain` looks up for the parts
            found = origins(run, place)
            taken.append(1e3 * (time.perf_counter() - start))
            falls.append(found.falls)
            paths.append(len(found.paths) + found.more_paths)
            assert abs(found.origin.sum() - found.falls) < 1e-9 * max(1, found.falls)
            del at
        print(
            f"{title:13s} ms median {np.median(taken):.1f} p95 {np.percentile(taken, 95):.1f} "
            f"max {max(taken):.1f}; falls median {np.median(falls):.0f} max {max(falls)}; "
            f"paths median {np.median(paths):.0f} max {max(paths)}"
        )
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
