"""Find a party by its code, its name or a former name, in the picture of the published run.

Results name only what any register shows. They stand in the order: code, name, former name; within
each the whole text, its beginning, its inside; then by name. At most `MOST` are found, so that a
search is no way to copy the register out.
"""

import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import accumulate

from api import audit
from api.services.assessment import Assessment
from api.services.former_names import former_names
from api.services.register_entry import PUBLIC, code_of, listed
from api.services.rights import rights_of
from api.services.runs import of_run, published
from api.services.workspace import Workspace
from graph_model.errors import BadInput, NotAllowed
from graph_model.name_folding import folded
from policy.visibility import Ref, Viewer, decide

MOST = 1000
LEAST = 2
"""Characters that are looked for at least."""

BY = ("code", "name", "former_name")


@dataclass(frozen=True)
class Found:
    """One result.

    Attributes
    ----------
    by : str
        One of `BY`.
    matched : str
        The code or name that was met, as it is written.
    how : int
        0 the whole text, 1 its beginning, 2 its inside.
    """

    party: str
    code: str
    name: str
    street: str
    sector: str
    by: str
    matched: str
    how: int

    @property
    def key(self) -> tuple[int, int, str, str]:
        """Place among results."""
        return BY.index(self.by), self.how, self.name, self.party


@dataclass(frozen=True)
class Search:
    """What was found.

    Attributes
    ----------
    found : tuple of Found
        In order.
    more : bool
        Whether there are more than `MOST`.
    """

    found: tuple[Found, ...]
    more: bool
    date: date
    run_id: str


class Texts:
    """Texts to look for a piece of text in.

    Parameters
    ----------
    texts : list of (str, int)
        Folded text and the place of the party it belongs to.
    """

    def __init__(self, texts: list[tuple[str, int]]) -> None:
        order = sorted(range(len(texts)), key=lambda k: texts[k][0])
        self.texts = [texts[k][0] for k in order]
        self.place = [texts[k][1] for k in order]
        self.number = order
        self.starts = list(accumulate((len(text) + 1 for text in self.texts), initial=0))[:-1]
        self.whole = "\n".join(self.texts)

    def having(self, piece: str) -> Iterator[tuple[int, int, int]]:
        """(place, how it is met, number as given) of every text that holds the piece.

        Whole texts come first, then those that begin with it, then all others.
        """
        first = bisect_left(self.texts, piece)
        k = first
        while k < len(self.texts) and self.texts[k].startswith(piece):
            yield self.place[k], 1 if len(self.texts[k]) > len(piece) else 0, self.number[k]
            k += 1
        at = self.whole.find(piece)
        while at >= 0:
            k = bisect_left(self.starts, at + 1) - 1
            if at > self.starts[k]:
                yield self.place[k], 2, self.number[k]
            at = self.whole.find(piece, self.starts[k] + len(self.texts[k]))


@dataclass(frozen=True)
class Index:
    """Codes and names of everybody that a register shows in one picture."""

    codes: Texts
    names: Texts
    former: Texts
    former_written: tuple[str, ...]

    @cached_property
    def by_kind(self) -> tuple[tuple[str, Texts], ...]:
        """Texts by what they are, in the order in which results stand."""
        return tuple(zip(BY, (self.codes, self.names, self.former), strict=True))


def index_of(workspace: Workspace, assessment: Assessment) -> Index:
    """Index of a published run, made once."""
    return of_run(workspace, assessment, "search", _made)


def find(
    workspace: Workspace, viewer: Viewer, text: str, today: date, day: date | None = None
) -> Search:
    """Find parties, and write down that this viewer searched.

    Parameters
    ----------
    workspace : Workspace
    viewer : Viewer
        Who asks and why.
    text : str
        Code or name, or a part of it, two characters or more.
    today : datetime.date
        Day on which rights are asked.
    day : datetime.date, optional
        Day of the assessment; the latest by default.

    Raises
    ------
    BadInput
        When the text is too short.
    NotAllowed
        When the role may not state the purpose.
    NotFound
        When no assessment is published.
    """
    code, name = code_text(text), folded(text)
    if max(len(code), len(name)) < LEAST:
        rule = f"has fewer than {LEAST} letters, digits or characters"
        raise BadInput(repr(text[:40]), rule, "Give more of the name, or the code.")
    assessment = published(workspace, day)
    rights = rights_of(workspace, today, assessment)
    decision = decide(viewer, Ref(PUBLIC, ("register",)), rights)
    shown = assessment.run_id if decision.allowed else ""
    audit.record(workspace.store, viewer, "find", "register", decision, shown)
    if not decision.allowed:
        raise NotAllowed("find", decision.rule, "State a purpose of your role.")
    index = index_of(workspace, assessment)
    met: dict[int, tuple[int, int, int]] = {}  # place -> by, how, number
    for by, (kind, texts) in enumerate(index.by_kind):
        piece = code if kind == "code" else name
        for place, how, number in texts.having(piece) if len(piece) >= LEAST else ():
            met.setdefault(place, (by, how, number))
            if len(met) > MOST:
                break
    shortened = list(met)[:MOST]
    found = [_found(assessment, index, place, met[place]) for place in shortened]
    found.sort(key=lambda one: one.key)
    return Search(tuple(found), len(met) > MOST, assessment.network.valid_date, assessment.run_id)


def code_text(text: str) -> str:
    """Text as a code would be written, without width, case and spaces; "" where it is none.

    >>> code_text("ｕｓｃｃ:9144 0112")
    '91440112'
    >>> code_text("某某公司91")
    ''
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    code = plain.removeprefix("USCC:").removeprefix("LEI:")
    return code if code.isascii() and code.isalnum() else ""


def _made(workspace: Workspace, assessment: Assessment) -> Index:
    network = assessment.network
    ids = network.ids()
    shown = [k for k, party in enumerate(ids) if listed(workspace, assessment, party)]
    former = former_names(workspace, assessment)
    written = [(name, k) for k in shown for name in former.get(ids[k], ())]
    return Index(
        codes=Texts([(code_of(ids[k]), k) for k in shown]),
        names=Texts([(folded(network.text("name", k)), k) for k in shown]),
        former=Texts([(folded(name), k) for name, k in written]),
        former_written=tuple(name for name, _ in written),
    )


def _found(assessment: Assessment, index: Index, place: int, seen: tuple[int, int, int]) -> Found:
    network = assessment.network
    by, how, number = seen
    party, name = network.party_id[place].decode(), network.text("name", place)
    matched = (code_of(party), name)[by] if by < 2 else index.former_written[number]
    return Found(
        party=party,
        code=code_of(party),
        name=name,
        street=network.text("street", place),
        sector=network.text("sector", place),
        by=BY[by],
        matched=matched,
        how=how,
    )
