"""What an explanation is made of: parts that add up to the figure, each leading to statements.

The root is the figure itself; the children of a part add up to it to 1e-9.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

UNDISCLOSED = "undisclosed"
"""Key of the part that holds what a viewer may not see."""

REST = "rest"
"""Key of the part that holds the smallest of many parts, where a list would be too long."""

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Part:
    """One summand of a figure.

    Attributes
    ----------
    key : str
        Name among its brothers: `own`, a layer, a party id, a scorecard factor.
    label_zh, label_en : str
        For people.
    value : float
        In the unit of the figure (a probability over the horizon).
    amount_fen : int or None
        Yuan behind it, in fen, where it rests on an amount.
    party : str or None
        Party id of the neighbour it comes from.
    layer : str or None
        Layer of `layers.csv` it comes through.
    statements : tuple of str
        `kind:source:key` of the statements behind it.
    children : tuple of Part
        Its own summands; none where it is not divided further.
    band : str or None
        Band of an amount that a viewer may not see to the fen.
    """

    key: str
    label_zh: str
    label_en: str
    value: float
    amount_fen: int | None = None
    party: str | None = None
    layer: str | None = None
    statements: tuple[str, ...] = ()
    children: tuple["Part", ...] = ()
    band: str | None = None

    def child(self, key: str) -> "Part | None":
        """Return the child of that key, or None."""
        return next((part for part in self.children if part.key == key), None)

    def walk(self) -> Iterator["Part"]:
        """Itself and everything under it."""
        yield self
        for part in self.children:
            yield from part.walk()

    def remainder(self) -> float:
        """Value less the values of the children; 0 for a leaf."""
        return self.value - sum(p.value for p in self.children) if self.children else 0.0

    def with_children(self, children: tuple["Part", ...]) -> "Part":
        """The same part over other children, its value their sum."""
        return replace(self, children=children, value=sum(part.value for part in children))


def shortened(part: Part, most: int) -> Part:
    """Return the same explanation with at most so many children anywhere; sums hold.

    The first ones stay; the others are one part under the key `rest`, with the sum of their
    values, and of their amounts where all of them are known.

    >>> many = Part("x", "x", "x", 6.0, children=tuple(Part(k, k, k, 1.5) for k in "abcd"))
    >>> [child.key for child in shortened(many, 3).children], shortened(many, 3).children[-1].value
    (['a', 'b', 'rest'], 3.0)
    """
    children = tuple(shortened(child, most) for child in part.children)
    if len(children) > most:
        kept, folded = children[: most - 1], children[most - 1 :]
        amounts = [child.amount_fen for child in folded if child.amount_fen is not None]
        rest = Part(
            REST,
            f"其余{len(folded)}项",
            f"{len(folded)} others",
            sum(child.value for child in folded),
            sum(amounts) if len(amounts) == len(folded) else None,
            layer=part.layer,
        )
        children = (*kept, rest)
    return replace(part, children=children)
