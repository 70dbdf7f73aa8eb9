"""`alliance calibrate`: theta and the scale of own risk from who fell and who did not."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from api.cli.app import (
    DateOption,
    HomeOption,
    StoreOption,
    app,
    console,
    day_of,
    progress_bar,
    workspace,
)
from api.cli.assess import NetworkOption, SeedOption
from api.services.calibration import (
    Calibrated,
    calibrate_day,
    calibrate_folder,
    interval_text,
)
from api.settings import load_settings
from graph_model.errors import BadInput

EXAMPLES = """
Examples:

  alliance calibrate outcomes.csv --date 2025-10-31

  alliance calibrate outcomes.csv --network my-network --from 2027-01-01

OUTCOMES.csv has the columns party, date, fell: the day of the fall and yes, or no day and no.
"""


@app.command(epilog=EXAMPLES)
def calibrate(
    outcomes: Annotated[Path, typer.Argument(help="CSV with the columns party, date, fell.")],
    date: DateOption = None,
    network: NetworkOption = None,
    begins: Annotated[
        str | None,
        typer.Option("--from", help="Day from which the new pack is in force; default 12 months."),
    ] = None,
    tx: Annotated[
        int | None,
        typer.Option(help="As known after this load, without what was stated later; default last."),
    ] = None,
    scenarios: Annotated[
        int | None,
        typer.Option(
            min=64,
            help="Scenarios of each simulation (some hundreds); default as many as are needed.",
        ),
    ] = None,
    seed: SeedOption = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Fit the constants to outcomes after a day and write them as a pack of the district's own."""
    start = None if begins is None else day_of(begins)
    with progress_bar() as (bar, task):

        def told(done: int) -> None:
            bar.update(task, told=f"{done} simulations")

        if network is not None:
            day = None if date is None else day_of(date)
            settings = load_settings(store=store, home=home)
            made = calibrate_folder(
                *(settings, network, outcomes, day),
                begins=start,
                scenarios=scenarios,
                seed=seed,
                progress=told,
            )
        else:
            if date is None:
                rule = "is missing: outcomes are those of the 12 months after a day"
                raise BadInput("--date", rule, "Give --date YYYY-MM-DD, the day before them.")
            with workspace(store, home) as opened:
                made = calibrate_day(
                    *(opened, outcomes, day_of(date)),
                    tx=tx,
                    begins=start,
                    scenarios=scenarios,
                    seed=seed,
                    progress=told,
                )
    console.print(summary(made))
    console.print(f"written: {made.pack.folder}", soft_wrap=True)


def summary(made: Calibrated) -> Table:
    """What was fitted and how sure it is; names nobody."""
    fit = made.fit
    gain = fit.log_likelihood - fit.log_likelihood_alone
    left_out = f"{fit.insufficient:,} insufficient, {fit.already_fallen:,} already fallen"
    table = Table(show_header=False)
    table.add_row("picture", f"{made.network.network_id} of {made.network.valid_date}")
    table.add_row("outcomes", f"{fit.parties:,} parties, {fit.falls:,} fell; left out: {left_out}")
    table.add_row("theta", f"{fit.theta:.3g}, 95 % interval {interval_text(fit.theta_interval)}")
    table.add_row(
        "own scale", f"{fit.own_scale:.3g}, 95 % interval {interval_text(fit.own_scale_interval)}"
    )
    slope = made.slope
    table.add_row(
        "own steepness",
        f"{slope.value:.3g} times the pack's, 95 % interval {interval_text(slope.interval)}",
    )
    table.add_row(
        "without contagion",
        f"own scale {fit.own_scale_alone:.3g}, log-likelihood lower by {gain:.2f}",
    )
    if fit.theta_interval[0] == 0:
        table.add_row("", "these outcomes do not exclude that there is no contagion")
    table.add_row(
        "log-likelihood",
        f"{fit.log_likelihood:.2f}, simulation error {fit.log_likelihood_error:.2f}",
    )
    table.add_row(
        "falls come together",
        f"intervals allow {fit.theta_dependence:.2f} (theta) and "
        f"{fit.own_scale_dependence:.2f} (own scale) times the drop of 1.92",
    )
    table.add_row(
        "simulation",
        f"{fit.simulations} runs of {fit.scenarios:,} scenarios, seed {fit.seed}; its error is "
        f"{fit.simulation_share:.1%} of half an interval",
    )
    table.add_row("pack", f"{made.pack.reference}, in force from {made.pack.in_force_from}")
    return table
