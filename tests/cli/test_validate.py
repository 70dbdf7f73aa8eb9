"""`alliance validate`: the command on tiny districts, and the page it leaves in docs/."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from conftest_types import Run

from algorithms import calibration as fitting
from api.services import calibration as calibration_service
from api.services import trial as trial_service
from api.services import validation as validation_service
from api.services.districts import last_day, take_in
from api.services.trial import Asked, Tell, Trial, run_trial
from api.services.truth import Truth, read_truth
from api.services.validation import PREDICTORS, RIVALS
from api.services.workspace import open_workspace
from api.settings import load_settings
from graph_model.errors import BadInput

PAGE = Path(__file__).parents[2] / "docs" / "validation.md"
FIGURE = re.compile(r"([-+]?[\d.]+)\S*(?: points)? \(([-+]?[\d.]+)\S* to ([-+]?[\d.]+)\S*\)")
LEVELS = ("–", "Ⅳ", "Ⅲ", "Ⅱ", "Ⅰ")


@contextmanager
def quick_fits() -> Iterator[pytest.MonkeyPatch]:
    """Fits of few falls and few scenarios: nothing here is about what they say."""
    with pytest.MonkeyPatch.context() as patch:

        def fitted(*given: object, **more: object) -> fitting.Calibration:
            few = more | {"falls_needed": 1, "scenarios": 64}
            return fitting.calibrate(*given, **few)  # type: ignore[arg-type]

        patch.setattr(fitting, "YEARS_OF_SLOPES", 4)
        patch.setattr(fitting, "OTHER_SEEDS", 2)
        patch.setattr(fitting, "ENOUGH", 0.5)
        patch.setattr(calibration_service, "calibrate", fitted)
        patch.setattr(calibration_service, "SIMULATION_SHARE", np.inf)
        patch.setattr(trial_service, "calibrate", fitted)
        patch.setenv("ALLIANCE_SCENARIOS", "640")
        yield patch


@dataclass(frozen=True)
class Watched:
    """A trial, and the files below its folder that were opened, in three stretches."""

    trial: Trial
    folder: Path
    making: list[str]
    forecasting: list[str]
    after: list[str]


def watched_trial(folder: Path) -> Watched:
    """One trial on a tiny district, its opened files written down."""
    folder.mkdir()
    opened: list[str] = []
    marks: list[int] = []
    watching = [True]

    def hook(event: str, given: tuple[object, ...]) -> None:
        if watching[0] and event == "open" and str(folder) in str(given[0]):
            opened.append(str(given[0]))

    def read(district: Path) -> Truth:
        marks.append(len(opened))
        return read_truth(district)

    def told(what: str) -> None:
        if what == "take its files in":
            marks.append(len(opened))

    sys.addaudithook(hook)
    with quick_fits() as patch:
        patch.setattr(trial_service, "read_truth", read)
        try:
            made = run_trial(Asked(3, 250, contagion=True, threads=1), folder, told)
        finally:
            watching[0] = False
    made_at, forecast_at = marks
    return Watched(
        made, folder, opened[:made_at], opened[made_at:forecast_at], opened[forecast_at:]
    )


def tables(page: str) -> list[list[list[str]]]:
    """Cells of every table of a page."""
    found: list[list[list[str]]] = []
    before = ""
    for line in page.splitlines():
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not before.startswith("|"):
                found.append([])
            found[-1].append(cells)
        before = line
    return found


def check_page(page: str) -> None:
    """Tables are whole, intervals hold their figures, and counts add up."""
    assert page.startswith("# 链上风险有没有预测力 Does chain risk foretell who falls?\n\nMade by")
    assert "`alliance validate" in page
    made = tables(page)
    for table in made:
        assert len({len(row) for row in table}) == 1
        assert set(table[1][0] + "".join(table[1][1:])) <= set("-:")
        for row in table[2:]:
            for value, low, high in FIGURE.findall(" | ".join(row)):
                assert float(low) <= float(value) <= float(high)
    named = [" ".join(words) for words in PREDICTORS.values()]
    assert [row[0] for row in made[0][2:]] == named
    at_risk, falls = map(
        _number,
        re.findall(r"([\d,]+) enterprises with a figure.*?; ([\d,]+) of", page.replace("\n", " "))[
            0
        ],
    )
    bins = next(t for t in made if t[0][1].endswith("level"))[2:]
    for name in ("chain_risk", "own_risk", "neighbours"):
        mine = [row for row in bins if row[0] == " ".join(PREDICTORS[name])]
        assert tuple(row[1] for row in mine) == LEVELS
        assert sum(_number(row[3]) for row in mine) == at_risk
        assert sum(_number(row[4]) for row in mine) == falls
    by_cause = re.findall(r"^### .*: ([\d,]+) falls$", page, re.MULTILINE)
    assert sum(map(_number, by_cause)) == falls


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def check_who_opened_the_truth(watched: Watched) -> None:
    """Its maker, then nobody before every forecast is made, then the one who compares."""

    def truths(names: list[str]) -> set[str]:
        return {Path(name).name for name in names if "/truth" in name}

    assert len(truths(watched.making)) > 3
    assert len(watched.forecasting) > 100
    assert truths(watched.forecasting) == set()
    assert truths(watched.after) == {"district.toml", "events.csv"}


def check_who_fell(watched: Watched) -> None:
    """Parties at risk and falls by cause agree with the truth read anew."""
    made, truth = watched.trial, read_truth(watched.folder / "district")
    assert truth.contagion
    assert 0 < made.scored.fell.sum() <= len(truth.later)
    assert set(made.scored.scores) == set(PREDICTORS)
    falls = sum(int(part.fell.sum()) for part in made.by_cause.values())
    assert falls == int(made.scored.fell.sum())
    stood = {len(part.fell) - int(part.fell.sum()) for part in made.by_cause.values()}
    assert stood == {len(made.scored.fell) - falls}
    assert 0 < made.events_seen <= len(truth.earlier)


def test_forecasts_come_before_the_truth_and_the_figures_of_the_page_hold_together(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = watched_trial(tmp_path / "trial")  # the one slow step of these tests
    check_who_opened_the_truth(watched)
    check_who_fell(watched)

    def again(asked: Asked, _folder: Path, tell: Tell) -> Trial:
        tell("calibrate")
        return replace(watched.trial, asked=asked)

    monkeypatch.setattr(validation_service, "run_trial", again)
    monkeypatch.setattr(validation_service, "DRAWS", 60)
    path = tmp_path / "page.md"
    asked = ("--seeds", "1,2", "--enterprises", 250, "--processes", 1)
    code, out, err = run("validate", *asked, "--out", path)
    assert code == 0, err
    page = path.read_text("utf-8")
    check_page(page)
    for name in RIVALS:
        said = "chain risk (beats|does not beat|loses to) it in AUC"
        verdict = f"{re.escape(' '.join(PREDICTORS[name]))}.*: {said}"
        assert re.search(verdict, page.replace("**", ""))
        assert re.search(verdict, out)
    assert "## 空白区 Null districts" in page
    assert "## 真实标签" not in page
    assert "null-2: done" in err
    assert run("validate", *asked, "--no-null", "--out", path)[0] == 0
    assert "## 空白区" not in path.read_text("utf-8")


def test_the_page_in_the_docs_is_one_that_the_command_wrote() -> None:
    page = PAGE.read_text("utf-8")
    check_page(page)
    assert len(re.findall(r"seeds ([\d, ]+)\.", page)[0].split(", ")) >= 5
    assert "## 空白区 Null districts" in page
    assert "## 真实标签" in page


def test_seeds_and_folders_that_do_not_do_are_refused(run: Run, tmp_path: Path) -> None:
    code, _, err = run("validate", "--seeds", "1,x")
    assert code == 2
    assert "whole numbers" in err
    code, _, err = run("validate", "--seeds", "1,1")
    assert code == 2
    assert "each stands once" in err
    (tmp_path / "mine.txt").write_text("keep me", "utf-8")
    code, _, err = run("validate", "--seeds", "1", "--keep", tmp_path)
    assert code == 2
    assert "an empty folder" in err


def test_months_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no months"):
        last_day(tmp_path / "sources")
    (tmp_path / "sources" / "2026-10").mkdir(parents=True)
    assert last_day(tmp_path / "sources").isoformat() == "2026-10-31"
    (tmp_path / "sources" / "spring").mkdir()
    with pytest.raises(BadInput, match="a month is YYYY-MM"):
        last_day(tmp_path / "sources")
    with (
        open_workspace(load_settings(home=tmp_path / "home", store="")) as workspace,
        pytest.raises(BadInput),
    ):
        take_in(workspace, tmp_path / "sources", last_day(tmp_path / "sources"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("uscc:X,2024-10-31,own,,", "2024-10-31, own: events lie from 2024-11-01 to 2027-10-31"),
        ("uscc:X,2027-11-01,own,,", "2027-11-01"),
        ("uscc:X,2026-01-01,luck,,", "causes are own and contagion"),
    ],
)
def test_a_truth_that_cannot_be_true_is_refused(tmp_path: Path, line: str, message: str) -> None:
    folder = tmp_path / "truth"
    folder.mkdir()
    (folder / "district.toml").write_text(
        "seed = 1\nenterprises = 2\ncontagion = true\nfirst_day = 2024-11-01\n"
        "seen_until = 2026-10-31\nends = 2027-10-31\n",
        "utf-8",
    )
    header = "party,fell_on,cause,channel,detail\n"
    good = "uscc:A,2026-10-31,own,,\nuscc:B,2026-11-01,contagion,supply,\n"
    (folder / "events.csv").write_text(header + good, "utf-8")
    found = read_truth(tmp_path)
    assert (found.earlier, dict(found.later)) == ({"uscc:A"}, {"uscc:B": "contagion"})
    (folder / "events.csv").write_text(header + line + "\n", "utf-8")
    with pytest.raises(BadInput, match=message):
        read_truth(tmp_path)
    with pytest.raises(BadInput, match="no truth can be read"):
        read_truth(tmp_path / "elsewhere")
