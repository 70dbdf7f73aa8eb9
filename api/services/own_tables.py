"""One's own file as tables that can be taken out."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from api.services.exporting import Table
from api.services.own_file import Statement
from api.services.seen_by_others import Seen
from policy.visibility import Viewer

STATED = (
    *("编号 statement", "类别 kind", "来源 stated by", "内容 stated", "起 from", "止 until"),
    *("获知时间 known since", "出处 evidence", "效力 standing", "依据 clause"),
)
SEEN = (
    *("查询方 who", "角色 role", "目的 purpose", "class", "类别"),
    *("可见程度 sight", "依据 rule"),
)


def own_table(
    found: Sequence[Statement], viewer: Viewer, kind: str | None, today: date, at: str
) -> Table:
    """Everything stated about the viewer's organisation, one statement a row."""
    rows = [
        (
            *(one.id, one.kind_zh, one.stated_by, words_of(one), one.held_from, one.held_to),
            *(one.known_since, one.evidence, one.standing, one.clause),
        )
        for one in found
    ]
    filters = {"party": viewer.organisation, "kind": kind or "all"}
    return Table("own-file", STATED, rows, filters, today, exporter_of(viewer), at)


def seen_table(found: Sequence[Seen], viewer: Viewer, today: date, at: str) -> Table:
    """What others could see of it, one class a row."""
    rows = [(s.who, s.role, s.purpose, s.en, s.zh, s.sight, s.rule) for s in found]
    filters = {"party": viewer.organisation}
    return Table("visible-to-others", SEEN, rows, filters, today, exporter_of(viewer), at)


def exporter_of(viewer: Viewer) -> str:
    """Who takes a table out, as the file says it."""
    return f"{viewer.role} of {viewer.organisation}, purpose {viewer.purpose}"


def words_of(stated: Statement) -> str:
    """Facts in one line; money in yuan."""
    return "；".join(
        f"{fact.zh} {Decimal(fact.value).scaleb(-2)} 元"
        if fact.unit == "fen" and isinstance(fact.value, int)
        else f"{fact.zh} {fact.value}"
        for fact in stated.facts
    )
