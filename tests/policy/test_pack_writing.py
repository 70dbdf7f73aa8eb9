"""A pack that is written reads as the one it was made from, but for what was changed."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from graph_model.errors import BadInput
from policy.pack import Pack, pack_in_force, read_pack
from policy.pack_writing import write_pack
from tests.algorithms.pictures import PACK

BASE = read_pack(PACK / "0.1")
THETA = replace(
    BASE.parameter("theta"), value=0.25, status="fitted", reason='by "us" \\ 我们\x7f\n'
)
FACTS = {"calibration": {"parties": "100", "outcomes": "a, b"}}


def written(folder: Path, **more: Any) -> Pack:
    given: dict[str, Any] = {
        "version": "0.1-fitted-2026-06-30",
        "status": "fitted",
        "in_force_from": date(2027, 6, 30),
        "changed": [THETA],
        "tables": FACTS,
    }
    return write_pack(BASE, folder, **given | more)


def test_only_what_was_changed_is_changed(tmp_path: Path) -> None:
    made = written(tmp_path)
    assert made.folder == tmp_path / "0.1-fitted-2026-06-30"
    assert made.reference == "assessment/huangpu 0.1-fitted-2026-06-30"
    assert (made.status, made.in_force_from) == ("fitted", date(2027, 6, 30))
    assert made.parameter("theta") == THETA
    for name, parameter in BASE.parameters.items():
        assert name == "theta" or made.parameter(name) == parameter
    assert {row.text("fact"): row.text("value") for row in made.table("calibration")} == FACTS[
        "calibration"
    ]
    for path in BASE.folder.glob("*.csv"):
        assert (made.folder / path.name).read_bytes() == path.read_bytes()


def test_a_version_made_of_a_version_keeps_nothing_of_its_facts(tmp_path: Path) -> None:
    first = written(tmp_path)
    again = {"calibration": {"parties": "7"}}
    given: dict[str, Any] = {"version": "2", "status": "fitted", "in_force_from": date(2028, 1, 1)}
    second = write_pack(first, tmp_path, changed=[], tables=again, **given)
    assert [row.text("value") for row in second.table("calibration")] == ["7"]
    assert second.parameters == first.parameters
    assert pack_in_force(tmp_path, date(2028, 1, 1)).version == "2"


def test_a_version_that_exists_is_never_overwritten(tmp_path: Path) -> None:
    made = written(tmp_path)
    before = (made.folder / "pack.toml").read_bytes()
    with pytest.raises(BadInput, match="never overwritten"):
        written(tmp_path, changed=[])
    assert (made.folder / "pack.toml").read_bytes() == before


def test_a_refused_version_leaves_no_trace(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="status is one of"):
        written(tmp_path, status="guess")
    with pytest.raises(BadInput, match="does not state it"):
        written(tmp_path, changed=[replace(THETA, name="phi")])
    assert list(tmp_path.iterdir()) == []
