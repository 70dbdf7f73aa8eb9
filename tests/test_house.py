"""Sentences about the house as a whole."""

import ast
import re
import subprocess
import sys
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

import pytest
from dead_links import dead_links

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-bench.lock")
PACKAGES = ("graph_model", "ingest", "algorithms", "policy", "api", "districts")


def test_only_snapshot_and_one_constant_per_adapter_compare_dates() -> None:
    """A comparison next to a word for a day stands nowhere else."""
    bound = r"(valid_from|valid_to|valid_date|_on|period_from|period_to|as_of)\b"
    compares = re.compile(rf"({bound}\"?\]?\s*(<=?|>=?)\s)|(\s(<=?|>=?)\s*[\w.\"\[]*{bound})")
    allowed = {
        ("graph_model/snapshot.py", None),
        ("graph_model/store/sqlite.py", "COUNTS ="),
        ("graph_model/store/neo4j_queries.py", "COUNTS ="),
    }
    met = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if compares.search(line) and "->" not in line
        if not any(path == ROOT / file and (mark is None or mark in line) for file, mark in allowed)
    ]
    assert met == []


IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
    if not found.name.startswith("graph_model.store"):
        importlib.import_module(found.name)
drivers = {"sqlite3", "neo4j", "fastapi", "starlette"} & set(sys.modules)
sys.exit(", ".join(sorted(drivers)) or 0)
"""


@pytest.mark.parametrize("package", ["algorithms", "graph_model", "policy"])
def test_importing_the_pure_part_loads_no_driver_and_no_web(package: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, package], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


ON_SQLITE = """
import sys, tempfile
from graph_model.schema import load_dictionary
from graph_model.store.opening import open_store
import api.cli.main, api.http.app
open_store(f"{tempfile.mkdtemp()}/a.db", load_dictionary()).close()
sys.exit("neo4j" if "neo4j" in sys.modules else 0)
"""


def test_a_process_on_sqlite_loads_no_driver_of_neo4j() -> None:
    done = subprocess.run([sys.executable, "-c", ON_SQLITE], cwd=ROOT, capture_output=True)
    assert done.returncode == 0, done.stderr


CYPHER = re.compile(r"\b(MATCH|MERGE|CREATE|UNWIND|RETURN|DETACH)\b\s+[(\[$a-z:]")


def texts_of(path: Path) -> list[tuple[bool, str]]:
    """Literal texts of a module, with whether each is part of an f-string."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    formatted = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    return [
        (id(node) in formatted, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def test_cypher_stands_in_the_adapter_only_and_is_made_of_constants() -> None:
    """Values are parameters; only names that the dictionary has checked are put into a query."""
    outside, formatted, inside = [], [], 0
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            ours = path.parent.name == "store" and path.name.startswith("neo4j")
            for in_f_string, text in texts_of(path):
                if CYPHER.search(text):
                    inside += ours
                    outside += [] if ours else [f"{path.name}: {text[:60]}"]
                    formatted += [f"{path.name}: {text[:60]}"] if ours and in_f_string else []
    assert (outside, formatted) == ([], [])
    assert inside > 30


def test_no_second_sqlite_library_enters_the_process() -> None:
    """Two copies would drop one another's locks; see graph_model/store/sqlite_arrow.py."""
    for name in LOCKS:
        text = (ROOT / name).read_text(encoding="utf-8")
        for driver in ("adbc-driver-sqlite", "apsw", "pysqlite3", "duckdb"):
            assert f"{driver}==" not in text


def test_no_other_distribution_claims_our_package_names() -> None:
    owners = packages_distributions()
    claims = {name: set(owners.get(name, [])) - {"credit-alliance"} for name in PACKAGES}
    assert {name: found for name, found in claims.items() if found} == {}


def test_the_command_is_installed() -> None:
    ours = [d for d in distributions() if d.metadata["Name"] == "credit-alliance"]
    commands = {entry.name: entry.value for d in ours for entry in d.entry_points}
    assert commands == {"alliance": "api.cli.main:main"}


def test_no_link_of_the_docs_leads_nowhere() -> None:
    assert dead_links(ROOT) == []


def test_lock_files_carry_no_addresses() -> None:
    for name in LOCKS:
        assert "://" not in (ROOT / name).read_text(encoding="utf-8")


def test_the_six_packages_of_the_project_are_declared() -> None:
    declared = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for name in ("neo4j", "networkx", "fastapi", "pydantic", "pandas", "uvicorn"):
        assert f'"{name}>=' in declared


def test_the_data_dictionary_page_is_what_the_tables_say() -> None:
    from graph_model.dictionary_page import dictionary_page
    from graph_model.schema import load_dictionary

    page = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert page == dictionary_page(load_dictionary()), "run `make docs`"


def test_the_glossary_has_each_term_once_in_both_languages() -> None:
    import csv

    path = ROOT / "graph_model" / "dictionary" / "glossary.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["term"] for row in rows}) == len(rows)
    assert [row for row in rows if not (row["zh"] and row["en"] and row["meaning"])] == []


def test_only_validation_opens_the_truth_of_a_made_district() -> None:
    """Its writer and maker name the folder; one module reads it; that module one other imports."""
    makers = ("ingest/district/", "api/services/districts.py", "api/services/truth.py")
    names = re.compile(r"""["']truth["'/]|events\.csv|hits\.csv|frauds\.csv""")
    reads = re.compile(r"api\.services\.truth\b|import truth\b")
    named, imported = set(), set()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            place, text = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
            if names.search(text) and not place.startswith(makers):
                named.add(place)
            if reads.search(text):
                imported.add(place)
    assert named == set()
    assert imported == {"api/services/trial.py", "api/services/validation.py"}
