"""`alliance overview`: the official's pages: ecosystem, levels, origins, quality, freshness."""

from typing import Annotated

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from api import today as calendar
from api.cli.app import (
    DateOption,
    HomeOption,
    StoreOption,
    app,
    console,
    day_of,
    viewer_named,
    workspace,
    yuan,
)
from api.cli.loan_book import AsOption, PurposeOption
from api.services import departments, district_origins, ecosystem, levels
from graph_model.errors import BadInput
from policy.suppression import CLAUSE

PAGES = ("ecosystem", "levels", "origins", "quality", "freshness")


@app.command(
    epilog="Example: alliance overview levels --as official:uscc:… --purpose ecosystem",
)
def overview(
    page: Annotated[str, typer.Argument(help=", ".join(PAGES))],
    who: AsOption,
    purpose: PurposeOption,
    date: DateOption = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Print one page of the district, for an official."""
    if page not in PAGES:
        raise BadInput(page, "is no page of the overview", f"Pages are: {', '.join(PAGES)}.")
    day = None if date is None else day_of(date)
    today = calendar.today()
    viewer = viewer_named(who, purpose)
    with workspace(store, home) as opened:
        if page == "ecosystem":
            print_ecosystem(ecosystem.ecosystem(opened, viewer, day, today))
        elif page == "levels":
            print_levels(levels.levels(opened, viewer, day, today))
        elif page == "origins":
            print_origins(district_origins.district_origins(opened, viewer, day, today))
        elif page == "quality":
            print_quality(departments.departments(opened, viewer, today))
        else:
            print_freshness(departments.freshness(opened, viewer, today))


def print_ecosystem(found: ecosystem.Ecosystem) -> None:
    """One line a cell."""
    table = _table("link", "chain", "kind", "statements", "enterprises", "amount", "state")
    for cell in found.cells:
        table.add_row(
            f"{cell.link_zh} {cell.link_en}",
            f"{cell.chain_zh} {cell.chain_en}",
            cell.kind or "–",
            _count(cell.statements),
            _count(cell.enterprises),
            yuan(cell.amount_fen),
            escape(f"gap: {cell.told_zh} {cell.told_en}" if cell.state == "gap" else cell.state),
        )
    console.print(table)
    console.print(
        f"{found.gaps} gaps, {found.without_source} cells without a source; {CLAUSE}; as of "
        f"{found.date}, load {found.load}",
        soft_wrap=True,
    )


def print_levels(found: levels.Levels) -> None:
    """Both tables, with hidden rows marked."""
    for part in (found.by_street, found.by_section):
        table = _table(part.name, "enterprises", *found.levels)
        for row in part.rows:
            counts = row.counts
            cells = ["hidden"] * len(found.levels) if counts is None else map(_count, counts)
            whole = "hidden" if row.enterprises is None else _count(row.enterprises)
            table.add_row(f"{row.zh} {row.key}", whole, *cells)
        total = part.total
        if total is not None:
            table.add_row("合计 total", _count(sum(total)), *map(_count, total), style="bold")
        console.print(table)
    console.print(f"[dim]{escape(found.suppression)}; as of {found.date}, run {found.run_id}[/]")


def print_origins(found: district_origins.DistrictOrigins) -> None:
    """The list, named where it may be."""
    table = _table("rank", "party", "section", "share", "hits", "loss when it falls")
    for one in found.origins:
        name = "–" if one.party is None else f"{one.name} {one.party}"
        table.add_row(
            *(str(one.rank), escape(name), one.section or "–", f"{one.share:.2%}"),
            *(_count(one.hit), one.loss_band or "–"),
        )
    console.print(table)
    console.print(
        f"together {found.share_of_all:.1%} of all parts in figures of others; "
        f"{found.scenarios:,} scenarios, median relative error {found.median_relative_error:.2%}",
        soft_wrap=True,
    )
    if found.withheld:
        console.print(f"[dim]{escape(found.withheld)}[/]", soft_wrap=True)


def print_quality(found: departments.QualityOfData) -> None:
    """Codes by source, then punctuality by authority."""
    table = _table("source", "read", "wrong codes", "duplicate", "rate", "within", "waiting")
    for one in found.departments:
        rate = "–" if one.error_rate is None else f"{one.error_rate:.3%}"
        within = "–" if one.within is None else "yes" if one.within else "no"
        table.add_row(
            *(escape(f"{one.name} {one.source}"), _count(one.read), _count(one.wrong_codes)),
            *(_count(one.duplicate_codes), rate, within, _count(one.waiting)),
        )
    table.caption = f"重错码率 at most {found.target:.3%} ({found.target_clause})"
    console.print(table)
    table = _table("authority", "term", "decisions", "in time", "late", "untold", "most days")
    for line in found.publicity:
        counts = (line.decisions, line.in_time, line.late, line.untold)
        table.add_row(
            *(escape(line.authority), f"{line.term_days} working days"),
            *map(_count, counts),
            _count(line.most_days),
        )
    console.print(table)


def print_freshness(found: departments.Freshness) -> None:
    """One line a source, the oldest first."""
    table = _table("source", "as of", "age in days", "load", "loaded at")
    for one in found.sources:
        table.add_row(
            *(escape(f"{one.name} {one.source}"), str(one.as_of), _count(one.age_days)),
            *(str(one.last_load), one.loaded_at),
        )
    console.print(table)


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def _table(*names: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    return table
