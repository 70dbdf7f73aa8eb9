"""One trial: a made district, forecast from its source files, held against what then happened.

    source files seen until month 12          -> picture, as it was known then
    events the files show in months 13 to 24  -> outcomes the constants are fitted to
    source files seen until month 24          -> picture, chain risk and the simple rules
    truth of months 25 to 36                  -> who fell

The truth is opened last, when every forecast has been made.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from algorithms.calibration import Calibration, Worlds, calibrate, worlds_of
from algorithms.capacity import capacity
from algorithms.chain_risk import ChainRisk, chain_risk
from algorithms.industry import RunNetwork, run_network
from algorithms.links import Floats, Ints
from algorithms.own_slope import OwnSlope
from algorithms.parameters import AssessmentParameters, Level
from algorithms.rewiring import rewired
from algorithms.scorecard import scorecard
from algorithms.simple_predictors import (
    Pairs,
    fit_logistic,
    largest_exposure,
    link_count,
    neighbour_features,
    pairs_of,
    personalised_pagerank,
)
from algorithms.validation_scores import Scored
from api.services import districts, runs
from api.services.assessment_pack import parameters_of
from api.services.calibration import calibrate_network
from api.services.outcomes import counted, recorded_falls, write_outcomes
from api.services.pictures import picture
from api.services.truth import CAUSES, Truth, read_truth
from api.services.workspace import Workspace, open_workspace
from api.settings import load_settings
from graph_model.network import CreditNetwork, known
from graph_model.snapshot import months_before
from ingest.district.settings import DistrictSetting

Bools = npt.NDArray[np.bool_]
Tell = Callable[[str], None]
"""Told what begins."""

PROBABILITIES = frozenset({"chain_risk", "own_risk", "neighbours", "placebo", "hindsight"})


@dataclass(frozen=True)
class Asked:
    """What a trial is made of.

    Parameters
    ----------
    seed, enterprises : int
    contagion : bool
    threads : int
    """

    seed: int
    enterprises: int
    contagion: bool
    threads: int


@dataclass(frozen=True)
class Trial:
    """Forecasts of one district beside what happened.

    Parameters
    ----------
    asked : Asked
    fit : Calibration
        Of theta and the own scale.
    own_slope : OwnSlope
    placebo_fit : Calibration
        The same on the rewired network.
    scored : Scored
        Parties at risk: counted, with a figure, and without a target event before.
    by_cause : dict of str to Scored
        The same without those who fell of another cause; a cause nobody fell of is left out.
    without_figure : int
        Counted parties that fell later and had no figure.
    events_seen : int
        Target events of counted parties that the source files show in months 13 to 24.
    levels : tuple of Level
        Warning levels of the pack.
    seconds : dict of str to float
        By stage.
    """

    asked: Asked
    fit: Calibration
    own_slope: OwnSlope
    placebo_fit: Calibration
    scored: Scored
    by_cause: Mapping[str, Scored]
    without_figure: int
    events_seen: int
    levels: tuple[Level, ...]
    seconds: Mapping[str, float]


def run_trial(asked: Asked, folder: Path, tell: Tell) -> Trial:
    """Make a district, forecast, and hold the forecasts against what happened.

    Parameters
    ----------
    asked : Asked
    folder : pathlib.Path
        Empty; district, store, pictures and packs are written there.
    tell : callable
    """
    clock = _Clock(tell)
    district, home = folder / "district", folder / "home"
    settings = load_settings(home=home, store="", packs=home / "packs", threads=asked.threads)
    with clock.stage("make the district"):
        wanted = DistrictSetting(asked.enterprises, asked.seed, contagion=asked.contagion)
        districts.make(settings, wanted, district)
    with open_workspace(settings) as workspace:
        until = districts.last_day(district / "sources")
        with clock.stage("take its files in"):
            known_then = districts.take_in(
                workspace, district / "sources", months_before(until, 12)
            )
        with clock.stage("pictures"):
            before = picture(workspace, months_before(until, 12), known_then)
            after = picture(workspace, until)
        forecast = _forecast(workspace, before, after, asked, clock)
    return _held_against(read_truth(district), after, forecast, asked, clock.seconds)


@dataclass(frozen=True)
class _Forecast:
    """Scores of every party of a picture (shape (n,)) by predictor, and how they were fitted."""

    scores: Mapping[str, Floats]
    features: Floats
    fit: Calibration
    own_slope: OwnSlope
    placebo_fit: Calibration
    events_seen: int
    levels: tuple[Level, ...]


def _forecast(
    workspace: Workspace,
    before: CreditNetwork,
    after: CreditNetwork,
    asked: Asked,
    clock: "_Clock",
) -> _Forecast:
    """Everything that is said before the truth is opened."""
    settings, parties = workspace.settings, len(after)
    outcomes = settings.home / "outcomes.csv"
    events = write_outcomes(outcomes, before, after)
    with clock.stage("calibrate"):
        made = calibrate_network(settings, before, outcomes, seed=asked.seed)
    parameters = parameters_of(made.pack)
    with clock.stage("assess"):
        assessed = runs.assess_day(workspace, after.valid_date, seed=asked.seed)
    with clock.stage("placebo"):
        place, fell = _outcomes(before, after)
        placebo_fit = calibrate(
            _rewired_worlds(before, parameters, asked.seed),
            place,
            fell,
            falls_needed=1,
            scenarios=made.fit.scenarios,
            seed=asked.seed,
            threads=settings.threads or None,
        )
        fitted = replace(parameters, theta=placebo_fit.theta, own_scale=placebo_fit.own_scale)
        placebo = _rewired_worlds(after, fitted, asked.seed)(fitted.theta, fitted.own_scale)
        placebo_run = _run(placebo, assessed.run.scenarios, asked)
    with clock.stage("simple rules"):
        alone = replace(parameters, theta=1.0, own_scale=made.fit.own_scale_alone)
        past, now = _Facts.of(before, alone), _Facts.of(after, alone)
        usable = ~np.isnan(past.own_rate[place]) & ~past.fallen[place]
        logistic = fit_logistic(past.features[place[usable]], fell[usable])
        own = -np.expm1(-now.own_rate)
        share = largest_exposure(now.pairs, parties) / now.capacity
        restart = np.where(now.fallen, 1.0, np.nan_to_num(own))
    return _Forecast(
        scores={
            "chain_risk": assessed.run.probability[:parties],
            "own_risk": own,
            "links": link_count(now.pairs, parties),
            "exposure": largest_exposure(now.pairs, parties),
            "exposure_share": np.nan_to_num(share),
            "pagerank": personalised_pagerank(now.pairs, restart),
            "neighbours": logistic.probability(now.features),
            "placebo": placebo_run.probability[:parties],
        },
        features=now.features,
        fit=made.fit,
        own_slope=made.slope,
        placebo_fit=placebo_fit,
        events_seen=events,
        levels=parameters.levels,
    )


def _held_against(
    truth: Truth,
    after: CreditNetwork,
    forecast: _Forecast,
    asked: Asked,
    seconds: Mapping[str, float],
) -> Trial:
    """Forecasts of the parties at risk beside what happened to them."""
    ids = [raw.decode() for raw in after.party_id.tolist()]
    whole = counted(after) & np.array([party not in truth.earlier for party in ids])
    later = np.array([party in truth.later for party in ids])
    at_risk = whole & ~np.isnan(forecast.scores["chain_risk"])
    scores = {name: values[at_risk] for name, values in forecast.scores.items()}
    fell = later[at_risk]
    chance = np.clip(scores["chain_risk"], 1e-9, 1 - 1e-9)
    known_better = np.column_stack([forecast.features[at_risk], np.log(chance / (1 - chance))])
    scores["hindsight"] = fit_logistic(known_better, fell).probability(known_better)
    scored = Scored(fell, scores, PROBABILITIES)
    cause = np.array([truth.later.get(party, "") for party in ids])[at_risk]
    by_cause = {}
    for name in CAUSES:
        chosen = ~fell | (cause == name)
        if (cause == name).any():
            some = {key: values[chosen] for key, values in scores.items()}
            by_cause[name] = Scored(fell[chosen], some, PROBABILITIES)
    return Trial(
        asked=asked,
        fit=forecast.fit,
        own_slope=forecast.own_slope,
        placebo_fit=forecast.placebo_fit,
        scored=scored,
        by_cause=by_cause,
        without_figure=int((whole & later & ~at_risk).sum()),
        events_seen=forecast.events_seen,
        levels=forecast.levels,
        seconds=seconds,
    )


@dataclass(frozen=True)
class _Facts:
    """What the simple rules read of a picture."""

    own_rate: Floats
    fallen: Bools
    pairs: Pairs
    capacity: Floats
    features: Floats

    @classmethod
    def of(cls, network: CreditNetwork, parameters: AssessmentParameters) -> "_Facts":
        own_rate = scorecard(network, parameters).own_rate
        pairs = pairs_of(run_network(network, parameters, own_rate), len(network))
        fallen = known(network.columns["event_on"])
        room = capacity(network, parameters).point
        features = neighbour_features(pairs, own_rate, fallen, room)
        return cls(own_rate, fallen, pairs, room, features)


def _outcomes(before: CreditNetwork, after: CreditNetwork) -> tuple[Ints, Bools]:
    """Places of the counted parties and whether they fell."""
    place = np.flatnonzero(counted(before))
    return place, known(recorded_falls(before, after))[place]


def _rewired_worlds(network: CreditNetwork, parameters: AssessmentParameters, seed: int) -> Worlds:
    """As `worlds_of`, with partners drawn by lot: the same lots at any theta and own scale."""
    world = worlds_of(network, parameters)

    def placebo(theta: float, own_scale: float) -> RunNetwork:
        made = world(theta, own_scale)
        return replace(made, links=rewired(made.links, len(network), seed))

    return placebo


def _run(made: RunNetwork, scenarios: int, asked: Asked) -> ChainRisk:
    return chain_risk(
        made.party_id,
        made.own_rate,
        made.links,
        scenarios=scenarios,
        seed=asked.seed,
        threads=asked.threads,
        already_fallen=made.already_fallen,
        unknown_rate=made.unknown_rate,
    )


class _Clock:
    """Seconds by stage."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self.tell(name)
        begun = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - begun
