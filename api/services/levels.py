"""Warning levels by street and by section of industry: two tables that are never crossed."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date as Day  # noqa: N812 (a field below is called date)

import numpy as np
import numpy.typing as npt

from algorithms.capacity import money
from api.services.overview import OpenedDistrict, once, opened_district
from api.services.workspace import Workspace
from graph_model.ecosystem import section_of
from graph_model.network import CreditNetwork, Ints, known
from policy.suppression import CLAUSE, SmallCells, suppressed
from policy.visibility import Viewer

COUNTED_KINDS = (b"enterprise", b"carrier")
"""Enterprises; persons (sole traders), lenders and public bodies are in no row."""

NO_LEVEL, EVENT, INSUFFICIENT = "none", "event", "insufficient"
ELSEWHERE = ("other", "区外或未载明", "outside the district or not stated")


@dataclass(frozen=True)
class LevelRow:
    """One street or section; `counts` is None where it is hidden."""

    key: str
    zh: str
    en: str
    counts: tuple[int, ...] | None
    enterprises: int | None


@dataclass(frozen=True)
class LevelTable:
    """Counts by row and level, as they may be shown; `total` is over all rows, hidden ones too."""

    name: str
    rows: tuple[LevelRow, ...]
    total: tuple[int, ...] | None
    hidden_rows: int


@dataclass(frozen=True)
class Levels:
    """Two tables over the same enterprises; `levels` names their columns."""

    date: Day
    run_id: str
    pack: str
    rule: str
    suppression: str
    levels: tuple[str, ...]
    by_street: LevelTable
    by_section: LevelTable


def levels(
    workspace: Workspace,
    viewer: Viewer,
    day: Day | None,
    today: Day,
    *,
    action: str = "levels of the district",
) -> Levels:
    """Answer how many enterprises stand at which level; arguments and errors as `ecosystem`."""
    asked = opened_district(workspace, viewer, day, today, action)
    names = _names(asked)
    streets, sections = once(
        workspace, "levels", asked.assessment.run_id, asked.pack, lambda: _tables(asked)
    )
    return Levels(
        date=asked.assessment.network.valid_date,
        run_id=asked.assessment.run_id,
        pack=asked.pack.reference,
        rule=asked.decision.rule,
        suppression=CLAUSE,
        levels=names,
        by_street=streets,
        by_section=sections,
    )


def _names(asked: OpenedDistrict) -> tuple[str, ...]:
    stated = tuple(level.name for level in asked.assessment.parameters.levels)
    return (NO_LEVEL, *stated, EVENT, INSUFFICIENT)


def _tables(asked: OpenedDistrict) -> tuple[LevelTable, LevelTable]:
    network = asked.assessment.network
    chosen = np.flatnonzero(np.isin(network.columns["kind"], COUNTED_KINDS))
    level = _level_of_all(asked)[chosen]
    sales = np.nan_to_num(money(network, "revenue"))[chosen]
    width, rule = len(_names(asked)), asked.small_cells
    streets = _streets(asked.workspace)
    names, at = _rows_of(network, "street", chosen, lambda text: text if text in streets else "")
    by_street = _table("street", names, streets, at, level, sales, width, rule)
    codes = asked.workspace.dictionary.codes("gbt4754")
    sections = {code: row.zh for code, row in codes.items() if code.isalpha()}
    names, at = _rows_of(network, "sector", chosen, lambda text: section_of(text, codes))
    by_section = _table("section", names, sections, at, level, sales, width, rule)
    return by_street, by_section


def _level_of_all(asked: OpenedDistrict) -> Ints:
    """Column of every party: none, the levels, event, insufficient."""
    network, run = asked.assessment.network, asked.assessment.run
    probability = np.asarray(run.probability[: len(network)])
    lower = np.array([level.lower for level in asked.assessment.parameters.levels])
    column = np.searchsorted(lower, np.nan_to_num(probability), side="right").astype(np.int64)
    column[np.isnan(probability)] = len(lower) + 2
    column[known(network.columns["event_on"])] = len(lower) + 1
    return column


def _rows_of(
    network: CreditNetwork, column: str, chosen: Ints, row_of: Callable[[str], str]
) -> tuple[list[str], Ints]:
    values, place = np.unique(network.columns[column][chosen], return_inverse=True)
    rows = [row_of(bytes(raw).decode()) or ELSEWHERE[0] for raw in values.tolist()]
    names = sorted(set(rows))
    index = np.array([names.index(row) for row in rows] or [0], np.int64)
    return names, index[place] if len(chosen) else np.zeros(0, np.int64)


def _table(
    name: str,
    rows: list[str],
    labels: dict[str, str],
    at: Ints,
    level: Ints,
    sales: npt.NDArray[np.float64],
    width: int,
    rule: SmallCells,
) -> LevelTable:
    counts = np.bincount(at * width + level, minlength=len(rows) * width).reshape(-1, width)
    whole = np.bincount(at, sales, len(rows)).astype(np.float64)
    largest = np.zeros(len(rows))
    np.maximum.at(largest, at, sales)
    found = suppressed(counts.astype(np.int64), whole, largest, rule)
    return LevelTable(
        name=name,
        rows=tuple(
            LevelRow(
                key=key,
                zh=labels.get(key, ELSEWHERE[1]),
                en=ELSEWHERE[2] if key == ELSEWHERE[0] else key,
                counts=tuple(found.counts[k].tolist()) if found.shown[k] else None,
                enterprises=int(found.counts[k].sum()) if found.shown[k] else None,
            )
            for k, key in enumerate(rows)
        ),
        total=None if found.total is None else tuple(found.total.tolist()),
        hidden_rows=int((~found.shown).sum()),
    )


def _streets(workspace: Workspace) -> dict[str, str]:
    path = workspace.settings.district_folder / "streets.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["code9"]: row["name_zh"] for row in csv.DictReader(file, strict=True)}
