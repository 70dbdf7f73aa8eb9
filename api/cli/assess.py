"""`alliance assess`: chain risk of everybody, from the store or from a network folder."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.table import Table

from algorithms.bracket import Migration, migration
from algorithms.capacity import capacity
from api.cli.app import (
    DateOption,
    HomeOption,
    StoreOption,
    app,
    console,
    day_of,
    progress_bar,
    without_date,
    workspace,
)
from api.cli.movers import sentence
from api.services import runs
from api.services.assessment import Assessment
from api.services.movers import moved_since_before
from api.services.networks import folder_assessment
from api.services.workspace import Workspace
from api.settings import load_settings
from graph_model.errors import AllianceError

EXAMPLES = """
Examples:

  alliance assess --date 2026-10-31

  alliance assess --network my-network --relative-error 0.01
"""

NetworkOption = Annotated[
    Path | None, typer.Option("--network", help="A network folder instead of the store.")
]
ScenariosOption = Annotated[
    int | None, typer.Option(min=64, help="Scenarios to simulate; default 20,000.")
]
RelativeErrorOption = Annotated[
    float | None,
    typer.Option(
        help="Stop when the median relative error of figures above 0.1 % is at most this; "
        "--scenarios is then the most."
    ),
]
SeedOption = Annotated[int | None, typer.Option(min=0, help="Seed of the random numbers.")]


@app.command(epilog=EXAMPLES)
def assess(
    date: DateOption = None,
    network: NetworkOption = None,
    scenarios: ScenariosOption = None,
    seed: SeedOption = None,
    relative_error: RelativeErrorOption = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Assess chain risk, publish the run, and print how it went."""
    without_date(date, network)
    moved = ""
    with progress_bar(total=64) as (bar, task):

        def told(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of, description="scenarios")

        if network is not None:
            settings = load_settings(store=store, home=home)
            made = folder_assessment(settings, network, scenarios, seed, relative_error, told)
        else:
            with workspace(store, home) as opened:
                made = runs.assess_day(
                    opened,
                    day_of(date),
                    scenarios=scenarios,
                    seed=seed,
                    relative_error=relative_error,
                    progress=told,
                )
                moved = moved_since(opened, made)
    console.print(summary(made))
    print_levels(made)
    print_disagreements(made)
    if moved:
        console.print(f"movers {moved}", markup=False, soft_wrap=True)


def moved_since(workspace: Workspace, made: Assessment) -> str:
    """How many moved since the run that was published before, or why that cannot be said."""
    try:
        return sentence(moved_since_before(workspace, made.network.valid_date))
    except AllianceError as error:
        return f"not told: {error.rule}"


def summary(made: Assessment) -> Table:
    """What was assessed and how sure it is; names nobody."""
    run, network = made.run, made.network
    table = Table(show_header=False)
    table.add_row("run", made.run_id)
    table.add_row("picture", f"{network.network_id} of {network.valid_date}")
    edges = {name: len(m.indices) for name, m in network.matrices.items() if len(m.indices)}
    table.add_row("parties", f"{len(network):,}")
    table.add_row("edges", ", ".join(f"{name} {count:,}" for name, count in edges.items()) or "–")
    layers = np.bincount(made.links.layer, minlength=len(made.links.layers))
    listed = [f"{n} {c:,}" for n, c in zip(made.links.layers, layers, strict=True) if c]
    table.add_row("contagion links", ", ".join(listed) or "–")
    industries = len(run.party_id) - len(network)
    table.add_row("industries", f"{industries:,}")
    found = _migration(made)
    levels = zip(found.levels, found.point, strict=True)
    table.add_row("warning levels", ", ".join(f"{name} {count:,}" for name, count in levels))
    table.add_row("scenarios", f"{run.scenarios:,}, seed {run.seed}")
    error = run.median_relative_error
    table.add_row("median relative error", "–" if np.isnan(error) else f"{error:.2%}")
    if unhit := parties_nothing_hits(made):
        table.add_row(
            "not hit by anything",
            f"{unhit:,} parties with edges: capacity unknown (revenue, or a lender's capital)",
        )
    table.add_row(
        "constants",
        f"{made.parameters.version} ({made.parameters.status})"
        + (", own rates as the folder states them" if made.stated else ""),
    )
    return table


def print_disagreements(made: Assessment) -> None:
    """Print how many times sources or kinds disagree, and the first of them."""
    findings = made.network.manifest.get("findings", [])
    total = made.network.manifest.get("disagreements", 0)
    if not total or not isinstance(findings, list):
        return
    console.print(f"{total:,} disagreements between sources or kinds; the first counts:")
    for one in findings[:3]:
        told = f"  {one['about']}: {one['counts']}, not {one['other']} ({', '.join(one['fields'])})"
        console.print(told, markup=False, soft_wrap=True)


def parties_nothing_hits(made: Assessment) -> int:
    """How many parties with edges can lose nothing, because their capacity is not known."""
    network = made.network
    unknown = np.isnan(capacity(network, made.parameters).point)
    touched = np.zeros(len(network), dtype=bool)
    for matrix in network.matrices.values():
        touched[matrix.rows] = True
        touched[matrix.indices] = True
    return int((unknown & touched).sum())


def print_levels(made: Assessment) -> None:
    """Print how many parties stand at which level, and how firmly."""
    found = _migration(made)
    table = Table("warning level", "θ/2", "θ", "2θ")
    for row in zip(found.levels, found.half_theta, found.point, found.twice_theta, strict=True):
        table.add_row(row[0], *(f"{count:,}" for count in row[1:]))
    moved = (f"{found.changed_by_half:,}", "", f"{found.changed_by_twice:,}")
    table.add_row("at another level than at θ", *moved)
    console.print(table)
    console.print(
        f"{found.changed_by_unknowns:,} parties change level between low and high unknown inputs; "
        f"θ/2, 2θ, low and high from {made.bracket.scenarios:,} scenarios each"
    )


def _migration(made: Assessment) -> Migration:
    point = made.run.probability[: len(made.network)]
    return migration(point, made.bracket, made.parameters.levels)
