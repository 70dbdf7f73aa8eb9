"""Who is meant by a code and a name: scores with reasons, and nothing taken on a likeness."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stating import party

from ingest.matching import ACCEPTED, Match, NamedParty, Register, match

ONE, TWO, THREE = (party(n) for n in (1, 2, 3))
TRADER = party(5, "92")
REGISTER = Register.of(
    [
        NamedParty(ONE, "广州云埔智衍（示例）有限公司", current=True),
        NamedParty(ONE, "广州云埔智研芯片（示例）有限公司", current=False, until="2021-05-01"),
        NamedParty(TWO, "广州云埔精钧机械有限公司", current=True),
        NamedParty(THREE, "广州同名有限公司", current=False),
        NamedParty(TWO, "广州同名有限公司", current=False),
        NamedParty(TRADER, "阿澜五金加工店", current=True),
    ]
)


def codes(found: Match) -> list[str]:
    return [reason.code for reason in found.reasons]


@pytest.mark.parametrize(
    ("code", "name", "taken", "score", "reasons"),
    [
        (ONE, "", ONE, 1.0, ["code"]),
        (ONE, "广州云埔智衍(示例) 有限公司", ONE, 1.0, ["code", "name_folded"]),
        (ONE, "广州云埔智研芯片（示例）有限公司", ONE, 1.0, ["code", "former_name"]),
        (ONE, "不相干的名称", ONE, ACCEPTED, ["code", "name_differs"]),
        (ONE, "广州云埔精钧机械有限公司", None, 0.5, ["name_of_other"]),
        (party(99), "广州云埔精钧机械有限公司", None, 0.0, ["code_unknown"]),
        ("", "广州云埔精钧机械有限公司", TWO, 0.95, ["name"]),
        ("", "广州云埔智研芯片(示例)有限公司", ONE, 0.9, ["former_name"]),
        ("", "广州同名有限公司", None, 0.0, ["ambiguous"]),
        ("", "阿澜五金加工店", None, 0.0, ["not_found"]),
        (TRADER, "", TRADER, 1.0, ["code"]),
    ],
)
def test_each_way_of_being_meant_has_its_score_and_reasons(
    code: str, name: str, taken: str | None, score: float, reasons: list[str]
) -> None:
    found = match(REGISTER, code, name)
    assert (found.party, found.score, codes(found)) == (taken, score, reasons)


def test_a_former_name_tells_its_days() -> None:
    found = match(REGISTER, "", "广州云埔智研芯片（示例）有限公司")
    assert "2021-05-01" in found.reasons[0].zh


def test_a_near_name_is_listed_and_never_taken() -> None:
    found = match(REGISTER, "", "广州云埔精均机械有限公司")
    assert found.party is None
    assert [c.party for c in found.candidates] == [TWO]
    assert 0.8 <= found.candidates[0].score < ACCEPTED


@given(st.text(max_size=12))
def test_no_name_is_taken_that_the_register_does_not_have(name: str) -> None:
    found = match(REGISTER, "", name)
    assert (found.party is not None) == (found.score >= ACCEPTED)
    assert all(candidate.score < ACCEPTED or codes(found) for candidate in found.candidates)
    assert TRADER not in [candidate.party for candidate in found.candidates]
