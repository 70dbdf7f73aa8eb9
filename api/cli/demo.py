"""`alliance demo`: a made district from source files to three answers, and the API served."""

import secrets
import time
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from api import today as calendar
from api.cli.app import app, console, progress_bar
from api.cli.assess import summary
from api.cli.calibrate import summary as fit_summary
from api.cli.explain import print_answer
from api.cli.overview import print_levels
from api.cli.serve import run
from api.services import accounts, demonstration, district_origins, levels, quality, runs
from api.services.calibration import Calibrated
from api.services.demonstration_questions import Questions, questions, write_accounts
from api.services.ingesting import Ingested
from api.services.workspace import Workspace, open_workspace
from api.settings import Settings, load_settings
from graph_model.errors import NotAllowed
from ingest.district.settings import DistrictSetting


@app.command()
def demo(
    serve: Annotated[bool, typer.Option(help="Serve the API afterwards.")] = True,
    port: Annotated[int | None, typer.Option(help="Port to serve on.")] = None,
    home: Annotated[Path, typer.Option(help="Folder, made anew each time.")] = Path("var/demo"),
    enterprises: Annotated[int, typer.Option(help="How many live in the district.")] = 3_000,
    seed: Annotated[int, typer.Option(help="Of the made district.")] = 2,
) -> None:
    """Make a district, take its files in, calibrate, assess, answer three questions, and serve."""
    if load_settings().env == "production":
        raise NotAllowed(
            "alliance demo",
            "makes no demonstration where ALLIANCE_ENV=production",
            "Unset ALLIANCE_ENV, on a machine that is not the operator's.",
        )
    begun = time.monotonic()
    key = secrets.token_hex(32)
    settings = load_settings(home=home, store="", port=port, env="demo", token_key=key)
    demonstration.clear(settings)
    console.rule("a made district 合成园区")
    with progress_bar() as (bar, task):
        rows = demonstration.make(
            *(settings, DistrictSetting(enterprises, seed)),
            lambda what: bar.update(task, description=what),
        )
    console.print(f"{rows:,} rows of source files in {home / 'district' / 'sources'}")
    with open_workspace(settings) as opened:
        asked = _shown(opened)
    console.print(f"[dim]{time.monotonic() - begun:.0f} seconds[/]")
    if serve:
        _told(settings, asked)
        run(settings)


def _shown(opened: Workspace) -> Questions:
    """Files in, constants fitted, the last day assessed, three questions answered."""
    console.rule("source files in 源文件入库")
    with progress_bar() as (bar, task):
        taken = demonstration.take_in(opened, lambda what: bar.update(task, description=what))
    console.print(sources_table(taken.done))
    kept = quality.write_waiting(opened, opened.settings.home / "quarantine.csv")
    rules = sum((one.report.rules for one in taken.done), start=Counter[tuple[str, str]]())
    for (severity, rule), count in rules.most_common(5):
        console.print(f"{count:>5,}  {severity:10}  {rule}", markup=False, soft_wrap=True)
    console.print(f"{kept:,} rows wait, to be corrected and replayed, in quarantine.csv")
    console.rule("calibration 校准")
    with progress_bar() as (bar, task):
        made = demonstration.calibrate(
            opened,
            taken,
            lambda done: bar.update(task, description="fit", told=f"{done} simulations"),
        )
    if isinstance(made, Calibrated):
        console.print(fit_summary(made))
    else:
        console.print(f"uncalibrated: {made.value}: {made.rule}", markup=False, soft_wrap=True)
    console.rule("assessment 评估")
    with progress_bar(total=64) as (bar, task):
        assessed = runs.assess_day(
            opened,
            taken.until,
            progress=lambda d, of: bar.update(task, completed=d, total=of, description="assess"),
        )
    console.print(summary(assessed))
    today = calendar.today()
    asked = questions(opened, assessed, today)
    write_accounts(opened.settings.home / accounts.ACCOUNTS, asked)
    console.rule("a supplier about itself 供应商查询本企业")
    print_answer(demonstration.answer(opened, asked.supplier, today))
    console.rule("a bank about its borrower 银行查询借款人")
    print_answer(demonstration.answer(opened, asked.lender, today))
    console.rule("the district 全区")
    print_levels(levels.levels(opened, asked.official, None, today))
    most = district_origins.district_origins(opened, asked.official, None, today)
    console.print(
        f"the {len(most.origins)} that put most on others stand behind {most.share_of_all:.0%} of "
        "what partners add to all figures"
    )
    return asked


def sources_table(done: list[Ingested]) -> Table:
    """Counts per source over all its loads; accepted + warned + aside = read."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("source")
    for name in ("loads", "read", "accepted", "warned", "aside", "refused"):
        table.add_column(name, justify="right")
    counts: dict[str, list[int]] = {}
    for one in done:
        source = one.report.source.rstrip("-0123456789")
        row = counts.setdefault(source, [0] * 6)
        row[0] += 1
        for file in one.report.files:
            told = (file.read, file.accepted, file.warned, file.quarantined, file.refused)
            for place, number in enumerate(told, 1):
                row[place] += number
    for source, row in counts.items():
        table.add_row(source, *(f"{number:,}" for number in row))
    table.add_row("all", *(f"{sum(column):,}" for column in zip(*counts.values(), strict=True)))
    return table


def _told(settings: Settings, asked: Questions) -> None:
    """One request for each account of the demonstration."""
    console.rule("ask over HTTP 通过接口查询")
    base = f"http://{settings.host}:{settings.port}/api/v1"
    paths = {
        "member": f"{base}/partners/{asked.supplier.party}/risk",
        "financier": f"{base}/partners/{asked.lender.party}/risk",
        "official": f"{base}/overview/levels",
    }
    for account in accounts.accounts(settings):
        token = accounts.token_of(settings, account.name)
        console.print(f"{account.name}: {account.zh} {account.en}", markup=False)
        purpose = account.purpose
        headers = f"-H 'Authorization: Bearer {token}' -H 'X-Purpose: {purpose}'"
        console.print(f"curl {headers} '{paths[account.name]}'", markup=False, soft_wrap=True)
