"""A changed picture has the links of a picture made that way, to the last digit."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.industry import RunNetwork, run_network
from algorithms.network_changes import (
    AmountChange,
    Change,
    PartyChange,
    PartyDrop,
    changed_network,
    changed_world,
)
from algorithms.scorecard import scorecard
from algorithms.what_if import World
from graph_model.network import MISSING, CreditNetwork
from tests.algorithms.pictures import pack_parameters, picture

PARAMETERS = replace(pack_parameters(), industry_members=2)
MEASURES = ("trade", "payable", "guarantee", "loan", "carriage", "ownership")
IDS = [f"p{k}" for k in range(7)]
OTHER = {"guarantee": "collateral", "loan": "collateral", "carriage": "in_custody"}


def files_of(
    parties: dict[str, dict[str, int]], entries: dict[tuple[str, str, str], dict[str, int | None]]
) -> dict[str, str]:
    """CSV files of a picture in yuan."""
    facts = ("revenue", "material_cost", "equity", "liquidity")
    lines = [
        ",".join(
            [party, "3612" if party in IDS[:4] else "5810", *(str(f.get(n, "")) for n in facts)]
        )
        for party, f in parties.items()
    ]
    files = {"nodes": "|".join([f"id,sector,{','.join(facts)}", *lines])}
    for measure in MEASURES:
        quantities = ["amount", *([OTHER[measure]] if measure in OTHER else [])]
        lines = [
            ",".join(
                [row, column, *("" if q.get(n) is None else str(q.get(n)) for n in quantities)]
            )
            for (m, row, column), q in sorted(entries.items())
            if m == measure
        ]
        files[measure] = "|".join([f"row,column,{','.join(quantities)}", *lines])
    files["rates"] = "hit,fallen,layer,rate"
    if "p0" in parties and "p1" in parties:
        files["rates"] += "|p0,p1,guarantee,0.25"
    return files


amounts = st.integers(0, 5_000)


@st.composite
def worlds(
    draw: st.DrawFn,
) -> tuple[CreditNetwork, CreditNetwork, list[Change]]:
    """A picture, some changes, and the picture written as if it had always been so."""
    facts = st.fixed_dictionaries(
        {},
        optional={
            "revenue": st.integers(1, 20_000),
            "material_cost": st.integers(1, 9_000),
            "equity": st.integers(1, 4_000),
            "liquidity": st.integers(-10, 4_000),
        },
    )
    parties = {party: draw(facts) for party in IDS[:6]}
    triples = st.tuples(
        st.sampled_from(MEASURES), st.sampled_from(IDS[:6]), st.sampled_from(IDS[:6])
    )
    triples = triples.filter(lambda t: t[1] != t[2])
    entries: dict[tuple[str, str, str], dict[str, int | None]] = {}
    for triple in draw(st.lists(triples, unique=True, max_size=20)):
        entries[triple] = {"amount": draw(amounts)}
        if triple[0] in OTHER and draw(st.booleans()):
            entries[triple][OTHER[triple[0]]] = draw(amounts)
    before = picture(**files_of(parties, entries))
    changes: list[Change] = []
    for what in draw(
        st.lists(st.sampled_from(["put", "drop", "new", "facts", "gone"]), max_size=3)
    ):
        if what == "put":
            triple = draw(triples.filter(lambda t: t[1] in parties and t[2] in parties))
            value, quantity = draw(amounts), "amount"
            if triple in entries and triple[0] in OTHER and draw(st.booleans()):
                quantity = OTHER[triple[0]]
            entries.setdefault(triple, {})[quantity] = value
            changes.append(AmountChange(*triple, value * 100, quantity))
        elif what == "drop" and entries:
            triple = draw(st.sampled_from(sorted(entries)))
            del entries[triple]
            changes.append(AmountChange(*triple, None))
        elif what == "new" and "p6" not in parties:
            parties["p6"] = draw(facts)
            stated = {k: v * 100 for k, v in parties["p6"].items()}
            changes.append(PartyChange("p6", stated | {"sector": b"5810"}))
        elif what == "facts":
            party = draw(st.sampled_from(sorted(parties)))
            revenue = draw(st.integers(1, 20_000))
            parties[party] = parties[party] | {"revenue": revenue}
            changes.append(PartyChange(party, {"revenue": revenue * 100}))
        elif what == "gone" and len(parties) > 3:
            party = draw(st.sampled_from(sorted(set(parties) - {"p0"})))
            del parties[party]
            for triple in [t for t in entries if party in t[1:]]:
                del entries[triple]
            changes.append(PartyDrop(party))
    return before, picture(**files_of(parties, entries)), changes


def made_of(network: CreditNetwork) -> RunNetwork:
    return run_network(network, PARAMETERS, scorecard(network, PARAMETERS).own_rate)


@settings(max_examples=150)
@given(worlds())
def test_changes_equal_a_picture_written_that_way_to_the_last_digit(
    drawn: tuple[CreditNetwork, CreditNetwork, list[Change]],
) -> None:
    before, after, changes = drawn
    changed = changed_network(before, changes)
    assert changed.ids() == after.ids()
    for name, matrix in after.matrices.items():
        other = changed.matrices[name]
        assert other.indptr.tolist() == matrix.indptr.tolist(), name
        assert other.indices.tolist() == matrix.indices.tolist(), name
        for quantity, values in matrix.quantities.items():
            assert other.quantities[quantity].tolist() == values.tolist(), (name, quantity)
        assert len(other.evidence_indptr) == len(matrix.indices) + 1
    for name, column in after.columns.items():
        np.testing.assert_array_equal(changed.columns[name], column, err_msg=name)

    old, new = made_of(before), made_of(after)
    world = World(old.party_id, old.own_rate, old.links, old.already_fallen, old.unknown_rate)
    _, found = changed_world(before, world, PARAMETERS, changes)
    assert found.party_id.tolist() == new.party_id.tolist()
    np.testing.assert_array_equal(found.own_rate, new.own_rate)
    np.testing.assert_array_equal(found.already_fallen, new.already_fallen)
    assert found.unknown_rate == new.unknown_rate
    for name in ("hit", "fallen", "layer", "rate", "loss_fen"):
        assert getattr(found.links, name).tolist() == getattr(new.links, name).tolist(), name


def test_a_dropped_guarantee_raises_what_the_lender_loses() -> None:
    nodes = "id,revenue,equity,liquidity|a,10000,1000,1000|b,10000,1000,1000|g,10000,1000,1000"
    network = picture(
        nodes=nodes, loan="row,column,amount|a,b,500", guarantee="row,column,amount|g,b,200"
    )
    old = made_of(network)
    world = World(old.party_id, old.own_rate, old.links, old.already_fallen, old.unknown_rate)
    drop = AmountChange("guarantee", "g", "b", None)
    changed, found = changed_world(network, world, PARAMETERS, [drop])
    # a lent b 500; g covered 200 of it. LGD 0.6: 0.6 * 300 = 180 before, 0.6 * 500 = 300 after.
    assert old.links.loss_fen[old.links.hit == 0].tolist() == [18_000]
    assert found.links.loss_fen.tolist() == [30_000]
    assert changed.matrices["guarantee"].indices.tolist() == []
    assert network.matrices["guarantee"].indices.tolist() == [1]
    assert (changed.columns["event_on"] == MISSING).all()
