"""Load the real files of `docs/examples/` and print how their rows fared, as that page shows it.

    python bench/examples.py DATA_DIR

DATA_DIR holds one folder for each data set, by the names in `FOLDERS`.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

# The folder of this script has an `ingest` of its own: look for the packages beside it instead.
from graph_model.schema import load_dictionary
from graph_model.store.opening import open_store
from graph_model.store.protocol import Store
from ingest.load import LoadReport, ingest_folder
from ingest.source_file import read_source

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
FOLDERS = {
    "interbank": "interbank-2022q4",
    "ibrd": "ibrd-guaranteed-loans",
    "scms": "scms-shipments",
    "council-payments": "uk-council-payments",
}


def load(example: str, data: Path, store: Store) -> LoadReport:
    toml = EXAMPLES / example / "source.toml"
    declared = read_source(toml, store.dictionary)
    return ingest_folder(store, declared, data, beside=toml.parent)


def counts(report: LoadReport, labels: list[str]) -> list[str]:
    lines = []
    for file, label in zip(report.files, labels, strict=True):
        numbers = (file.read, file.accepted, file.warned, file.quarantined, file.opened)
        lines.append(" | ".join([f"| {label}", *(f"{number:,}" for number in numbers)]) + " |")
    return lines


def by_rule(store: Store, report: LoadReport, labels: list[str]) -> list[str]:
    rows: dict[tuple[int, str, str], set[int]] = {}
    findings: Counter[tuple[int, str, str]] = Counter()
    for found in store.findings(report.source):
        key = found["file"], found["severity"], found["rule"]
        rows.setdefault(key, set()).add(found["line"])
        findings[key] += 1
    return [
        f"| {labels[key[0]]} | {key[1]} | {key[2]} | {len(rows[key]):,} | {findings[key]:,} |"
        for key in sorted(rows)
    ]


def main(data: Path) -> None:
    first, second = [], []
    for example, folder in FOLDERS.items():
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as scratch:
            store = open_store(str(Path(scratch) / "store.db"), load_dictionary())
            report = load(example, data / folder, store)
            mappings = read_source(EXAMPLES / example / "source.toml", store.dictionary).file
            labels = [f"{example}: {Path(str(one.mapping)).stem}" for one in mappings]
            first += counts(report, labels)
            second += by_rule(store, report, labels)
            kinds = store.dictionary.kinds
            held = {kind: sum(1 for _ in store.rows(kind)) for kind in kinds}
            again = load(example, data / folder, store)
            store.close()
        told = ", ".join(f"{n:,} {kind}" for kind, n in held.items() if n)
        seconds = time.perf_counter() - started
        sys.stderr.write(f"{example}: {told}; again: load {again.load}; {seconds:.1f} s\n")
    head = "| file: mapping | read | accepted | warned | quarantined | statements |"
    print("\n".join([head, "|---|--:|--:|--:|--:|--:|", *first, ""]))
    head = "| file: mapping | | rule | rows | findings |"
    print("\n".join([head, "|---|---|---|--:|--:|", *second]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
