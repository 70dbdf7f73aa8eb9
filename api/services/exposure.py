"""A lender's exposure: its own loans, and what falls of others threaten of them.

Of a borrower that consented the lender reads level, rank, ratio, labels and reasons; of any other
its own loan and the words "no consent", and no figure into which the borrower's links enter. Loans
of other lenders are in no number: the assessment is made on the lender's own picture.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date as Day  # noqa: N812 (a field below is called date)

import numpy as np
import numpy.typing as npt

from algorithms.look_through import LookThrough, look_through, pair_losses
from algorithms.losses import LOSSES
from algorithms.reasons import Reason
from api.services.assessment import Assessment
from api.services.exporting import MOST_ROWS
from api.services.labels import Label, labels_of
from api.services.lender_views import assessment_for
from api.services.loan_book import Judged, Upload, own_book
from api.services.partners import UNCALIBRATED, PartnerRisk, level_only, told, whole_answer
from api.services.rights import of_many, rights_of
from api.services.workspace import Workspace
from graph_model.errors import BadInput
from graph_model.network import CreditNetwork, Ints
from ingest.matching import MatchReason
from policy.visibility import CHAIN_RISK, Decision, Ref, Rights, Sight, Viewer, decide, redact

LISTED = 20
"""Parties listed by whose fall the book is hit most."""

NAMED = 5
"""Partners listed under a borrower."""

KEPT_BOOKS = 8
"""Books that one process keeps looked through."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ThroughParty:
    """A party whose fall hits the book, or one borrower: what of the balances it threatens."""

    party: str
    name: str
    amount_fen: int


@dataclass(frozen=True)
class BorrowerExposure:
    """One borrower of the book.

    Attributes
    ----------
    balance_fen, collateral_fen : int
        Sums over its loans.
    match_score, match_reasons
        Of its weakest matched line.
    consent : bool
        Whether the borrower lets the lender see its figure; without it everything below is None.
    rule : str
        By which rule it is shown, or is not.
    one_hop_fen : int or None
        Part of the balance that falls of partners threaten.
    through_fen : int or None
        What the borrower's own fall does to the lender's other borrowers.
    hit_by : tuple of ThroughParty
        Partners behind `one_hop_fen`, as far as the lender may name them; they overlap.
    """

    party: str
    name: str
    loans: tuple[str, ...]
    balance_fen: int
    collateral_fen: int
    match_score: float
    match_reasons: tuple[MatchReason, ...]
    consent: bool
    rule: str
    level: str | None
    rank: int | None
    ranked: int | None
    ratio: float | None
    probability: float | None
    standard_error: float | None
    withheld: str
    event_on: Day | None
    labels: tuple[Label, ...]
    reasons: tuple[Reason, ...]
    one_hop_fen: int | None
    through_fen: int | None
    hit_by: tuple[ThroughParty, ...]


@dataclass(frozen=True)
class Exposure:
    """The whole book, and one page of its borrowers, the largest balance first.

    Attributes
    ----------
    direct_fen : int
        All matched balances.
    unmatched_fen : int
        Balances of lines of which nobody knows whose they are.
    looked_through_fen : int
        Balances of borrowers that consented: what `union_fen` is part of.
    union_fen : int
        What one hop threatens of them, each yuan once; sums over partners would count twice.
    without_consent : int
        Borrowers of whom nothing but the loan is shown.
    ratio : float or None
        Expected loss of the looked-through balances with contagion over that without.
    expected_loss_fen, expected_loss_alone_fen : int or None
        With and without contagion; None while uncalibrated, `withheld` says why.
    standard_error_fen : int or None
        Of `expected_loss_fen`, an upper bound: errors of borrowers added up.
    through : tuple of ThroughParty
        Parties whose fall hits the book most, as far as they may be named; they overlap.
    through_undisclosed : bool
        Whether there are others that the lender may not name.
    """

    lender: str
    upload: int
    uploaded_at: str
    date: Day
    run_id: str
    network_id: str
    scenarios: int
    borrowers_in_all: int
    matched: int
    unmatched: int
    aside: int
    direct_fen: int
    unmatched_fen: int
    looked_through_fen: int
    union_fen: int
    without_consent: int
    ratio: float | None
    expected_loss_fen: int | None
    expected_loss_alone_fen: int | None
    standard_error_fen: int | None
    withheld: str
    through: tuple[ThroughParty, ...]
    through_undisclosed: bool
    offset: int
    borrowers: tuple[BorrowerExposure, ...]


@dataclass(frozen=True)
class Book:
    """The matched lines of an upload, by borrower, held against a picture.

    Attributes
    ----------
    parties : tuple of str
        Borrowers, the largest balance first.
    lines : dict of str to list of Judged
    place : dict of str to int or None
        In the picture.
    balance_fen : array of int64, shape (n,)
        By party of the picture.
    """

    parties: tuple[str, ...]
    lines: dict[str, list[Judged]]
    place: dict[str, int | None]
    balance_fen: Ints

    def balance_of(self, party: str) -> int:
        """What a borrower owes in all."""
        return sum(one.line.balance_fen for one in self.lines[party])

    @property
    def direct_fen(self) -> int:
        """What all borrowers owe."""
        return sum(map(self.balance_of, self.parties))


def book_of(upload: Upload, network: CreditNetwork) -> Book:
    """Group the matched lines of an upload by borrower."""
    lines: dict[str, list[Judged]] = {}
    for one in upload.book.matched:
        lines.setdefault(one.match.party or "", []).append(one)
    total = {party: sum(o.line.balance_fen for o in of) for party, of in lines.items()}
    parties = tuple(sorted(lines, key=lambda party: (-total[party], party)))
    place = {party: network.place(party) for party in parties}
    balance = np.zeros(len(network), np.int64)
    for party in parties:
        k = place[party]
        if k is not None:
            balance[k] = total[party]
    return Book(parties, lines, place, balance)


def exposure(
    workspace: Workspace,
    viewer: Viewer,
    day: Day | None,
    today: Day,
    *,
    offset: int = 0,
    limit: int = 50,
    action: str = "exposure of the loan book",
) -> Exposure:
    """Answer what a lender has at stake, and write the looks down.

    Parameters
    ----------
    workspace : Workspace
    viewer : Viewer
        A financier, asking for a purpose its borrowers may have consented to.
    day : datetime.date, optional
        Day of the assessment; the latest by default.
    today : datetime.date
        Day on which consents must be in force.
    offset, limit : int
        Page of borrowers; each borrower on it is written down as looked at.
    action : str
        As the audit journal names the look at the book.

    Raises
    ------
    NotAllowed
        For anybody but a financier, or a purpose that its role may not state.
    NotFound
        When the lender has sent no book, or no assessment is published.
    BadInput
        For a page that is none.
    """
    if offset < 0 or not 1 <= limit <= MOST_ROWS:
        rule = f"a page begins at 0 or later and has 1 to {MOST_ROWS:,} borrowers"
        raise BadInput(f"offset {offset}, limit {limit}", rule, "Correct them.")
    upload = own_book(workspace, viewer, today, action)
    assessment = assessment_for(workspace, viewer, day)
    network = assessment.network
    book = book_of(upload, network)
    rights = rights_of(workspace, today, assessment)
    at = (viewer, upload.number, assessment.run_id, workspace.store.head(), today)
    looked = _kept(workspace, at, lambda: _looked(assessment, book, viewer, rights))
    page = book.parties[offset : offset + limit]
    decisions = of_many(
        workspace, viewer, page, day, today, "borrower of the loan book", least=Sight.BAND
    )
    borrowers = tuple(
        _borrower(assessment, book, looked.through, viewer, rights, party, decision)
        for party, decision in zip(page, decisions, strict=True)
    )
    shown = assessment.stated or assessment.parameters.calibrated
    loss = looked.loss
    return Exposure(
        lender=upload.lender,
        upload=upload.number,
        uploaded_at=upload.at,
        date=network.valid_date,
        run_id=assessment.run_id,
        network_id=network.network_id,
        scenarios=assessment.run.scenarios,
        borrowers_in_all=len(book.parties),
        matched=len(upload.book.matched),
        unmatched=len(upload.book.unmatched),
        aside=len(upload.book.aside),
        direct_fen=book.direct_fen,
        unmatched_fen=sum(one.line.balance_fen for one in upload.book.unmatched),
        looked_through_fen=looked.through.direct_total_fen,
        union_fen=looked.through.union_fen,
        without_consent=looked.without_consent,
        ratio=loss[0] / loss[1] if loss[1] > 0 else None,
        expected_loss_fen=round(loss[0]) if shown else None,
        expected_loss_alone_fen=round(loss[1]) if shown else None,
        standard_error_fen=round(loss[2]) if shown else None,
        withheld="" if shown else UNCALIBRATED,
        through=looked.named,
        through_undisclosed=looked.undisclosed,
        offset=offset,
        borrowers=borrowers,
    )


@dataclass(frozen=True)
class _Looked:
    """What is the same on every page of one book, run and set of consents.

    `loss` is expected loss with contagion, without, and a bound of the first one's error.
    """

    through: LookThrough
    named: tuple[ThroughParty, ...]
    undisclosed: bool
    loss: tuple[float, float, float]
    without_consent: int


def _looked(assessment: Assessment, book: Book, viewer: Viewer, rights: Rights) -> _Looked:
    seen = {party: sees_figure(viewer, party, rights) for party in book.parties}
    looked = _look_through(assessment, book, viewer, rights, seen)
    named, undisclosed = _through(assessment.network, looked, viewer, rights)
    loss = _expected_loss(assessment, book, seen)
    return _Looked(looked, named, undisclosed, loss, sum(not one for one in seen.values()))


def _kept(
    workspace: Workspace,
    at: tuple[Viewer, int, str, int, Day],
    make: Callable[[], _Looked],
) -> _Looked:
    """Kept for as long as book, run, consents and day are those: a revocation is a new load."""
    kept: OrderedDict[object, _Looked]
    kept = workspace.indexed.setdefault("looked through", OrderedDict())
    found = kept.get(at)
    if found is None:
        found = make()
        kept[at] = found
        while len(kept) > KEPT_BOOKS:
            kept.popitem(last=False)
    return found


def sees_figure(viewer: Viewer, party: str, rights: Rights) -> bool:
    """Whether the viewer may see a party's own figure to the last digit."""
    return decide(viewer, Ref(CHAIN_RISK, (party,)), rights).sight == Sight.AMOUNT


def _look_through(
    assessment: Assessment, book: Book, viewer: Viewer, rights: Rights, seen: dict[str, bool]
) -> LookThrough:
    """Look through the borrowers that consented, by the layers whose amounts they let be seen."""
    network = assessment.network
    hit = np.zeros(len(network), np.bool_)
    told = {layer: np.zeros(len(network), np.bool_) for layer in LOSSES}
    for party in book.parties:
        place = book.place[party]
        if place is None or not seen[party]:
            continue
        hit[place] = True
        for layer, mask in told.items():
            ref = Ref(rights.class_of_layer(layer), (party,))
            mask[place] = decide(viewer, ref, rights).sight == Sight.AMOUNT
    balance = np.where(hit, book.balance_fen, 0)
    return look_through(balance, pair_losses(network, assessment.parameters, hit, told))


def _through(
    network: CreditNetwork, looked: LookThrough, viewer: Viewer, rights: Rights
) -> tuple[tuple[ThroughParty, ...], bool]:
    """Parties by what their fall does to the book, and whether there are some not to be named."""
    order = np.argsort(-looked.through_fen, kind="stable")
    named: list[ThroughParty] = []
    undisclosed = False
    for k in order[: int(np.count_nonzero(looked.through_fen))].tolist():
        party = network.party_id[k].decode()
        if not sees_figure(viewer, party, rights):
            undisclosed = True
        elif len(named) < LISTED:
            named.append(ThroughParty(party, network.text("name", k), int(looked.through_fen[k])))
    return tuple(named), undisclosed


def _borrower(
    assessment: Assessment,
    book: Book,
    looked: LookThrough,
    viewer: Viewer,
    rights: Rights,
    party: str,
    decision: Decision,
) -> BorrowerExposure:
    lines, place = book.lines[party], book.place[party]
    weakest = min(lines, key=lambda one: one.match.score).match
    answer: PartnerRisk | None = None
    if decision.allowed and place is not None:
        answer = _answer(assessment, party, viewer, rights, decision)
    whole = answer is not None and decision.sight == Sight.AMOUNT
    return BorrowerExposure(
        party=party,
        name=weakest.name,
        loans=tuple(one.line.loan_no for one in lines),
        balance_fen=book.balance_of(party),
        collateral_fen=sum(one.line.collateral_fen or 0 for one in lines),
        match_score=weakest.score,
        match_reasons=weakest.reasons,
        consent=decision.allowed,
        rule=decision.rule,
        level=None if answer is None else answer.level,
        rank=None if answer is None else answer.rank,
        ranked=answer.ranked if answer is not None and whole else None,
        ratio=None if answer is None else answer.ratio,
        probability=None if answer is None else answer.probability,
        standard_error=None if answer is None else answer.standard_error,
        withheld=_withheld(decision, answer),
        event_on=None if answer is None else answer.event_on,
        labels=labels_of(assessment.network, viewer, rights, party, place),
        reasons=() if answer is None else answer.reasons,
        one_hop_fen=int(looked.one_hop_fen[place]) if whole and place is not None else None,
        through_fen=int(looked.through_fen[place]) if whole and place is not None else None,
        hit_by=_hit_by(assessment.network, looked, viewer, rights, place) if whole else (),
    )


def _withheld(decision: Decision, answer: PartnerRisk | None) -> str:
    if not decision.allowed:
        return f"无授权 no consent: {decision.rule}"
    return "no statement of the picture names it" if answer is None else answer.withheld


def _answer(
    assessment: Assessment, party: str, viewer: Viewer, rights: Rights, decision: Decision
) -> PartnerRisk:
    """The borrower's figure as the partner's page shows it."""
    answer = whole_answer(assessment, party)
    if decision.sight < Sight.AMOUNT:
        return level_only(answer, decision)
    explanation = answer.explanation and redact(answer.explanation, party, viewer, rights)
    return told(answer, explanation, decision.rule)


def _hit_by(
    network: CreditNetwork, looked: LookThrough, viewer: Viewer, rights: Rights, place: int | None
) -> tuple[ThroughParty, ...]:
    pairs = looked.pairs
    at = np.flatnonzero(pairs.hit == place)
    balance = int(looked.direct_fen[place]) if place is not None else 0
    found: list[ThroughParty] = []
    for k in at[np.argsort(-pairs.loss_fen[at], kind="stable")].tolist():
        party = network.party_id[pairs.fallen[k]].decode()
        if sees_figure(viewer, party, rights):
            amount = min(int(pairs.loss_fen[k]), balance)
            name = network.text("name", int(pairs.fallen[k]))
            found.append(ThroughParty(party, name, amount))
        if len(found) == NAMED:
            break
    return tuple(found)


def _expected_loss(
    assessment: Assessment, book: Book, seen: dict[str, bool]
) -> tuple[float, float, float]:
    """Expected loss with contagion and without, and a bound of the first one's error, in fen."""
    run, lgd = assessment.run, assessment.parameters.lgd
    alone = -np.expm1(-run.own_rate * (run.horizon_months / 12))
    whole = without = error = 0.0
    for party in book.parties:
        place = book.place[party]
        if place is None or not seen[party] or np.isnan(run.probability[place]):
            continue
        at_risk = lgd * sum(
            max(one.line.balance_fen - (one.line.collateral_fen or 0), 0)
            for one in book.lines[party]
        )
        whole += at_risk * float(run.probability[place])
        without += at_risk * float(alone[place])
        error += at_risk * float(run.standard_error[place])
    return whole, without, error
