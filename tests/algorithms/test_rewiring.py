"""The placebo keeps amounts and degrees, and changes who hits whom."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from algorithms.links import Links, check_links
from algorithms.rewiring import rewired
from tests.algorithms.networks import cases, links_of


def random_links(rng: np.random.Generator, parties: int, count: int) -> Links:
    chosen = {
        (int(i), int(j), int(k))
        for i, j, k in rng.integers(0, (parties, parties, 3), (count, 3))
        if i != j
    }
    return links_of([(*three, float(rng.uniform(0.1, 5))) for three in sorted(chosen)])


def kept(links: Links, parties: int) -> tuple[list[object], list[int]]:
    """What each party stands to lose, layer by layer, and how many each hits."""
    by_pair = np.unique(links.hit.astype(np.int64) * parties + links.fallen)
    rows = zip(links.hit.tolist(), links.layer.tolist(), links.rate.tolist(), strict=True)
    return sorted(rows), np.bincount(by_pair % parties, minlength=parties).tolist()


@given(cases(), st.integers(0, 2**32))
def test_amounts_and_degrees_stay(case, seed: int) -> None:  # type: ignore[no-untyped-def]
    links, parties = case.links, len(case.names)
    found = rewired(links, parties, seed)
    assert kept(found, parties) == kept(links, parties)
    check_links(found, case.party_id)
    triples = set(zip(found.hit.tolist(), found.fallen.tolist(), found.layer.tolist(), strict=True))
    assert len(triples) == len(links)


def test_nearly_every_pair_of_a_large_network_is_another() -> None:
    links = random_links(np.random.default_rng(1), 500, 3000)
    found = rewired(links, 500, 7)
    old, new = (set(zip(k.hit.tolist(), k.fallen.tolist(), strict=True)) for k in (links, found))
    assert len(old & new) < 0.05 * len(old)
    assert kept(found, 500) == kept(links, 500)
    again = rewired(links, 500, 7)
    assert (again.fallen == found.fallen).all()
    assert (rewired(links, 500, 8).fallen != found.fallen).any()


def test_layers_of_a_pair_move_together_and_evidence_goes_with_them() -> None:
    # 0 <- 1 in two layers and 2 <- 3: the only other way is 0 <- 3 in two layers and 2 <- 1
    links = links_of([(0, 1, 0, 1.0), (0, 1, 1, 2.0), (2, 3, 0, 3.0)])
    links = Links(**{**vars(links), "statements_indptr": np.array([0, 1, 3, 4])})
    links = Links(**{**vars(links), "statements": np.array([10, 20, 21, 30])})
    found = [rewired(links, 4, seed) for seed in range(20)]
    ends = {tuple(k.fallen.tolist()) for k in found}
    assert ends == {(1, 1, 3), (3, 3, 1)}
    for one in found:
        assert one.statements.tolist() == [10, 20, 21, 30]
        assert one.rate.tolist() == [1.0, 2.0, 3.0]


def test_industries_stay() -> None:
    links = links_of([(0, 4, 2, 1.0), (0, 1, 0, 1.0), (2, 3, 0, 1.0), (4, 2, 2, 1.0)])
    for seed in range(5):
        found = rewired(links, 4, seed)
        rows = set(zip(found.hit.tolist(), found.fallen.tolist(), strict=True))
        assert {(0, 4), (4, 2)} <= rows


def test_no_links_are_no_links() -> None:
    assert len(rewired(links_of([]), 3, 1)) == 0
