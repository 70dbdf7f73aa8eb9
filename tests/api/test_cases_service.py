"""Cases from the store: who may open and decide, what figures do, that yesterday stays."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from case_world import (
    BANK_VIEWER,
    DESK,
    GUARANTEE,
    GUARANTEE_STATED,
    LINK,
    OUTSIDER,
    RECORD_STATED,
    SELF,
    fill,
)
from stating import BANK, DAY, rows_of
from supplier_world import BANK_PARTY, BUYER, OTHER, SUPPLIER

from api.services import archiving, cases, runs
from api.services.assessment import Assessment
from api.services.case_figures import case_figures
from api.services.movers import movers
from api.services.pictures import picture
from api.services.workspace import Workspace, open_workspace
from api.settings import load_settings
from graph_model.errors import BadInput, NotAllowed, NotFound
from policy.cases import Target
from policy.visibility import Viewer

YESTERDAY, TOMORROW = DAY - timedelta(days=1), DAY + timedelta(days=1)
RECORD = Target("statement", RECORD_STATED)
GUARANTEED = Target("statement", GUARANTEE_STATED)
BUYER_VIEWER = Viewer("member", BUYER, "self")

Home = Callable[..., Workspace]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Make workspaces, each with its own store."""
    with ExitStack() as stack:

        def made(name: str = "home", **said: bool) -> Workspace:
            folder = tmp_path / name
            settings = load_settings(home=folder, store="", token_key="k" * 64, scenarios=640)
            workspace = stack.enter_context(open_workspace(settings))
            fill(workspace, **said)
            return workspace

        yield made


def same_run(one: Assessment, other: Assessment) -> bool:
    names = ("party_id", "probability", "standard_error", "own_part", "link_part", "falls")
    return one.run_id == other.run_id and all(
        getattr(one.run, n).tobytes() == getattr(other.run, n).tobytes() for n in names
    )


def objected(workspace: Workspace, target: Target = GUARANTEED) -> cases.CaseTold:
    return cases.open_case(workspace, SELF, "objection", target, "不是我方担保", DAY)


def test_a_record_repaired_today(home: Home) -> None:
    """Today equals the run without it, the movers are listed, yesterday is unchanged."""
    workspace, never = home(), home("never", record=False)
    before = runs.assess_day(workspace, YESTERDAY)
    runs.assess_day(workspace, DAY)
    asked = cases.open_case(workspace, SELF, "repair", RECORD, "已履行", DAY)
    assert not asked.out
    assert same_run(runs.assess_day(workspace, DAY), runs.published(workspace, DAY))
    done = cases.act(workspace, DESK, asked.id, "grant", "修复决定书", DAY)
    assert done.out

    today = runs.assess_day(workspace, DAY)
    assert same_run(today, runs.assess_day(never, DAY))
    out = {one["statement"]: one["reason"] for one in today.network.manifest["not_counted"]}
    assert out == {RECORD_STATED: "repaired"}

    told = movers(workspace, DESK, None, DAY)
    assert told.steps == 2
    assert told.figures == 4  # every party of the world, through the supplier
    assert (told.up, told.down) == (0, 3)
    (mine,) = movers(workspace, SELF, None, DAY).listed
    assert mine.party == SUPPLIER
    assert mine.ratio is not None
    assert mine.ratio < 1
    (seen,) = movers(workspace, BANK_VIEWER, None, DAY).listed
    assert seen == mine
    neighbour = movers(workspace, OUTSIDER, None, DAY)  # the supplier owes it: it moves too
    assert [moved.party for moved in neighbour.listed] == [OTHER]
    assert (neighbour.figures, neighbour.up, neighbour.down) == (None, None, None)

    assert same_run(runs.assess_day(workspace, YESTERDAY), before)
    assert picture(workspace, YESTERDAY).network_id == before.network.network_id


@pytest.mark.parametrize("target", [GUARANTEED, Target("link", LINK)])
def test_both_figures_are_those_of_full_runs(home: Home, target: Target) -> None:
    workspace = home()
    with_it = runs.assess_day(workspace, DAY)
    without_it = runs.assess_day(home("never", guarantee=False), DAY)
    case = objected(workspace, target)
    for again in range(2):  # on the run before the objection, and on the run after it
        told = case_figures(workspace, DESK, case.id, None, DAY)
        assert told.counts == (again == 0)
        assert told.with_it == with_it.network.network_id
        assert told.without_it == without_it.network.network_id
        (mine,) = told.parties  # the buyer has consented to nothing
        assert mine.party == SUPPLIER
        at = [run.network.place(SUPPLIER) for run in (with_it, without_it)]
        figures = [
            float(run.run.probability[k])
            for run, k in zip((with_it, without_it), at, strict=True)
            if k is not None
        ]
        assert mine.ratio == figures[1] / figures[0] < 1
        assert mine.ratio_error is not None
        assert mine.ratio_error > 0
        assert (mine.probability_before, mine.difference) == (None, None)
        assert {mover.party for mover in told.movers} == set()
        assert same_run(runs.assess_day(workspace, DAY), without_it)


def test_an_objection_ends_as_it_is_decided(home: Home) -> None:
    workspace = home()
    with_it = picture(workspace, TOMORROW).network_id
    case = objected(workspace)
    assert (case.state, case.out, case.due_on, case.days_left) == ("open", True, "2026-11-20", 20)
    assert case.possible == ("withdraw",)
    without_it = picture(workspace, TOMORROW).network_id
    assert without_it != with_it
    for action, today, out in (
        ("mark", DAY, True),
        ("reject", TOMORROW, False),
        ("reopen", TOMORROW, True),
        ("uphold", TOMORROW, True),
    ):
        told = cases.act(workspace, DESK, case.id, action, "", today)
        assert told.out == out
        assert picture(workspace, TOMORROW).network_id == (without_it if out else with_it)
    # As of an earlier moment it is what it was: on the day itself the case was only marked.
    assert workspace.store.head() == 1
    assert picture(workspace, TOMORROW, cases=2).network_id == without_it
    assert picture(workspace, TOMORROW, cases=3).network_id == with_it
    assert picture(workspace, TOMORROW, cases=0).network_id == with_it
    assert picture(workspace, DAY).manifest["cases"] == 2


def test_only_what_is_stated_anew_counts_after_a_correction(home: Home) -> None:
    workspace = home()
    case = objected(workspace)
    corrected = dict(GUARANTEE, guarantee_no="G1", cover=100_00)
    key = f"{SUPPLIER}|G1"
    with workspace.store.begin(BANK) as load:
        old = load.in_force("guarantee", BANK.id, [key])[key]
        load.close_rows("guarantee", [row.row_id for row in old])
        fresh = rows_of(workspace.dictionary, "guarantee", [corrected], BANK.id, load.number)
        load.open_rows("guarantee", fresh)
        load.publish([])
    assert len(picture(workspace, DAY).matrices["guarantee"].indices) == 0
    cases.act(workspace, DESK, case.id, "correct", "银行已更正", DAY)
    assert picture(workspace, DAY).matrices["guarantee"].amount.tolist() == [100_00]
    assert len(picture(workspace, DAY, tx=1).matrices["guarantee"].indices) == 0


def test_whoever_is_not_named_learns_nothing(home: Home) -> None:
    workspace = home()
    told = set()
    for target in (
        GUARANTEED,
        Target("statement", f"guarantee:bank-a:{SUPPLIER}|NONE"),
        Target("statement", f"loan:bank-a:{BANK_PARTY}|L1"),
    ):
        with pytest.raises(NotAllowed) as refused:
            cases.open_case(workspace, OUTSIDER, "objection", target, "", DAY)
        told.add((refused.value.rule, refused.value.way_out))
    case = objected(workspace)
    for number in (case.id, "objection-999", "nothing"):
        with pytest.raises(NotAllowed) as refused:
            cases.shown(workspace, OUTSIDER, number, DAY)
        told.add((refused.value.rule, refused.value.way_out))
    assert len(told) == 1
    assert cases.listed(workspace, OUTSIDER, DAY) == []
    with pytest.raises(NotAllowed):
        cases.act(workspace, OUTSIDER, case.id, "withdraw", "", DAY)
    for viewer in (SELF, OUTSIDER, BANK_VIEWER):
        with pytest.raises(NotAllowed, match="desk"):
            case_figures(workspace, viewer, case.id, None, DAY)
    with pytest.raises(NotFound):
        cases.shown(workspace, DESK, "objection-999", DAY)


def test_the_other_side_sees_the_case_without_its_notes(home: Home) -> None:
    workspace = home()
    case = objected(workspace)
    (theirs,) = cases.listed(workspace, BUYER_VIEWER, DAY)
    (mine,) = cases.listed(workspace, SELF, DAY)
    (desk,) = cases.listed(workspace, DESK, DAY)
    assert theirs.id == mine.id == desk.id == case.id
    assert [step.note for step in theirs.steps] == [""]
    assert [step.note for step in mine.steps] == [step.note for step in desk.steps] != [""]
    assert (theirs.possible, mine.possible) == ((), ("withdraw",))
    assert desk.possible == ("mark", "reject", "uphold", "correct")
    with pytest.raises(NotAllowed):
        cases.act(workspace, SELF, case.id, "uphold", "", DAY)


def test_the_desk_opens_for_a_side_and_for_nobody_else(home: Home) -> None:
    workspace = home()
    case = cases.open_case(workspace, DESK, "objection", GUARANTEED, "窗口", DAY, BUYER)
    assert case.party == BUYER
    assert [step.by for step in case.steps] == ["desk"]
    assert cases.act(workspace, BUYER_VIEWER, case.id, "withdraw", "", DAY).state == "withdrawn"
    with pytest.raises(NotAllowed, match="names"):
        cases.open_case(workspace, DESK, "objection", GUARANTEED, "", DAY, OTHER)
    with pytest.raises(NotAllowed):
        cases.open_case(workspace, SELF, "objection", GUARANTEED, "", DAY, BUYER)


def test_a_case_is_not_opened_twice_nor_again_after_it_was_rejected(home: Home) -> None:
    workspace = home()
    case = objected(workspace)
    with pytest.raises(BadInput, match=case.id):
        objected(workspace)
    cases.act(workspace, DESK, case.id, "reject", "", DAY)
    with pytest.raises(BadInput, match="rejected"):
        objected(workspace)
    assert cases.act(workspace, DESK, case.id, "reopen", "新证据", TOMORROW).due_on == "2026-11-21"
    asked = cases.open_case(workspace, SELF, "repair", RECORD, "", DAY)
    with pytest.raises(BadInput, match=asked.id):
        cases.open_case(workspace, SELF, "repair", RECORD, "", DAY)
    cases.act(workspace, DESK, asked.id, "refuse", "", DAY)
    assert cases.open_case(workspace, SELF, "repair", RECORD, "", DAY).state == "applied"


@pytest.mark.parametrize(
    ("kind", "target", "told"),
    [
        ("repair", GUARANTEED, "credit_record"),
        ("repair", Target("link", LINK), "credit_record"),
        ("claim", GUARANTEED, "objection, repair"),
        ("objection", Target("statement", "nothing"), "KIND:SOURCE:KEY"),
        ("objection", Target("link", "friend:a:b"), "guarantee"),
    ],
)
def test_what_no_case_can_be_about(home: Home, kind: str, target: Target, told: str) -> None:
    with pytest.raises(BadInput) as refused:
        cases.open_case(home(), SELF, kind, target, "", DAY)
    assert told in str(refused.value)


def test_a_note_is_short(home: Home) -> None:
    with pytest.raises(BadInput, match="500"):
        cases.open_case(home(), SELF, "objection", GUARANTEED, "x" * 501, DAY)


def test_every_look_and_step_is_written_down_once(home: Home) -> None:
    workspace = home()
    runs.assess_day(workspace, DAY)

    def lines() -> list[tuple[str, str, bool]]:
        found = [line["payload"] for line in workspace.store.journal("audit")]
        return [(p["action"], p["subject"], p["allowed"]) for p in found]

    case = objected(workspace)
    assert lines() == [("case objection open", SUPPLIER, True)]
    cases.shown(workspace, DESK, case.id, DAY)
    case_figures(workspace, DESK, case.id, None, DAY)
    cases.act(workspace, DESK, case.id, "mark", "", DAY)
    with pytest.raises(NotAllowed):
        cases.shown(workspace, OUTSIDER, case.id, DAY)
    assert lines()[1:] == [
        ("case", SUPPLIER, True),
        ("case figures", SUPPLIER, True),
        ("case mark", SUPPLIER, True),
        ("case", OTHER, False),
    ]


def test_of_two_desks_at_once_one_decides(home: Home) -> None:
    workspace = home()
    for target in (GUARANTEED, Target("link", LINK), RECORD):
        case = objected(workspace, target)

        def decide(action: str, case_id: str = case.id) -> str | None:
            try:
                return cases.act(workspace, DESK, case_id, action, "", DAY).state
            except BadInput:
                return None

        with ThreadPoolExecutor(2) as pool:
            told = set(pool.map(decide, ("reject", "uphold")))
        assert told == {None, cases.shown(workspace, DESK, case.id, DAY).state}


def test_cases_move_with_an_archive(home: Home, tmp_path: Path) -> None:
    workspace = home()
    case = objected(workspace)
    archiving.archive(workspace, tmp_path / "archive")
    settings = load_settings(home=tmp_path / "moved", store="")
    archiving.restore(settings, tmp_path / "archive")
    with open_workspace(settings) as moved:
        assert cases.shown(moved, SELF, case.id, DAY) == cases.shown(workspace, SELF, case.id, DAY)
        assert picture(moved, DAY).network_id == picture(workspace, DAY).network_id
