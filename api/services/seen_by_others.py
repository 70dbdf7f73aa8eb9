"""What others could see of an organisation now: by role and purpose, and by each consent it gave.

It asks the rules themselves about an imagined viewer, so it cannot say other than they do.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from api.services.consent_index import consent_index
from api.services.links import class_of
from api.services.rights import of_own, rights_of
from api.services.runs import pack_folders
from api.services.workspace import Workspace
from policy.pack import pack_in_force
from policy.visibility import Decision, Ref, Rights, Sight, Viewer, decide

PUBLIC, CONSENT, LOAN = "public", "consent", "loan"
ANYBODY, SOMEBODY = "src:anybody:viewer", "src:anybody:partner"
"""An organisation without any tie to the party, and one that a link leads to."""


@dataclass(frozen=True)
class Seen:
    """What a role could see of one class of facts.

    Attributes
    ----------
    who : str
        Party id of the organisation that has a consent, `members` of the alliance, `counterparty`
        of the fact itself, or `anybody`.
    role, purpose : str
        Of the imagined viewer.
    of : str
        Visibility class, with `zh`, `en`.
    sight : str
        exists, band or amount; what is hidden is not listed.
    rule : str
        By which rule; names the consent.
    """

    who: str
    role: str
    purpose: str
    of: str
    zh: str
    en: str
    sight: str
    rule: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Place in the list."""
        return self.who, self.role, self.purpose, self.of


def visible_to_others(
    workspace: Workspace,
    viewer: Viewer,
    today: date,
    *,
    action: str = "own file: visible to others",
) -> tuple[Seen, ...]:
    """List what others could see of the viewer's organisation today, in the order of `Seen.key`.

    Raises
    ------
    NotAllowed
        When the role may not state the purpose.
    """
    of_own(workspace, viewer, action, today)
    rights = rights_of(workspace, today, None)
    classes = classes_of(workspace, today)
    own = viewer.organisation
    found: list[Seen] = []
    in_force = [c for c in consent_index(workspace, today).given_by(own) if c.state == "in force"]
    for purpose, role in rights.rules.purposes:
        found += _seen(rights, Viewer(role, ANYBODY, purpose), "anybody", own, classes)
        everybody = replace(rights, member=lambda _party: True)
        found += _seen(everybody, Viewer(role, ANYBODY, purpose), "members", own, classes)
        found += _by_sides(rights, Viewer(role, SOMEBODY, purpose), own, classes)
        for grantee in sorted({c.grantee for c in in_force if c.purpose == purpose}):
            found += _seen(rights, Viewer(role, grantee, purpose), grantee, own, classes)
    return tuple(sorted(_without_repeats(found), key=lambda seen: seen.key))


@dataclass(frozen=True)
class Class:
    """One visibility class: its words, and whether things of it are between two parties."""

    zh: str
    en: str
    two_sided: bool


def classes_of(workspace: Workspace, today: date) -> Mapping[str, Class]:
    """Visibility classes that the dictionary names, with the words of the pack in force."""
    dictionary = workspace.dictionary
    between = {class_of(dictionary, measure) for measure in dictionary.measure_names()}
    between = between - {PUBLIC} | {CONSENT}
    shipped, own = pack_folders(workspace.settings, "visibility")
    rows = pack_in_force(shipped, today, own).table("classes")
    words = {row.text("class"): (row.text("zh"), row.text("en")) for row in rows}
    return {of: Class(*told, of in between) for of, told in words.items()}


def ref_of(of: str, own: str, *, two_sided: bool) -> Ref:
    """What a fact of a class about a party is to the rules; somebody stands for its other side."""
    if not two_sided:
        return Ref(of, (own,))
    return Ref(of, (own, SOMEBODY), own if of == LOAN else "")


def _seen(
    rights: Rights, viewer: Viewer, who: str, own: str, classes: Mapping[str, Class]
) -> Iterator[Seen]:
    for of, told in classes.items():
        decision = decide(viewer, ref_of(of, own, two_sided=told.two_sided), rights)
        if decision.sight > Sight.HIDDEN:
            yield _told(viewer, who, of, told, decision)


def _by_sides(
    rights: Rights, viewer: Viewer, own: str, classes: Mapping[str, Class]
) -> Iterator[Seen]:
    """What the other side of a link sees of it."""
    two_sided = {of: told for of, told in classes.items() if told.two_sided}
    yield from _seen(rights, viewer, "counterparty", own, two_sided)


def _told(viewer: Viewer, who: str, of: str, told: Class, decision: Decision) -> Seen:
    sight = decision.sight.name.lower()
    return Seen(who, viewer.role, viewer.purpose, of, told.zh, told.en, sight, decision.rule)


def _without_repeats(found: list[Seen]) -> Iterator[Seen]:
    """Leave out what everybody sees anyway, where it stands for somebody in particular."""
    anybody = {(s.role, s.purpose, s.of, s.sight) for s in found if s.who == "anybody"}
    for seen in found:
        if seen.who == "anybody" or (seen.role, seen.purpose, seen.of, seen.sight) not in anybody:
            yield seen
