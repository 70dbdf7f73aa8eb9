"""Consents given, revoked and listed: each is a statement, loaded as every other one.

A grantor that is signed in gives and revokes its own; the operator's administrator enters those on
paper, with their number and the SHA-256 of the scan. Nothing is overwritten: a revocation states
the consent again with an end or with less in it, and the history keeps what was known before.
"""

import csv
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from api import audit
from api.services.consent_index import WITHDRAWN, StatedConsent, consent_index, is_evidenced
from api.services.rights import of_own, party_id_of, rules_of
from api.services.workspace import Workspace
from graph_model.errors import BadInput, NotAllowed, NotFound
from graph_model.snapshot import OPEN_DATE, Interval
from ingest.cells import tidy
from ingest.load import ingest_folder
from ingest.source_file import FileDeclaration, Period, SourceDeclaration
from policy.visibility import Decision, Sight, Viewer

SOURCE = "alliance-consents"
PAPER, SIGNED_IN = "paper", "electronic"


@dataclass(frozen=True)
class Paper:
    """What stands for a consent or a revocation on paper.

    Attributes
    ----------
    grantor : str
        Who signed it, by party id or code.
    evidence_sha256 : str
        SHA-256 of the scan, 64 hexadecimal digits.
    """

    grantor: str
    evidence_sha256: str


@dataclass(frozen=True)
class AskedConsent:
    """What a grantor wants to let be seen, by whom, for what and how long.

    Attributes
    ----------
    grantee : str
        Party id or code.
    purpose : str
        Code of a purpose that needs consent.
    scopes : sequence of str
        Scopes of `classes.csv` of the visibility pack.
    starts_on : datetime.date, optional
        First day; today by default.
    ends_on : datetime.date, optional
        First day no longer allowed; open by default.
    number : str
        Of the authorisation; made by the platform for a signed-in consent.
    """

    grantee: str
    purpose: str
    scopes: Sequence[str]
    starts_on: date | None = None
    ends_on: date | None = None
    number: str = ""


@dataclass(frozen=True)
class ConsentList:
    """Consents of an organisation: those it gave, and those it received."""

    given: tuple[StatedConsent, ...]
    received: tuple[StatedConsent, ...]


def give(
    workspace: Workspace,
    viewer: Viewer,
    asked: AskedConsent,
    today: date,
    *,
    paper: Paper | None = None,
) -> StatedConsent:
    """Let somebody see something; counts from the next question on.

    Parameters
    ----------
    workspace : Workspace
    viewer : Viewer
        The grantor itself, or with `paper` an administrator.
    asked : AskedConsent
    today : datetime.date
    paper : Paper, optional
        Where the consent was signed on paper.

    Raises
    ------
    NotAllowed
        When somebody else than the grantor signs in, or a paper is entered by no administrator.
    BadInput
        When a word is none, a day comes before another, or the number was used before.
    """
    grantor = _grantor(workspace, viewer, paper, today, "consent given")
    grantee = _party(asked.grantee)
    starts_on = asked.starts_on or today
    if grantee == grantor:
        raise BadInput(grantee, "nobody needs its own consent", "Name another organisation.")
    _check_words(workspace, asked, today)
    end = asked.ends_on.isoformat() if asked.ends_on else OPEN_DATE
    if Interval(starts_on.isoformat(), end).is_empty:
        rule = f"the consent ends before it begins on {starts_on}"
        raise BadInput(f"ends_on {asked.ends_on}", rule, "State a later day, or none.")
    number = tidy(asked.number)
    if paper is not None and not number:
        raise BadInput("number", "is missing: a paper has one", "State that of the authorisation.")
    if paper is None:
        if number:
            way_out = "Leave it out, or let the operator enter a paper."
            raise BadInput(number, "a signed-in consent gets its number here", way_out)
        number = f"E-{today:%Y%m%d}-{secrets.token_hex(6)}"
    if consent_index(workspace, today).of(grantor, number) is not None:
        raise BadInput(number, "the grantor has a consent of this number", "Use a new number.")
    row = {
        "grantor": grantor,
        "consent_no": number,
        "grantee": grantee,
        "purpose": asked.purpose,
        "scopes": "；".join(dict.fromkeys(asked.scopes)),
        "starts_on": starts_on.isoformat(),
        "ends_on": "" if asked.ends_on is None else asked.ends_on.isoformat(),
    }
    return _load(workspace, row, paper, today)


def revoke(
    workspace: Workspace,
    viewer: Viewer,
    number: str,
    today: date,
    *,
    scopes: Sequence[str] = (),
    paper: Paper | None = None,
) -> StatedConsent:
    """Take a consent back, or some scopes of it; counts from the next question on.

    Parameters
    ----------
    workspace : Workspace
    viewer : Viewer
        The grantor itself, or with `paper` an administrator.
    number : str
        Of the consent.
    today : datetime.date
    scopes : sequence of str
        What is no longer allowed; everything by default.
    paper : Paper, optional
        Where the revocation was signed on paper.

    Raises
    ------
    NotAllowed
        As for `give`.
    NotFound
        When the grantor has given no consent of this number.
    BadInput
        When the consent does not name such a scope.
    """
    grantor = _grantor(workspace, viewer, paper, today, "consent revoked")
    known = consent_index(workspace, today).of(grantor, number)
    if known is None:
        rule = "this organisation has given no consent of this number"
        raise NotFound(number, rule, "See those it has given: `alliance consent list`.")
    if foreign := sorted(set(scopes) - known.scopes):
        listed = ", ".join(sorted(known.scopes)) or "nothing"
        raise BadInput(", ".join(foreign), f"the consent names {listed}", "Revoke what it names.")
    left = known.scopes - set(scopes) if scopes else frozenset()
    ends_on = known.ends_on
    if not left:
        ended = Interval(known.starts_on, ends_on).before(today.isoformat())
        # On its first day a consent has no earlier day on which it held: it then names nothing
        # any more, and ends tomorrow.
        tomorrow = date.fromisoformat(known.starts_on) + timedelta(days=1)
        ends_on = tomorrow.isoformat() if ended.is_empty else ended.end
    row = {
        "grantor": grantor,
        "consent_no": number,
        "grantee": known.grantee,
        "purpose": known.purpose,
        "scopes": "；".join(sorted(left)) or WITHDRAWN,
        "starts_on": known.starts_on,
        "ends_on": "" if ends_on == OPEN_DATE else ends_on,
    }
    return _load(workspace, row, paper, today)


def list_own(workspace: Workspace, viewer: Viewer, today: date) -> ConsentList:
    """Consents that the viewer's organisation gave and received, with their state today.

    Raises
    ------
    NotAllowed
        When the role may not state the purpose.
    """
    of_own(workspace, viewer, "consents listed", today)
    index = consent_index(workspace, today)
    return ConsentList(index.given_by(viewer.organisation), index.received_by(viewer.organisation))


def _grantor(
    workspace: Workspace, viewer: Viewer, paper: Paper | None, today: date, action: str
) -> str:
    """Who gives or revokes; written down, refused or not."""
    if paper is None:
        of_own(workspace, viewer, action, today)
        return _party(viewer.organisation)
    grantor = _party(paper.grantor)
    stated = rules_of(workspace, today).purposes.get((viewer.purpose, viewer.role))
    allowed = stated is not None and viewer.role == "administrator"
    rule = "papers are entered by an administrator, for the purpose operation"
    decision = Decision(Sight.AMOUNT if allowed else Sight.HIDDEN, rule)
    audit.record(workspace.store, viewer, f"{action} on paper", grantor, decision, "")
    if not allowed:
        raise NotAllowed(action, rule, "Sign in as the grantor, or send the paper to the operator.")
    if not is_evidenced(PAPER, paper.evidence_sha256):
        rule = "a paper is kept with the SHA-256 of its scan, 64 hexadecimal digits"
        raise BadInput(f"evidence_sha256 {paper.evidence_sha256!r}", rule, "Run sha256sum on it.")
    return grantor


def _party(text: str) -> str:
    """Party id of what was typed, where it is one that a source outside can know."""
    party = party_id_of(text.removeprefix("uscc:"))
    if not party.startswith(("uscc:", "lei:")):
        rule = "is no unified social credit code, nor an LEI"
        raise BadInput(repr(text), rule, "Name an enterprise by its code.")
    return party


def _check_words(workspace: Workspace, asked: AskedConsent, today: date) -> None:
    rules = rules_of(workspace, today)
    purposes = sorted({p for (p, _), line in rules.purposes.items() if line.needs_consent})
    if asked.purpose not in purposes:
        rule = "is no purpose that a consent opens"
        raise BadInput(repr(asked.purpose), rule, f"They are: {', '.join(purposes)}.")
    scopes = [scope for scope in dict.fromkeys(rules.scope_of.values()) if scope]
    if not asked.scopes:
        raise BadInput("scopes", "are missing", f"Name some of: {', '.join(scopes)}.")
    if foreign := sorted(set(asked.scopes) - set(scopes)):
        raise BadInput(", ".join(foreign), "is no scope", f"They are: {', '.join(scopes)}.")


def _load(
    workspace: Workspace, row: dict[str, str], paper: Paper | None, today: date
) -> StatedConsent:
    """Take one statement in, by the way of all statements, and return what holds now."""
    grantor, number = row["grantor"], row["consent_no"]
    row = {**row, "method": SIGNED_IN if paper is None else PAPER}
    row["evidence_sha256"] = "" if paper is None else paper.evidence_sha256.lower()
    for party in ("grantor", "grantee"):
        row[party] = row[party].partition(":")[2]
    period = Period(start=today, end=today + timedelta(days=1))
    declared = SourceDeclaration(
        id=SOURCE,
        name="联盟授权登记 consents given in the platform",
        type="alliance",
        rank=1,
        authorisation="the grantor, signed in or on paper",
        association_allowed=True,
        file=(
            FileDeclaration(
                path="consent.csv", kind="consent", extract="delta", period=period, as_of=today
            ),
        ),
    )
    with TemporaryDirectory() as made:
        folder = Path(made)
        with (folder / "consent.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(row), lineterminator="\n")
            writer.writeheader()
            writer.writerow(row)
        tried = ingest_folder(workspace.store, declared, folder, beside=folder, dry_run=True)
        if any(taken.quarantined for taken in tried.files):
            rules = ", ".join(
                sorted(rule for severity, rule in tried.rules if severity != "warning")
            )
            raise BadInput(" ".join(filter(None, row.values())), rules, "Correct the request.")
        ingest_folder(workspace.store, declared, folder, beside=folder)
    found = consent_index(workspace, today).of(grantor, number)
    if found is None:
        raise AssertionError(f"{grantor}|{number} was loaded and is not stated")
    return found
