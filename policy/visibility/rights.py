"""The rules of a visibility pack, and what a question is decided with.

    pack.toml      chain_risk_publishing: consent | members | open
    classes.csv    class, zh, en, scope, meaning      visibility classes; the scope opens them
    matrix.csv     role, relation, class, sight, clause
    purposes.csv   purpose, role, needs_consent, clause    which role may state which purpose
    factors.csv    factor, class                      classes of the lines of the scorecard
    bands.csv      from_yuan, zh, en                  bands of amounts

What no line states is hidden.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from graph_model.errors import BadInput
from graph_model.schema import Dictionary
from policy.pack import Pack
from policy.visibility.consent import Opens
from policy.visibility.viewer import ROLES

RELATIONS = ("own", "side", "consent", "none")
"""How the viewer's organisation stands to a thing: it is its own, it is one of its sides, a side
consented, or nothing of these."""

PUBLISHING = ("consent", "members", "open")
"""Who is shown a chain risk: whom the subject consented to; also members of the alliance, of one
another; or every viewer with a purpose."""

CHAIN_RISK = "chain_risk"
"""Class of a chain risk, and the scope that a consent names to let it be seen."""


class Sight(IntEnum):
    """How much of a thing may be seen; each shows what those before it show."""

    HIDDEN = 0
    EXISTS = 1
    BAND = 2
    AMOUNT = 3


@dataclass(frozen=True)
class Line:
    """One line of the matrix."""

    sight: Sight
    clause: str


@dataclass(frozen=True)
class PurposeLine:
    """One purpose that a role may state; whether it opens things by consent, and the clause."""

    needs_consent: bool
    clause: str


@dataclass(frozen=True)
class Rules:
    """A visibility pack, read and checked.

    Attributes
    ----------
    reference : str
        Id and version of the pack.
    publishing : str
        One of `PUBLISHING`.
    matrix : mapping of (role, relation, class) to Line
    purposes : mapping of (purpose, role) to PurposeLine
    scope_of : mapping of str to str
        By class, the scope that a consent names to open it.
    of_factor : mapping of str to str
        Class of each factor of the scorecard.
    bands : tuple of (int, str, str)
        Lower bound in fen, and the band in Chinese and English, from the lowest.
    """

    reference: str
    publishing: str
    matrix: Mapping[tuple[str, str, str], Line]
    purposes: Mapping[tuple[str, str], PurposeLine]
    scope_of: Mapping[str, str]
    of_factor: Mapping[str, str]
    bands: tuple[tuple[int, str, str], ...]

    def band(self, amount_fen: int) -> str:
        """Band of an amount in fen, Chinese and English; negative amounts by their size."""
        place = bisect_right(self.bands, abs(amount_fen), key=lambda band: band[0]) - 1
        _, zh, en = self.bands[place]
        return f"{zh} {en}"


@dataclass(frozen=True)
class Rights:
    """What a question is decided with: rules, and the facts of the day.

    Attributes
    ----------
    consents : Opens
        In force today.
    dictionary : Dictionary
        Gives the visibility class of each kind (`fields.csv`) and layer (`layers.csv`).
    personal : callable
        Whether a party counts as a person (a sole trader).
    member : callable
        Whether a party is a member of the alliance today.
    """

    rules: Rules
    consents: Opens
    dictionary: Dictionary
    personal: Callable[[str], bool]
    member: Callable[[str], bool]
    decided: dict[Any, Any] = field(init=False, default_factory=dict, repr=False, compare=False)
    """What `decide` has said already: the same things are asked for again and again."""

    def class_of_layer(self, layer: str) -> str:
        """Visibility class of a contagion layer; "" of one that is none."""
        return next((row.visibility for row in self.dictionary.layers if row.layer == layer), "")


def rules_of(pack: Pack, dictionary: Dictionary) -> Rules:
    """Read a visibility pack.

    Parameters
    ----------
    pack : Pack
        Of the topic `visibility`.
    dictionary : Dictionary
        Names the purposes, and the classes of fields and layers.

    Raises
    ------
    BadInput
        Naming file, line and column: a line that is there twice, a word that is none, a class
        that the pack does not describe, or bands that do not begin at 0 and rise.
    """
    publishing = str(pack.parameter("chain_risk_publishing").value)
    if publishing not in PUBLISHING:
        value = f"{pack.folder / 'pack.toml'}: chain_risk_publishing = {publishing!r}"
        raise BadInput(value, "is no publishing policy", f"They are: {', '.join(PUBLISHING)}.")
    scope_of = {row.text("class"): row.text("scope") for row in pack.table("classes")}
    classes = tuple(scope_of)
    stated = {f.visibility for kind in dictionary.kinds.values() for f in kind.fields}
    stated |= {layer.visibility for layer in dictionary.layers} | {CHAIN_RISK}
    if missing := sorted(stated - set(classes)):
        value = f"{pack.folder / 'classes.csv'}: {', '.join(missing)}"
        raise BadInput(value, "the dictionary has this class", "Add its line.")
    return Rules(
        reference=pack.reference,
        publishing=publishing,
        matrix=_matrix(pack, classes),
        purposes=_purposes(pack, dictionary),
        scope_of=scope_of,
        of_factor={
            row.text("factor"): row.one_of("class", classes) for row in pack.table("factors")
        },
        bands=_bands(pack),
    )


def _matrix(pack: Pack, classes: tuple[str, ...]) -> dict[tuple[str, str, str], Line]:
    sights = {sight.name.lower(): sight for sight in Sight}
    found: dict[tuple[str, str, str], Line] = {}
    for row in pack.table("matrix"):
        role, relation = row.one_of("role", ROLES), row.one_of("relation", RELATIONS)
        of = row.one_of("class", classes)
        sight = sights[row.one_of("sight", tuple(sights))]
        if (role, relation, of) in found:
            raise row.wrong("class", "the matrix says it already", "Keep one of the lines.")
        if of == CHAIN_RISK and sight == Sight.EXISTS:
            rule = "that there is a chain risk says nothing"
            raise row.wrong("sight", rule, "Write hidden, band or amount.")
        found[role, relation, of] = Line(sight, row.text("clause"))
    return found


def _purposes(pack: Pack, dictionary: Dictionary) -> dict[tuple[str, str], PurposeLine]:
    known = tuple(dictionary.codes("purpose"))
    found: dict[tuple[str, str], PurposeLine] = {}
    for row in pack.table("purposes"):
        key = (row.one_of("purpose", known), row.one_of("role", ROLES))
        if key in found:
            raise row.wrong("role", "the table says it already", "Keep one of the lines.")
        needs = row.one_of("needs_consent", ("yes", "no")) == "yes"
        found[key] = PurposeLine(needs, row.text("clause"))
    return found


def _bands(pack: Pack) -> tuple[tuple[int, str, str], ...]:
    rows = pack.table("bands")
    found = tuple((int(r.number("from_yuan") * 100), r.text("zh"), r.text("en")) for r in rows)
    bounds = [bound for bound, _, _ in found]
    if not bounds or bounds[0] != 0 or sorted(set(bounds)) != bounds:
        value = f"{pack.folder / 'bands.csv'}: from_yuan"
        raise BadInput(value, "bands begin at 0 and rise", "Correct the table.")
    return found
