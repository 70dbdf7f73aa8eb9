"""What a lender is told of movers rests on its own picture, and not on loans of others."""

from pathlib import Path

from bank_world import BANK_A, BANK_B, LEDGER, MAKER, OTHER_LEDGER, World, build, loan
from stating import DAY, state

from api.services.movers import movers
from api.services.runs import assess_day
from api.services.workspace import Workspace, open_workspace
from graph_model.statement import Source
from policy.visibility import Viewer

LENDER = Viewer("financier", BANK_A, "post_loan")
DESK = Viewer("official", "src:district:desk", "supervision")


def lent(workspace: Workspace, source: Source, lender: str) -> None:
    """One more loan to the maker, and the day assessed again."""
    more = loan(lender, MAKER, 40_000_000) | {"loan_no": "L-more"}
    state(workspace.store, {"loan": [more]}, source)
    assess_day(workspace, DAY)


def test_a_loan_of_another_lender_moves_nothing_that_a_lender_is_told(tmp_path: Path) -> None:
    with open_workspace(build(tmp_path, World())) as workspace:
        lent(workspace, OTHER_LEDGER, BANK_B)
        assert movers(workspace, DESK, None, DAY).figures
        assert movers(workspace, LENDER, None, DAY).listed == ()
        lent(workspace, LEDGER, BANK_A)
        assert movers(workspace, LENDER, None, DAY).listed
