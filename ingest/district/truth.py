"""The truth: who fell and why, who was hit by whom, what was planted. Only validation opens it."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from graph_model.snapshot import day_of_number
from ingest.district.calendar import month_numbers
from ingest.district.dirt import Spot
from ingest.district.district import District
from ingest.district.guarantees import CIRCLES
from ingest.district.ledger import CHANNELS
from ingest.district.papers import Papers
from ingest.district.settings import SEEN_UNTIL
from ingest.district.sources import Written
from ingest.district.target_events import KINDS
from ingest.district.texts import days


def write_truth(district: District, folder: Path, written: Written) -> None:
    """Write the truth folder.

    Parameters
    ----------
    district : District
    folder : pathlib.Path
    written : Written
        What the source files hold.
    """
    folder.mkdir(parents=True, exist_ok=True)
    events = _events(district)
    _table(folder / "events.csv", ("party", "fell_on", "cause", "channel", "detail"), events)
    _table(folder / "hits.csv", ("hit", "by", "on", "channel", "amount_fen"), _hits(district))
    _table(folder / "circles.csv", ("circle", "position", "party"), _circles(district))
    spots, place = written.spots, ("source", "folder", "file", "line")
    dirt = (
        (s.pattern.name, s.pattern.outcome, s.pattern.rule, *_where(s), s.column) for s in spots
    )
    header: tuple[str, ...] = ("pattern", "outcome", "rule", *place, "column")
    _table(folder / "dirt.csv", header, dirt)
    repeated = (
        (s.pattern.name, s.meant, s.written, *_where(s), s.column)
        for s in spots
        if s.pattern.name in ("repeated_row", "contradiction", "other_name")
    )
    header = ("kind", "party", "other", *place, "detail")
    _table(folder / "duplicates.csv", header, [*_twins(district), *repeated])
    wrong = (
        (f"uscc:{s.meant}", s.written, s.pattern.name, *_where(s))
        for s in spots
        if s.pattern.part == "code" and s.pattern.outcome != "none"
    )
    _table(folder / "wrong_codes.csv", ("party", "written", "reason", *place), wrong)
    header = ("fraud_kind", "party", "partner", "document", "detail")
    _table(folder / "frauds.csv", header, _frauds(district, written.papers))
    _summary(district, folder / "district.toml", events, written.rows)


def _events(district: District) -> list[tuple[str, ...]]:
    """One line for each enterprise that had the target event within the district's months."""
    happened, fallen, people = district.events, district.ledger.failures, district.population
    month = month_numbers(district.setting, happened.day)
    inside = happened.first & (month >= 0) & (month < district.setting.months)
    found: list[tuple[str, ...]] = []
    on = days(happened.day)
    for k in np.flatnonzero(inside).tolist():
        failure = int(happened.failure[k])
        by = bool(fallen.by_contagion[failure])
        default = day_of_number(int(fallen.day[failure]))
        found.append(
            (
                people.party(int(happened.party[k])),
                on[k],
                "contagion" if by else "own",
                CHANNELS[int(fallen.channel[failure])] if by else "",
                f"{KINDS[int(happened.kind[k])]}; default {default}; "
                f"short {fallen.shortfall[failure] * 100:.0f} fen; lost through partners "
                f"{fallen.losses[failure] * 100:.0f} fen",
            )
        )
    return found


def _hits(district: District) -> Iterable[tuple[str, ...]]:
    hits, people, fallen = district.ledger.hits, district.population, district.ledger.failures
    fell = {int(p): int(d) for p, d in zip(fallen.party, fallen.day, strict=True)}
    for hit, by, channel, amount in zip(
        hits.hit.tolist(),
        hits.by.tolist(),
        hits.channel.tolist(),
        hits.amount.tolist(),
        strict=True,
    ):
        on = day_of_number(fell[by]).isoformat()
        yield people.party(hit), people.party(by), on, CHANNELS[channel], f"{amount * 100:.0f}"


def _where(spot: Spot) -> tuple[str, ...]:
    return spot.source, spot.folder, spot.file, str(spot.line)


def _frauds(district: District, papers: Papers) -> Iterable[tuple[str, ...]]:
    """Cases by the statement that shows them."""
    for case in papers.frauds:
        party, partner = (district.population.party(p) for p in (case.party, case.partner))
        number = papers.number[case.paper]
        yield case.kind, party, partner, f"invoice:member-invoices:{party}|{number}", case.detail


def _twins(district: District) -> Iterable[tuple[str, ...]]:
    """Enterprises that the register has twice, under two codes, and codes with two names."""
    people = district.population
    for twin in people.twins:
        yield (
            *("two_codes", people.party(twin.place), f"uscc:{twin.code}"),
            *("register", "", "register.xlsx", "", twin.name),
        )


def _circles(district: District) -> Iterable[tuple[str, ...]]:
    for number in range(len(CIRCLES)):
        for position, place in enumerate(district.guarantees.members(number), 1):
            yield str(number + 1), str(position), district.population.party(place)


def _summary(district: District, path: Path, events: Sequence[tuple[str, ...]], rows: int) -> None:
    setting = district.setting
    years = setting.months / 12
    share = sum(event[2] == "contagion" for event in events) / max(len(events), 1)
    lines = {
        "seed": setting.seed,
        "enterprises": setting.enterprises,
        "months": setting.months,
        "contagion": str(setting.contagion).lower(),
        "first_day": setting.first_day(0),
        "seen_until": SEEN_UNTIL,
        "ends": setting.last_day(setting.months - 1),
        "parties": len(district.population.code),
        "links": len(district.trade),
        "guarantees": len(district.guarantees.guarantor),
        "source_rows": rows,
        "events": len(events),
        "events_a_year": f"{len(events) / years / setting.enterprises:.4f}",
        "events_by_contagion": sum(event[2] == "contagion" for event in events),
        "share_by_contagion": f"{share:.4f}",
    }
    text = "".join(f"{name} = {value}\n" for name, value in lines.items())
    path.write_text(
        f"# What is true of this made district. No part of the product reads it.\n{text}",
        encoding="utf-8",
    )


def _table(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
