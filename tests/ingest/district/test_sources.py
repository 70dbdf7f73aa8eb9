"""Source files of a made district: the same bytes, only planted faults, nothing of the truth."""

import csv
import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.services import districts
from api.settings import load_settings
from graph_model.schema import Dictionary
from graph_model.store.opening import open_store
from graph_model.store.protocol import Store
from ingest.district.dirt import patterns
from ingest.district.papers import FRAUD_KINDS
from ingest.district.settings import DistrictSetting
from ingest.load import ingest_folder
from ingest.source_file import read_source

ROOT = Path(__file__).parents[3]
SETTING = DistrictSetting(enterprises=180, seed=5)


@dataclass
class Loaded:
    folder: Path
    store: Store

    def truth(self, name: str) -> list[dict[str, str]]:
        with (self.folder / "truth" / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def named(self, kind: str) -> list[dict[str, object]]:
        described = self.store.dictionary.kind(kind)
        return [dict(row.named(described)) for row in self.store.rows(kind)]


def make(folder: Path) -> Path:
    districts.make(load_settings(), SETTING, folder)
    return folder


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, dictionary: Dictionary) -> Iterator[Loaded]:
    folder = make(tmp_path_factory.mktemp("made") / "district")
    store = open_store(str(folder / "store.db"), dictionary)
    for toml in sorted((folder / "sources").glob("*/*/source.toml")):
        declared = read_source(toml, dictionary)
        ingest_folder(store, declared, toml.parent, beside=toml.parent)
    yield Loaded(folder, store)
    store.close()


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for part in ("sources", "truth")
        for path in sorted((folder / part).rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_is_the_same_bytes(loaded: Loaded, tmp_path: Path) -> None:
    again = digests(make(tmp_path / "again"))
    assert again == digests(loaded.folder)
    assert any(name.endswith(".xlsx") for name in again)


def test_the_faults_found_are_those_planted(loaded: Loaded) -> None:
    """By source, month, file, line and rule: every planted one, and no other."""
    loads = {load.number: load for load in loaded.store.loads()}
    found: dict[tuple[str, ...], set[str]] = {}
    for finding in loaded.store.findings():
        load = loads[finding["load"]]
        file = load.files[finding["file"]]
        place = (load.source.id, file.as_of[:7], file.name, str(finding["line"]))
        found.setdefault(place, set()).add(finding["rule"])
    planted = {}
    for row in loaded.truth("dirt.csv"):
        if row["outcome"] != "none":
            of_file = row["file"].removeprefix("loans-")[:7]
            month = of_file if row["file"].startswith("loans-") else row["folder"][:7]
            planted[row["source"], month, row["file"], row["line"]] = row["rule"]
    assert planted
    assert sorted(found) == sorted(planted)
    for place, rule in planted.items():
        assert any(told.startswith(rule) for told in found[place])


def test_dirt_comes_at_its_rates(loaded: Loaded) -> None:
    rows = sum(file.read for load in loaded.store.loads() for file in load.files)
    counted = Counter(row["outcome"] for row in loaded.truth("dirt.csv"))
    kept_aside = sum(counted[outcome] for outcome in ("quarantine", "refused"))
    most = sum(p.rate for p in patterns() if p.outcome != "none" and p.part != "row")
    assert 0 < kept_aside < 1.5 * most * rows


def test_all_that_is_made_shows_that_it_is(loaded: Loaded) -> None:
    parties = loaded.named("party")
    assert all("XXXX" in str(row["party"]) for row in parties)
    assert all("示例" in str(row["name"]) for row in parties)


def test_the_months_after_stand_in_the_truth_alone(loaded: Loaded) -> None:
    months = sorted(path.name for path in (loaded.folder / "sources").iterdir())
    assert months[0] == "2025-10"
    assert months[-1] == "2026-10"
    assert len(months) == 13
    told = tomllib.loads((loaded.folder / "truth" / "district.toml").read_text(encoding="utf-8"))
    assert str(told["seen_until"]) == "2026-10-31"
    events = loaded.truth("events.csv")
    assert len(events) == told["events"]
    assert any(row["fell_on"] > "2026-10-31" for row in events)


def test_the_files_tell_of_the_events_until_their_last_day(loaded: Loaded) -> None:
    """Every event of the truth until then, but for rows that were kept aside."""
    catalogue = loaded.store.dictionary.codes("record_catalogue")
    target = {code for code, row in catalogue.items() if row.more.get("target_event") == "yes"}
    first: dict[object, str] = {}
    for row in loaded.named("credit_record"):
        if row["record_kind"] in target:
            day = str(row["recognised_on"])
            first[row["party"]] = min(day, first.get(row["party"], day))
    truth = {
        row["party"]: row["fell_on"]
        for row in loaded.truth("events.csv")
        if row["fell_on"] <= "2026-10-31"
    }
    missing = {party for party in truth if first.get(party) != truth[party]}
    assert len(missing) <= 1
    assert not {party for party in first if party not in truth}


def test_circles_stand_in_the_lenders_files(loaded: Loaded) -> None:
    given = {(row["guarantor"], row["borrower"]) for row in loaded.named("guarantee")}
    rings: dict[str, list[str]] = {}
    for row in loaded.truth("circles.csv"):
        rings.setdefault(row["circle"], []).append(row["party"])
    assert len(rings) == 5
    pairs = [
        (a, b) for ring in rings.values() for a, b in zip(ring, ring[1:] + ring[:1], strict=True)
    ]
    assert sum(pair not in given for pair in pairs) <= 1


def test_six_kinds_of_fraud_are_planted_and_stand_in_the_files(loaded: Loaded) -> None:
    frauds = loaded.truth("frauds.csv")
    assert {row["fraud_kind"] for row in frauds} == set(FRAUD_KINDS)
    numbers = {(row["seller"], row["invoice_no"]) for row in loaded.named("invoice")}
    documents = [row["document"].removeprefix("invoice:member-invoices:") for row in frauds]
    missing = [text for text in documents if tuple(text.split("|")) not in numbers]
    assert len(missing) <= 1


def test_loading_the_last_month_again_writes_nothing(loaded: Loaded) -> None:
    head = loaded.store.head()
    for toml in sorted((loaded.folder / "sources" / "2026-10").glob("*/source.toml"))[:6]:
        declared = read_source(toml, loaded.store.dictionary)
        report = ingest_folder(loaded.store, declared, toml.parent, beside=toml.parent)
        assert report.load == 0
    assert loaded.store.head() == head


def test_nothing_of_the_product_opens_the_truth_but_validation() -> None:
    allowed = {
        "api/services/districts.py",
        "api/services/trial.py",
        "api/services/truth.py",
        "api/services/validation.py",
        "api/cli/district.py",
        "ingest/district/sources.py",
        "ingest/district/truth.py",
    }
    opened = {
        str(path.relative_to(ROOT))
        for package in ("graph_model", "ingest", "algorithms", "policy", "api")
        for path in (ROOT / package).rglob("*.py")
        if any(
            mark in path.read_text(encoding="utf-8")
            for mark in (
                "districts.TRUTH",
                '"truth"',
                "read_truth",
                "write_truth",
                "services.truth",
            )
        )
    }
    assert opened <= allowed


def test_the_made_district_knows_no_algorithm() -> None:
    for path in (ROOT / "ingest" / "district").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "import algorithms" not in text
        assert "from algorithms" not in text
