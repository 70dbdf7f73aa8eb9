"""Who is meant by a code and a name: judged against the register, with a score and its reasons.

    code          1.00   the code is in the register (and the name, where given, is not another's)
    code, odd     0.90   the code is, under a name that nobody in the register has
    name          0.95   no code; the registered name, width, case, brackets and spaces aside
    former name   0.90   no code; a name that one party had before
    near name     below  no code; like a registered name: listed, never taken

What scores at least `ACCEPTED` is taken, everything else is listed with its candidates for a
person to judge. A name alone never wins over a code, and a name that two parties have takes
neither. Sole traders count as persons: they are found by code, never by name, and no name of theirs
is shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

from graph_model.identity import is_sole_trader, name_key

ACCEPTED = 0.9
NEAR = 0.8
"""Likeness of names from which on a party is listed as a candidate."""

CANDIDATES = 3


@dataclass(frozen=True)
class NamedParty:
    """A party of the register with a name it has or had; days as ISO text, "" where not stated.

    `current` says that it is the name of today; `person` that it counts as one (a sole trader).
    """

    party: str
    name: str
    current: bool
    since: str = ""
    until: str = ""
    person: bool = False


@dataclass(frozen=True)
class MatchReason:
    """One reason for a score, as a code with words in both languages."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class Candidate:
    """A party that may be meant."""

    party: str
    name: str
    score: float
    reasons: tuple[MatchReason, ...]


@dataclass(frozen=True)
class Match:
    """What was judged of one code and name: the party taken, or None with what may be meant."""

    party: str | None
    name: str
    score: float
    reasons: tuple[MatchReason, ...]
    candidates: tuple[Candidate, ...] = ()


@dataclass
class Register:
    """Names and codes to match against."""

    names: dict[str, str] = field(default_factory=dict)
    by_key: dict[str, list[NamedParty]] = field(default_factory=dict)

    @classmethod
    def of(cls, parties: Iterable[NamedParty]) -> "Register":
        """Index parties by code and by name; persons by code only, and their names are not kept."""
        made = cls()
        for one in parties:
            if one.person or is_sole_trader(one.party):
                made.names[one.party] = ""
                continue
            if one.current or one.party not in made.names:
                made.names[one.party] = one.name
            if key := name_key(one.name):
                made.by_key.setdefault(key, []).append(one)
        return made

    def named(self, name: str) -> list[NamedParty]:
        """Parties that have or had a name; of one party its present name before others."""
        found: dict[str, NamedParty] = {}
        for one in self.by_key.get(name_key(name), []):
            if one.party not in found or one.current:
                found[one.party] = one
        return list(found.values())


def match(register: Register, code: str, name: str, *, near: bool = True) -> Match:
    """Judge one code and name.

    Parameters
    ----------
    register : Register
    code : str
        Party id of a checked code, or "".
    name : str
        As written, or "".
    near : bool
        Whether a name that nobody has is compared with all that are registered, which takes as
        long as there are many; the reasons say where it was not.
    """
    if code:
        return _by_code(register, code, name)
    named = register.named(name)
    current = [one for one in named if one.current]
    if len(current) == 1 or (not current and len(named) == 1):
        one = (current or named)[0]
        found = _candidate(register, one, name)
        return Match(found.party, found.name, found.score, found.reasons)
    if named:
        told = MatchReason("ambiguous", f"{len(named)}个主体用过此名", "several parties have it")
        listed = tuple(_candidate(register, one, name) for one in named[:CANDIDATES])
        return Match(None, "", 0.0, (told,), listed)
    if not near:
        told = MatchReason(
            "not_compared",
            "登记库中没有此名称；无匹配的行过多，未比对近似名称",
            "nobody has this name; not compared with others, for too many lines match nobody",
        )
        return Match(None, "", 0.0, (told,))
    return _near(register, name)


def _by_code(register: Register, code: str, name: str) -> Match:
    named = register.named(name) if name else []
    if code not in register.names:
        told = MatchReason("code_unknown", "代码有效，但登记库中没有", "right code, not registered")
        listed = tuple(_candidate(register, one, name, most=0.5) for one in named[:CANDIDATES])
        return Match(None, "", 0.0, (told,), listed)
    reasons = [MatchReason("code", "统一社会信用代码一致", "the code is in the register")]
    own = next((one for one in named if one.party == code), None)
    others = [one for one in named if one.party != code and one.current]
    shown = register.names[code]
    if not shown:  # a person: nothing of its name is judged or shown
        return Match(code, "", 1.0, tuple(reasons))
    if not name or own is not None:
        if own is not None:
            reasons.append(_name_reason(own, name))
        return Match(code, shown, 1.0, tuple(reasons))
    if others:
        told = MatchReason("name_of_other", "名称属于另一主体", "the name is another party's")
        listed = (
            Candidate(code, shown, 0.5, tuple(reasons)),
            *(_candidate(register, one, name, most=0.5) for one in others[: CANDIDATES - 1]),
        )
        return Match(None, "", 0.5, (told,), listed)
    likeness = fuzz.ratio(name_key(name), name_key(shown)) / 100
    reasons.append(
        MatchReason(
            "name_differs",
            f"名称与登记名称不同（相似度{likeness:.0%}）",
            f"the name differs from the registered one ({likeness:.0%} alike)",
        )
    )
    return Match(code, shown, ACCEPTED, tuple(reasons))


def _candidate(register: Register, one: NamedParty, name: str, *, most: float = 1.0) -> Candidate:
    score = min(0.95 if one.current else ACCEPTED, most)
    return Candidate(one.party, register.names[one.party], score, (_name_reason(one, name),))


def _name_reason(one: NamedParty, name: str) -> MatchReason:
    if not one.current:
        days = f"{one.since or '…'}–{one.until}" if one.until else ""
        zh, en = (f"，{days}", f", {days}") if days else ("（起止日未载明）", " (days not stated)")
        return MatchReason("former_name", f"曾用名{zh}", f"a former name{en}")
    if one.name == name:
        return MatchReason("name", "名称与登记名称一致", "the registered name")
    told = "名称一致（忽略全半角、大小写、括号与空格）"
    return MatchReason("name_folded", told, "the registered name but for width, case or brackets")


def _near(register: Register, name: str) -> Match:
    key = name_key(name)
    nearest = process.extract(
        key, list(register.by_key), scorer=fuzz.ratio, limit=CANDIDATES, score_cutoff=100 * NEAR
    )
    listed: dict[str, Candidate] = {}
    for found, likeness, _ in nearest if key else ():
        for one in register.by_key[found]:
            told = MatchReason(
                "near_name",
                f"名称相似{likeness:.0f}%，须人工确认",
                f"{likeness:.0f}% alike: for a person to judge",
            )
            score = min(likeness / 100, ACCEPTED - 0.01)
            shown = register.names[one.party]
            listed.setdefault(one.party, Candidate(one.party, shown, score, (told,)))
    told = MatchReason("not_found", "登记库中没有此名称", "nobody in the register has this name")
    ranked = sorted(listed.values(), key=lambda c: (-c.score, c.party))[:CANDIDATES]
    return Match(None, "", ranked[0].score if ranked else 0.0, (told,), tuple(ranked))
