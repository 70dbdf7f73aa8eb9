"""Chain risk beside simple rules, over several made districts, and what may be said of it.

Trials are independent of each other and run in processes of their own. A rule is beaten where the
paired 95 % interval of the lead lies above 0, and it wins where the interval lies below.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Literal

from algorithms.validation_scores import (
    CalibrationBin,
    Comparison,
    Estimate,
    Scored,
    calibration_bins,
    compare,
)
from api.services.interbank import Association, interbank_association
from api.services.trial import Asked, Tell, Trial, run_trial
from api.services.truth import CAUSES
from graph_model.errors import BadInput

DRAWS = 1_000
"""Bootstrap samples behind each interval."""

PREDICTORS: Mapping[str, tuple[str, str]] = {
    "chain_risk": ("链上风险", "chain risk"),
    "own_risk": ("自身风险（同一引擎，θ = 0）", "own risk (same engine, θ = 0)"),
    "links": ("关联数量", "number of links"),
    "exposure": ("最大敞口", "largest exposure"),
    "exposure_share": ("最大敞口/承受能力", "largest exposure / capacity"),
    "pagerank": ("个性化 PageRank", "personalised PageRank"),
    "neighbours": ("邻居特征逻辑回归", "logistic with fitted neighbour features"),
    "placebo": ("重连网络（安慰剂）", "chain risk on a rewired network (placebo)"),
    "hindsight": ("事后拟合（上限）", "hindsight: fitted to these very falls"),
}
"""Predictors with their names in both languages; the first is held against all others."""

RIVALS = ("own_risk", "links", "exposure", "exposure_share", "pagerank", "neighbours")
"""Rules that foretell: neither the placebo nor hindsight is one."""

Outcome = Literal["beats", "does not beat", "loses to"]
MEASURES = ("auc", "capture", "brier")


@dataclass(frozen=True)
class Group:
    """Trials of one kind, scored together.

    Parameters
    ----------
    trials : tuple of Trial
        By seed.
    compared : dict of str to Comparison
        By predictor.
    by_cause : dict of str to dict of str to Comparison
        Only falls of one cause, beside all that stood.
    expected : dict of str to list of CalibrationBin
        Of chain risk, own risk and the logistic, by warning level.
    """

    trials: tuple[Trial, ...]
    compared: Mapping[str, Comparison]
    by_cause: Mapping[str, Mapping[str, Comparison]]
    expected: Mapping[str, list[CalibrationBin]]


@dataclass(frozen=True)
class Validation:
    """All that the page tells.

    Parameters
    ----------
    districts, null : Group
        Null districts are those in which nothing spreads; None where they were left out.
    interbank : Association or None
    levels : tuple of str
        Names of the bins: below the lowest warning level, and each level.
    """

    districts: Group
    null: Group | None
    interbank: Association | None
    levels: tuple[str, ...]


def verdict(lead: Estimate) -> Outcome:
    """What a paired lead allows to say.

    >>> verdict(Estimate(0.03, 0.01, 0.05)), verdict(Estimate(0.01, -0.01, 0.03))
    ('beats', 'does not beat')
    """
    return "beats" if lead.low > 0 else "loses to" if lead.high < 0 else "does not beat"


def validate(
    seeds: Sequence[int],
    enterprises: int,
    *,
    null: bool = True,
    interbank: Path | None = None,
    processes: int = 2,
    folder: Path | None = None,
    tell: Callable[[str, str], None] = lambda _who, _what: None,
) -> Validation:
    """Make districts, forecast, and compare.

    Parameters
    ----------
    seeds : sequence of int
        One district each, and with `null` one more.
    enterprises : int
        Of each district.
    null : bool
        Also make the districts in which nothing spreads.
    interbank : pathlib.Path, optional
        Folder of the interbank files.
    processes : int
        Trials at a time.
    folder : pathlib.Path, optional
        Where to keep districts and stores; otherwise they are removed.
    tell : callable
        Told which trial begins what.

    Raises
    ------
    BadInput
        For seeds that stand twice, a folder that is not empty, and what a trial refuses.
    """
    if not seeds or len(set(seeds)) != len(seeds):
        raise BadInput(f"seeds {list(seeds)}", "each stands once", "Name 1,2,3,4,5, say.")
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise BadInput(str(folder), "districts are kept in an empty folder", "Name another one.")
    processes = min(processes, len(seeds) * (1 + null))
    threads = max(1, (os.cpu_count() or 1) // processes)
    asked = [
        Asked(seed, enterprises, contagion, threads)
        for contagion in ((True, False) if null else (True,))
        for seed in seeds
    ]
    associated = None
    with tempfile.TemporaryDirectory() as made:
        root = Path(made) if folder is None else folder
        if interbank is not None:
            tell("interbank", "take its files in and assess")
            associated = interbank_association(interbank, root / "interbank")
        trials = _run_all(asked, root, processes, tell)
    tell("all", "bootstrap")
    groups = [
        _grouped([trials[a] for a in asked if a.contagion is contagion])
        for contagion in ((True, False) if null else (True,))
    ]
    levels = ("–", *(level.name for level in trials[asked[0]].levels))
    return Validation(groups[0], groups[1] if null else None, associated, levels)


def name_of(asked: Asked) -> str:
    """Name of a trial, for progress and folders."""
    return f"{'district' if asked.contagion else 'null'}-{asked.seed}"


def _run_all(
    asked: Sequence[Asked], root: Path, processes: int, tell: Callable[[str, str], None]
) -> dict[Asked, Trial]:
    if processes == 1:
        return {a: _run_one(a, root / name_of(a), _Teller(tell, name_of(a))) for a in asked}
    context = get_context("spawn")
    with context.Manager() as manager:
        heard: Queue[tuple[str, str] | None] = manager.Queue()
        listener = Thread(target=_pass_on, args=(heard, tell), daemon=True)
        listener.start()
        with ProcessPoolExecutor(processes, mp_context=context) as pool:
            running: dict[Future[Trial], Asked] = {
                pool.submit(_run_one, a, root / name_of(a), _Sender(heard, name_of(a))): a
                for a in asked
            }
            try:
                found = {running[done]: done.result() for done in as_completed(running)}
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
            finally:
                heard.put(None)
                listener.join()
    return found


def _run_one(asked: Asked, folder: Path, tell: Tell) -> Trial:
    folder.mkdir(parents=True)
    made = run_trial(asked, folder, tell)
    tell("done")
    return made


@dataclass(frozen=True)
class _Teller:
    tell: Callable[[str, str], None]
    name: str

    def __call__(self, what: str) -> None:
        self.tell(self.name, what)


@dataclass(frozen=True)
class _Sender:
    queue: "Queue[tuple[str, str] | None]"
    name: str

    def __call__(self, what: str) -> None:
        self.queue.put((self.name, what))


def _pass_on(heard: "Queue[tuple[str, str] | None]", tell: Callable[[str, str], None]) -> None:
    while (said := heard.get()) is not None:
        tell(*said)


def _grouped(trials: Iterable[Trial]) -> Group:
    some = tuple(trials)
    scored = [trial.scored for trial in some]
    causes: dict[str, list[Scored]] = {
        cause: [trial.by_cause[cause] for trial in some if cause in trial.by_cause]
        for cause in CAUSES
    }
    edges = [0.0, *(level.lower for level in some[0].levels)]
    return Group(
        trials=some,
        compared=compare(scored, draws=DRAWS),
        by_cause={c: compare(falls, draws=DRAWS) for c, falls in causes.items() if falls},
        expected={
            name: calibration_bins(scored, name, edges, draws=DRAWS)
            for name in ("chain_risk", "own_risk", "neighbours")
        },
    )
