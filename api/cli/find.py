"""`alliance find` and `alliance partner`: look a partner up, and see what may be seen of it."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from api.cli.app import (
    DateOption,
    HomeOption,
    StoreOption,
    app,
    console,
    day_of,
    listing,
    viewer_named,
    workspace,
    yuan,
)
from api.services.neighbours import Neighbours, neighbours
from api.services.partner_view import PartnerView, partner_view
from api.services.search import find as found_by
from api.services.tier import Tier, Way, tier
from api.today import today

WhoOption = Annotated[
    str | None, typer.Option("--as", help="ROLE:ORGANISATION, the organisation by party id.")
]
PurposeOption = Annotated[str | None, typer.Option(help="Code of the purpose.")]


@app.command(epilog="Example: alliance find 云埔铸造 --as member:uscc:… --purpose partner_check")
def find(
    text: Annotated[str, typer.Argument(help="Code or name, former names too, or a part of it.")],
    who: WhoOption = None,
    purpose: PurposeOption = None,
    most: Annotated[int, typer.Option(min=1, max=1000, help="Results to print.")] = 20,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Find partners; width, brackets, case and traditional characters do not matter."""
    with workspace(store, home) as opened:
        asking = viewer_named(who, purpose)
        answer = found_by(opened, asking, text, today())
    table = listing("party", "name", "found by", "street", "sector")
    for one in answer.found[:most]:
        matched = "" if one.matched in (one.code, one.name) else f": {one.matched}"
        cells = (one.party, one.name, f"{one.by}{matched}", one.street, one.sector)
        table.add_row(*map(escape, cells))
    console.print(table)
    beyond = len(answer.found) - most
    if beyond > 0 or answer.more:
        console.print(f"and {max(beyond, 0):,}{'+' if answer.more else ''} more; give more words")


@app.command(
    epilog="Example: alliance partner 91440112XXXX000191 --tier --as … --purpose partner_check"
)
def partner(
    party: Annotated[str, typer.Argument(help="Party id, or unified social credit code.")],
    who: WhoOption = None,
    purpose: PurposeOption = None,
    links: Annotated[
        bool, typer.Option("--neighbours", help="Also its links, as far as they may be seen.")
    ] = False,
    place: Annotated[
        bool, typer.Option("--tier", help="Also how far up and down my chain it stands.")
    ] = False,
    date: DateOption = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Print a partner's register entry, and how much of what may be seen; see also `explain`."""
    with workspace(store, home) as opened:
        asking = viewer_named(who, purpose)
        day = None if date is None else day_of(date)
        view = partner_view(opened, asking, party, day, today())
        near = neighbours(opened, asking, party, day, today()) if links else None
        stands = tier(opened, asking, party, day, today()) if place else None
    _print_view(view)
    if near is not None:
        _print_links(near)
    if stands is not None:
        _print_tier(stands)


def _print_view(view: PartnerView) -> None:
    entry = view.entry
    console.print(f"[bold]{escape(entry.name)}[/]  {escape(entry.party)}", soft_wrap=True)
    facts = (entry.kind, entry.sector, entry.street, entry.size, entry.reg_state)
    console.print("  ".join(filter(None, map(escape, facts))))
    if entry.former_names:
        console.print(f"曾用名 formerly {escape('、'.join(entry.former_names))}", soft_wrap=True)
    console.print(f"{'成员 member' if view.member else '非成员 no member'}, as of {view.date}")
    table = Table("class", "sight", "rule")
    for seen in view.sights:
        table.add_row(f"{seen.zh} {seen.en}", seen.sight, escape(seen.rule))
    console.print(table)
    if view.level:
        console.print(f"链上风险 chain risk: {view.level}")


def _print_links(near: Neighbours) -> None:
    table = Table("link", "party", "name", "amount", "rule")
    for link in map(near.told, near.links):
        amount = link.band or (yuan(link.amount_fen) if link.sight == "amount" else link.sight)
        cells = (f"{link.zh} {link.en}", link.party, link.name, amount, link.rule)
        table.add_row(*map(escape, cells))
    console.print(table)


def _print_tier(stands: Tier) -> None:
    for words, way in (("上游 upstream", stands.upstream), ("下游 downstream", stands.downstream)):
        console.print(f"{words}: {escape(_way(way))}", soft_wrap=True)


def _way(way: Way) -> str:
    if way.hops is None:
        return "no way that may be seen" if way.whole else "not found within the search's limit"
    names = (name or party for name, party in zip(way.names, way.parties, strict=True))
    return f"{way.hops}  ({' → '.join(names)})"
