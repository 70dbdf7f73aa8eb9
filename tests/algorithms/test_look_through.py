"""Exposure of a lender, direct and through one hop: a yuan of balance is lost once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from algorithms.look_through import LookThrough, PairLosses, look_through, pair_losses
from graph_model.network import CreditNetwork
from tests.algorithms.pictures import pack_parameters, picture

PARAMETERS = pack_parameters(lgd=0.6, recovery=0.3)
NODES = "id,kind,revenue,equity|a,enterprise,10000,1000|b,enterprise,10000,1000|c,enterprise,,"


def balances(network: CreditNetwork, **yuan: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    owed = np.zeros(len(network), np.int64)
    for party, amount in yuan.items():
        place = network.place(party)
        assert place is not None
        owed[place] = amount * 100
    return owed


def exposure(network: CreditNetwork, **yuan: int) -> LookThrough:
    owed = balances(network, **yuan)
    return look_through(owed, pair_losses(network, PARAMETERS, owed > 0))


def test_a_borrower_is_hit_by_its_debtor_up_to_its_balance() -> None:
    network = picture(nodes=NODES, payable="row,column,amount|c,a,500|c,b,2000")
    found = exposure(network, a=1000, b=900)
    # c falls: a loses 0.6 * 500 = 300 of 1,000; b loses 0.6 * 2,000 = 1,200, capped at 900
    assert found.through_fen.tolist() == [0, 0, 1_200_00]
    assert found.one_hop_fen.tolist() == [300_00, 900_00, 0]
    assert found.union_fen == 1_200_00
    assert found.direct_total_fen == 1_900_00


def test_two_causes_of_one_loss_are_counted_once_in_the_union() -> None:
    network = picture(nodes=NODES, payable="row,column,amount|b,a,1500|c,a,1500")
    found = exposure(network, a=1000)
    # each of b and c costs a 900 of its 1,000: never 1,800 of 1,000
    assert found.through_fen.tolist() == [0, 900_00, 900_00]
    assert found.union_fen == 1_000_00


def test_a_borrower_of_unknown_capacity_is_looked_through_too() -> None:
    network = picture(nodes=NODES, payable="row,column,amount|a,c,500")
    assert exposure(network, c=1000).one_hop_fen[2] == 300_00


def test_layers_that_a_borrower_does_not_tell_are_left_out() -> None:
    network = picture(
        nodes=NODES, payable="row,column,amount|c,a,500", guarantee="row,column,amount|a,c,400"
    )
    owed = balances(network, a=1000)
    told = {"guarantee": np.array([False, True, True])}
    whole = look_through(owed, pair_losses(network, PARAMETERS, owed > 0))
    part = look_through(owed, pair_losses(network, PARAMETERS, owed > 0, told))
    assert whole.union_fen == (300 + 280) * 100  # 0.6 * 500 and 400 * (1 - 0.3)
    assert part.union_fen == 300_00


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 10_000)), max_size=12),
    st.lists(st.integers(0, 10_000), min_size=5, max_size=5),
)
def test_the_union_is_bounded_by_every_sensible_sum(
    rows: list[tuple[int, int, int]], owed: list[int]
) -> None:
    losses: dict[tuple[int, int], int] = {}
    for hit, fallen, loss in rows:
        if hit != fallen and owed[hit]:
            losses[hit, fallen] = loss
    keys = sorted(losses)
    pairs = PairLosses(
        np.array([k[0] for k in keys], np.int64),
        np.array([k[1] for k in keys], np.int64),
        np.array([losses[k] for k in keys], np.int64),
    )
    found = look_through(np.array(owed, np.int64), pairs)
    # plainly, from the definitions
    through = [
        sum(min(owed[i], losses.get((i, j), 0)) for i in range(5) if i != j) for j in range(5)
    ]
    hop = [min(owed[i], sum(losses.get((i, j), 0) for j in range(5))) for i in range(5)]
    assert found.through_fen.tolist() == through
    assert found.one_hop_fen.tolist() == hop
    assert max(through, default=0) <= found.union_fen <= min(sum(through), sum(owed))
