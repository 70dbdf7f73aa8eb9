"""`alliance loan-book`: a lender's own book: template, check, upload, answer."""

import hashlib
from decimal import Decimal, InvalidOperation
from pathlib import Path
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
from api.services import concentration as concentrating
from api.services import loan_book as service
from api.services.exposure import Exposure, exposure
from graph_model.errors import BadInput
from ingest.loan_book import write_template

verbs = typer.Typer(no_args_is_help=True, help="A lender's own loan book, for that lender alone.")
app.add_typer(verbs, name="loan-book")

AsOption = Annotated[
    str, typer.Option("--as", help="ROLE:ORGANISATION, the organisation by party id.")
]
PurposeOption = Annotated[str, typer.Option(help="Code of the purpose.")]
MappingOption = Annotated[
    Path | None, typer.Option(help="Mapping of a file with other headers than the template.")
]


@verbs.command()
def template(
    path: Annotated[Path, typer.Argument(help="Where to: book.xlsx or book.csv.")],
) -> None:
    """Write an empty loan book with the headers that are read."""
    write_template(path)
    console.print(f"{path}: one loan a row; a code, or a name, or both", soft_wrap=True)


@verbs.command()
def check(
    path: Annotated[Path, typer.Argument(help="The loan book.")],
    who: AsOption,
    purpose: PurposeOption,
    mapping: MappingOption = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Read and match a book, and keep nothing of it."""
    with workspace(store, home) as opened:
        print_book(
            service.check(opened, viewer_named(who, purpose), path, calendar.today(), mapping)
        )


@verbs.command()
def upload(
    path: Annotated[Path, typer.Argument(help="The loan book.")],
    who: AsOption,
    purpose: PurposeOption,
    capital: Annotated[
        str | None, typer.Option(help="The lender's net capital in yuan, for its limits.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Idempotency key; by default the digest of the file.")
    ] = None,
    mapping: MappingOption = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Read, match and keep a book for the lender alone."""
    fen = None if capital is None else _fen(capital)
    if key is None:
        if not path.is_file():
            raise BadInput(str(path), "there is no such file", "Correct the path.")
        content = hashlib.sha256(path.read_bytes())
        content.update(str(fen).encode())
        key = content.hexdigest()
    with workspace(store, home) as opened:
        kept = service.upload(
            opened,
            viewer_named(who, purpose),
            path,
            key,
            calendar.today(),
            capital_fen=fen,
            mapping=mapping,
        )
    print_book(kept.book)
    console.print(f"upload {kept.number} of {kept.lender}, kept {kept.at}", soft_wrap=True)


@verbs.command()
def answer(
    who: AsOption,
    purpose: PurposeOption,
    what: Annotated[str, typer.Argument(help="borrowers, concentration or limits.")] = "borrowers",
    date: DateOption = None,
    offset: Annotated[int, typer.Option(min=0, help="First borrower of the page.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Borrowers of the page.")] = 50,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Print what the kept book is exposed to."""
    day = None if date is None else day_of(date)
    with workspace(store, home) as opened:
        viewer_ = viewer_named(who, purpose)
        if what == "borrowers":
            print_exposure(
                exposure(opened, viewer_, day, calendar.today(), offset=offset, limit=limit)
            )
        elif what == "concentration":
            print_concentrations(
                concentrating.concentrations(opened, viewer_, day, calendar.today())
            )
        elif what == "limits":
            print_limits(concentrating.limits(opened, viewer_, day, calendar.today()))
        else:
            words = "Ask for borrowers, concentration or limits."
            raise BadInput(what, "is no answer about a loan book", words)


def print_book(book: service.MatchedBook) -> None:
    """Who was matched and why, who was not, and what was kept aside."""
    table = _table("line", "loan", "borrower", "score", "why")
    for one in book.matched:
        why = "; ".join(f"{r.zh} {r.en}" for r in one.match.reasons)
        name = f"{one.match.name} {one.match.party}"
        cells = (str(one.line.line), one.line.loan_no, name, f"{one.match.score:.2f}", why)
        table.add_row(*map(escape, cells))
    console.print(
        f"{book.read} rows: {len(book.matched)} matched, {len(book.unmatched)} unmatched, "
        f"{len(book.aside)} kept aside"
    )
    console.print(table)
    for one in book.unmatched:
        why = "; ".join(f"{r.zh} {r.en}" for r in one.match.reasons)
        stated = " ".join(filter(None, (one.line.code, one.line.name)))
        console.print(
            f"unmatched, line {one.line.line}: {escape(stated)}: {escape(why)}", soft_wrap=True
        )
        for candidate in one.match.candidates:
            told = "; ".join(f"{r.zh} {r.en}" for r in candidate.reasons)
            console.print(
                f"  {candidate.score:.2f}  {escape(candidate.name)} {escape(candidate.party)}: "
                f"{escape(told)}",
                soft_wrap=True,
            )
    for row in book.aside:
        console.print(
            f"kept aside, line {row.line}, {row.column}: {row.value!r} {row.rule}. {row.way_out}",
            markup=False,
            soft_wrap=True,
        )


def print_exposure(found: Exposure) -> None:
    """Totals, then one line a borrower."""
    console.print(
        f"direct {yuan(found.direct_fen)}; looked through {yuan(found.looked_through_fen)}, of "
        f"which one hop threatens {yuan(found.union_fen)} (each yuan once)",
        soft_wrap=True,
    )
    ratio = "–" if found.ratio is None else f"{found.ratio:.2f}×"
    console.print(f"expected loss with contagion over that without: {ratio}")
    if found.expected_loss_fen is not None:
        console.print(
            f"expected loss {yuan(found.expected_loss_fen)} with contagion, "
            f"{yuan(found.expected_loss_alone_fen)} without; "
            f"standard error at most {yuan(found.standard_error_fen)}",
            soft_wrap=True,
        )
    if found.withheld:
        console.print(f"[dim]{escape(found.withheld)}[/]", soft_wrap=True)
    table = _table("borrower", "balance", "level", "rank", "ratio", "one hop", "through", "why")
    for one in found.borrowers:
        why = "; ".join(reason.zh for reason in one.reasons) or one.withheld
        table.add_row(
            escape(f"{one.name} {one.party}"),
            yuan(one.balance_fen),
            one.level or ("–" if one.consent else "no consent"),
            "–" if one.rank is None else f"{one.rank}/{one.ranked}",
            "–" if one.ratio is None else f"{one.ratio:.2f}×",
            yuan(one.one_hop_fen),
            yuan(one.through_fen),
            escape(why),
        )
    console.print(table)
    for party in found.through:
        console.print(
            f"if {escape(party.name or party.party)} falls: {yuan(party.amount_fen)} threatened",
            soft_wrap=True,
        )
    if found.through_undisclosed:
        console.print("and others that may not be named")
    console.print(
        f"[dim]as of {found.date}, run {found.run_id} on the lender's own picture "
        f"{found.network_id}, {found.scenarios:,} scenarios[/]",
        soft_wrap=True,
    )


def print_concentrations(found: concentrating.Concentrations) -> None:
    """One table for each grouping."""
    for title, part in (
        ("链 chain", found.by_chain),
        ("行业 sector", found.by_sector),
        ("保证人 guarantor", found.by_guarantor),
        ("承运人 carrier", found.by_carrier),
    ):
        index = "–" if part.herfindahl is None else f"{part.herfindahl:.3f}"
        table = _table(title, "balance", "share", "borrowers")
        for group in part.groups[:10]:
            name = " ".join(filter(None, (found.names.get(group.key), group.key)))
            table.add_row(
                escape(name), yuan(group.amount_fen), f"{group.share:.1%}", str(group.borrowers)
            )
        table.caption = f"Herfindahl index {index}"
        console.print(table)


def print_limits(found: concentrating.Limits) -> None:
    """Balances against limits, each with its clause."""
    console.print(f"capital {yuan(found.capital_fen)}: {found.capital_source}", soft_wrap=True)
    table = _table("limit", "who", "balance", "share", "limit share", "verdict", "clause")
    for group in (*found.singles[:5], *found.groups, *found.circles):
        of, held = group.held.limit, group.held
        table.add_row(
            f"{of.zh} {of.en}",
            escape("、".join(name or party for party, name in group.parties)),
            yuan(held.balance_fen),
            "–" if held.share is None else f"{held.share:.2%}",
            f"{of.share:.0%}",
            held.verdict,
            escape(f"{of.clause} ({of.status})"),
        )
    console.print(table)
    console.print(f"[dim]limits {found.pack}[/]")


def _table(*names: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def _fen(text: str) -> int:
    try:
        value = Decimal(text.replace(",", "")) * 100
    except InvalidOperation as error:
        raise BadInput(f"--capital {text}", "is no amount", "Write 1,000,000.") from error
    if value != value.to_integral_value():
        raise BadInput(f"--capital {text}", "has more than two decimals", "Round it to the fen.")
    return int(value)
