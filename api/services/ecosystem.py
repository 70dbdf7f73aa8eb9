"""The ecosystem of the district: eight links times three chains, with counts, amounts and gaps.

A link may be counted by several kinds of statement. Small cells are hidden, and with one of the
three chains of a link and kind the next smallest: chains overlap, so that a cell could be told from
the others. Where a cell has no source it says so.
"""

from dataclasses import dataclass
from datetime import date as Day  # noqa: N812 (a field below is called date)

from api.services.counting import counted
from api.services.overview import OpenedDistrict, once, opened_district
from api.services.pictures import out_by_cases
from api.services.workspace import Workspace
from graph_model.assemble_tables import KindTable
from graph_model.ecosystem import (
    Counted,
    EcosystemCell,
    count,
    ecosystem_cells,
    party_attributes,
)
from graph_model.snapshot import Snapshot
from policy.suppression import CLAUSE, SmallCells
from policy.visibility import Viewer

NO_SOURCE, GAP, HIDDEN, SHOWN = "no source", "gap", "hidden", "shown"


@dataclass(frozen=True)
class CellShown:
    """One link of one chain.

    Attributes
    ----------
    state : str
        shown; hidden (too small, numbers are None); gap (a source, and nothing in it); no source.
    statements, enterprises, amount_fen : int or None
        Counts, and the sum of amounts where the cell has one.
    told_zh, told_en : str
        What is missing, or why it is hidden; "" where it is shown.
    """

    link: str
    link_zh: str
    link_en: str
    chain: str
    chain_zh: str
    chain_en: str
    kind: str
    state: str
    statements: int | None
    enterprises: int | None
    amount_fen: int | None
    told_zh: str
    told_en: str


@dataclass(frozen=True)
class Ecosystem:
    """All cells, in the order of the table; gaps and cells without a source are counted."""

    date: Day
    load: int
    run_id: str
    pack: str
    rule: str
    cells: tuple[CellShown, ...]
    gaps: int
    without_source: int


def ecosystem(
    workspace: Workspace,
    viewer: Viewer,
    day: Day | None,
    today: Day,
    *,
    action: str = "ecosystem of the district",
) -> Ecosystem:
    """Answer how the district's ecosystem stands, for officials.

    Parameters
    ----------
    workspace : Workspace
    viewer : Viewer
        An official, for the purpose ecosystem or supervision.
    day : datetime.date, optional
        Day of the assessment; the latest by default.
    today : datetime.date

    Raises
    ------
    NotAllowed
        For other roles and purposes.
    NotFound
        When no assessment is published.
    """
    asked = opened_district(workspace, viewer, day, today, action)
    day_of_run = asked.assessment.network.valid_date
    cells = once(
        workspace,
        "ecosystem",
        asked.assessment.run_id,
        asked.pack,
        lambda: _cells(asked),
        cases=out_by_cases(workspace, Snapshot(day_of_run, workspace.store.head()))[1],
    )
    return Ecosystem(
        date=day_of_run,
        load=workspace.store.head(),
        run_id=asked.assessment.run_id,
        pack=asked.pack.reference,
        rule=asked.decision.rule,
        cells=cells,
        gaps=sum(cell.state == GAP for cell in cells),
        without_source=sum(cell.state == NO_SOURCE for cell in cells),
    )


def _cells(asked: OpenedDistrict) -> tuple[CellShown, ...]:
    workspace, network = asked.workspace, asked.assessment.network
    dictionary, day = workspace.dictionary, network.valid_date
    attributes = party_attributes(network, dictionary.codes("gbt4754"))
    tables: dict[str, KindTable] = {}
    rows: dict[tuple[str, str], list[tuple[EcosystemCell, Counted | None]]] = {}
    for cell in ecosystem_cells(dictionary):
        found: Counted | None = None
        if cell.kind:
            if cell.kind not in tables:
                tables[cell.kind] = counted(workspace, cell.kind, day, workspace.store.head())
            found = count(cell, tables[cell.kind], attributes, day)
        rows.setdefault((cell.link, cell.kind), []).append((cell, found))
    return tuple(shown for row in rows.values() for shown in _link(row, asked.small_cells))


def _link(row: list[tuple[EcosystemCell, Counted | None]], rule: SmallCells) -> list[CellShown]:
    """Cells of a link and kind: what is too small is hidden, and one alone with the next one."""
    filled = [k for k, (_, found) in enumerate(row) if found is not None and found.statements]
    hidden = {k for k in filled if _small(row[k][1], rule)}
    others = sorted(set(filled) - hidden, key=lambda k: _size(row[k][1]))
    if len(hidden) == 1 and others:
        hidden.add(others[0])
    return [_shown(cell, found, hide=k in hidden) for k, (cell, found) in enumerate(row)]


def _small(found: Counted | None, rule: SmallCells) -> bool:
    if found is None:
        return False
    dominated = found.largest_fen > rule.most_share * (found.amount_fen or 0)
    return found.parties < rule.least_enterprises or dominated


def _size(found: Counted | None) -> int:
    return 0 if found is None else found.parties


def _shown(cell: EcosystemCell, found: Counted | None, *, hide: bool) -> CellShown:
    state = SHOWN
    zh = en = ""
    if found is None or not found.statements:
        state = NO_SOURCE if found is None else GAP
        zh, en = cell.gap_zh, cell.gap_en
    elif hide:
        state, zh, en = HIDDEN, "小单元格隐藏", CLAUSE
    told = found if state in (SHOWN, GAP) else None
    words = {k: getattr(cell, k) for k in ("link", "link_zh", "link_en")}
    words |= {k: getattr(cell, k) for k in ("chain", "chain_zh", "chain_en", "kind")}
    return CellShown(
        **words,
        state=state,
        statements=None if told is None else told.statements,
        enterprises=None if told is None else told.parties,
        amount_fen=None if told is None else told.amount_fen,
        told_zh=zh,
        told_en=en,
    )
