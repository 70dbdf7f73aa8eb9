"""Who is let in, and that each look is written down once, refused or not."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from stating import DAY, party
from supplier_world import BANK_PARTY, BUYER, OTHER, SUPPLIER, TRADER

from api.services.partners import partner_risk
from api.services.rights import of_district, of_many, of_own, opened
from api.services.workspace import Workspace
from graph_model.errors import NotAllowed, NotFound
from policy.visibility import Sight, Viewer

BANK = Viewer("financier", BANK_PARTY, "post_loan")
OFFICIAL = Viewer("official", party(8), "supervision")
NOBODY = "uscc:91440112XXXX999999"


def looks(workspace: Workspace, ask: Callable[[], object]) -> list[tuple[str, bool]]:
    """(subject, allowed) of the lines that one question adds to the journal."""
    before = len(list(workspace.store.journal("audit")))
    with suppress(NotAllowed, NotFound):
        ask()
    lines = [line["payload"] for line in workspace.store.journal("audit")][before:]
    return [(line["subject"], line["allowed"]) for line in lines]


def test_one_look_is_one_line(workspace: Workspace) -> None:
    def ask(subject: str) -> Callable[[], object]:
        return lambda: opened(workspace, BANK, subject, None, DAY, "test")

    assert looks(workspace, ask(SUPPLIER)) == [(SUPPLIER, True)]
    assert looks(workspace, ask(NOBODY)) == [(NOBODY, False)]


def test_a_day_that_is_not_assessed_is_a_look_too(workspace: Workspace) -> None:
    early = DAY.replace(year=2019)
    for viewer, error in ((BANK, NotFound), (Viewer("member", OTHER, "self"), NotAllowed)):
        with pytest.raises(error):
            opened(workspace, viewer, SUPPLIER, early, DAY, "test")
    ask = lambda: opened(workspace, BANK, SUPPLIER, early, DAY, "test")  # noqa: E731
    assert looks(workspace, ask) == [(SUPPLIER, True)]


def test_a_sole_trader_that_only_the_register_knows_is_hidden_without_an_assessment_too(
    workspace: Workspace,
) -> None:
    """With a consent to this bank: on a day that nobody assessed it is still not told."""
    early = DAY.replace(year=2019)
    for subject in (TRADER, NOBODY):
        with pytest.raises(NotAllowed):
            opened(workspace, BANK, subject, early, DAY, "test")


def test_of_many_decides_each_in_order_and_writes_each_down_once(workspace: Workspace) -> None:
    asked = [SUPPLIER, OTHER, TRADER, SUPPLIER.removeprefix("uscc:"), NOBODY, BUYER]
    found = of_many(workspace, BANK, asked, None, DAY, "portfolio")
    assert [decision.sight for decision in found] == [
        *(Sight.AMOUNT, Sight.HIDDEN, Sight.HIDDEN, Sight.AMOUNT, Sight.HIDDEN, Sight.AMOUNT),
    ]
    assert len({decision.rule for decision in found if not decision.allowed}) == 1
    lines = looks(workspace, lambda: of_many(workspace, BANK, asked, None, DAY, "portfolio"))
    assert lines == [
        *((SUPPLIER, True), (OTHER, False), (TRADER, False), (NOBODY, False), (BUYER, True)),
    ]


@pytest.mark.parametrize("purpose", ["supervision", "ecosystem"])
def test_the_district_is_for_officials_within_their_duty(
    workspace: Workspace, purpose: str
) -> None:
    asking = Viewer("official", party(8), purpose)
    assert of_district(workspace, asking, "ecosystem", DAY).allowed
    ask = lambda: of_district(workspace, asking, "ecosystem", DAY)  # noqa: E731
    assert looks(workspace, ask) == [("district:huangpu", True)]


@pytest.mark.parametrize(
    "asking",
    [
        Viewer("official", party(8), "compensation"),
        Viewer("official", party(8), "self"),
        Viewer("member", SUPPLIER, "ecosystem"),
        Viewer("member", SUPPLIER, "partner_check"),
        Viewer("financier", BANK_PARTY, "supervision"),
        Viewer("administrator", party(9), "operation"),
    ],
)
def test_the_district_is_for_nobody_else(workspace: Workspace, asking: Viewer) -> None:
    ask = lambda: of_district(workspace, asking, "ecosystem", DAY)  # noqa: E731
    assert looks(workspace, ask) == [("district:huangpu", False)]
    with pytest.raises(NotAllowed, match="officials"):
        ask()


def test_an_officials_duty_opens_no_chain_risk_of_a_named_party(workspace: Workspace) -> None:
    with pytest.raises(NotAllowed):
        partner_risk(workspace, OFFICIAL, SUPPLIER, None, DAY)


def test_ones_own_is_for_every_role_and_purpose_that_go_together(workspace: Workspace) -> None:
    assert of_own(workspace, BANK, "own list", DAY).allowed
    assert looks(workspace, lambda: of_own(workspace, BANK, "own list", DAY)) == [
        (BANK_PARTY, True)
    ]
    with pytest.raises(NotAllowed, match="may not state the purpose"):
        of_own(workspace, Viewer("member", SUPPLIER, "post_loan"), "own list", DAY)


def test_a_band_is_too_little_for_an_answer_of_amounts(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a pack that shows consented financiers the level only."""
    from api.services import rights
    from policy.visibility.rights import Line

    rules = rights.rules_of(workspace, DAY)
    key = ("financier", "consent", "chain_risk")
    monkeypatch.setitem(rules.matrix, key, Line(Sight.BAND, "level only"))  # type: ignore[arg-type]
    answer = partner_risk(workspace, BANK, SUPPLIER, None, DAY)
    assert answer.level is not None
    hidden = (answer.rank, answer.ratio, answer.probability, answer.explanation, answer.reasons)
    assert hidden == (None, None, None, None, ())
    with pytest.raises(NotAllowed, match="shows more than"):
        opened(workspace, BANK, SUPPLIER, None, DAY, "test")
