"""Sentences about who sees what, by the pack that is shipped; examples small enough to read."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rights_world import BANK, RULES, consent, rights
from stating import load_dictionary

from graph_model.errors import BadInput
from graph_model.explanation import TOLERANCE, UNDISCLOSED, Part
from policy.visibility import CHAIN_RISK, Ref, Sight, Viewer, decide, redact, statement_ref, viewer

PURPOSES = load_dictionary().codes("purpose")
FIGURE = Ref(CHAIN_RISK, ("uscc:A",))
OWN = Viewer("member", "uscc:A", "self")


def test_nobody_sees_anything_by_default() -> None:
    decision = decide(BANK, FIGURE, rights())
    assert not decision.allowed
    assert "Art. 29" in decision.rule


def test_a_party_sees_its_own_file() -> None:
    decision = decide(OWN, FIGURE, rights())
    assert decision.sight == Sight.AMOUNT
    assert "Art. 15" in decision.rule


def test_purpose_self_does_not_open_another_file() -> None:
    asking = Viewer("financier", "uscc:BANK", "self")
    given = consent("uscc:A", purpose="self")
    assert not decide(asking, FIGURE, rights(given, consent("uscc:A"))).allowed


def test_consent_opens_the_file_and_is_named() -> None:
    decision = decide(BANK, FIGURE, rights(consent("uscc:A", number="C-1")))
    assert decision.allowed
    assert "C-1" in decision.rule


@pytest.mark.parametrize(
    "change",
    [
        {"grantor": "uscc:B"},
        {"grantee": "uscc:OTHER"},
        {"purpose": "guarantee"},
        {"scopes": frozenset({"finance"})},
    ],
)
def test_consent_by_another_to_another_for_another_or_of_another_opens_nothing(
    change: dict[str, object],
) -> None:
    other = replace(consent("uscc:A"), **change)  # type: ignore[arg-type]
    assert not decide(BANK, FIGURE, rights(other)).allowed


def test_a_sole_trader_is_shown_to_nobody_else_even_with_consent() -> None:
    given = rights(consent("uscc:A"), persons={"uscc:A"})
    assert not decide(BANK, FIGURE, given).allowed
    assert decide(OWN, FIGURE, given).allowed
    assert not decide(BANK, Ref("trade", ("uscc:A", "uscc:B")), given).allowed


def test_a_role_that_may_not_state_a_purpose_sees_not_even_its_own_file() -> None:
    decision = decide(Viewer("member", "uscc:A", "supervision"), FIGURE, rights())
    assert not decision.allowed
    assert "may not state the purpose supervision" in decision.rule


def test_one_up_one_down_a_side_sees_its_own_trade_and_a_third_member_a_band_with_consent() -> None:
    trade = Ref("trade", ("uscc:A", "uscc:B"))
    given = consent("uscc:B", grantee="uscc:C", purpose="partner_check", scopes="trade")
    for organisation, sight in (
        ("uscc:A", Sight.AMOUNT),
        ("uscc:B", Sight.AMOUNT),
        ("uscc:C", Sight.BAND),
        ("uscc:D", Sight.HIDDEN),
    ):
        asking = Viewer("member", organisation, "partner_check")
        assert decide(asking, trade, rights(given)).sight == sight


def test_a_bank_never_sees_another_banks_loan() -> None:
    everything = "；".join(RULES.scope_of.values())
    given = rights(consent("uscc:A", scopes=everything), consent("uscc:OTHER", scopes=everything))
    loan = statement_ref("loan:s:uscc:OTHER|1", given.dictionary, ("uscc:A",))
    assert loan == Ref("loan", ("uscc:OTHER", "uscc:A"), "uscc:A")
    assert not decide(BANK, loan, given).allowed
    assert decide(OWN, loan, given).sight == Sight.AMOUNT
    own = statement_ref("loan:s:uscc:BANK|1", given.dictionary, ("uscc:A",))
    assert decide(BANK, own, given).sight == Sight.AMOUNT


def test_a_guarantor_is_no_side_of_the_loan_it_guarantees() -> None:
    given = rights()
    ends = ("uscc:GUARANTOR", "uscc:BORROWER")
    loan = statement_ref("loan:s:uscc:BANK|1", given.dictionary, ends)
    assert not decide(Viewer("member", "uscc:GUARANTOR", "self"), loan, given).allowed


def test_a_financier_gets_labels_of_public_credit_information_and_no_rows() -> None:
    record = Ref("credit", ("uscc:A",))
    assert decide(BANK, record, rights(consent("uscc:A", scopes="credit"))).sight == Sight.BAND
    official = Viewer("official", "uscc:BUREAU", "supervision")
    assert decide(official, record, rights()).sight == Sight.AMOUNT
    assert not decide(Viewer("official", "uscc:BUREAU", "compensation"), record, rights()).allowed


def test_the_publishing_policy_shows_chain_risk_and_nothing_else() -> None:
    member, outsider = (Viewer("member", f"uscc:{p}", "partner_check") for p in "BC")
    inside = {"uscc:A", "uscc:B"}
    assert not decide(member, FIGURE, rights(members=inside)).allowed
    among = rights(members=inside, publishing="members")
    assert decide(member, FIGURE, among).allowed
    assert not decide(outsider, FIGURE, among).allowed
    everybody = rights(publishing="open")
    assert decide(outsider, FIGURE, everybody).allowed
    assert not decide(outsider, Ref("finance", ("uscc:A",)), everybody).allowed
    assert not decide(Viewer("member", "uscc:C", "self"), FIGURE, everybody).allowed
    assert not decide(outsider, FIGURE, rights(publishing="open", persons={"uscc:A"})).allowed


@pytest.mark.parametrize(
    ("role", "organisation", "purpose", "rule"),
    [
        ("guest", "uscc:A", "self", "is no role"),
        ("member", "", "self", "is missing"),
        ("member", "uscc:A", "", "no purpose, no answer"),
        ("member", "uscc:A", "curiosity", "is no purpose"),
    ],
)
def test_a_viewer_without_role_organisation_or_purpose_is_none(
    role: str, organisation: str, purpose: str, rule: str
) -> None:
    with pytest.raises(BadInput) as raised:
        viewer(role, organisation, purpose, PURPOSES)
    assert rule in raised.value.rule


def figure(neighbours: dict[str, float]) -> Part:
    """Risk of A: 0.25 of its own, and of receivables of 100 fen from each neighbour."""
    children = tuple(
        Part(p, p, p, value, 100, p, "receivable", (f"invoice:s:uscc:A|{p}",))
        for p, value in neighbours.items()
    )
    total, amount = sum(neighbours.values()), 100 * len(children)
    layer = Part("receivable", "应收", "receivable", total, amount, None, "receivable")
    lines = [Part(key, key, key, 0.0) for key in ("age_years", "equity_ratio", "overdue_days")]
    points = Part("points", "评分合计", "points in all", 0.25)
    evidence = ("financials:s:uscc:A|2025", "loan:s:uscc:OTHER|7", "credit_record:s:uscc:A|a:1")
    own = Part("own", "自身", "own", 0.25, statements=evidence, children=(points, *lines))
    whole = replace(layer, children=children)
    return Part("chain_risk", "链上风险", "chain risk", 0.25 + total, children=(own, whole))


def keys(part: Part) -> list[str]:
    return [child.key for child in part.children]


def test_hidden_neighbours_become_one_undisclosed_part() -> None:
    given = rights(consent("uscc:A", scopes="chain_risk；trade"), consent("uscc:B"))
    seen = redact(figure({"uscc:B": 0.5, "uscc:C": 0.125}), "uscc:A", BANK, given)
    assert [(p.key, p.value) for p in seen.children] == [
        ("own", 0.25),
        ("receivable", 0.5),
        (UNDISCLOSED, 0.125),
    ]
    assert seen.children[1].amount_fen == 100  # the layer's amount no longer tells C's


def test_a_neighbour_is_named_only_where_the_link_may_be_seen_too() -> None:
    given = rights(consent("uscc:A"), consent("uscc:B"))  # chain risk only, not their trade
    assert keys(redact(figure({"uscc:B": 0.5}), "uscc:A", BANK, given)) == ["own", UNDISCLOSED]


def test_a_receivable_that_is_a_loan_needs_the_right_to_the_loan() -> None:
    statements = ("invoice:s:uscc:A|1", "loan:s:uscc:A|7")
    both = "chain_risk；trade；loan"
    given = rights(consent("uscc:A", scopes=both), consent("uscc:B", scopes=both))

    def named(*statements: str) -> list[str]:
        part = Part("uscc:B", "乙", "B", 0.5, 100, "uscc:B", "receivable", statements)
        layer = Part("receivable", "应收", "receivable", 0.5, 100, None, "receivable")
        whole = replace(layer, children=(part,))
        root = Part("chain_risk", "链上风险", "chain risk", 0.5, children=(whole,))
        return keys(redact(root, "uscc:A", BANK, given))

    assert named(statements[0]) == ["receivable"]
    assert named(*statements) == [UNDISCLOSED]
    # somebody else's loan tells how large a guarantee weighs, not that there is one
    assert named("loan:s:uscc:OTHER|7") == ["receivable"]


def test_a_third_member_sees_the_band_of_an_amount_and_no_statement() -> None:
    asking = Viewer("member", "uscc:M", "partner_check")
    to_member = {"grantee": "uscc:M", "purpose": "partner_check"}
    both = "chain_risk；trade"
    given = rights(
        consent("uscc:A", scopes=both, **to_member), consent("uscc:B", scopes=both, **to_member)
    )
    layer = redact(figure({"uscc:B": 0.5}), "uscc:A", asking, given).children[1]
    (part,) = layer.children
    assert (part.value, part.amount_fen, part.statements) == (0.5, None, ())
    assert part.band == "不足10万元 under 100 thousand yuan"
    assert layer.amount_fen is None


@pytest.mark.parametrize(
    ("scopes", "lines", "statements"),
    [
        ("chain_risk", [UNDISCLOSED, "age_years"], []),
        ("finance", [UNDISCLOSED, "age_years", "equity_ratio"], ["financials:s:uscc:A|2025"]),
        (
            "finance；loan；credit",
            ["points", "age_years", "equity_ratio", "overdue_days"],
            ["financials:s:uscc:A|2025"],
        ),
    ],
)
def test_own_lines_and_evidence_need_their_scopes(
    scopes: str, lines: list[str], statements: list[str]
) -> None:
    own = redact(figure({}), "uscc:A", BANK, rights(consent("uscc:A", scopes=scopes))).children[0]
    assert keys(own) == lines
    assert list(own.statements) == statements
    assert own.remainder() == 0


def test_ones_own_file_cites_all_that_is_ones_own() -> None:
    own = redact(figure({}), "uscc:A", OWN, rights()).children[0]
    assert own == figure({}).children[0]


@given(
    st.dictionaries(st.sampled_from("BCDEFGH"), st.floats(0, 1), max_size=6),
    st.sets(st.sampled_from("BCDEFGH")),
)
def test_sums_hold_and_no_hidden_name_amount_or_statement_remains(
    neighbours: dict[str, float], visible: set[str]
) -> None:
    whole = figure({f"uscc:{p}": value for p, value in neighbours.items()})
    shown = [f"uscc:{p}" for p in sorted(visible)]
    given = rights(consent("uscc:A", scopes="trade"), *map(consent, shown))
    seen = redact(whole, "uscc:A", BANK, given)
    assert seen.value == whole.value
    assert abs(seen.remainder()) < TOLERANCE
    for part in seen.walk():
        assert part.party is None or part.party in shown
    cited = {s for p in seen.walk() for s in p.statements}
    assert cited <= {f"invoice:s:uscc:A|{p}" for p in shown}
