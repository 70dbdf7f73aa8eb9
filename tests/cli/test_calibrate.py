"""`alliance calibrate`: outcomes in, a pack of the district's own out, and what is then shown."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from conftest_types import Run

from algorithms import calibration
from algorithms.calibration import Calibration
from algorithms.parameters import AssessmentParameters
from api.services import calibration as calibration_service
from api.services.assessment_pack import parameters_of
from api.services.calibration import calibrate_network, read_outcomes
from api.services.runs import pack_for, published
from api.services.workspace import open_workspace
from api.settings import load_settings
from graph_model.errors import BadInput, StoreError
from graph_model.network_folder import read_network_folder
from policy.pack import Parameter, read_pack
from policy.pack_writing import write_pack

COUNT = 120
DAY = date(2026, 6, 30)
VERSION = "0.1-fitted-2027-06-30"
NODES = (
    "id,kind,sector,revenue,material_cost,equity,current_assets,current_liabilities,total_assets"
)


def network_folder(folder: Path, day: str = "2026-06-30") -> Path:
    """120 enterprises in groups of four: the first owes the three others."""
    folder.mkdir(parents=True)
    (folder / "network.toml").write_text(f'unit = "yuan"\ndate = {day}\n', "utf-8")
    nodes = [f"E{k:03d},enterprise,3612,1000,800,{60 + k},500,400,1000" for k in range(COUNT)]
    nodes.append("X,enterprise,3612,,,,,,")
    (folder / "nodes.csv").write_text("\n".join([NODES, *nodes]) + "\n", "utf-8")
    owed = [f"E{k - k % 4:03d},E{k:03d},100" for k in range(COUNT) if k % 4]
    (folder / "payable.csv").write_text("\n".join(["row,column,amount", *owed]) + "\n", "utf-8")
    return folder


def outcomes(path: Path, *, falls: int = 36, more: str = "") -> Path:
    """Whole groups fell, but for some singles; the last row is of a party without a figure."""
    fallen = {k for k in range(COUNT) if k // 4 % 5 == 0} | {k for k in range(COUNT) if k % 7 == 1}
    chosen = sorted(fallen)[:falls]
    rows = [
        f"E{k:03d},{'2026-09-01' if k in chosen else ''},{'yes' if k in chosen else 'no'}"
        for k in range(COUNT)
    ]
    path.write_text("\n".join(["party,date,fell", *rows, "X,,no"]) + "\n" + more, "utf-8")
    return path


@pytest.fixture(autouse=True)
def few_slopes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dependence from a few simulated years only: nothing here is about intervals."""
    monkeypatch.setattr(calibration, "YEARS_OF_SLOPES", 4)


@pytest.fixture
def calibrated(run: Run, tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    network_folder(tmp_path / "network")
    outcomes(tmp_path / "outcomes.csv")

    def once(*words: object) -> tuple[int, str, str]:
        given = (tmp_path / "outcomes.csv", "--network", tmp_path / "network")
        return run("calibrate", *given, "--scenarios", 128, *words)

    return once


def test_a_fit_becomes_a_pack_in_force_and_probabilities_are_shown(
    run: Run, calibrated: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    network, later = tmp_path / "network", network_folder(tmp_path / "later", "2027-06-30")
    code, out, err = calibrated("--date", "2026-06-30")
    assert code == 0, err
    assert "120 parties, 36 fell; left out: 1 insufficient" in out
    assert "in force from 2027-06-30" in out
    pack = read_pack(tmp_path / "home" / "packs" / "assessment" / "huangpu" / VERSION)
    facts = {row.text("fact"): row.text("value") for row in pack.table("calibration")}
    assert (facts["falls"], facts["parties"], facts["date"]) == ("36", "120", "2026-06-30")
    assert facts["base_pack"] == "assessment/huangpu 0.1"
    for name in ("theta", "own_scale"):
        told = pack.parameter(name)
        assert told.status == "fitted"
        assert f"outcomes sha256 {facts['outcomes_sha256']}" in told.reason
        assert "95 % interval" in told.reason
        assert float(told.value) == pytest.approx(float(facts[name]), rel=1e-3)
    double = pack.parameter("points_to_double_odds")
    assert double.status == "fitted"
    assert float(double.value) == pytest.approx(20 / float(facts["own_slope"]), rel=1e-3)
    assert pack.parameter("lgd").status == "assumption"

    # before it is in force nothing has changed; from its first day the figure is told
    uncalibrated = run("explain", "E001", "--network", network)[1]
    assert "uncalibrated" in uncalibrated
    assert "probability" not in uncalibrated.replace("and no probability", "")
    told_figure = run("explain", "E001", "--network", later)[1]
    assert "uncalibrated" not in told_figure
    assert "standard error" in told_figure
    assert "too little is known" in run("explain", "X", "--network", later)[1]
    assert f"{VERSION} (fitted)" in run("assess", "--network", later)[1]

    code, _, err = calibrated()
    assert code == 2
    assert "in force from the same day" in err


def test_the_day_may_be_later_and_never_earlier(
    calibrated: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    code, _, err = calibrated("--from", "2027-06-29")
    assert code == 2
    assert "would know the future" in err
    assert calibrated("--from", "2028-01-01")[0] == 0
    settings = load_settings(home=tmp_path / "home")
    day = read_network_folder(tmp_path / "network").valid_date
    assert pack_for(day.replace(year=2028), settings).version == "0.1-fitted-2028-01-01"
    assert pack_for(day.replace(year=2027), settings).version == "0.1"


def test_packs_stand_where_the_setting_says(
    calibrated: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALLIANCE_PACKS", str(tmp_path / "district"))
    assert calibrated()[0] == 0
    assert (tmp_path / "district" / "assessment" / "huangpu" / VERSION / "pack.toml").is_file()


def test_too_few_falls_are_refused_with_the_number_needed(
    calibrated: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    outcomes(tmp_path / "outcomes.csv", falls=29)
    code, _, err = calibrated()
    assert code == 2
    assert "29 falls" in err
    assert "at least 30" in err
    assert not (tmp_path / "home" / "packs").exists()


def test_too_few_scenarios_for_the_outcomes_are_refused_with_more(
    calibrated: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Calibration, "simulation_share", 0.4)
    code, _, err = calibrated()
    assert code == 2
    assert "--scenarios 614" in err  # 128 * (0.4 / 0.2)^2 * 1.2
    assert not (tmp_path / "home" / "packs").exists()


def test_where_no_number_is_given_as_many_scenarios_are_run_as_the_outcomes_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration_service, "SCENARIOS", 128)
    shrinking = property(lambda fit: 0.4 if fit.scenarios == 128 else 0.1)
    monkeypatch.setattr(Calibration, "simulation_share", shrinking)
    network = read_network_folder(network_folder(tmp_path / "network"))
    path = outcomes(tmp_path / "outcomes.csv")
    settings = load_settings(home=tmp_path / "home")
    assert calibrate_network(settings, network, path, seed=3).fit.scenarios == 614
    monkeypatch.setattr(Calibration, "simulation_share", 9.9)
    with pytest.raises(BadInput, match="Simulate more"):
        calibrate_network(load_settings(home=tmp_path / "other"), network, path, seed=3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("party,fell\nE001,no\n", "line 1: party,fell.*columns are party, date, fell"),
        ("party,date,fell\nE001,no\n", "line 2: the header has 3 columns, the line 2"),
        ("party,date,fell\nE999,,no\n", "line 2, party: 'E999'.*no such party"),
        ("party,date,fell\nE001,,no\n\nE001,,no\n", "line 4, party: 'E001'.*line 2 already"),
        ("party,date,fell\nE001,,maybe\n", "line 2, fell: 'maybe'.*yes or no"),
        ("party,date,fell\nE001,2026-07-01,no\n", "line 2, date.*only with a fall"),
        ("party,date,fell\nE001,,yes\n", "line 2, date: ''.*a fall has a day"),
        ("party,date,fell\nE001,1.7.2026,yes\n", "line 2, date.*a fall has a day"),
        ("party,date,fell\nE001,2026-06-30,yes\n", "from 2026-07-01 to before 2027-07-01"),
        ("party,date,fell\nE001,2027-07-01,yes\n", "from 2026-07-01 to before 2027-07-01"),
        ('party,date,fell\n"E001,,no\n', "not CSV in UTF-8"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, text: str, message: str) -> None:
    network = read_network_folder(network_folder(tmp_path / "network"))
    path = tmp_path / "outcomes.csv"
    path.write_text(text, "utf-8")
    last = network.valid_date.replace(year=2027)
    with pytest.raises(BadInput, match=message) as refused:
        read_outcomes(path, network, last)
    assert refused.value.way_out


def test_edges_of_the_horizon_columns_in_any_order_and_codes_are_read(tmp_path: Path) -> None:
    network = read_network_folder(network_folder(tmp_path / "network"))
    path = tmp_path / "outcomes.csv"
    text = "\ufefffell,party,date\r\nyes,E001,2026-07-01\r\nyes, E003 ,2027-06-30\r\nno,E000,\r\n"
    path.write_text(text, "utf-8")
    found = read_outcomes(path, network, network.valid_date.replace(year=2027))
    assert found.place.tolist() == [1, 3, 0]
    assert found.fell.tolist() == [True, True, False]
    with pytest.raises(BadInput, match="cannot be read"):
        read_outcomes(tmp_path / "nowhere.csv", network, network.valid_date)


def test_the_same_outcomes_give_the_same_pack_to_the_byte(tmp_path: Path) -> None:
    network = read_network_folder(network_folder(tmp_path / "network"))
    path = outcomes(tmp_path / "outcomes.csv")
    made = [
        calibrate_network(
            load_settings(home=tmp_path / home), network, path, scenarios=64, seed=3
        ).pack
        for home in ("one", "two")
    ]
    assert made[0].digest == made[1].digest


def test_from_the_store_the_day_must_be_named(run: Run, folder: Path, tmp_path: Path) -> None:
    run("ingest", folder)
    path = tmp_path / "outcomes.csv"
    path.write_text("party,date,fell\n91440112XXXX000191,,no\n", "utf-8")
    code, _, err = run("calibrate", path)
    assert code == 2
    assert "--date" in err
    code, _, err = run("calibrate", path, "--date", "2026-10-31")
    assert code == 2
    assert "at least 30" in err
    code, _, err = run("calibrate", path, "--date", "2026-10-31", "--tx", 7)
    assert code == 2
    assert "the last load is 1" in err
    code, _, err = run("calibrate", path, "--network", folder, "--date", "2026-10-31")
    assert code == 2


def test_one_fitted_constant_alone_calibrates_nothing(tmp_path: Path) -> None:
    base = pack_for(DAY, load_settings(home=tmp_path))
    fitted = [replace(base.parameter(name), status="fitted") for name in ("theta", "own_scale")]

    def made(version: str, changed: list[Parameter]) -> AssessmentParameters:
        given = {"version": version, "status": "fitted", "in_force_from": DAY, "changed": changed}
        return parameters_of(write_pack(base, tmp_path, tables={}, **given))  # type: ignore[arg-type]

    assert not parameters_of(base).calibrated
    assert not made("1", fitted[:1]).calibrated
    assert not made("2", fitted[1:]).calibrated
    assert made("3", fitted).calibrated


def test_a_published_run_keeps_the_pack_it_was_made_with(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    run("ingest", folder)
    run("assess", "--date", "2026-10-31")
    settings = load_settings(home=tmp_path / "home")
    base = pack_for(DAY, settings)
    own = settings.own_packs / "assessment" / "huangpu"
    given = {"version": "9", "status": "rule", "in_force_from": DAY, "tables": {}}
    write_pack(base, own, changed=[replace(base.parameter("theta"), value=0.5)], **given)  # type: ignore[arg-type]
    with open_workspace(settings) as workspace:
        assert published(workspace).parameters.theta == 1.0
    run("assess", "--date", "2026-10-31")
    with open_workspace(settings) as workspace:
        assert published(workspace).parameters.theta == 0.5
    shutil.rmtree(own)
    with (
        open_workspace(settings) as workspace,
        pytest.raises(StoreError, match=r"huangpu 9.*it is gone"),
    ):
        published(workspace)
