"""Theta and own scale are found again from falls that a plain simulation made with them."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from algorithms import calibration
from algorithms.calibration import Calibration, Worlds, calibrate, worlds_of
from algorithms.industry import RunNetwork
from algorithms.links import Floats, Links
from graph_model.errors import BadInput
from tests.algorithms.networks import links_of
from tests.algorithms.pictures import pack_parameters, picture

PARTIES = 300
Rates = Callable[[float, float], tuple[Floats, Links]]
"""Own intensities and links at a theta and an own scale."""


@pytest.fixture
def few_slopes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dependence from a few simulated years only, where a test is not about intervals."""
    monkeypatch.setattr(calibration, "YEARS_OF_SLOPES", 4)


def parties(count: int = PARTIES) -> npt.NDArray[np.bytes_]:
    return np.array([f"p{k:04d}".encode() for k in range(count)])


def a_world(rng: np.random.Generator, count: int = PARTIES) -> Rates:
    """Own intensities around 5 % a year, three partners each, rates capped at 5 a year."""
    own = np.exp(rng.normal(np.log(0.05), 0.8, count))
    pairs = {(i, int(j)) for i in range(count) for j in rng.integers(0, count, 3) if i != j}
    weights = {two: float(rng.uniform(0.05, 1.0)) for two in sorted(pairs)}

    def rates(theta: float, own_scale: float) -> tuple[Floats, Links]:
        rows = [(i, j, 0, min(5.0, theta * weight)) for (i, j), weight in weights.items()]
        return own * own_scale, links_of(rows)

    return rates


def a_year(own: Floats, links: Links, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Who falls in one year: the process itself, in floats, without the engine."""
    left, rate = rng.exponential(size=len(own)), own.copy()
    fell, now = np.zeros(len(own), np.bool_), 0.0
    while True:
        with np.errstate(divide="ignore"):
            wait = np.where(fell, np.inf, left / rate)
        i = int(np.argmin(wait))
        if now + wait[i] > 1:
            return fell
        now, left = now + wait[i], left - rate * wait[i]
        fell[i] = True
        behind = links.fallen == i
        np.add.at(rate, links.hit[behind], links.rate[behind])


def world_of(rates: Rates, gone: npt.NDArray[np.bool_] | None = None) -> Worlds:
    def world(theta: float, own_scale: float) -> RunNetwork:
        own, links = rates(theta, own_scale)
        fallen = np.zeros(len(own), np.bool_) if gone is None else gone
        none = np.zeros(0, np.int64)
        return RunNetwork(parties(len(own)), own, fallen, 0.0, links, (), none)

    return world


def fitted(
    rates: Rates,
    fell: npt.NDArray[np.bool_],
    gone: npt.NDArray[np.bool_] | None = None,
    **more: object,
) -> Calibration:
    given = {"falls_needed": 20, "scenarios": 640, "seed": 5, "threads": 1} | more
    place = np.arange(len(fell))
    return calibrate(world_of(rates, gone), place, fell, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_theta_and_own_scale_are_found_again(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rates = a_world(rng)
    found = fitted(rates, a_year(*rates(1.0, 1.5), rng))
    assert found.theta_interval[0] <= 1.0 <= found.theta_interval[1]
    assert found.own_scale_interval[0] <= 1.5 <= found.own_scale_interval[1]
    assert found.theta_interval[0] <= found.theta <= found.theta_interval[1]
    assert found.own_scale_interval[0] < found.own_scale < found.own_scale_interval[1]
    assert found.log_likelihood >= found.log_likelihood_alone
    assert found.own_scale_alone > found.own_scale  # alone, own risk contains average contagion
    assert found.theta_dependence >= 1
    assert 0 < found.simulation_share < 0.2


def test_many_years_together_pin_both_down() -> None:
    # five districts that never meet are five independent years
    rng = np.random.default_rng(4)
    worlds = [a_world(rng) for _ in range(5)]

    def rates(theta: float, own_scale: float) -> tuple[Floats, Links]:
        made = [world(theta, own_scale) for world in worlds]
        rows = [
            (int(i) + k * PARTIES, int(j) + k * PARTIES, 0, float(rate))
            for k, (_, links) in enumerate(made)
            for i, j, rate in zip(links.hit, links.fallen, links.rate, strict=True)
        ]
        return np.concatenate([own for own, _ in made]), links_of(rows)

    found = fitted(rates, a_year(*rates(0.8, 1.2), rng), scenarios=320)
    assert found.theta == pytest.approx(0.8, abs=0.4)
    assert found.own_scale == pytest.approx(1.2, rel=0.3)
    assert found.theta_interval[0] > 0  # no contagion is excluded


@pytest.mark.parametrize("seed", [1, 2])
def test_a_world_without_contagion_does_not_exclude_zero(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rates = a_world(rng)
    found = fitted(rates, a_year(*rates(0.0, 1.5), rng))
    assert found.theta_interval[0] == 0.0
    assert found.own_scale_interval[0] <= 1.5 <= found.own_scale_interval[1]


def test_falls_away_from_the_links_give_theta_zero() -> None:
    # Who can be hit stood; who cannot be hit fell: contagion could only make it worse.
    own = np.full(100, 0.1)

    def rates(theta: float, own_scale: float) -> tuple[Floats, Links]:
        rows = [(i, 50 + i, 0, min(5.0, theta)) for i in range(50)]
        return own * own_scale, links_of(rows)

    fell = np.arange(100) >= 60
    found = fitted(rates, fell)
    assert found.theta == 0.0
    assert found.theta_interval[0] == 0.0
    # 40 of 100 fell: 1 - exp(-0.1 s) = 0.4, so s = 5.108
    assert found.own_scale == pytest.approx(5.108, rel=0.03)
    assert found.own_scale_alone == pytest.approx(5.108, rel=0.03)
    # 40 log 0.4 + 60 log 0.6 = -67.301
    assert found.log_likelihood_alone == pytest.approx(
        -67.301, abs=0.5
    )  # a sum of simulated figures


@pytest.mark.usefixtures("few_slopes")
def test_more_falls_everywhere_mean_a_larger_own_scale() -> None:
    rng = np.random.default_rng(6)
    rates = a_world(rng, 120)
    fell = np.arange(120) % 8 == 0
    more = fell | (np.arange(120) % 8 == 4)
    few, many = (fitted(rates, f, scenarios=64, falls_needed=9) for f in (fell, more))
    assert many.own_scale_alone > few.own_scale_alone


@pytest.mark.usefixtures("few_slopes")
def test_the_order_of_outcomes_changes_nothing() -> None:
    rng = np.random.default_rng(7)
    rates = a_world(rng, 150)
    fell = a_year(*rates(0.5, 2.0), rng)
    given = {"falls_needed": 5, "scenarios": 64, "seed": 1, "threads": 1}
    shuffled = rng.permutation(150)
    one = calibrate(world_of(rates), np.arange(150), fell, **given)  # type: ignore[arg-type]
    two = calibrate(world_of(rates), shuffled, fell[shuffled], **given)  # type: ignore[arg-type]
    assert one == two


@pytest.mark.usefixtures("few_slopes")
def test_the_insufficient_and_those_already_fallen_are_left_out_and_counted() -> None:
    rng = np.random.default_rng(8)
    whole = a_world(rng, 150)
    gone = np.arange(150) < 3

    def rates(theta: float, own_scale: float) -> tuple[Floats, Links]:
        own, links = whole(theta, own_scale)
        return np.where(np.arange(150) >= 145, np.nan, own), links

    fell = np.arange(150) % 4 == 0
    found = fitted(rates, fell, gone=gone)
    assert (found.insufficient, found.already_fallen, found.parties) == (5, 3, 142)
    assert found.falls == int(fell[3:145].sum())


def test_too_few_outcomes_are_refused_with_the_number_needed() -> None:
    rates = a_world(np.random.default_rng(9), 100)
    fell = np.arange(100) < 19
    with pytest.raises(BadInput, match=r"19 falls among 100 outcomes.*at least 20"):
        fitted(rates, fell)
    with pytest.raises(BadInput, match=r"10 parties that did not fall.*at least 20"):
        fitted(rates, np.arange(100) < 90)


def test_outcomes_that_say_nothing_about_a_constant_are_refused() -> None:
    rates = a_world(np.random.default_rng(9), 100)
    fell = np.arange(100) < 50
    with pytest.raises(BadInput, match=r"theta: no party .* link that scales"):
        fitted(lambda _theta, scale: rates(1.0, scale), fell)
    with pytest.raises(BadInput, match=r"own_scale: every party .* stated own_rate"):
        fitted(lambda theta, _scale: rates(theta, 1.0), fell)
    with pytest.raises(BadInput, match="p0001: each party has one outcome"):
        calibrate(world_of(rates), np.array([1, 1]), fell[:2], falls_needed=1)


@pytest.mark.usefixtures("few_slopes")
def test_a_picture_is_fitted_with_links_derived_again() -> None:
    header = "id,kind,sector,revenue,material_cost,equity,current_assets,current_liabilities"
    lines = [
        f"e{k:03d},enterprise,3612,1000,800,{20 + 5 * (k % 30)},500,{300 + k}" for k in range(120)
    ]
    owed = [f"e{(k * 7 + 1) % 120:03d},e{k:03d},{10 + k}" for k in range(120)]
    network = picture(
        nodes="|".join([header + ",total_assets", *(f"{line},1000" for line in lines)]),
        payable="|".join(["row,column,amount", *owed]),
    )
    fell = np.arange(120) % 3 == 0
    world = worlds_of(network, pack_parameters())
    assert len(world(1.0, 1.0).party_id) == 121  # with the industry 36
    found = calibrate(world, np.arange(120), fell, falls_needed=30, scenarios=64)
    assert (found.parties, found.falls) == (120, 40)
    assert found.own_scale > 1  # a third fell


def test_progress_is_told_and_can_stop_the_fit() -> None:
    rates = a_world(np.random.default_rng(9), 100)

    def stop(done: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fitted(rates, np.arange(100) < 50, progress=stop)
