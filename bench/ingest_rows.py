"""Speed and memory of loading invoices: a made file of one source through `ingest_folder`.

python bench/ingest_rows.py [--rows N] [--parties P] [--again] [--folder DIR]

The goal is 1,000,000 rows within three minutes and 2 GiB.
"""

import argparse
import os
import platform
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# This folder has an `ingest` of its own: look for the packages beside it instead.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from graph_model import uscc
from graph_model.schema import load_dictionary
from graph_model.store.opening import open_store
from ingest.load import LoadReport, ingest_folder
from ingest.source_file import NAME, read_source

SOURCE = """
id = "invoices"
name = "Made invoices"
type = "member"
rank = 20
authorisation = "made for a measurement"
association_allowed = true

[[file]]
path = "invoices.csv"
kind = "invoice"
extract = "full"
period = { start = 2025-11-01, end = 2026-11-01 }
as_of = 2026-10-31
"""
HEADER = "销方,发票号码,购方,开票日期,付款到期日,金额,价税合计,发票状态\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--parties", type=int, default=50_000)
    parser.add_argument("--again", action="store_true", help="load the same file a second time")
    parser.add_argument("--folder", type=Path, help="where to keep file and store")
    parser.add_argument("--stage", choices=["make", "load"], help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.stage == "make":
        make_files(asked.folder, asked.rows, asked.parties)
    elif asked.stage == "load":
        load(asked.folder)
    elif asked.folder:
        stages(asked.folder, asked)
    else:
        with tempfile.TemporaryDirectory() as folder:
            stages(Path(folder), asked)


def stages(folder: Path, asked: argparse.Namespace) -> None:
    """Each stage is a process of its own, so that peak memory is that of the load alone."""
    print(machine())
    for stage in ["make", "load", *(["load"] if asked.again else [])]:
        command = [sys.executable, __file__, "--stage", stage, "--folder", str(folder)]
        command += ["--rows", str(asked.rows), "--parties", str(asked.parties)]
        subprocess.run(command, check=True)


def make_files(folder: Path, rows: int, parties: int) -> None:
    made = random.Random(1)
    symbols = uscc.OUTER_ALPHABET
    bodies = {"XXXX" + "".join(made.choices(symbols, k=4)) for _ in range(parties)}
    codes = [uscc.make("91", "440112", body) for body in sorted(bodies)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_text(SOURCE, encoding="utf-8")
    with (folder / "invoices.csv").open("w", encoding="utf-8") as file:
        file.write(HEADER)
        for number in range(rows):
            seller, buyer = made.choice(codes), made.choice(codes)
            month, day = made.randint(1, 10), made.randint(1, 28)
            fen = int(made.lognormvariate(15, 1.5))
            file.write(
                f"{seller},{number:020d},{buyer},2026-{month:02d}-{day:02d},"
                f"2026-{month + 2:02d}-{day:02d},{fen / 100:.2f},{fen * 1.13 / 100:.2f},有效\n"
            )
    size = (folder / "invoices.csv").stat().st_size / 1e6
    print(f"file: {rows:,} rows, {size:.0f} MB, {len(codes):,} parties")


def load(folder: Path) -> None:
    dictionary = load_dictionary()
    store = open_store(str(folder / "store.db"), dictionary)
    declared = read_source(folder / NAME, dictionary)
    begun = time.perf_counter()
    report = ingest_folder(store, declared, folder, beside=folder)
    seconds = time.perf_counter() - begun
    store.close()
    print(said(report, seconds, (folder / "store.db").stat().st_size))


def said(report: LoadReport, seconds: float, store_bytes: int) -> str:
    read = sum(file.read for file in report.files)
    opened = sum(file.opened for file in report.files)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"load {report.load}: {read:,} rows read, {opened:,} written in {seconds:.1f} s = "
        f"{read / seconds:,.0f} rows/s, peak RSS {peak:,.0f} MiB, store {store_bytes / 1e6:,.0f} MB"
    )


def machine() -> str:
    return (
        f"{platform.machine()} cores={os.cpu_count()} load={os.getloadavg()[0]:.2f} "
        f"python={platform.python_version()} sqlite={sqlite3.sqlite_version}"
    )


if __name__ == "__main__":
    main()
