"""`alliance token`: a bearer token for trying the API."""

from typing import Annotated

import typer

from api.cli.app import app
from api.services import accounts, tokens
from api.settings import load_settings
from graph_model.errors import BadInput, NotAllowed


@app.command(epilog="Example: alliance token --as member:uscc:91440112XXXX000191")
def token(
    who: Annotated[str | None, typer.Option("--as", help="ROLE:ORGANISATION, by party id.")] = None,
    demo: Annotated[
        str | None, typer.Option(help="Account of the demonstration: member, financier, official.")
    ] = None,
    hours: Annotated[
        float, typer.Option(min=0.01, max=24 * 31, help="How long it is valid.")
    ] = 1.0,
) -> None:
    """Print a token signed with ALLIANCE_TOKEN_KEY; not in production."""
    settings = load_settings()
    if settings.env == "production":
        raise NotAllowed(
            "alliance token",
            "hands out no tokens where ALLIANCE_ENV=production",
            "Sign in at the operator's own issuer.",
        )
    if (who is None) == (demo is None) or hours != hours:
        rule = "needs a viewer or a demonstration account, and a time"
        raise BadInput("alliance token", rule, "Give one of --as and --demo.")
    seconds = int(hours * 3600)
    if demo is not None:
        typer.echo(accounts.token_of(settings, demo, valid_seconds=seconds))
        return
    role, _, organisation = (who or "").partition(":")
    if not organisation:
        way_out = "Write --as member:uscc:91440112XXXX000191."
        raise BadInput(f"--as {who}", "names no organisation", way_out)
    typer.echo(tokens.issue(settings, role, organisation, "cli", valid_seconds=seconds))
