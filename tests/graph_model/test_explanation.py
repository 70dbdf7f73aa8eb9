"""Explanations that are too long for one answer."""

from hypothesis import given
from hypothesis import strategies as st

from graph_model.explanation import REST, TOLERANCE, Part, shortened

AMOUNTS = st.none() | st.integers(0, 10**12)
LEAVES = st.builds(
    lambda value, amount: Part("leaf", "叶", "leaf", value, amount_fen=amount),
    st.floats(0, 1),
    AMOUNTS,
)


def _over(children: list[Part]) -> Part:
    return Part("part", "部分", "part", 0.0).with_children(tuple(children))


TREES = st.recursive(LEAVES, lambda below: st.lists(below, max_size=12).map(_over), max_leaves=60)


@given(TREES, st.integers(2, 8))
def test_a_shortened_explanation_has_few_parts_and_still_adds_up(tree: Part, most: int) -> None:
    short = shortened(tree, most)
    assert short.value == tree.value
    for part in short.walk():
        assert len(part.children) <= most
        assert abs(part.remainder()) < TOLERANCE
        folded = [child for child in part.children if child.key == REST]
        assert folded in ([], [part.children[-1]] if part.children else [])


def test_the_first_parts_stay_and_the_rest_says_how_many_they_are() -> None:
    parts = [Part(str(k), "", "", 0.1, amount_fen=100) for k in range(5)]
    short = shortened(_over(parts), 3)
    assert [part.key for part in short.children] == ["0", "1", REST]
    assert short.children[-1].label_en == "3 others"
    assert short.children[-1].amount_fen == 300
