"""The leak figure: how many hidden guarantees and loans readers of published figures can name.

One party after another falls in the picture, everything is assessed anew as it would be, and each
reader compares what he is told before and after. He also asks whatever else he may ask. He knows
the register and, at worst, every tie that is neither guarantee nor loan; the truth chooses his
thresholds for him. What he names is counted; nobody is named to anybody.

Every reader is read on the common run. A lender's answers come from its own picture, without loans
of other lenders, and tell less: its count is an upper bound.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from algorithms.leak import Floats, Named, in_all, names_by_score, names_told
from algorithms.network_changes import PartyChange, changed_network
from api.services.assessment import Assessment
from api.services.hidden_links import (
    LINKS,
    Places,
    borrowers_weighing,
    links_shown,
    links_weighing,
    pairs_of,
    ways_to_read,
)
from api.services.partners import as_opened, whole_answer
from api.services.pictures import picture
from api.services.readers import Reader, readers
from api.services.readings import MOVING, Asking, Figures, figures_of, links_told, moves
from api.services.rights import rules_of
from api.services.runs import assess, pack_for
from api.services.workspace import Workspace
from graph_model.errors import BadInput
from graph_model.network import CreditNetwork, known
from graph_model.snapshot import day_number
from policy.visibility.rights import PUBLISHING

FALLS = 40
MEANS = ("told", "asked", *MOVING, "supposed", "origins")

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class ReaderLeak:
    """What one reader can name under one policy.

    Attributes
    ----------
    policy, reader : str
        Publishing policy, and `Reader.key`.
    opened : int
        Parties whose figure he is shown.
    in_figures : int
        Hidden links through which a figure can move: the others weigh nothing, as where the
        capacity of a lender is not known.
    by_means : dict of str to Named
        By each of `MEANS`.
    in_all : Named
        By one means or another.
    """

    policy: str
    reader: str
    opened: int
    in_figures: int
    by_means: dict[str, Named]
    in_all: Named


@dataclass(frozen=True)
class Leak:
    """The leak figure of a picture.

    Attributes
    ----------
    links : dict of str to int
        Guarantees and loans in the picture, by kind.
    falls : int
        Parties that fell, one after the other.
    default : str
        Publishing policy in force.
    """

    date: date
    network_id: str
    parties: int
    links: dict[str, int]
    falls: int
    scenarios: int
    seed: int
    default: str
    found: tuple[ReaderLeak, ...]


def leak(
    workspace: Workspace,
    day: date,
    *,
    policies: Sequence[str] = PUBLISHING,
    falls: int = FALLS,
    scenarios: int | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
) -> Leak:
    """Let readers read, and count what they can name.

    Parameters
    ----------
    workspace : Workspace
    day : datetime.date
        Of the picture, and of the consents.
    policies : sequence of str
        Publishing policies to compare.
    falls : int
        How many parties fall: half of them, where there are as many, such whose fall reaches a
        lender or guarantor; drawn with the seed.
    scenarios, seed : int, optional
        Otherwise from the settings.
    progress : callable, optional
        Told the falls done, and all.

    Raises
    ------
    BadInput
        When a policy is none, or the picture has neither guarantee nor loan.
    """
    if unknown := sorted(set(policies) - set(PUBLISHING)):
        raise BadInput(unknown[0], "is no publishing policy", f"They are: {', '.join(PUBLISHING)}.")
    settings = workspace.settings
    how_many = settings.scenarios if scenarios is None else scenarios
    keyed = settings.seed if seed is None else seed
    network = picture(workspace, day)
    links = {kind: len(network.matrices[kind].indices) for kind in LINKS}
    if not sum(links.values()):
        rule = "has neither guarantee nor loan, so there is nothing to hide"
        raise BadInput(f"picture of {day}", rule, "Load a lender's files first.")
    pack = pack_for(day, settings)

    def assessed(of: CreditNetwork) -> Assessment:
        return assess(of, pack, scenarios=how_many, seed=keyed, threads=settings.threads)

    before = assessed(network)
    fallen = _falls(before, falls, np.random.default_rng(keyed))
    read = [
        _Reading(workspace, reader, policy, before, fallen)
        for policy in policies
        for reader in readers(workspace, before, policy)
    ]
    for k, place in enumerate(fallen.tolist()):
        fell = PartyChange(network.party_id[place].decode(), {"event_on": day_number(day)})
        after = assessed(changed_network(network, [fell]))
        for i, party in enumerate(network.ids()):
            openings = [(one, one.reader.most(after, party)) for one in read]
            shown = [(one, opening) for one, opening in openings if opening is not None]
            if shown:
                whole = whole_answer(after, party)
                for one, opening in shown:
                    one.take(i, k, figures_of(as_opened(whole, opening), one.levels))
        if progress is not None:
            progress(k + 1, len(fallen))
    return Leak(
        date=day,
        network_id=network.network_id,
        parties=len(network),
        links=links,
        falls=len(fallen),
        scenarios=how_many,
        seed=keyed,
        default=rules_of(workspace, day).publishing,
        found=tuple(one.leaked(np.random.default_rng(keyed)) for one in read),
    )


class _Reading:
    """All that one reader has read, under one policy."""

    def __init__(
        self,
        workspace: Workspace,
        reader: Reader,
        policy: str,
        before: Assessment,
        falls: Places,
    ) -> None:
        network = before.network
        shape = (len(network), len(falls))
        self.reader, self.policy, self._falls = reader, policy, falls
        self.levels = [level.name for level in before.parameters.levels]
        self._network = network
        self._asking = Asking(reader, before, falls.tolist())
        self._scores = {means: np.zeros(shape) for means in MOVING}
        self._told = np.zeros(shape, np.bool_)
        self._before: list[Figures] = []
        column = {place: k for k, place in enumerate(falls.tolist())}
        for party in network.ids():
            answers = reader.told(before, whole_answer(before, party))
            self._before.append(figures_of(answers[0], self.levels) if answers else {})
            for answer in answers:
                for pair in links_told(answer, network):
                    i, borrower = network.place(pair[0]), network.place(pair[1])
                    k = column.get(-1 if borrower is None else borrower)
                    if i is not None and k is not None:
                        self._told[i, k] = True
        shown = links_shown(workspace, reader, network, column)
        self._hidden = pairs_of(network, LINKS, falls) & ~shown
        self._weighing = links_weighing(before.links, falls, len(network))
        self._readings = ways_to_read(network, falls, ~shown, reader.organisation)

    def take(self, i: int, k: int, after: Figures) -> None:
        """Compare the figures of party i after fall k with those before."""
        for means, moved in moves(self._before[i], after).items():
            self._scores[means][i, k] = moved

    def leaked(self, rng: np.random.Generator) -> ReaderLeak:
        """Name what can be named, and count it."""
        hidden = self._hidden
        told = {"told": self._told, "asked": self._asking.links_there()}
        known_to_him = ~self._readings[0]
        scores: dict[str, Floats] = {
            **self._scores,
            "supposed": self._asking.supposed(),
            "origins": self._asking.origins(),
        }
        found = {means: names_told(pairs & ~known_to_him, hidden) for means, pairs in told.items()}
        found |= {
            means: names_by_score(score, hidden, self._readings, rng)
            for means, score in scores.items()
        }
        return ReaderLeak(
            policy=self.policy,
            reader=self.reader.key,
            opened=int(self._asking.opened.sum()),
            in_figures=int((hidden & self._weighing).sum()),
            by_means=found,
            in_all=in_all(list(found.values()), hidden),
        )


def _falls(assessment: Assessment, most: int, rng: np.random.Generator) -> Places:
    """Places of parties that stand and have a figure: those that matter most, and others."""
    network = assessment.network
    stands = ~np.isnan(assessment.run.probability[: len(network)])
    stands &= ~known(network.columns["event_on"])
    reaching = np.zeros(len(network), np.bool_)
    reaching[borrowers_weighing(network, assessment.links)] = True
    matter = rng.permutation(np.flatnonzero(stands & reaching))
    others = rng.permutation(np.flatnonzero(stands & ~reaching))
    half = max(most // 2, most - len(others))
    return np.sort(np.concatenate((matter[:half], others))[:most])
