"""The whole way: a made district's source files, ingest, store, picture, chain risk, explanations.

    python bench/whole_way.py [--enterprises N] [--seed S] [--months M] [--folder DIR]

Each stage is a process of its own, so that its peak memory is its own; what one hands to the next
stands in the folder, as in daily use. Prints for every stage the seconds that passed, those of the
processor, and the peak resident memory. 24 months are a year of source files and a year not seen.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# This folder has an `ingest` of its own: look for the packages beside it instead.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from kept import Kept

from api.services import districts, ingesting, runs
from api.services.districts import last_day, months
from api.services.partners import whole_answer
from api.services.pictures import picture
from api.services.workspace import Workspace, open_workspace
from api.settings import load_settings
from ingest.district.settings import DistrictSetting

ANSWERS = 100


def make(folder: Path, asked: argparse.Namespace) -> str:
    wanted = DistrictSetting(asked.enterprises, asked.seed, asked.months)
    made = districts.make(load_settings(), wanted, folder / "district")
    files = [p for p in (folder / "district" / "sources").rglob("*") if p.is_file()]
    size = sum(p.stat().st_size for p in files) / 1e6
    rows = f"{made.rows:,} rows in {len(files):,} files, {size:,.0f} MB"
    return f"{asked.enterprises:,} enterprises, {rows}"


def ingest(folder: Path, workspace: Workspace) -> str:
    sources = folder / "district" / "sources"
    for month in months(sources):
        ingesting.ingest(workspace, month)
    loads = [found for found in workspace.store.loads() if found.state == "published"]
    rows = sum(sum(1 for _ in workspace.store.rows(kind)) for kind in ("invoice", "payment"))
    size = sum(p.stat().st_size for p in (folder / "home").glob("alliance.db*")) / 1e6
    return f"{len(loads):,} loads, {rows:,} invoices and payments, store {size:,.0f} MB"


def assemble(folder: Path, workspace: Workspace) -> str:
    made = picture(workspace, last_day(folder / "district" / "sources"))
    edges = sum(len(matrix.indices) for matrix in made.matrices.values())
    return f"{len(made):,} parties, {edges:,} edges, {len(made.statements):,} statements cited"


def assess(folder: Path, workspace: Workspace) -> str:
    made = runs.assess_day(workspace, last_day(folder / "district" / "sources"))
    return (
        f"{made.run.scenarios:,} scenarios and 4 bracket runs, {len(made.links):,} links, "
        f"median relative error {made.run.median_relative_error:.2%}"
    )


def explain(_folder: Path, workspace: Workspace) -> str:
    begun = time.perf_counter()
    made = runs.published(workspace)
    loaded = time.perf_counter() - begun
    chance = np.nan_to_num(made.run.probability[: len(made.network)])
    took = []
    for place in np.argsort(-chance)[:ANSWERS].tolist():
        begun = time.perf_counter()
        answer = whole_answer(made, made.network.party_id[place].decode())
        took.append(time.perf_counter() - begun)
        assert answer.explanation is not None
    return (
        f"run loaded in {loaded:.1f} s, then {ANSWERS} answers: median "
        f"{statistics.median(took) * 1000:.1f} ms, longest {max(took) * 1000:.1f} ms"
    )


STAGES: dict[str, Callable[[Path, Workspace], str]] = {
    "ingest and store": ingest,
    "picture": assemble,
    "chain risk": assess,
    "explain": explain,
}


def one_stage(asked: argparse.Namespace) -> None:
    begun = time.perf_counter()
    if asked.stage == "district":
        told = make(asked.folder, asked)
    else:
        home = asked.folder / "home"
        with open_workspace(load_settings(home=home, store="")) as workspace:
            told = STAGES[asked.stage](asked.folder, workspace)
    seconds = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_SELF)
    work, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    print(f"{asked.stage:18s} {seconds:8.1f} s {work:8.1f} s {peak:8,.0f} MB   {told}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--enterprises", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--months", type=int, default=24, help="of which twelve are not seen")
    parser.add_argument("--folder", type=Path, help="empty; where to keep files and store")
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.stage:
        one_stage(asked)
        return
    kept = Kept("whole_way", asked.seed)
    kept.line(f"{'stage':18s} {'wall':>10s} {'processor':>10s} {'peak':>11s}")
    with tempfile.TemporaryDirectory() as made:
        folder = asked.folder or Path(made)
        begun = time.perf_counter()
        for stage in ("district", *STAGES):
            command = [sys.executable, __file__, "--stage", stage, "--folder", str(folder)]
            command += ["--enterprises", str(asked.enterprises), "--seed", str(asked.seed)]
            command += ["--months", str(asked.months)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            kept.line(done.stdout.rstrip())
        kept.line(f"{'all':18s} {time.perf_counter() - begun:8.1f} s")


if __name__ == "__main__":
    main()
