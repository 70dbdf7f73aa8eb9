import pytest
from hypothesis import given
from hypothesis import strategies as st
from stating import load_dictionary

from graph_model.errors import BadInput
from graph_model.explanation import TOLERANCE, UNDISCLOSED, Part
from policy.visibility import Consent, Scope, Viewer, decide, redact, viewer

PURPOSES = load_dictionary().codes("purpose")
BANK = Viewer("financier", "uscc:BANK", "post_loan")
GIVEN = Consent("uscc:A", "uscc:BANK", "post_loan", frozenset({"chain_risk"}), "C-1")


def test_nobody_sees_anything_by_default() -> None:
    decision = decide(BANK, "uscc:A", [])
    assert not decision.allowed
    assert "Art. 29" in decision.rule


def test_a_party_sees_its_own_file() -> None:
    decision = decide(Viewer("member", "uscc:A", "self"), "uscc:A", [])
    assert decision.allowed
    assert "Art. 15" in decision.rule


def test_purpose_self_does_not_open_another_file() -> None:
    assert not decide(Viewer("financier", "uscc:BANK", "self"), "uscc:A", [GIVEN]).allowed


def test_consent_opens_the_file_and_is_named() -> None:
    decision = decide(BANK, "uscc:A", [GIVEN])
    assert decision.allowed
    assert "C-1" in decision.rule


@pytest.mark.parametrize(
    ("grantor", "grantee", "purpose", "scopes"),
    [
        ("uscc:B", "uscc:BANK", "post_loan", {"chain_risk"}),
        ("uscc:A", "uscc:OTHER", "post_loan", {"chain_risk"}),
        ("uscc:A", "uscc:BANK", "guarantee", {"chain_risk"}),
        ("uscc:A", "uscc:BANK", "post_loan", {"finance"}),
    ],
)
def test_consent_by_another_to_another_for_another_or_of_another_opens_nothing(
    grantor: str, grantee: str, purpose: str, scopes: set[str]
) -> None:
    other = Consent(grantor, grantee, purpose, frozenset(scopes), "C-2")
    assert not decide(BANK, "uscc:A", [other]).allowed


def test_a_sole_trader_is_shown_to_nobody_else_even_with_consent() -> None:
    assert not decide(BANK, "uscc:A", [GIVEN], personal=True).allowed
    assert decide(Viewer("member", "uscc:A", "self"), "uscc:A", [], personal=True).allowed


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


def scope(*scopes: str) -> Scope:
    return Scope(
        frozenset(scopes),
        ("uscc:A", "uscc:BANK"),
        {"receivable": "trade"},
        {"invoice": "trade", "loan": "loan"},
    )


def figure(neighbours: dict[str, float]) -> Part:
    children = tuple(
        Part(party, party, party, value, 100, party, "receivable", (f"invoice:s:{party}",))
        for party, value in neighbours.items()
    )
    layer = Part(
        "receivable", "应收", "receivable", sum(neighbours.values()), 100, layer="receivable"
    )
    own = Part("own", "自身", "own", 0.25, children=(Part("age", "年龄", "age", 0.25),))
    whole = 0.25 + layer.value
    return Part(
        "chain_risk",
        "链上风险",
        "chain risk",
        whole,
        children=(
            own,
            Part(
                layer.key,
                layer.label_zh,
                layer.label_en,
                layer.value,
                100 * len(children),
                None,
                "receivable",
                (),
                children,
            ),
        ),
    )


def test_hidden_neighbours_become_one_undisclosed_part() -> None:
    seen = redact(figure({"B": 0.5, "C": 0.125}), lambda p: p == "B", scope("chain_risk", "trade"))
    assert [(p.key, p.value) for p in seen.children] == [
        ("own", 0.25),
        ("receivable", 0.5),
        (UNDISCLOSED, 0.125),
    ]
    assert seen.children[1].amount_fen == 100  # the layer's amount no longer tells C's


def test_own_evidence_needs_its_scope() -> None:
    whole = figure({})
    assert redact(whole, lambda _: True, scope("chain_risk")).children[0].children == ()
    assert redact(whole, lambda _: True, scope("finance")).children[0].children != ()


@given(
    st.dictionaries(st.text("ABCDEFGH", min_size=1, max_size=2), st.floats(0, 1), max_size=6),
    st.sets(st.text("ABCDEFGH", min_size=1, max_size=2)),
)
def test_sums_hold_and_no_hidden_name_amount_or_statement_remains(
    neighbours: dict[str, float], visible: set[str]
) -> None:
    whole = figure(neighbours)
    seen = redact(whole, visible.__contains__, scope("chain_risk", "trade"))
    assert seen.value == whole.value
    assert abs(seen.remainder()) < TOLERANCE
    for part in seen.walk():
        assert part.party is None or part.party in visible
    assert {s for p in seen.walk() for s in p.statements} <= {f"invoice:s:{v}" for v in visible}


def test_amounts_and_statements_need_the_class_of_their_layer() -> None:
    seen = redact(figure({"B": 0.5}), lambda _: True, scope("chain_risk", "finance"))
    (part,) = seen.children[1].children
    assert (part.value, part.amount_fen, part.statements) == (0.5, None, ())
    assert seen.children[1].amount_fen is None


def test_a_loan_is_named_only_to_those_it_names() -> None:
    own = scope("*")
    assert own.cites("invoice:s:uscc:X|1")
    assert own.cites("loan:s:uscc:A|1")
    assert own.cites("loan:s:uscc:BANK|1")
    assert not own.cites("loan:s:uscc:OTHER|1")
    assert scope("chain_risk", "loan").cites("loan:s:uscc:OTHER|1")
