"""What a reader draws from answers: names that they tell, and how far figures move.

told        a part, a reason or a statement names a guarantee or a loan
asked       a what-if takes a link away, or will not add it: so it is there
level rank ratio parts probability      move when another party falls
supposed    figures move when a what-if takes the other party away
origins     falls of a party begin at the other
"""

from collections.abc import Iterator, Sequence

import numpy as np

from algorithms.leak import Floats, Mask, move
from api.services.assessment import Assessment
from api.services.changes import Asked
from api.services.hidden_links import LINKS
from api.services.origins import origins_as_opened
from api.services.partners import PartnerRisk
from api.services.readers import Reader
from api.services.rights import Opened
from api.services.what_if import changes_as_opened, what_if_as_opened
from graph_model.errors import BadInput, NotAllowed, NotFound
from graph_model.network import CreditNetwork
from graph_model.schema import parts_of

MOVING = ("level", "rank", "ratio", "parts", "probability")
LENDER = "lender"
"""Party kind of those whose receivables are loans."""

Figures = dict[str, float]


def figures_of(answer: PartnerRisk, levels: Sequence[str]) -> Figures:
    """Published figures of one answer, all positive; parts by `parts.KEY`.

    Parameters
    ----------
    answer : PartnerRisk
        As a reader is told it.
    levels : sequence of str
        Names of the warning levels, the least first.
    """
    found: Figures = {}
    told = (answer.level_low, answer.level, answer.level_high)
    places = [1 + levels.index(level) if level in levels else 0 for level in told]
    if all(level is None or level in levels for level in told):
        found["level"] = 1.0 + sum(places)
    numbers = {"rank": answer.rank, "ratio": answer.ratio, "probability": answer.probability}
    found |= {name: float(value) for name, value in numbers.items() if value is not None}
    if answer.explanation is not None:
        found |= {f"parts.{part.key}": part.value for part in answer.explanation.children}
    return found


def moves(before: Figures, after: Figures) -> dict[str, float]:
    """How far the figures of a party move, by means; of several parts, the one that moves most."""
    found: dict[str, float] = {}
    for key in before.keys() & after.keys():
        means = key.partition(".")[0]
        found[means] = max(found.get(means, 0.0), move(before[key], after[key]))
    return found


def links_told(answer: PartnerRisk, network: CreditNetwork) -> Iterator[tuple[str, str]]:
    """Guarantees and loans that an answer names: (who is hit, borrower).

    A part of the guarantee layer is a guarantee; a receivable of a lender is a loan.
    """
    place = network.place(answer.party)
    lends = place is not None and network.text("kind", place) == LENDER
    layers = ("guarantee", "receivable") if lends else ("guarantee",)
    for reason in answer.reasons:
        if reason.party is not None and reason.code in [f"partner.{layer}" for layer in layers]:
            yield answer.party, reason.party
    for part in answer.explanation.walk() if answer.explanation else ():
        if part.party is not None and part.layer in layers:
            yield answer.party, part.party
        for statement in part.statements:
            kind, _, rest = statement.partition(":")
            if kind in LINKS:
                yield parts_of(rest.partition(":")[2])[0], part.party or answer.party


class Asking:
    """Questions that a reader asks of the assessment before anybody falls.

    Parameters
    ----------
    reader : Reader
    assessment : Assessment
    falls : array of int64, shape (falls,)
        Places of the parties asked about.
    """

    def __init__(self, reader: Reader, assessment: Assessment, falls: Sequence[int]) -> None:
        self._network = assessment.network
        self._ids = assessment.network.ids()
        self._falls = falls
        self._openings = [reader.openings(assessment, party) for party in self._ids]
        self._widest = _widest(self._openings)

    @property
    def opened(self) -> Mask:
        """Parties whose figure the reader is shown: mask (n,)."""
        return np.array([bool(found) for found in self._openings], np.bool_)

    def links_there(self) -> Mask:
        """Pairs of which a what-if tells that they are linked: mask (n, falls)."""
        found = np.zeros((len(self._ids), len(self._falls)), np.bool_)
        for k, place in enumerate(self._falls):
            if self._openings[place]:
                for i, openings in enumerate(self._openings):
                    found[i, k] = i != place and any(
                        _is_there(opened, f"{measure}:{self._ids[i]}:{self._ids[place]}")
                        for opened in openings
                        for measure in LINKS
                    )
        return found

    def supposed(self) -> Floats:
        """How far figures move when a what-if takes a party away: (n, falls)."""
        found = np.zeros((len(self._ids), len(self._falls)))
        for k, place in enumerate(self._falls):
            for opened in self._widest:
                subject = next((one for i, one in opened.items() if i != place), None)
                if subject is None or place not in opened:
                    continue
                changes = changes_as_opened(subject, Asked(drop_party=[self._ids[place]]))
                answer = what_if_as_opened(subject, changes)
                for figure in (answer.subject, *answer.movers):
                    i = self._network.place(figure.party)
                    if i is not None:
                        found[i, k] = max(found[i, k], move(1.0, figure.ratio))
        return found

    def origins(self) -> Floats:
        """Share of the falls of a party that begin at another: (n, falls)."""
        found = np.zeros((len(self._ids), len(self._falls)))
        column = {self._ids[place]: k for k, place in enumerate(self._falls)}
        for opened in self._widest:
            for i, subject in opened.items():
                try:
                    answer = origins_as_opened(subject)
                except NotFound:
                    continue
                for origin in answer.origins:
                    if (k := column.get(origin.party)) is not None:
                        found[i, k] = max(found[i, k], origin.share)
        return found


def _widest(openings: Sequence[Sequence[Opened]]) -> list[dict[int, Opened]]:
    """Figures that a purpose opens, by place, of purposes that open what no other does."""
    by_purpose: dict[str, dict[int, Opened]] = {}
    for i, found in enumerate(openings):
        for opened in found:
            by_purpose.setdefault(opened.viewer.purpose, {})[i] = opened
    kept: list[dict[int, Opened]] = []
    for one in sorted(by_purpose.values(), key=len, reverse=True):
        if not any(one.keys() <= other.keys() for other in kept):
            kept.append(one)
    return kept


def _is_there(opened: Opened, link: str) -> bool:
    """Whether a what-if tells that a link is there: it can be dropped."""
    try:
        changes_as_opened(opened, Asked(drop=[link]))
    except (NotAllowed, BadInput):
        return False
    return True
