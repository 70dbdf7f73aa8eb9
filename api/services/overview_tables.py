"""The official's pages as tables that can be taken out: what is hidden there is hidden here."""

from collections.abc import Mapping, Sequence
from datetime import date

from api.services.departments import Freshness, QualityOfData
from api.services.district_origins import DistrictOrigins
from api.services.ecosystem import Ecosystem
from api.services.exporting import Cell, Table, yuan
from api.services.levels import Levels
from api.services.own_tables import exporter_of
from policy.visibility import Viewer

HIDDEN = "隐藏 hidden"


def ecosystem_table(found: Ecosystem, viewer: Viewer, at: str) -> Table:
    """One cell of links and chains a row."""
    columns = (
        *("环节", "link", "链条", "chain", "类别 kind", "状态 state"),
        *("陈述数 statements", "企业数 enterprises", "金额（元） yuan", "说明", "told"),
    )
    rows = [
        (
            *(cell.link_zh, cell.link_en, cell.chain_zh, cell.chain_en, cell.kind, cell.state),
            *(cell.statements, cell.enterprises, yuan(cell.amount_fen)),
            *(cell.told_zh, cell.told_en),
        )
        for cell in found.cells
    ]
    notes = {"run": found.run_id, "load": str(found.load), "依据 rule": found.rule}
    return _table("ecosystem", columns, rows, viewer, found.date, at, notes)


def levels_table(found: Levels, viewer: Viewer, at: str) -> Table:
    """Both tables one below the other, each with its total, never crossed."""
    columns = ("表 table", "编号 key", "名称", "name", "企业数 enterprises", *found.levels)
    rows: list[Sequence[Cell]] = []
    for table in (found.by_street, found.by_section):
        for row in table.rows:
            counts = [HIDDEN] * len(found.levels) if row.counts is None else row.counts
            whole = HIDDEN if row.enterprises is None else row.enterprises
            rows.append((table.name, row.key, row.zh, row.en, whole, *counts))
        if table.total is not None:
            rows.append((table.name, "", "合计", "total", sum(table.total), *table.total))
    notes = {"run": found.run_id, "依据 rule": found.rule, "隐藏 hidden": found.suppression}
    return _table("levels", columns, rows, viewer, found.date, at, notes)


def origins_table(found: DistrictOrigins, viewer: Viewer, at: str) -> Table:
    """One origin a row, without names where the page has none."""
    columns = (
        *("位次 rank", "主体 party", "名称 name", "门类 section", "街镇 street"),
        *("占比 share", "引发失败数 falls of others", "波及 hit", "损失区间 loss band"),
    )
    rows = [
        (
            *(one.rank, one.party, one.name, one.section, one.street),
            *(one.share, one.falls_of_others, one.hit, one.loss_band),
        )
        for one in found.origins
    ]
    notes = {"run": found.run_id, "依据 rule": found.rule}
    if found.withheld:
        notes["未给出 withheld"] = found.withheld
    return _table("origins", columns, rows, viewer, found.date, at, notes)


def quality_table(found: QualityOfData, viewer: Viewer, today: date, at: str) -> Table:
    """Codes by source, and below them punctuality by authority."""
    columns = (
        *("来源 source", "名称 name", "读入 read", "重复码 duplicate codes", "错误码 wrong codes"),
        *("重错码率 rate", "达标 within", "待更正 waiting", "应公示 decisions"),
        *("按期 in time", "逾期 late", "未知 untold"),
    )
    rows: list[Sequence[Cell]] = [
        (
            *(one.source, one.name, one.read, one.duplicate_codes, one.wrong_codes),
            *(one.error_rate, one.within, one.waiting, None, None, None, None),
        )
        for one in found.departments
    ]
    rows += [
        (
            *("双公示 double publicity", one.authority, *[None] * 6),
            *(one.decisions, one.in_time, one.late, one.untold),
        )
        for one in found.publicity
    ]
    notes = {
        "load": str(found.load),
        "依据 rule": found.rule,
        "目标 target": f"{found.target:.3%} ({found.target_clause})",
    }
    return _table("data-quality", columns, rows, viewer, today, at, notes)


def freshness_table(found: Freshness, viewer: Viewer, at: str) -> Table:
    """One source a row, the oldest first."""
    columns = (
        *("来源 source", "名称 name", "类型 type", "数据截至 as of"),
        *("天数 days", "批次 load", "入库时间 loaded at"),
    )
    rows = [
        (one.source, one.name, one.type, one.as_of, one.age_days, one.last_load, one.loaded_at)
        for one in found.sources
    ]
    notes = {"load": str(found.load), "依据 rule": found.rule}
    return _table("freshness", columns, rows, viewer, found.today, at, notes)


def _table(
    name: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    viewer: Viewer,
    day: date,
    at: str,
    notes: Mapping[str, str],
) -> Table:
    return Table(name, columns, rows, {}, day, exporter_of(viewer), at, notes)
