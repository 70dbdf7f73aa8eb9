"""A run kept whole: its network, its integer sums, and every fall of its scenarios.

Random numbers are keyed, so these are the falls behind the published figures. They are kept up
to a memory budget, 8 bytes each; past it, the first scenarios that fit stand for the run and the
answer says how many they are.
"""

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from queue import SimpleQueue

import numpy as np
import numpy.typing as npt

from algorithms.chain_risk_setting import Setting, key_of, setting_of
from algorithms.kernels.contagion import TICKS, Desk, Wiring, new_desk
from algorithms.kernels.recording import add_sums, by_node, no_falls, run_scenarios
from algorithms.links import Floats, Ints, Links, Places, check_links
from graph_model.errors import BadInput

BUDGET = 512 * 2**20
"""Bytes that the falls of one run may take."""

BYTES_A_FALL = 8
ROOM = 8_000_000  # falls that one thread may find before it hands them over


@dataclass(frozen=True)
class Falls:
    """Falls of some scenarios, first to last within each.

    Parameters
    ----------
    start : array of int64, shape (scenarios + 1,)
    node, tick : array of int32, shape (falls,)
        Place in sorted order of the parties, and when; scenario s has `start[s]:start[s + 1]`.
    """

    start: Ints
    node: Places
    tick: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.start) - 1

    @cached_property
    def index(self) -> tuple[Ints, Ints]:
        """Places of the falls of every node i: `place[start[i]:start[i + 1]]`, as (start, place).

        8 bytes a fall more; made when it is first asked for.
        """
        return by_node(self.node, int(self.node.max(initial=-1)) + 1)

    def of(self, node: int) -> tuple[Ints, Ints]:
        """Falls of one node: their places in `node` and `tick`, and their scenarios."""
        start, place = self.index
        if node >= len(start) - 1:
            return start[:0], start[:0]
        at = place[start[node] : start[node + 1]]
        return at, np.searchsorted(self.start, at, side="right") - 1


@dataclass(frozen=True)
class RecordedRun:
    """A run with its falls.

    Parameters
    ----------
    party_id, own_rate, already_fallen : arrays of shape (n,)
    links : Links
    unknown_rate, years : float
    seed_key : uint64
        All these as given to `chain_risk`, in the order given.
    setting : Setting
        Gives the sorted order that the places below are in.
    own : array of float64, shape (n,)
        Own rate per horizon; 0 for those already fallen.
    silent : array of bool, shape (n,)
        Who has no figure of his own.
    falls : Falls
        Of scenarios 0, 1, ...
    lost, fell : array of int64, shape (n,)
        Ticks lost and number of falls over the kept scenarios.
    met : array of int64, shape (p,)
        Ticks that both of a pair had fallen.
    asked : int
        Scenarios of the run they stand for; `scenarios` of them are kept.
    """

    party_id: npt.NDArray[np.bytes_]
    own_rate: Floats
    already_fallen: npt.NDArray[np.bool_]
    links: Links
    unknown_rate: float
    years: float
    seed_key: np.uint64
    setting: Setting
    own: Floats
    silent: npt.NDArray[np.bool_]
    falls: Falls
    lost: Ints
    fell: Ints
    met: Ints
    asked: int

    @property
    def scenarios(self) -> int:
        """Scenarios kept."""
        return len(self.falls)

    @cached_property
    def probability(self) -> Floats:
        """Probability of every party, sorted; NaN for those that have none."""
        setting = self.setting
        found = probabilities(
            self.own,
            setting.hit,
            self.links.rate[setting.links],
            setting.pair,
            setting.standing,
            setting.wiring,
            Sums(self.lost, self.fell, self.met),
            self.scenarios,
            self.years,
        )
        return np.where(self.silent, np.nan, found)

    @cached_property
    def sorted_place(self) -> Ints:
        """Place in sorted order of every party, in the order given."""
        return np.argsort(self.setting.parties)


def record_falls(
    party_id: npt.NDArray[np.bytes_],
    own_rate: Floats,
    links: Links,
    *,
    horizon_months: int = 12,
    scenarios: int = 20_000,
    seed: int = 0,
    threads: int | None = None,
    already_fallen: npt.NDArray[np.bool_] | None = None,
    unknown_rate: float = 0.0,
    budget: int = BUDGET,
    progress: Callable[[int, int], None] | None = None,
) -> RecordedRun:
    """Run the scenarios of `chain_risk` with the same arguments and keep their falls.

    Parameters
    ----------
    budget : int
        Bytes for the falls.
    progress : callable, optional
        Called as `progress(scenarios done, scenarios)`.

    Raises
    ------
    BadInput
        For links that do not fit the parties, and when not even one scenario fits the budget.
    """
    begun = begin(
        party_id,
        own_rate,
        links,
        horizon_months=horizon_months,
        seed=seed,
        already_fallen=already_fallen,
        unknown_rate=unknown_rate,
    )
    every = np.arange(scenarios, dtype=np.int64)
    wiring = begun.setting.wiring
    falls, sums = run_some(wiring, begun.seed_key, every, threads, budget, progress)
    if not len(falls):
        rule = "the falls of one scenario take more"
        raise BadInput(f"budget {budget} bytes", rule, "Give it a few megabytes.")
    return with_falls(begun, falls, sums, scenarios)


def begin(
    party_id: npt.NDArray[np.bytes_],
    own_rate: Floats,
    links: Links,
    *,
    horizon_months: int,
    seed: int,
    already_fallen: npt.NDArray[np.bool_] | None,
    unknown_rate: float,
) -> RecordedRun:
    """Set a run up, arguments as `record_falls`, without any scenario: `with_falls` adds them."""
    before = np.zeros(len(party_id), np.bool_) if already_fallen is None else already_fallen
    check_links(links, party_id)
    years = horizon_months / 12
    own = np.where(np.isnan(own_rate), unknown_rate, own_rate) * years
    own[before] = 0.0
    setting = setting_of(party_id, own, links, years, before)
    order, none = setting.parties, np.zeros(0, np.int64)
    nothing = np.zeros(0, np.int32)
    return RecordedRun(
        party_id=party_id,
        own_rate=own_rate,
        already_fallen=before,
        links=links,
        unknown_rate=unknown_rate,
        years=years,
        seed_key=np.uint64(key_of(seed.to_bytes(8, "little"))),
        setting=setting,
        own=own[order],
        silent=(np.isnan(own_rate) | before)[order],
        falls=Falls(np.zeros(1, np.int64), nothing, nothing),
        lost=none,
        fell=none,
        met=none,
        asked=0,
    )


def with_falls(begun: RecordedRun, falls: Falls, sums: "Sums", asked: int) -> RecordedRun:
    """Return a run that was set up, with the falls and sums of its first scenarios."""
    return replace(begun, falls=falls, lost=sums.lost, fell=sums.fell, met=sums.met, asked=asked)


@dataclass(frozen=True)
class Sums:
    """Integer sums of some scenarios, as in `RecordedRun`."""

    lost: Ints
    fell: Ints
    met: Ints

    def add(self, wiring: Wiring, falls: Falls, chosen: Ints, sign: int) -> None:
        """Add or take away scenarios, in place."""
        scratch = no_falls(len(self.lost))
        start, node, tick = falls.start, falls.node, falls.tick
        add_sums(wiring, scratch, start, node, tick, chosen, sign, self.lost, self.fell, self.met)


def run_some(
    wiring: Wiring,
    seed_key: np.uint64,
    numbers: Ints,
    threads: int | None = None,
    budget: int = BUDGET,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Falls, Sums]:
    """Run scenarios by number; the first whose falls fit the budget, and their sums."""
    nodes, pairs = len(wiring.key), len(wiring.out_pair)
    workers = threads or processors()
    size = int(np.clip(ROOM // max(nodes, 1), 1, max(1, min(64, len(numbers) // (4 * workers)))))
    stretches = [numbers[k : k + size] for k in range(0, len(numbers), size)]
    workers = max(1, min(workers, len(stretches)))
    desks = [new_desk(nodes, pairs) for _ in range(workers)]
    free: SimpleQueue[Desk] = SimpleQueue()
    for desk in desks:
        free.put(desk)

    def stretch(some: Ints) -> tuple[Places, Places, Ints]:
        desk = free.get()
        try:
            node, tick = (np.empty(len(some) * nodes, np.int32) for _ in range(2))
            count = np.zeros(len(some), np.int64)
            used = run_scenarios(wiring, desk, seed_key, some, node, tick, count)
            return node[:used].copy(), tick[:used].copy(), count
        finally:
            free.put(desk)

    parts: list[tuple[Places, Places, Ints]] = []
    found, done, full = 0, 0, False
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[tuple[Places, Places, Ints]]] = deque()
        coming = iter(stretches)
        try:
            while True:
                while not full and len(waiting) < 2 * workers:
                    if (some := next(coming, None)) is None:
                        break
                    waiting.append(pool.submit(stretch, some))
                if not waiting:
                    break
                parts.append(waiting.popleft().result())
                found += len(parts[-1][0])
                done += len(parts[-1][2])
                full = found * BYTES_A_FALL > budget
                if progress is not None:
                    progress(done, len(numbers))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    count = np.concatenate([np.zeros(1, np.int64), *(part[2] for part in parts)])
    start = np.cumsum(count)
    node = _joined([part[0] for part in parts])
    tick = _joined([part[1] for part in parts])
    sums = Sums(
        np.sum([desk.batch[:, 0] for desk in desks], axis=0),
        np.sum([desk.batch[:, 1] for desk in desks], axis=0),
        _added([desk.met for desk in desks]),
    )
    kept = int(np.searchsorted(start, budget // BYTES_A_FALL, side="right")) - 1
    if kept < len(start) - 1:
        dropped = np.arange(kept, len(start) - 1, dtype=np.int64)
        sums.add(wiring, Falls(start, node, tick), dropped, -1)
        node, tick = node[: start[kept]].copy(), tick[: start[kept]].copy()
    return Falls(start[: kept + 1], node, tick), sums


def probabilities(
    own: Floats,
    hit: Ints,
    rate: Floats,
    pair: Ints,
    standing: npt.NDArray[np.bool_],
    wiring: Wiring,
    sums: Sums,
    scenarios: int,
    years: float,
) -> Floats:
    """Probability of every party from integer sums, as `chain_risk` computes it to the last digit.

    Parameters
    ----------
    own : array of float64, shape (n,)
        Per horizon.
    hit, rate, pair, standing : arrays of shape (m,)
        Links, sorted as in `Setting`; rates per year.
    """
    whole = float(scenarios) * TICKS
    alive = (scenarios * TICKS - sums.lost) / whole
    overlap = (np.repeat(sums.lost, np.diff(wiring.out_start)) - sums.met) / whole
    overlap = np.append(overlap, 0.0)
    part = rate * years * np.where(standing, alive[hit], overlap[pair])
    return own * alive + np.bincount(hit, part, len(own))


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _joined(parts: list[Places]) -> Places:
    return np.concatenate(parts) if parts else np.zeros(0, np.int32)


def _added(parts: list[Ints]) -> Ints:
    total = parts[0]
    for part in parts[1:]:
        total += part
    return total
