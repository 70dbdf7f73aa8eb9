"""The demo's source files: what is wrong on purpose is found, and nothing else."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from graph_model.schema import Dictionary
from graph_model.store.opening import open_store
from graph_model.store.protocol import Store
from ingest.load import LoadReport, ingest_folder
from ingest.source_file import read_source

DEMO = Path(__file__).parents[2] / "districts" / "huangpu" / "demo"
FOLDERS = sorted(path.parent for path in DEMO.glob("*/source.toml"))
STREETS = DEMO.parent / "streets.csv"


@dataclass
class Demo:
    store: Store
    reports: dict[str, LoadReport]

    def load(self) -> None:
        for folder in FOLDERS:
            declared = read_source(folder / "source.toml", self.store.dictionary)
            self.reports[folder.name] = ingest_folder(self.store, declared, folder, beside=folder)

    def named(self, kind: str) -> list[dict[str, object]]:
        described = self.store.dictionary.kind(kind)
        return [dict(row.named(described)) for row in self.store.rows(kind)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, dictionary: Dictionary) -> Iterator[Demo]:
    store = open_store(str(tmp_path_factory.mktemp("demo") / "store.db"), dictionary)
    made = Demo(store, {})
    made.load()
    yield made
    store.close()


def wrong_on_purpose() -> list[dict[str, str]]:
    with (DEMO / "wrong_on_purpose.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_what_is_wrong_on_purpose_is_found_and_nothing_else(demo: Demo) -> None:
    files = {load.number: load.files for load in demo.store.loads()}
    folder_of = {report.source: name for name, report in demo.reports.items()}
    found = [
        (
            folder_of[f["source"]],
            files[f["load"]][f["file"]].name,
            str(f["line"]),
            f["severity"],
            f["rule"],
        )
        for f in demo.store.findings()
    ]
    wanted = [row for row in wrong_on_purpose() if row["severity"] != "none"]
    missing = []
    for row in wanted:
        place = (row["source"], row["file"], row["line"], row["severity"])
        hits = [f for f in found if f[:4] == place and f[4].startswith(row["rule"])]
        if hits:
            found.remove(hits[0])
        else:
            missing.append(row)
    assert missing == []
    assert found == []


def test_every_file_is_accounted_for(demo: Demo) -> None:
    aside: Counter[tuple[str, str]] = Counter()
    for source, name, _line in {
        (row["source"], row["file"], row["line"])
        for row in wrong_on_purpose()
        if row["severity"] in ("quarantine", "refused")
    }:
        aside[source, name] += 1
    kept: Counter[tuple[str, str]] = Counter()
    for source, report in demo.reports.items():
        for file in report.files:
            assert file.read == file.accepted + file.warned + file.quarantined
            kept[source, file.name] += file.quarantined
    assert +kept == aside


def test_loading_all_again_writes_nothing(demo: Demo) -> None:
    head, findings = demo.store.head(), demo.store.findings()
    again = Demo(demo.store, {})
    again.load()
    assert [report.load for report in again.reports.values()] == [0] * len(FOLDERS)
    assert (demo.store.head(), demo.store.findings()) == (head, findings)


def test_every_kind_of_the_dictionary_occurs(demo: Demo) -> None:
    assert all(demo.named(kind) for kind in demo.store.dictionary.kinds)


def test_every_code_and_name_shows_that_it_is_made_up(demo: Demo) -> None:
    parties = demo.named("party")
    assert all("XXXX" in str(row["party"]) for row in parties)
    assert all("示例" in str(row["name"]) for row in parties)


def test_streets_are_those_of_the_district(demo: Demo) -> None:
    with STREETS.open(encoding="utf-8", newline="") as file:
        known = {row["code9"] for row in csv.DictReader(file)} | {None}
    assert {row["street"] for row in demo.named("party")} == known


def test_every_party_that_a_statement_names_is_in_the_register(demo: Demo) -> None:
    known = {row["party"] for row in demo.named("party") if row["source"] == "register"}
    for kind in demo.store.dictionary.kinds.values():
        for row in demo.named(kind.name):
            assert {row[role] for role in kind.party_fields} - {None} <= known


def test_two_sources_name_the_same_invoices_and_disagree_about_one(demo: Demo) -> None:
    amounts: dict[object, dict[object, object]] = {}
    for row in demo.named("invoice"):
        amounts.setdefault(row["key"], {})[row["source"]] = row["amount"]
    both = [by_source for by_source in amounts.values() if len(by_source) == 2]
    assert len(both) == 29
    assert sum(len(set(by_source.values())) == 2 for by_source in both) == 1


def test_guarantees_run_in_a_circle_and_both_ways(demo: Demo) -> None:
    given = {(row["guarantor"], row["borrower"]) for row in demo.named("guarantee")}
    assert any((b, a) in given for a, b in given)
    assert any((b, c) in given and (c, a) in given for a, b in given for c in {x for _, x in given})
    assert any(row["is_public"] == 0 for row in demo.named("guarantee"))


def test_some_invoices_are_overdue(demo: Demo) -> None:
    paid: Counter[object] = Counter()
    for row in demo.named("payment"):
        paid[row["payee"], row["invoice_no"]] += row["amount"]
    overdue = [
        row
        for row in demo.named("invoice")
        if row["source"] == "member-invoices"
        and row["state"] != "void"
        and str(row["due_on"]) < "2026-10-31"
        and paid[row["seller"], row["invoice_no"]] < row["total"]
    ]
    assert 5 <= len(overdue) <= 20


def test_records_are_in_force_repaired_expired_withdrawn_and_one_is_a_target_event(
    demo: Demo,
) -> None:
    records = demo.named("credit_record")
    assert any(row["repaired_on"] for row in records)
    assert any(row["withdrawn_on"] for row in records)
    assert any(row["expires_on"] and str(row["expires_on"]) < "2026-10-31" for row in records)
    targets = [row for row in records if row["record_kind"] == "dishonest_judgment_debtor"]
    assert [str(row["recognised_on"]) >= "2025-10-31" for row in targets] == [True]


def test_one_source_may_not_be_joined_with_others(demo: Demo) -> None:
    closed = [load.source.id for load in demo.store.loads() if not load.source.association_allowed]
    assert closed == ["tax"]
    own = {row["party"] for row in demo.named("financials") if row["source"] == "tax"}
    others = {row["party"] for row in demo.named("financials") if row["source"] != "tax"}
    assert own
    assert not own & others
