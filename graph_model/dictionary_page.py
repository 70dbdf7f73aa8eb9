"""`docs/data-dictionary.md`, made from the tables; `alliance dictionary` prints it."""

from collections.abc import Iterable

from graph_model.schema import Dictionary, Kind

HEAD = """# Data dictionary

Made by `alliance dictionary` from the tables in `graph_model/dictionary/`; do not edit this page.
Every kind also has the housekeeping columns source, key, valid_from, valid_to, tx_from, tx_to,
load, file and line (see `graph_model/statement.py`). Money is integer fen.

How time is read: an *event* has a day and is corrected as a whole; a *period* brings its own start
and end; a *state* holds from the extract that says it until the next one that says otherwise.
"""


def dictionary_page(dictionary: Dictionary) -> str:
    """Return the whole page as Markdown."""
    parts = [HEAD, *(_kind(kind) for kind in dictionary.kinds.values())]
    parts.append(_measures(dictionary))
    parts.append(_layers(dictionary))
    listed = sorted(n for n, table in dictionary.code_tables.items() if table and n != "gbt4754")
    parts.extend(_codes(dictionary, name) for name in listed)
    return "\n".join(parts)


def _kind(kind: Kind) -> str:
    rows = [
        (
            f"`{f.name}`{' *' if f.name in kind.key else ''}",
            f.zh,
            f"{f.type}{f' ({f.codes})' if f.codes else ''}",
            f.unit,
            "yes"
            if f.required
            else "where {}={}".format(*f.required_when)
            if f.required_when
            else "",
            f.meaning,
            f.source_clause,
            f.visibility,
        )
        for f in kind.fields
    ]
    head = ("field", "中文", "type", "unit", "required", "meaning", "source clause", "visibility")
    about = f"{kind.meaning}. Time: {kind.time}. Key (*): {', '.join(kind.key)}."
    return f"## {kind.name} {kind.zh}\n\n{about[0].upper()}{about[1:]}\n\n{_table(head, rows)}"


def _measures(dictionary: Dictionary) -> str:
    rows = [
        (
            f"`{m.measure}.{m.quantity}`",
            m.kind,
            m.row,
            m.column,
            " or ".join(m.amount) + (f" - {m.less}" if m.less else ""),
            m.aggregate,
            str(m.window_months or ""),
            m.meaning,
        )
        for m in dictionary.measures
    ]
    head = ("quantity", "kind", "row", "column", "amount", "aggregate", "months", "meaning")
    return f"## Measures\n\nThe matrices of a picture.\n\n{_table(head, rows)}"


def _layers(dictionary: Dictionary) -> str:
    rows = [
        (f"`{v.layer}`", v.zh, ", ".join(v.measures), v.hit, v.fallen, v.loss, v.meaning)
        for v in dictionary.layers
    ]
    head = ("layer", "中文", "measures", "hit", "fallen", "loss of the hit", "meaning")
    return f"## Layers\n\nThe ways contagion goes.\n\n{_table(head, rows)}"


def _codes(dictionary: Dictionary, name: str) -> str:
    rows = [
        (f"`{c.code}`", c.zh, c.en, "、".join(c.aliases), c.source)
        for c in dictionary.codes(name).values()
    ]
    return f"## Codes: {name}\n\n{_table(('code', '中文', 'en', 'also', 'source'), rows)}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(c.replace('|', '/') for c in row)} |" for row in lines) + "\n"
