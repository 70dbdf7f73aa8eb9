"""Runs are kept whole: what is read again is what was made, or an error."""

import shutil
from datetime import timedelta

import numpy as np
import pytest
from stating import DAY

from api.services import runs
from api.services.workspace import Workspace
from graph_model.errors import StoreError


def test_a_published_run_is_read_again_to_the_last_digit(workspace: Workspace) -> None:
    made = runs.assess_day(workspace, DAY)
    again = runs.published(workspace)
    assert again.run_id == made.run_id
    for name in ("probability", "standard_error", "own_part", "link_part", "falls"):
        assert getattr(again.run, name).tobytes() == getattr(made.run, name).tobytes()
    for name in ("low", "high", "half_theta", "twice_theta"):
        assert getattr(again.bracket, name).tobytes() == getattr(made.bracket, name).tobytes()
    known = ~np.isnan(made.bracket.low)
    assert known.any()
    assert (made.bracket.low[known] <= made.bracket.high[known]).all()


def test_another_stated_error_is_another_run(workspace: Workspace) -> None:
    made = runs.assess_day(workspace, DAY)
    short = runs.assess_day(workspace, DAY, relative_error=0.5)
    assert short.run_id != made.run_id
    assert short.run.scenarios < made.run.scenarios
    assert runs.assess_day(workspace, DAY, relative_error=0.5).run_id == short.run_id
    assert runs.assess_day(workspace, DAY).run_id == made.run_id


def test_the_graph_for_people_stays_at_the_latest_day(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(runs, "refresh_graph", lambda _, made: shown.append(made.run_id))
    latest = runs.assess_day(workspace, DAY, seed=7)
    earlier = runs.assess_day(workspace, DAY - timedelta(days=1), seed=7)
    assert runs.published(workspace, earlier.network.valid_date).run_id == earlier.run_id
    assert shown == [latest.run_id]
    runs.assess_day(workspace, DAY)


def test_a_run_of_another_version_is_not_misread(workspace: Workspace) -> None:
    made = runs.assess_day(workspace, DAY)
    workspace.kept.clear()
    mark = workspace.runs / made.run_id / "code.txt"
    kept = mark.read_text(encoding="utf-8")
    mark.write_text("older", encoding="utf-8")
    try:
        with pytest.raises(StoreError, match=r"another version.*alliance assess --date"):
            runs.published(workspace)
    finally:
        mark.write_text(kept, encoding="utf-8")


def test_a_run_with_files_missing_says_so(workspace: Workspace) -> None:
    made = runs.assess_day(workspace, DAY)
    workspace.kept.clear()
    folder, aside = workspace.runs / made.run_id / "bracket", workspace.runs / "aside"
    shutil.move(folder, aside)
    try:
        with pytest.raises(StoreError, match="cannot be read"):
            runs.published(workspace)
    finally:
        shutil.move(aside, folder)
