"""What if: a run beside the same run in another world, scenario by scenario.

Random numbers belong to parties and scenarios, so a scenario of the new world differs from the
old one only where the change can be felt. It is felt first by a party whose own rate changed, or
whose pair with an already fallen partner did; if every such party, the others falling as they
did, would fall at its old tick, the old falls are the falls of the new world too. Only scenarios
that fail this test are run again: the new figures are those of a full run, to the last digit.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from algorithms.chain_risk import BATCHES
from algorithms.chain_risk_setting import Setting, setting_of
from algorithms.kernels.recording import (
    compensators,
    met_of,
    no_falls,
    pairs_matched,
    to_run_again,
)
from algorithms.links import Floats, Ints, Links, check_links
from algorithms.recorded_falls import (
    Falls,
    RecordedRun,
    Sums,
    probabilities,
    run_some,
)
from graph_model.errors import BadInput

FEW = 1000  # parties whose falls are looked up one by one


@dataclass(frozen=True)
class World:
    """What a run is made on, as the arguments of `chain_risk`."""

    party_id: npt.NDArray[np.bytes_]
    own_rate: Floats
    links: Links
    already_fallen: npt.NDArray[np.bool_]
    unknown_rate: float = 0.0


@dataclass(frozen=True)
class WhatIf:
    """A run and its like in another world.

    Parameters
    ----------
    party_id : array of bytes, shape (n,)
        Of both worlds, sorted; the arrays below are in this order.
    before, after : array of float64, shape (n,)
        Probabilities; NaN where a party has none, or is not of that world.
    fell_before, fell_after : array of int64, shape (n,)
    run_again : array of int64
        Scenarios that had to be run again.
    scenarios, asked : int
        Kept scenarios, on which both figures rest, and those of the run they stand for.
    """

    party_id: npt.NDArray[np.bytes_]
    before: Floats
    after: Floats
    fell_before: Ints
    fell_after: Ints
    run_again: Ints
    scenarios: int
    asked: int
    _pairing: "_Pairing"

    @cached_property
    def difference(self) -> Floats:
        """After less before, shape (n,); NaN where one of them is."""
        return np.asarray(self.after - self.before)

    def place(self, party_id: bytes) -> int | None:
        """Place of a party, or None."""
        k = int(np.searchsorted(self.party_id, party_id))
        return k if k < len(self.party_id) and self.party_id[k] == party_id else None

    def difference_error(self, places: Ints) -> Floats:
        """Standard errors of the differences of some parties, from the means of 64 batches.

        Paired: what both worlds have in common is not in it. NaN below 64 scenarios.
        """
        return self._pairing.difference_error(places)


def what_if(run: RecordedRun, world: World, *, threads: int | None = None) -> WhatIf:
    """Compare a recorded run with the same run in another world.

    Parameters
    ----------
    run : RecordedRun
    world : World
        Any change is allowed: links, own rates, parties.
    threads : int, optional

    Raises
    ------
    BadInput
        As `chain_risk` for what is wrong in the new world.
    """
    check_links(world.links, world.party_id)
    wrong = world.own_rate[(world.own_rate < 0) | np.isinf(world.own_rate)]
    if len(wrong):
        raise BadInput(f"own rate {wrong[0]}", "an own rate is not negative", "Correct it.")
    gone = run.party_id[~np.isin(run.party_id, world.party_id)]
    names = np.concatenate((world.party_id, gone)) if len(gone) else world.party_id
    fallen = np.concatenate((world.already_fallen, np.zeros(len(gone), np.bool_)))
    known = np.where(np.isnan(world.own_rate), world.unknown_rate, world.own_rate)
    own = np.concatenate((known * run.years, np.zeros(len(gone))))
    own[fallen] = 0.0
    setting = setting_of(names, own, world.links, run.years, fallen)
    own = own[setting.parties]
    ids = names[setting.parties]
    silent = np.concatenate((np.isnan(world.own_rate), np.ones(len(gone), np.bool_))) | fallen

    pairing = _pairing(run, setting, ids)
    falls, old, new = pairing.falls, run.setting.wiring, setting.wiring
    chosen = np.flatnonzero(pairing.touched)
    again = chosen[
        to_run_again(
            new,
            run.seed_key,
            no_falls(len(ids)),
            falls.start,
            falls.node,
            falls.tick,
            chosen,
            pairing.own_changed,
            *pairing.changed_by_fallen(),
        )
    ]
    sums = Sums(run.lost.copy(), run.fell.copy(), run.met.copy())
    sums.add(old, run.falls, again, -1)
    place = pairing.place
    lost, fell = np.zeros(len(ids), np.int64), np.zeros(len(ids), np.int64)
    lost[place], fell[place] = sums.lost, sums.fell
    met = np.zeros(len(new.out_pair), np.int64)
    at = pairing.pair_before
    met[new.in_place[at >= 0]] = sums.met[old.in_place[at[at >= 0]]]
    fresh = np.flatnonzero(at < 0)
    if len(fresh):
        same = np.ones(len(falls), np.bool_)
        same[again] = False
        met[new.in_place[fresh]] = met_of(
            no_falls(len(ids)),
            falls.start,
            falls.node,
            falls.tick,
            same,
            _hit_of(new.in_start, fresh),
            new.in_fallen[fresh].astype(np.int64),
        )
    if len(again):
        changed, more = run_some(new, run.seed_key, again, threads, budget=2**62)
        lost += more.lost
        fell += more.fell
        met += more.met
    else:
        changed = Falls(np.zeros(1, np.int64), falls.node[:0], falls.tick[:0])
    after = probabilities(
        own,
        setting.hit,
        world.links.rate[setting.links],
        setting.pair,
        setting.standing,
        new,
        Sums(lost, fell, met),
        run.scenarios,
        run.years,
    )
    before, fell_before = np.full(len(ids), np.nan), np.zeros(len(ids), np.int64)
    before[place], fell_before[place] = run.probability, run.fell
    return WhatIf(
        party_id=ids,
        before=before,
        after=np.where(silent[setting.parties], np.nan, after),
        fell_before=fell_before,
        fell_after=fell,
        run_again=again,
        scenarios=run.scenarios,
        asked=run.asked,
        _pairing=_Pairing(**(vars(pairing) | {"again": again, "changed": changed})),
    )


@dataclass(frozen=True)
class FallIfGone:
    """Figure of a party with and without one of its partners.

    Parameters
    ----------
    probability, without, difference : float
        `difference` is `without` less `probability`: not above 0 but for a partner of its own.
    difference_error : float
        Standard error, paired.
    run_again : int
        Scenarios that had to be run again: some of those in which the partner fell.
    scenarios, asked : int
    """

    probability: float
    without: float
    difference: float
    difference_error: float
    run_again: int
    scenarios: int
    asked: int


def fall_if_gone(
    run: RecordedRun, target: int, partner: int, *, threads: int | None = None
) -> FallIfGone:
    """Figure of a party if a partner were gone, with all its links.

    Everything else stays: amounts between others, their capacities and their covers. It differs
    from the partner's part of the figure, which leaves out what reaches the party through others.

    Parameters
    ----------
    run : RecordedRun
    target, partner : int
        Places as given.

    Raises
    ------
    BadInput
        When both are one.
    """
    if target == partner:
        raise BadInput(f"partner {partner}", "nobody is its own partner", "Name another party.")
    found = what_if(run, without(run, partner), threads=threads)
    place = int(np.searchsorted(found.party_id, run.party_id[target]))
    error = found.difference_error(np.array([place]))[0]
    return FallIfGone(
        probability=float(found.before[place]),
        without=float(found.after[place]),
        difference=float(found.difference[place]),
        difference_error=float(error),
        run_again=len(found.run_again),
        scenarios=found.scenarios,
        asked=found.asked,
    )


def without(run: RecordedRun, party: int) -> World:
    """Return the world of a run without one of its parties (place as given) and its links."""
    kept = np.arange(len(run.party_id)) != party
    links = run.links.where((run.links.hit != party) & (run.links.fallen != party))
    new = (np.cumsum(kept) - 1).astype(np.int32)
    return World(
        run.party_id[kept],
        run.own_rate[kept],
        Links(**(vars(links) | {"hit": new[links.hit], "fallen": new[links.fallen]})),
        run.already_fallen[kept],
        run.unknown_rate,
    )


@dataclass(frozen=True)
class _Pairing:
    """What changed between a run and a new setting; places are those of the new setting.

    `place` of the old parties, `pair_before` of every new pair (by hit, then fallen; -1 for none),
    parties of changed own rate, changed pairs, and the scenarios in which any of it can matter.
    """

    run: RecordedRun
    setting: Setting
    place: Ints
    falls: Falls
    pair_before: Ints
    own_changed: Ints
    changed_hit: Ints
    changed_fallen: Ints
    touched: npt.NDArray[np.bool_]
    again: Ints
    changed: Falls

    def changed_by_fallen(self) -> tuple[Ints, Ints]:
        """Where those hit by each fallen party stand, and who they are."""
        start = np.zeros(len(self.setting.wiring.key) + 1, np.int64)
        np.cumsum(np.bincount(self.changed_fallen, minlength=len(start) - 1), out=start[1:])
        return start, self.changed_hit[np.argsort(self.changed_fallen, kind="stable")]

    def difference_error(self, places: Ints) -> Floats:
        """As `WhatIf.difference_error`."""
        run, new, old = self.run, self.setting.wiring, self.run.setting.wiring
        scenarios = run.scenarios
        if scenarios < BATCHES:
            return np.full(len(places), np.nan)
        back = np.full(len(new.key), -1, np.int64)
        back[self.place] = np.arange(len(self.place))
        sums = np.zeros((BATCHES, len(places)))
        touched = self.touched.copy()
        touched[self.again] = True
        same = touched.copy()
        same[self.again] = False
        was, falls, changed = np.flatnonzero(touched), self.falls, self.changed
        among = np.flatnonzero(same)
        scratch, inside = no_falls(len(new.key)), back[places] >= 0
        again = np.arange(len(self.again), dtype=np.int64)
        for chosen, number, made in ((among, among, falls), (again, self.again, changed)):
            compensators(
                new, scratch, made.start, made.node, made.tick, places, BATCHES, sums, 1.0,
                chosen, number,
            )  # fmt: skip
        before = np.zeros((BATCHES, int(inside.sum())))
        theirs = run.falls
        compensators(
            old, no_falls(len(old.key)), theirs.start, theirs.node, theirs.tick,
            back[places[inside]], BATCHES, before, 1.0, was, was,
        )  # fmt: skip
        sums[:, inside] -= before
        # In the other scenarios nobody of changed rates was hit by changes or fell.
        sizes = np.bincount(np.arange(scenarios) % BATCHES, minlength=BATCHES)
        rest = sizes - np.bincount(was % BATCHES, minlength=BATCHES)
        step = new.own_rate[places].copy()
        step[inside] -= old.own_rate[back[places[inside]]]
        sums += rest[:, None] * step
        mean = sums.sum(axis=0) / scenarios
        squares = (sizes[:, None] * (sums / sizes[:, None] - mean) ** 2).sum(axis=0)
        return np.asarray(np.sqrt(squares / (scenarios * (BATCHES - 1))))


def _pairing(run: RecordedRun, setting: Setting, ids: npt.NDArray[np.bytes_]) -> _Pairing:
    old, new = run.setting.wiring, setting.wiring
    place = np.searchsorted(ids, run.party_id[run.setting.parties])
    back = np.full(len(ids), -1, np.int64)
    back[place] = np.arange(len(place))
    moved = len(ids) != len(place)
    falls = run.falls
    if moved:
        falls = Falls(falls.start, place.astype(np.int32)[falls.node], falls.tick)
    pair_before = pairs_matched(new.in_start, new.in_fallen, back, old.in_start, old.in_fallen)
    pair_after = pairs_matched(old.in_start, old.in_fallen, place, new.in_start, new.in_fallen)
    rate_before = np.append(old.out_rate[old.in_place], 0.0)[pair_before]
    other = np.flatnonzero(new.out_rate[new.in_place] != rate_before)
    lapsed = np.flatnonzero(pair_after < 0)
    hit = np.concatenate((_hit_of(new.in_start, other), place[_hit_of(old.in_start, lapsed)]))
    fallen = np.concatenate((new.in_fallen[other], place[old.in_fallen[lapsed]])).astype(np.int64)
    own_before, own_units = np.zeros(len(ids)), np.zeros(len(ids), np.int64)
    own_before[place], own_units[place] = old.own_rate, old.own
    own_changed = np.flatnonzero((new.own_rate != own_before) | (new.own != own_units))
    touched = np.zeros(len(falls), np.bool_)
    felt = np.unique(back[np.concatenate((fallen, own_changed))])
    if (new.own > own_units).any() or len(felt) > FEW:
        touched[:] = True
    else:
        for k in felt[felt >= 0].tolist():
            touched[run.falls.of(k)[1]] = True
    nothing = Falls(np.zeros(1, np.int64), falls.node[:0], falls.tick[:0])
    return _Pairing(
        run, setting, place, falls, pair_before, own_changed, hit, fallen, touched,
        np.zeros(0, np.int64), nothing,
    )  # fmt: skip


def _hit_of(in_start: Ints, pairs: Ints) -> Ints:
    """Who is hit, of pairs by hit and fallen."""
    return np.asarray(np.searchsorted(in_start, pairs, side="right") - 1)
