"""Who is linked to a partner, by measure and direction, as far as the viewer may see each link."""

from dataclasses import dataclass
from datetime import date as Day  # noqa: N812 (a field below is called date)

from api.services.links import (
    DIRECTIONS,
    Link,
    columns_of,
    entries,
    seen_link,
    words,
)
from api.services.register_entry import code_of, in_register
from api.services.rights import Opened
from api.services.workspace import Workspace
from graph_model.errors import BadInput
from graph_model.network import MISSING
from policy.visibility import Sight, Viewer, cited


@dataclass(frozen=True)
class Neighbour:
    """One link.

    Attributes
    ----------
    measure, direction : str
        Such as trade, row: the subject sells to this party.
    zh, en : str
        The same in words.
    sight : str
        exists, band or amount.
    amount_fen : int or None
        Where the amount may be seen and is known.
    band : str or None
        Where only a band may be seen.
    statements : tuple of str
        Those behind it that may be named.
    rule : str
        By which rule it is seen.
    """

    measure: str
    direction: str
    zh: str
    en: str
    party: str
    code: str
    name: str
    sight: str
    amount_fen: int | None
    band: str | None
    statements: tuple[str, ...]
    rule: str


@dataclass(frozen=True)
class Neighbours:
    """Links of one party that the viewer may see.

    Attributes
    ----------
    links : tuple of Link
        By measure, direction and party id; `told` says what is known of one.
    """

    asked: Opened
    links: tuple[Link, ...]

    @property
    def date(self) -> Day:
        """Day of the picture."""
        return self.asked.assessment.network.valid_date

    def told(self, link: Link) -> Neighbour:
        """What the viewer may know of one of the links."""
        return _told(self.asked, link)


def neighbours(
    workspace: Workspace,
    viewer: Viewer,
    party: str,
    day: Day | None,
    today: Day,
    measure: str | None = None,
    *,
    action: str = "neighbours",
) -> Neighbours:
    """List the links of a party that a viewer may see, and write the look down.

    Parameters
    ----------
    workspace : Workspace
    viewer : Viewer
        Who asks and why.
    party : str
        Party id or unified social credit code.
    day : datetime.date, optional
        Day of the assessment; the latest by default.
    today : datetime.date
        Day on which consents must be in force.
    measure : str, optional
        Only links of this measure.
    action : str
        As the audit journal names it.

    Raises
    ------
    BadInput
        When there is no such measure.
    NotAllowed, NotFound
        As `register.in_register`.
    """
    known = workspace.dictionary.measure_names()
    if measure is not None and measure not in known:
        raise BadInput(repr(measure[:40]), "is no measure", f"Measures are {', '.join(known)}.")
    asked, place = in_register(workspace, viewer, party, day, today, action)
    columns = columns_of(workspace, asked.assessment)
    found = []
    for name in known if measure is None else (measure,):
        for direction in DIRECTIONS:
            for edge, other in entries(asked.assessment, columns, name, direction, place):
                ends = (place, other) if direction == "row" else (other, place)
                sight, rule = seen_link(asked, name, ends, edge)
                if sight > Sight.HIDDEN:
                    found.append(Link(name, direction, other, edge, sight, rule))
    found.sort(key=lambda link: link.key)
    return Neighbours(asked, tuple(found))


def _told(asked: Opened, link: Link) -> Neighbour:
    network = asked.assessment.network
    matrix = network.matrices[link.measure]
    party = network.party_id[link.place].decode()
    amount = int(matrix.amount[link.edge])
    known = None if amount == MISSING else amount
    ends = (asked.subject, party) if link.direction == "row" else (party, asked.subject)
    behind = tuple(network.statements[k] for k in matrix.evidence_of(link.edge).tolist())
    banded = known is not None and link.sight == Sight.BAND
    zh, en = words()[link.measure, link.direction]
    return Neighbour(
        measure=link.measure,
        direction=link.direction,
        zh=zh,
        en=en,
        party=party,
        code=code_of(party),
        name=network.text("name", link.place),
        sight=link.sight.name.lower(),
        amount_fen=known if link.sight == Sight.AMOUNT else None,
        band=asked.rights.rules.band(known) if banded and known is not None else None,
        statements=cited(behind, ends, asked.viewer, asked.rights),
        rule=link.rule,
    )
