"""Outcomes in, an assessment pack with fitted constants out.

    party,date,fell
    91440112XXXX000191,2026-03-01,yes        the target event happened on that day
    91440112XXXX00027U,,no                   it did not happen within the horizon

The picture is that of the day before the horizon. The new pack is the one that would be in force
when it begins, with theta, the own scale and the points that double the odds of own risk replaced;
it begins when the horizon has ended, so that no figure ever rests on what came after it.
"""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from io import StringIO
from math import exp
from pathlib import Path

import numpy as np
import numpy.typing as npt

from algorithms.calibration import Calibration, Progress, calibrate, worlds_of
from algorithms.own_slope import OwnSlope, own_slope
from algorithms.parameters import AssessmentParameters
from algorithms.scorecard import scorecard
from api.services.assessment_pack import MOST, parameters_of
from api.services.pictures import picture
from api.services.rights import party_id_of
from api.services.runs import code_version, pack_folders, pack_for
from api.services.workspace import Workspace
from api.settings import Settings
from graph_model.errors import BadInput
from graph_model.network import CreditNetwork, known
from graph_model.network_folder import read_network_folder
from graph_model.snapshot import Interval, months_before
from policy.pack import Pack, Parameter, pack_versions
from policy.pack_writing import write_pack

HORIZON_MONTHS = 12
COLUMNS = ("party", "date", "fell")
SCENARIOS, MOST_SCENARIOS = 1_000, 30_000
SIMULATION_SHARE = 0.2
"""Simulation errors below this share of half an interval widen it by less than 2 %."""
FITTED = "-fitted-"


@dataclass(frozen=True)
class Outcomes:
    """Who fell within the horizon and who did not.

    Parameters
    ----------
    place : array of int64, shape (k,)
        Places in the picture.
    fell : array of bool, shape (k,)
    sha256 : str
        Of the file.
    """

    place: npt.NDArray[np.int64]
    fell: npt.NDArray[np.bool_]
    sha256: str


@dataclass(frozen=True)
class Calibrated:
    """A fit and the pack that states it."""

    network: CreditNetwork
    fit: Calibration
    slope: OwnSlope
    pack: Pack


def calibrate_day(
    workspace: Workspace,
    outcomes: Path,
    day: date,
    *,
    tx: int | None = None,
    begins: date | None = None,
    scenarios: int | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> Calibrated:
    """Calibrate on the picture of a day, as known after a load; as `calibrate_network`.

    What was stated of that day only later is in the picture unless `tx` leaves it out.
    """
    network = picture(workspace, day, tx)
    return calibrate_network(
        workspace.settings,
        network,
        outcomes,
        begins=begins,
        scenarios=scenarios,
        seed=seed,
        progress=progress,
    )


def calibrate_folder(
    settings: Settings,
    folder: Path,
    outcomes: Path,
    day: date | None,
    *,
    begins: date | None = None,
    scenarios: int | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> Calibrated:
    """Calibrate on a network folder; as `calibrate_network`.

    Raises
    ------
    BadInput
        Also when the folder is of another day than the one named.
    """
    network = read_network_folder(folder)
    if day not in (None, network.valid_date):
        rule = f"the folder is a picture of {network.valid_date}"
        raise BadInput(f"--date {day}", rule, "Leave --date out, or name another folder.")
    return calibrate_network(
        settings,
        network,
        outcomes,
        begins=begins,
        scenarios=scenarios,
        seed=seed,
        progress=progress,
    )


def calibrate_network(
    settings: Settings,
    network: CreditNetwork,
    outcomes: Path,
    *,
    begins: date | None = None,
    scenarios: int | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> Calibrated:
    """Fit theta, own scale and steepness to outcomes; write them as a pack of the district's own.

    Parameters
    ----------
    settings : Settings
    network : CreditNetwork
        Picture of the day before the horizon.
    outcomes : Path
        CSV with the columns party, date, fell.
    begins : datetime.date, optional
        Day from which the pack is in force; by default, and at the earliest, the last of the
        horizon.
    scenarios : int, optional
        Of each simulation; there are some hundreds. By default `SCENARIOS`, and then as many as
        their own error asks for.
    seed : int, optional
        Otherwise from the settings.
    progress : callable, optional

    Raises
    ------
    BadInput
        For a line that is wrong, too few outcomes, a pack that exists or begins on the same day,
        and too few scenarios for the outcomes there are.
    """
    last = months_before(network.valid_date, -HORIZON_MONTHS)
    begins = begins or last
    if begins < last:
        rule = f"the outcomes are known only on {last}: before it the pack would know the future"
        raise BadInput(f"in force from {begins}", rule, "Let it begin then, or later.")
    taken = [p for p in pack_versions(*pack_folders(settings)) if p.in_force_from == begins]
    if taken:
        rule = f"{taken[0].folder} is in force from the same day"
        raise BadInput(f"in force from {begins}", rule, "Let the new one begin later: --from.")
    base = pack_for(begins, settings)
    found = read_outcomes(outcomes, network, last)
    stated = parameters_of(base)
    slope = _own_slope(network, stated, found)
    parameters = replace(stated, points_to_double_odds=_points_to_double(base, slope))
    keyed = settings.seed if seed is None else seed
    how_many = SCENARIOS if scenarios is None else scenarios
    while True:
        fit = calibrate(
            worlds_of(network, parameters),
            found.place,
            found.fell,
            falls_needed=int(base.number("falls_needed", 1, MOST)),
            horizon_months=HORIZON_MONTHS,
            scenarios=how_many,
            seed=keyed,
            threads=settings.threads or None,
            progress=progress,
        )
        if fit.simulation_share <= SIMULATION_SHARE:
            break
        more = int(how_many * (fit.simulation_share / SIMULATION_SHARE) ** 2 * 1.2)
        if scenarios is not None or more > MOST_SCENARIOS:
            value = f"{how_many} scenarios"
            rule = (
                f"their error is {fit.simulation_share:.0%} of half an interval, "
                f"at most {SIMULATION_SHARE:.0%} is honest"
            )
            raise BadInput(value, rule, f"Simulate more: --scenarios {more}.")
        how_many = more
    pack = write_pack(
        base,
        pack_folders(settings)[1],
        version=f"{base.version.split(FITTED)[0]}{FITTED}{begins}",
        status="fitted",
        in_force_from=begins,
        changed=[*_parameters(base, network, fit, found), *_steepness(base, network, slope)],
        tables={"calibration": _facts(base, network, fit, slope, found)},
    )
    return Calibrated(network, fit, slope, pack)


def read_outcomes(path: Path, network: CreditNetwork, last: date) -> Outcomes:
    """Read outcomes of the parties of a picture.

    Parameters
    ----------
    path : Path
        CSV in UTF-8 with the columns party (id or unified social credit code), date (of the fall,
        empty where there was none) and fell (yes or no).
    network : CreditNetwork
        Picture of the day before the horizon.
    last : datetime.date
        Last day of the horizon.

    Raises
    ------
    BadInput
        Naming file, line, column, value, rule and way out.
    """
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise BadInput(str(path), f"cannot be read ({problem.strerror})", "Name a file.") from None
    begin, end = (day + timedelta(days=1) for day in (network.valid_date, last))
    horizon = Interval(begin.isoformat(), end.isoformat())
    line_of: dict[int, int] = {}
    fell = []
    for line, row in _rows(path, content):
        place = _place(network, row["party"])
        if place is None:
            rule = f"the picture of {network.valid_date} has no such party"
            raise _wrong(path, line, "party", row, rule, "Correct the code, or leave the row out.")
        if place in line_of:
            rule = f"line {line_of[place]} already states this party"
            raise _wrong(path, line, "party", row, rule, "Leave one of the two rows out.")
        line_of[place] = line
        if row["fell"] not in ("yes", "no"):
            raise _wrong(path, line, "fell", row, "it is yes or no", "Write one of the two.")
        yes = row["fell"] == "yes"
        if not yes and row["date"]:
            rule = "a day stands only with a fall"
            raise _wrong(path, line, "date", row, rule, "Leave it empty, or write yes.")
        if yes:
            _check_day(path, line, row, horizon)
        fell.append(yes)
    return Outcomes(
        np.array(list(line_of), dtype=np.int64),
        np.array(fell, dtype=np.bool_),
        hashlib.sha256(content).hexdigest(),
    )


def _rows(path: Path, content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and stripped cells of every row."""
    try:
        lines = csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        header = [name.strip() for name in next(lines, [])]
        if sorted(header) != sorted(COLUMNS):
            rule = f"the columns are {', '.join(COLUMNS)}"
            raise BadInput(f"{path} line 1: {','.join(header)}", rule, "Correct the header.")
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                rule = f"the header has {len(header)} columns, the line {len(cells)}"
                raise BadInput(f"{path} line {lines.line_num}", rule, "Correct the line.")
            named = zip(header, (cell.strip() for cell in cells), strict=True)
            yield lines.line_num, dict(named)
    except (csv.Error, UnicodeDecodeError) as problem:
        rule = f"it is not CSV in UTF-8 ({problem})"
        raise BadInput(str(path), rule, "Save it as CSV in UTF-8.") from None


def _place(network: CreditNetwork, text: str) -> int | None:
    exact = network.place(text)
    return network.place(party_id_of(text)) if exact is None else exact


def _check_day(path: Path, line: int, row: dict[str, str], horizon: Interval) -> None:
    try:
        day = date.fromisoformat(row["date"]).isoformat()
    except ValueError:
        rule = "a fall has a day"
        raise _wrong(path, line, "date", row, rule, "Write it as 2026-10-31.") from None
    if not horizon.holds_on(day):
        rule = f"the horizon is from {horizon.start} to before {horizon.end}"
        way_out = "Before it: leave the row out. After it: write no and no day."
        raise _wrong(path, line, "date", row, rule, way_out)


def _wrong(
    path: Path, line: int, column: str, row: dict[str, str], rule: str, way_out: str
) -> BadInput:
    return BadInput(f"{path} line {line}, {column}: '{row[column]}'", rule, way_out)


def _parameters(
    base: Pack, network: CreditNetwork, fit: Calibration, found: Outcomes
) -> list[Parameter]:
    """Theta and the own scale as the pack states them."""
    told = (
        f"fitted together to {fit.parties} parties of the picture of {network.valid_date}, of "
        f"which {fit.falls} fell within {fit.horizon_months} months; "
        f"outcomes sha256 {found.sha256}; 95 % interval "
    )
    theta, scale = float(f"{fit.theta:.4g}"), float(f"{fit.own_scale:.4g}")
    return [
        replace(
            base.parameter("theta"),
            value=theta,
            status="fitted",
            read_as=(
                f"losing one's whole capacity adds an intensity of {theta:g} a year: "
                f"{1 - exp(-theta):.0%} within a year"
            ),
            clause="",
            reason=told + interval_text(fit.theta_interval),
        ),
        replace(
            base.parameter("own_scale"),
            value=scale,
            status="fitted",
            read_as=f"own intensities of parties are what their points say, times {scale:g}",
            clause="",
            reason=told + interval_text(fit.own_scale_interval),
        ),
    ]


def _own_slope(
    network: CreditNetwork, parameters: AssessmentParameters, found: Outcomes
) -> OwnSlope:
    """Steepness of own risk, from the points of the parties with an outcome."""
    lost = parameters.reference_points - scorecard(network, parameters).points
    lost = np.where(known(network.columns["event_on"]), np.nan, lost)  # fallen before
    return own_slope(lost[found.place] / parameters.points_to_double_odds, found.fell)


def _points_to_double(base: Pack, slope: OwnSlope) -> float:
    """As the new pack states it: rounded, so that the fit rests on what is stated."""
    stated = base.number("points_to_double_odds", 0, MOST)
    return float(f"{stated / slope.value:.4g}") if slope.falls else stated


def _steepness(base: Pack, network: CreditNetwork, slope: OwnSlope) -> list[Parameter]:
    """Points to double the odds as the pack states them, where outcomes say anything of them."""
    if not slope.falls:
        return []
    double = _points_to_double(base, slope)
    low, high = (double * slope.value / end for end in reversed(slope.interval))
    return [
        replace(
            base.parameter("points_to_double_odds"),
            value=double,
            status="fitted",
            read_as=f"{double:g} points less double the odds of a fall",
            clause="",
            reason=(
                f"fitted to the points of {slope.parties} parties of the picture of "
                f"{network.valid_date}, of which {slope.falls} fell; 95 % interval "
                f"{interval_text((low, high))}"
            ),
        )
    ]


def interval_text(ends: tuple[float, float]) -> str:
    """Both ends of an interval, in words where there is no upper one.

    >>> interval_text((0.0, float("inf")))
    '0 or more'
    """
    low, high = ends
    return f"{low:.3g} or more" if high == float("inf") else f"{low:.3g} to {high:.3g}"


def _facts(
    base: Pack, network: CreditNetwork, fit: Calibration, slope: OwnSlope, found: Outcomes
) -> dict[str, str]:
    """What the fit rests on and how sure it is, for the table `calibration.csv`."""
    numbers = {
        "theta": fit.theta,
        "theta_low": fit.theta_interval[0],
        "theta_high": fit.theta_interval[1],
        "own_scale": fit.own_scale,
        "own_scale_low": fit.own_scale_interval[0],
        "own_scale_high": fit.own_scale_interval[1],
        "own_slope": slope.value,
        "own_slope_low": slope.interval[0],
        "own_slope_high": slope.interval[1],
        "log_likelihood": fit.log_likelihood,
        "own_scale_without_contagion": fit.own_scale_alone,
        "log_likelihood_without_contagion": fit.log_likelihood_alone,
        "theta_dependence": fit.theta_dependence,
        "own_scale_dependence": fit.own_scale_dependence,
        "theta_simulation_error": fit.theta_error,
        "own_scale_simulation_error": fit.own_scale_error,
        "log_likelihood_simulation_error": fit.log_likelihood_error,
    }
    return {
        "picture": network.network_id,
        "date": network.valid_date.isoformat(),
        "horizon_months": str(fit.horizon_months),
        "outcomes_sha256": found.sha256,
        "outcomes": str(len(found.place)),
        "parties": str(fit.parties),
        "falls": str(fit.falls),
        "left_out_insufficient": str(fit.insufficient),
        "left_out_already_fallen": str(fit.already_fallen),
        **{name: f"{value:.6g}" for name, value in numbers.items()},
        "scenarios": str(fit.scenarios),
        "seed": str(fit.seed),
        "base_pack": base.reference,
        "base_digest": base.digest,
        "code": code_version(),
    }
