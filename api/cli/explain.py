"""`alliance explain`: why a party's chain risk is what it is, as far as the viewer may see it."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.tree import Tree

from api import today as calendar
from api.cli.app import (
    DateOption,
    HomeOption,
    StoreOption,
    app,
    console,
    day_of,
    viewer_named,
    without_date,
    workspace,
    yuan,
)
from api.cli.assess import NetworkOption, ScenariosOption, SeedOption
from api.services.networks import folder_assessment
from api.services.origins import (
    IfGone,
    PartnerOrigins,
    own_folder_if_gone,
    own_folder_origins,
    partner_if_gone,
    partner_origins,
)
from api.services.partners import PartnerRisk, own_folder_answer, partner_risk
from api.settings import load_settings
from graph_model.explanation import Part

EXAMPLES = """
Examples:

  alliance explain 91440112XXXX000191 --as member:uscc:91440112XXXX000191 --purpose self

  alliance explain E0 --network my-network --paths --if-gone E1
"""


@app.command(epilog=EXAMPLES)
def explain(
    party: Annotated[str, typer.Argument(help="Party id, or unified social credit code.")],
    who: Annotated[
        str | None, typer.Option("--as", help="ROLE:ORGANISATION, the organisation by party id.")
    ] = None,
    purpose: Annotated[str | None, typer.Option(help="Code of the purpose.")] = None,
    paths: Annotated[
        bool, typer.Option("--paths", help="Also where its falls come from, and how.")
    ] = False,
    if_gone: Annotated[
        str | None, typer.Option(help="Also the fall of the figure if this partner were gone.")
    ] = None,
    date: DateOption = None,
    network: NetworkOption = None,
    scenarios: ScenariosOption = None,
    seed: SeedOption = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Print level, rank and parts that add up, down to amounts and statements."""
    without_date(date, network)
    if network is not None:
        made = folder_assessment(load_settings(store=store, home=home), network, scenarios, seed)
        answer = own_folder_answer(made, party)
        told = own_folder_origins(made, party) if paths else None
        gone = own_folder_if_gone(made, party, if_gone) if if_gone else None
    else:
        asking = viewer_named(who, purpose)
        with workspace(store, home) as opened:
            day = None if date is None else day_of(date)
            today = calendar.today()
            answer = partner_risk(opened, asking, party, day, today)
            told = partner_origins(opened, asking, party, day, today) if paths else None
            gone = partner_if_gone(opened, asking, party, if_gone, day, today) if if_gone else None
    print_answer(answer)
    if told is not None:
        print_origins(told)
    if gone is not None:
        print_if_gone(gone)


def print_answer(answer: PartnerRisk) -> None:
    """Print one answer as a tree."""
    shares = bool(answer.withheld) and answer.probability is None
    level = f"event on {answer.event_on}" if answer.event_on else answer.level or "none"
    console.print(
        f"[bold]{escape(answer.name or answer.party)}[/]  {escape(answer.party)}", soft_wrap=True
    )
    rank = f", rank {answer.rank} of {answer.ranked}" if answer.rank else ""
    ratio = f", {answer.ratio:.2f}× the figure without contagion" if answer.ratio else ""
    console.print(f"链上风险 chain risk, {answer.horizon_months} months: {level}{rank}{ratio}")
    if answer.level_low != answer.level_high:
        low, high = (found or "none" for found in (answer.level_low, answer.level_high))
        console.print(f"level {low} to {high}, as far as unknown inputs leave it open")
    if answer.probability is not None:
        console.print(
            f"probability {answer.probability:.4%}, standard error {answer.standard_error:.4%}"
        )
    if answer.withheld:
        console.print(f"[dim]{escape(answer.withheld)}[/]")
    for reason in answer.reasons:
        console.print(
            f"• [dim]{escape(reason.code)}[/]  {escape(reason.zh)}  {escape(reason.en)}",
            soft_wrap=True,
        )
    if answer.explanation is not None:
        root = Tree(_line(answer.explanation, shares=shares))
        _grow(root, answer.explanation, shares=shares)
        console.print(root)
    seen = f"; shown by rule: {answer.rule}" if answer.rule else ""
    console.print(
        f"[dim]as of {answer.date}, run {answer.run_id}, picture {answer.network_id}, "
        f"{answer.scenarios:,} scenarios{escape(seen)}[/]",
        soft_wrap=True,
    )


def _line(part: Part, *, shares: bool) -> str:
    value = f"{part.value:7.2%}" if shares else f"{part.value:.5%}"
    if not part.value:
        value = "·"
    amount = "" if part.amount_fen is None else f"  loss {yuan(part.amount_fen)}"
    if part.band is not None:
        amount = f"  loss {part.band}"
    name = part.label_zh if part.label_zh == part.label_en else f"{part.label_zh} {part.label_en}"
    return f"{value}  {escape(name)}{amount}"


def _grow(tree: Tree, part: Part, *, shares: bool) -> None:
    for child in part.children:
        branch = tree.add(_line(child, shares=shares))
        for statement in child.statements[:3]:
            branch.add(f"[dim]{escape(statement)}[/]")
        if len(child.statements) > 3:
            branch.add(f"[dim]and {len(child.statements) - 3} more statements[/]")
        _grow(branch, child, shares=shares)


def print_origins(answer: PartnerOrigins) -> None:
    """Print where the falls of a party begin, and the largest paths."""
    kept = "" if answer.scenarios == answer.asked else f" of {answer.asked:,} whose falls fit"
    falls = "" if answer.falls is None else f"{answer.falls:,} falls, "
    root = Tree(f"源头 origins of its falls ({falls}{answer.scenarios:,} scenarios{kept})")
    root.add(f"{answer.own:7.2%}  自身 itself")
    for origin in answer.origins:
        root.add(f"{origin.share:7.2%}  {escape(origin.name or origin.party)}")
    if answer.rest:
        root.add(f"{answer.rest:7.2%}  其他 others")
    if answer.undisclosed:
        root.add(f"{answer.undisclosed:7.2%}  未披露部分 undisclosed part")
    console.print(root)
    ways = Tree("路径 paths")
    for path in answer.paths:
        names = (name or party for name, party in zip(path.names, path.parties, strict=True))
        branch = ways.add(f"{path.share:7.2%}  {escape(' → '.join(names))}")
        for step in path.steps:
            layers = ", ".join(
                f"{zh} {en}" for zh, en in zip(step.layers_zh, step.layers, strict=True)
            )
            amount = "" if step.amount_fen is None else f"  loss {yuan(step.amount_fen)}"
            leaf = branch.add(f"{escape(step.fallen)} → {escape(step.hit)}: {layers}{amount}")
            for statement in step.statements[:3]:
                leaf.add(f"[dim]{escape(statement)}[/]")
    if answer.more_paths:
        ways.add(f"+{answer.more_paths:,}")
    console.print(ways)


def print_if_gone(answer: IfGone) -> None:
    """Print the part of a partner beside the fall of the figure without it."""
    console.print(
        f"{escape(answer.partner)}: its part is {answer.part:.2%} of the figure; if it were gone, "
        f"the figure would be lower by {answer.fall:.2%} ± {answer.fall_error:.2%} of itself "
        f"({answer.run_again:,} of {answer.scenarios:,} scenarios run again)",
        soft_wrap=True,
    )
