"""Random viewers, networks and consents: the product shows what the plain reference shows.

A case draws a viewer, a network of neighbours around one subject and what sources state about
consents; then every decision, and the whole redacted explanation, must be those of the reference.
"""

import os
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from rights_world import RULES
from stating import DAY, load_dictionary, rows_of

from api.services.consent_index import ConsentIndex
from graph_model.explanation import TOLERANCE, UNDISCLOSED, Part
from graph_model.snapshot import OPEN_DATE
from policy.visibility import ROLES, Ref, Rights, Viewer, decide, redact, row_ref
from tests.policy.visibility_reference import (
    BETWEEN,
    FACTOR_CLASS,
    KIND_CLASS,
    LAYER_CLASS,
    MAY_STATE,
    StatedRow,
    Thing,
    World,
    at_least,
    band_of,
    least,
    sight,
)

CASES = 10_000 if os.environ.get("HYPOTHESIS_PROFILE") == "ci" else 2_000
DICTIONARY = load_dictionary()
PARTIES = tuple(f"uscc:P{k}" for k in range(7))
BANKS = ("uscc:BANK1", "uscc:BANK2")
EVERYBODY = (*PARTIES, *BANKS, "uscc:OFFICE")
SCOPES = ("chain_risk", "finance", "trade", "guarantee", "logistics", "loan", "credit", "consent")
PURPOSES = tuple(dict.fromkeys(p for stated in MAY_STATE.values() for p in stated))
CLASSES = tuple(dict.fromkeys((*KIND_CLASS.values(), "chain_risk", "debt_label", "consent")))
DIGEST = "0f" * 32
Random = np.random.Generator


def one_of(random: Random, words: tuple[str, ...]) -> str:
    return words[int(random.integers(len(words)))]


def drawn_consents(random: Random, viewer: Viewer) -> list[StatedRow]:
    """Rows about consents; most of them to the viewer and for its purpose, some of them broken."""
    rows: list[StatedRow] = []
    for number in range(int(random.integers(0, 14))):
        aimed = random.random() < 0.8
        days = random.integers(-400, 400, 2)
        start, end = (DAY + timedelta(int(n)) for n in sorted(days))
        share = random.random()
        row = StatedRow(
            source=one_of(random, ("register", "bank", "alliance-consents")),
            grantor=one_of(random, EVERYBODY),
            number=f"C{number}",
            grantee=viewer.organisation if aimed else one_of(random, EVERYBODY),
            purpose=viewer.purpose if aimed else one_of(random, PURPOSES),
            scopes=tuple(s for s in SCOPES if random.random() < share) or ("chain_risk",),
            starts_on=start.isoformat() if random.random() < 0.3 else "2020-01-01",
            ends_on=end.isoformat() if random.random() < 0.3 else OPEN_DATE,
            method="paper" if random.random() < 0.3 else "electronic",
            digest=DIGEST if random.random() < 0.8 else "",
        )
        if row.starts_on >= row.ends_on:
            row = replace(row, ends_on=OPEN_DATE)
        rows.append(row)
        if random.random() < 0.25:  # another source speaks of it too: less, later, or no more
            changes: list[dict[str, object]] = [
                {"scopes": ("withdrawn",)},
                {"scopes": row.scopes[:1]},
                {"ends_on": DAY.isoformat(), "starts_on": "2020-01-01"},
                {"grantee": one_of(random, EVERYBODY)},
                {},
            ]
            change = changes[int(random.integers(len(changes)))]
            rows.append(replace(row, source="second", digest=DIGEST, **change))  # type: ignore[arg-type]
    return rows


def stored(rows: list[StatedRow]) -> ConsentIndex:
    """The same rows as a store gives them."""
    kind = DICTIONARY.kind("consent")
    made = []
    for row in rows:
        fields = {
            "grantor": row.grantor,
            "consent_no": row.number,
            "grantee": row.grantee,
            "purpose": row.purpose,
            "scopes": "；".join(row.scopes),
            "starts_on": row.starts_on,
            "ends_on": None if row.ends_on == OPEN_DATE else row.ends_on,
            "method": row.method,
            "evidence_sha256": row.digest or None,
        }
        made += rows_of(DICTIONARY, "consent", [fields], row.source, 1)
    return ConsentIndex(kind, sorted(made, key=lambda r: r.row_id), DAY)


def drawn_case(random: Random) -> tuple[Viewer, World, Rights]:
    role = one_of(random, ROLES)
    purposes = PURPOSES if random.random() < 0.1 else MAY_STATE[role]
    viewer = Viewer(role, one_of(random, EVERYBODY), one_of(random, purposes))
    rows = drawn_consents(random, viewer)
    persons = {p for p in PARTIES if random.random() < 0.1}
    members = {p for p in EVERYBODY if random.random() < 0.6}
    publishing = one_of(random, ("consent", "consent", "members", "open"))
    world = World(rows, DAY.isoformat(), persons, members, publishing)
    rights = Rights(
        rules=replace(RULES, publishing=publishing),
        consents=stored(rows),
        dictionary=DICTIONARY,
        personal=persons.__contains__,
        member=members.__contains__,
    )
    return viewer, world, rights


def drawn_statements(random: Random, layer: str, ends: tuple[str, str]) -> dict[str, Thing]:
    """Statements behind a link, each with what it is about."""
    hit, fallen = ends
    found: dict[str, Thing] = {}
    for number in range(int(random.integers(0, 4))):
        if layer in ("guarantee", "receivable") and random.random() < 0.3:
            lender = one_of(random, BANKS) if layer == "guarantee" else hit
            found[f"loan:s:{lender}|{fallen}-{layer}-{number}"] = Thing(
                "loan", (lender, fallen), fallen
            )
            continue
        kind, holder = {
            "receivable": ("invoice", hit),
            "sales": ("contract", hit),
            "supply": ("contract", fallen),
            "guarantee": ("guarantee", hit),
            "logistics": ("waybill", fallen),
            "ownership": ("ownership", hit),
        }[layer]
        key = f"{hit}|{fallen}" if kind == "ownership" else f"{holder}|{hit}-{fallen}-{number}%7C1"
        found[f"{kind}:s:{key}"] = Thing(KIND_CLASS[kind], ends)
    return found


def drawn_explanation(random: Random, subject: str) -> tuple[Part, dict[str, Thing]]:
    """A figure of a subject with its neighbours, and what each statement is about."""
    things: dict[str, Thing] = {}
    layers: list[Part] = []
    for layer in LAYER_CLASS:
        if random.random() < 0.5:
            continue
        partners: list[Part] = []
        for party in (*PARTIES, *BANKS):
            if party == subject or random.random() < 0.6:
                continue
            behind = drawn_statements(random, layer, (subject, party))
            things |= behind
            amount = int(10 ** random.uniform(5, 11)) if random.random() < 0.9 else None
            value = float(random.random())
            words = (party, party, party, value, amount, party, layer)
            partners.append(Part(*words, tuple(behind)))
        if random.random() < 0.2:
            partners.append(Part("rounding", "舍入", "rounding", 1e-12))
        total = sum(part.value for part in partners)
        known = [part.amount_fen for part in partners if part.amount_fen is not None]
        amount = sum(known) if known else None
        layers.append(Part(layer, layer, layer, total, amount, None, layer, (), tuple(partners)))
    evidence = {
        f"party:s:{subject}": Thing("public", (subject,)),
        f"financials:s:{subject}|2025": Thing("finance", (subject,)),
        f"credit_record:s:{subject}|罚:1": Thing("credit", (subject,)),
        f"loan:s:{BANKS[0]}|own": Thing("loan", (BANKS[0], subject), subject),
        f"invoice:s:{PARTIES[0]}|late": Thing("trade", (PARTIES[0], subject)),
    }
    things |= evidence
    own = float(random.random())
    lines = [Part(factor, factor, factor, 0.0) for factor in FACTOR_CLASS]
    points = Part("points", "评分合计", "points in all", own)
    first = Part("own", "自身", "own", own, None, None, None, tuple(evidence), (points, *lines))
    whole = own + sum(part.value for part in layers)
    return Part("chain_risk", "链上风险", "chain risk", whole, children=(first, *layers)), things


def told(part: Part) -> tuple[object, ...]:
    """All that a partner's part tells, in words of the reference."""
    band = None if part.band is None else part.band.partition(" ")[2].replace(" yuan", "")
    return (part.party, part.value, part.amount_fen, band, tuple(part.statements))


def expected_partner(
    part: Part, subject: str, viewer: Viewer, world: World, things: dict[str, Thing]
) -> tuple[object, ...] | None:
    """What the reference lets a partner's part tell; None where it may not be told."""
    asking = (viewer.role, viewer.organisation, viewer.purpose)
    assert part.party is not None
    assert part.layer is not None
    figure = sight(*asking, Thing("chain_risk", (part.party,)), world)
    link = sight(*asking, Thing(LAYER_CLASS[part.layer], (subject, part.party)), world)
    behind = {s: sight(*asking, things[s], world) for s in part.statements}
    ends = {subject, part.party}
    between = [found for s, found in behind.items() if set(things[s].sides) == ends]
    if figure != "amount" or not at_least(least([link, *between]), "exists"):
        return None
    amount = least([link, *behind.values()])
    known = part.amount_fen
    return (
        part.party,
        part.value,
        known if amount == "amount" else None,
        band_of(known) if known is not None and amount == "band" else None,
        tuple(s for s, found in behind.items() if found == "amount"),
    )


def check_redaction(
    whole: Part,
    subject: str,
    viewer: Viewer,
    world: World,
    rights: Rights,
    things: dict[str, Thing],
) -> int:
    """Hold a redacted explanation against the reference; returns how many parts were hidden."""
    seen = redact(whole, subject, viewer, rights)
    asking = (viewer.role, viewer.organisation, viewer.purpose)
    assert seen.value == whole.value
    assert abs(seen.remainder()) < TOLERANCE
    own, first = whole.children[0], seen.children[0]
    assert first.statements == tuple(
        s for s in own.statements if sight(*asking, things[s], world) == "amount"
    )
    lines = [
        factor
        for factor, of in FACTOR_CLASS.items()
        if at_least(sight(*asking, Thing(of, (subject,)), world), "band")
    ]
    shown = [line.key for line in first.children if line.key not in ("points", UNDISCLOSED)]
    assert shown == lines
    assert ("points" in [line.key for line in first.children]) == (len(lines) == len(FACTOR_CLASS))
    if first.children:
        assert abs(first.remainder()) < TOLERANCE
    hidden = 0
    folded = 0.0
    layers = {part.key: part for part in seen.children[1:]}
    for layer in whole.children[1:]:
        named = [part for part in layer.children if part.party is not None]
        wanted = [expected_partner(part, subject, viewer, world, things) for part in named]
        kept = [one for one in wanted if one is not None]
        hidden += len(wanted) - len(kept)
        found = layers.pop(layer.key, None)
        if found is None:
            assert not kept
            assert wanted
            folded += layer.value
            continue
        partners = [part for part in found.children if part.party is not None]
        assert [told(part) for part in partners] == kept
        amounts = [one[2] for one in kept if one[2] is not None]
        assert found.amount_fen == (sum(amounts) if amounts else None)  # type: ignore[arg-type]
        assert found.statements == ()
        assert abs(found.remainder()) < TOLERANCE
        folded += layer.value - found.value
    rest = layers.pop(UNDISCLOSED, None)
    assert (rest is not None) == (hidden > 0)
    assert rest is None or rest.value == pytest.approx(folded, abs=TOLERANCE)
    assert layers == {}
    return hidden


def drawn_thing(random: Random) -> tuple[Ref, Thing]:
    of = one_of(random, CLASSES)
    alone = of not in BETWEEN or random.random() < 0.1
    first, second = (EVERYBODY[k] for k in random.permutation(len(EVERYBODY))[:2])
    sides = (first,) if alone else (first, second)
    borrower = sides[-1] if of == "loan" else ""
    return Ref(of, sides, borrower), Thing(of, sides, borrower)


@pytest.mark.parametrize("part", range(4))
def test_the_product_shows_what_the_reference_shows(part: int) -> None:
    """Cases are drawn in four parts, so that workers share them."""
    hidden = shown = 0
    tally: dict[str, int] = {}
    for case in range(CASES // 4):
        random = np.random.default_rng([20200917, part, case])
        viewer, world, rights = drawn_case(random)
        asking = (viewer.role, viewer.organisation, viewer.purpose)
        for _ in range(6):
            ref, thing = drawn_thing(random)
            wanted = sight(*asking, thing, world)
            assert decide(viewer, ref, rights).sight.name.lower() == wanted, (viewer, thing, world)
            tally[wanted] = tally.get(wanted, 0) + 1
        subject = one_of(random, (*PARTIES, viewer.organisation))
        whole, things = drawn_explanation(random, subject)
        count = check_redaction(whole, subject, viewer, world, rights, things)
        hidden += count
        shown += sum(1 for p in whole.walk() if p.party is not None) - count
    # The cases are worth nothing where one answer is never or always given.
    assert hidden > CASES / 4
    assert shown > CASES / 4
    assert {"hidden", "band", "amount"} <= set(tally)


def test_rows_are_to_the_rules_what_they_say() -> None:
    loan = DICTIONARY.kind("loan")
    row = {"lender": "a", "borrower": "b", "loan_no": "1"}
    assert row_ref(loan, row) == Ref("loan", ("a", "b"), "b")
    guarantee = DICTIONARY.kind("guarantee")
    stated = {"guarantor": "a", "borrower": "b", "creditor": None, "is_public": None}
    assert row_ref(guarantee, stated) == Ref("guarantee", ("a", "b"))
    assert row_ref(guarantee, stated | {"creditor": "c"}).sides == ("a", "b", "c")
    assert row_ref(guarantee, stated | {"is_public": 1}).visibility == "public"
    accounts = DICTIONARY.kind("financials")
    assert row_ref(accounts, {"party": "a"}) == Ref("finance", ("a",))
    assert (
        row_ref(accounts, {"party": "a"}, accounts.field("party").visibility).visibility == "public"
    )


def test_a_day_later_a_consent_may_hold_no_more() -> None:
    last = StatedRow(
        "s", "g", "1", "v", "post_loan", ("trade",), "2026-01-01", "", "electronic", ""
    )
    for days, held in ((0, False), (1, True)):
        row = replace(last, ends_on=(DAY + timedelta(days)).isoformat())
        found = stored([row]).opening("g", "v", "post_loan", "trade")
        assert (found is not None) == held
