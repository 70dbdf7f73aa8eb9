"""What an explanation is made of: parts that add up to the figure, each leading to statements.

The root is the figure itself; the children of a part add up to it to 1e-9.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

UNDISCLOSED = "undisclosed"
"""Key of the part that holds what a viewer may not see."""

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
