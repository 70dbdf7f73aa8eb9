"""A whole explanation, as far as a viewer may see it.

A neighbour's part tells two things: the neighbour's own figure (whoever knows the link can work it
out) and that there is a link. It is shown where the viewer may see both; its amount and its
statements as far as each of them may be seen. What is hidden is folded into one undisclosed part:
sums still hold.
"""

from dataclasses import replace

from graph_model.explanation import UNDISCLOSED, Part
from policy.visibility.decide import CHAIN_RISK, Ref, Sight, decide
from policy.visibility.refs import statement_ref
from policy.visibility.rights import Rights
from policy.visibility.viewer import Viewer

POINTS = "points"
"""Child of the own part that tells all points together: shown where every line is."""


def figure_sight(party: str, viewer: Viewer, rights: Rights) -> Sight:
    """How much of a party's own chain risk the viewer may see."""
    return decide(viewer, Ref(CHAIN_RISK, (party,)), rights).sight


def link_sight(
    layer: str,
    statements: tuple[str, ...],
    ends: tuple[str, str],
    viewer: Viewer,
    rights: Rights,
) -> Sight:
    """How much of a link a viewer may see: no more than of any statement behind it.

    Parameters
    ----------
    layer : str
        Of `layers.csv`.
    statements : tuple of str
        `kind:source:key` behind the link.
    ends : tuple of str
        Party that is hit, and party whose fall hits it.
    """
    refs = [Ref(rights.class_of_layer(layer), ends)]
    refs += [statement_ref(statement, rights.dictionary, ends) for statement in statements]
    return min(decide(viewer, ref, rights).sight for ref in refs)


def presence_sight(
    layer: str,
    statements: tuple[str, ...],
    ends: tuple[str, str],
    viewer: Viewer,
    rights: Rights,
) -> Sight:
    """How much of the fact that there is a link a viewer may see; parameters as `link_sight`.

    That of its layer, and of those statements that are about the two ends and nobody else: a
    receivable may be a loan. Those about others too tell how large the link is, not that it is.
    """
    refs = (statement_ref(statement, rights.dictionary, ends) for statement in statements)
    between = [ref for ref in refs if set(ref.sides) == set(ends)]
    refs_all = [Ref(rights.class_of_layer(layer), ends), *between]
    return min(decide(viewer, ref, rights).sight for ref in refs_all)


def redact(root: Part, subject: str, viewer: Viewer, rights: Rights) -> Part:
    """Fold what may not be seen into one undisclosed part.

    Parameters
    ----------
    root : Part
        The whole explanation of a figure that the viewer may see.
    subject : str
        Party id of whose figure it is.
    viewer : Viewer
        Who asks and why.
    rights : Rights
        Rules and consents of the day.

    Returns
    -------
    Part
        Children add up to the root's value as before; `undisclosed` stands last where something
        is hidden.
    """
    shown: list[Part] = []
    folded = False
    for part in root.children:
        if part.layer is None:
            shown.append(_own(part, subject, viewer, rights))
            continue
        named = [p for p in part.children if p.party is not None]
        seen = [p for p in (_partner(p, subject, viewer, rights) for p in named) if p is not None]
        if len(seen) == len(named):
            rest = tuple(p for p in part.children if p.party is None)
            whole = replace(part, children=(*seen, *rest))
            shown.append(_amounts_of(whole, seen))
        else:
            folded = True
            if seen:
                shown.append(_amounts_of(part.with_children(tuple(seen)), seen))
    if folded:
        hidden = root.value - sum(part.value for part in shown)
        shown.append(undisclosed(hidden))
    return replace(root, children=tuple(shown))


def undisclosed(value: float) -> Part:
    """Return the part that stands for all that is hidden."""
    return Part(UNDISCLOSED, "未披露部分", "undisclosed part", value)


def _partner(part: Part, subject: str, viewer: Viewer, rights: Rights) -> Part | None:
    """A neighbour's part without what may not be told; None where it may not be told itself."""
    if part.party is None or part.layer is None:
        return part
    if figure_sight(part.party, viewer, rights) < Sight.AMOUNT:
        return None
    ends = (subject, part.party)
    if presence_sight(part.layer, part.statements, ends, viewer, rights) < Sight.EXISTS:
        return None
    amount = link_sight(part.layer, part.statements, ends, viewer, rights)
    return replace(
        part,
        amount_fen=part.amount_fen if amount == Sight.AMOUNT else None,
        band=_band(part.amount_fen, amount, rights),
        statements=cited(part.statements, ends, viewer, rights),
    )


def _own(part: Part, subject: str, viewer: Viewer, rights: Rights) -> Part:
    """The own part with those lines and statements that may be seen.

    A line of the scorecard is a band of the fact behind it. All points together would tell a
    hidden line by subtraction.
    """
    lines = [p for p in part.children if p.key != POINTS]
    kept = [p for p in lines if _line_sight(p.key, subject, viewer, rights) >= Sight.BAND]
    children = part.children
    if len(kept) < len(lines):
        children = (undisclosed(part.value), *kept) if kept else ()
    statements = cited(part.statements, (subject,), viewer, rights)
    return replace(part, children=children, statements=statements)


def _line_sight(factor: str, subject: str, viewer: Viewer, rights: Rights) -> Sight:
    of = rights.rules.of_factor.get(factor, "")
    return decide(viewer, Ref(of, (subject,)), rights).sight


def cited(
    statements: tuple[str, ...], sides: tuple[str, ...], viewer: Viewer, rights: Rights
) -> tuple[str, ...]:
    """Statements that may be named: those of which every amount may be seen."""
    return tuple(
        s
        for s in statements
        if decide(viewer, statement_ref(s, rights.dictionary, sides), rights).sight == Sight.AMOUNT
    )


def _amounts_of(layer: Part, seen: list[Part]) -> Part:
    """A layer with the sum of those amounts that are shown under it, and no others."""
    amounts = [p.amount_fen for p in seen]
    known = [amount for amount in amounts if amount is not None]
    whole = sum(known) if known else None
    return replace(layer, amount_fen=whole, statements=())


def _band(amount_fen: int | None, sight: Sight, rights: Rights) -> str | None:
    if amount_fen is None or sight != Sight.BAND:
        return None
    return rights.rules.band(amount_fen)
