"""What-if, origins and fall-if-gone from the store: only where all that is named may be seen."""

from dataclasses import replace
from datetime import date

import pytest
from supplier_world import BANK_PARTY, BUYER, OTHER, SUPPLIER, TRADER

from api.services.changes import Asked
from api.services.origins import partner_if_gone, partner_origins, whole_origins
from api.services.runs import assess, pack_for
from api.services.what_if import partner_what_if
from api.services.workspace import Workspace
from graph_model.errors import BadInput, NotAllowed, NotFound
from policy.visibility import Viewer
from tests.algorithms.pictures import picture

TODAY = date(2026, 10, 31)
BANK = Viewer("financier", BANK_PARTY, "post_loan")
SELF = Viewer("member", SUPPLIER, "self")
GUARANTEE = Asked(add=[f"guarantee:{SUPPLIER}:{BUYER}=1"])
DROP_BUYER = Asked(drop=[f"payable:{BUYER}:{SUPPLIER}"])


def test_a_bank_sees_before_and_after_without_probabilities(workspace: Workspace) -> None:
    answer = partner_what_if(workspace, BANK, SUPPLIER, DROP_BUYER, None, TODAY)
    subject = answer.subject
    assert subject.ratio is not None
    assert subject.ratio < 1
    assert subject.ratio_error is not None
    assert (subject.probability_before, subject.probability_after) == (None, None)
    assert (subject.difference, subject.difference_error) == (None, None)
    assert "uncalibrated" in answer.withheld
    assert "consent" in answer.rule
    assert answer.scenarios == answer.asked == 2000
    last = list(workspace.store.journal("audit"))[-1]["payload"]
    assert (last["action"], last["subject"], last["allowed"]) == ("what if", SUPPLIER, True)


@pytest.mark.parametrize(
    "asked",
    [
        Asked(drop=[f"payable:{OTHER}:{SUPPLIER}"]),
        Asked(change=[f"payable:{TRADER}:{SUPPLIER}=1"]),
        Asked(add=[f"payable:uscc:91440112XXXX999999:{SUPPLIER}=1"]),
        Asked(drop_party=[OTHER]),
        Asked(change_party=[f"{OTHER}:equity=1"]),
        Asked(add_party=[OTHER]),
        Asked(add_party=["uscc:91440112XXXX999999"]),
    ],
)
def test_a_change_names_nobody_that_the_viewer_may_not_see(
    workspace: Workspace, asked: Asked
) -> None:
    with pytest.raises(NotAllowed):
        partner_what_if(workspace, BANK, SUPPLIER, asked, None, TODAY)


def test_whether_a_hidden_link_is_there_is_not_told_by_what_can_be_changed(
    workspace: Workspace,
) -> None:
    # The bank has both ends' consents to chain risk and trade, and to no guarantee or loan.
    ends = f"{BUYER}:{SUPPLIER}"
    there = Asked(drop=[f"payable:{ends}"])
    assert partner_what_if(workspace, BANK, SUPPLIER, there, None, TODAY).subject.ratio is not None
    for measure in ("guarantee", "loan"):
        for asked in (
            Asked(drop=[f"{measure}:{ends}"]),
            Asked(add=[f"{measure}:{ends}=1"]),
            Asked(change=[f"{measure}:{ends}=1"]),
        ):
            with pytest.raises(NotAllowed, match="no consent"):
                partner_what_if(workspace, BANK, SUPPLIER, asked, None, TODAY)


def test_ones_own_links_may_be_supposed(workspace: Workspace) -> None:
    asked = Asked(add=[f"loan:{BANK_PARTY}:{SUPPLIER}=1,000"], add_party=[])
    with pytest.raises(BadInput, match="no such party"):  # the bank is no party of this picture
        partner_what_if(workspace, BANK, SUPPLIER, asked, None, TODAY)


def test_a_supposed_party_needs_no_consent(workspace: Workspace) -> None:
    asked = Asked(
        add_party=["new:buyer"],
        change_party=["new:buyer:own_rate=0.3"],
        add=[f"payable:new:buyer:{SUPPLIER}=500,000"],
    )
    answer = partner_what_if(workspace, BANK, SUPPLIER, asked, None, TODAY)
    assert answer.subject.ratio is not None
    assert answer.subject.ratio > 1


def test_others_that_move_are_folded_where_the_viewer_may_not_see_them(
    workspace: Workspace,
) -> None:
    asked = Asked(
        add_party=["new:source"],
        change_party=["new:source:own_rate=5"],
        add=[f"payable:new:source:{SUPPLIER}=500,000"],
    )
    answer = partner_what_if(workspace, SELF, SUPPLIER, asked, None, TODAY)
    assert {mover.party for mover in answer.movers} <= {"new:source"}
    assert answer.others_moved == 0  # BUYER moves too, and is not even counted


def test_an_outsider_gets_no_answer(workspace: Workspace) -> None:
    outsider = Viewer("member", OTHER, "partner_check")
    for ask in (
        lambda: partner_what_if(workspace, outsider, SUPPLIER, DROP_BUYER, None, TODAY),
        lambda: partner_origins(workspace, outsider, SUPPLIER, None, TODAY),
        lambda: partner_if_gone(workspace, outsider, SUPPLIER, BUYER, None, TODAY),
    ):
        with pytest.raises(NotAllowed):
            ask()
        assert list(workspace.store.journal("audit"))[-1]["payload"]["allowed"] is False


def test_origins_fold_what_the_viewer_may_not_see_and_add_up(workspace: Workspace) -> None:
    answer = partner_origins(workspace, BANK, SUPPLIER, None, TODAY)
    shown = {origin.party for origin in answer.origins if origin.party.startswith("uscc:")}
    assert shown <= {BUYER}
    total = answer.own + sum(o.share for o in answer.origins) + answer.rest + answer.undisclosed
    assert total == pytest.approx(1, abs=1e-9)
    assert answer.undisclosed > 0
    assert answer.falls is None  # over the scenarios it would be the probability
    for path in answer.paths:
        assert not {OTHER, TRADER} & set(path.parties)


def test_of_a_party_that_has_fallen_the_day_is_told(workspace: Workspace) -> None:
    nodes = f"id,kind,event_on|{SUPPLIER},enterprise,2026-03-01|{BUYER},enterprise,"
    network = replace(picture(nodes=nodes), valid_date=TODAY)
    pack = pack_for(TODAY, workspace.settings)
    fallen = assess(network, pack, scenarios=1000, seed=1)
    with pytest.raises(NotFound, match="the target event happened on 2026-03-01"):
        whole_origins(fallen, SUPPLIER, lambda _party: True)


def test_fall_if_gone_stands_beside_the_part_for_partners_that_may_be_seen(
    workspace: Workspace,
) -> None:
    answer = partner_if_gone(workspace, BANK, SUPPLIER, BUYER, None, TODAY)
    assert 0 < answer.part < 1
    assert abs(answer.fall - answer.part) < 0.1
    assert answer.fall_error > 0
    for hidden in (OTHER, TRADER, "uscc:91440112XXXX999999"):
        with pytest.raises(NotAllowed):
            partner_if_gone(workspace, BANK, SUPPLIER, hidden, None, TODAY)
