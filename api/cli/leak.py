"""`alliance leak`: how many hidden guarantees and loans readers of published figures can name."""

from pathlib import Path
from typing import Annotated

import typer

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
from api.cli.assess import ScenariosOption, SeedOption
from api.cli.leak_page import by_means, page, summary
from api.services.leak import FALLS, leak
from api.services.runs import published
from policy.visibility.rights import PUBLISHING

EXAMPLES = """
Examples:

  alliance leak --date 2026-10-31

  alliance leak --policy consent --falls 100 --out docs/leak.md
"""


@app.command("leak", epilog=EXAMPLES)
def leak_figure(
    policy: Annotated[
        list[str] | None,
        typer.Option(help="Publishing policy to try: consent, members or open; default all."),
    ] = None,
    falls: Annotated[
        int, typer.Option(min=2, help="Parties that fall, one after the other.")
    ] = FALLS,
    out: Annotated[Path | None, typer.Option(help="Also write a page (Markdown).")] = None,
    date: DateOption = None,
    scenarios: ScenariosOption = None,
    seed: SeedOption = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Play readers of published figures, and count the hidden links that they can name.

    The day is that of the latest published assessment unless one is given. Names nobody.
    """
    with workspace(store, home) as opened, progress_bar(total=falls) as (bar, task):
        day = published(opened).network.valid_date if date is None else day_of(date)
        found = leak(
            opened,
            day,
            policies=tuple(policy or PUBLISHING),
            falls=falls,
            scenarios=scenarios,
            seed=seed,
            progress=lambda d, of: bar.update(task, completed=d, total=of, description="falls"),
        )
        title = opened.settings.district
    console.print(summary(found))
    console.print(by_means(found))
    if out is not None:
        out.write_text(page(found, title), encoding="utf-8")
        console.print(f"written: {out}", soft_wrap=True)
