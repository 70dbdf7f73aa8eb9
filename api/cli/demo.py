"""`alliance demo`: the demonstration files in, an explained answer out, and the API served."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from api.cli.app import app, console, progress_bar
from api.cli.assess import summary
from api.cli.explain import print_answer
from api.cli.ingest import table_of
from api.cli.serve import run
from api.services import accounts, demonstration, quality
from api.services.workspace import open_workspace
from api.settings import load_settings
from graph_model.errors import NotAllowed


@app.command()
def demo(
    serve: Annotated[bool, typer.Option(help="Serve the API afterwards.")] = True,
    port: Annotated[int | None, typer.Option(help="Port to serve on.")] = None,
    home: Annotated[Path, typer.Option(help="Folder, made anew each time.")] = Path("var/demo"),
) -> None:
    """Take the district's demonstration files in, assess, explain one party, and serve."""
    if load_settings().env == "production":
        raise NotAllowed(
            "alliance demo",
            "makes no demonstration where ALLIANCE_ENV=production",
            "Unset ALLIANCE_ENV, on a machine that is not the operator's.",
        )
    key = secrets.token_hex(32)
    settings = load_settings(home=home, store="", port=port, env="demo", token_key=key)
    demonstration.clear(settings)
    with open_workspace(settings) as opened:
        console.rule("source files in 源文件入库")
        with progress_bar() as (bar, task):
            done = demonstration.load(
                opened, lambda name: bar.update(task, description=f"ingest {name}")
            )
        console.print(table_of([one.report for one in done], dry_run=False))
        console.rule("kept aside 隔离")
        path = settings.home / "quarantine.csv"
        rows = quality.write_waiting(opened, path)
        for line in demonstration.told_quarantine(opened):
            console.print(line, markup=False, soft_wrap=True)
        console.print(f"{rows} rows, to be corrected and replayed, are in {path}", soft_wrap=True)
        console.rule("assessment 评估")
        with progress_bar(total=64) as (bar, task):
            made = demonstration.assess(
                opened, lambda d, of: bar.update(task, completed=d, total=of, description="assess")
            )
        console.print(summary(made))
        console.rule("one explained answer 一个可解释的答案")
        asking = demonstration.viewer_of_demo(opened)
        answer = demonstration.answer(opened, asking)
        print_answer(answer)
    if serve:
        console.rule("ask over HTTP 通过接口查询")
        risk = f"http://{settings.host}:{settings.port}/api/v1/partners/{answer.party}/risk"
        consents = f"http://{settings.host}:{settings.port}/api/v1/consents"
        for account in accounts.accounts(settings):
            token = accounts.token_of(settings, account.name)
            url = consents if account.role == "official" else risk
            console.print(f"{account.name}: {account.zh} {account.en}", markup=False)
            headers = f"-H 'Authorization: Bearer {token}' -H 'X-Purpose: {account.purpose}'"
            console.print(f"curl {headers} '{url}'", markup=False, soft_wrap=True)
        run(settings)
