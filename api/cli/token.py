"""`alliance token`: a bearer token for trying the API."""

from typing import Annotated

import typer

from api.cli.app import app
from api.services import tokens
from api.settings import load_settings
from graph_model.errors import BadInput, NotAllowed


@app.command(epilog="Example: alliance token --as member:uscc:91440112XXXX000191")
def token(
    who: Annotated[str, typer.Option("--as", help="ROLE:ORGANISATION, by party id.")],
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
    role, _, organisation = who.partition(":")
    if not organisation or hours != hours:
        raise BadInput(
            f"--as {who} --hours {hours}",
            "needs a role, an organisation and a time",
            "Write --as member:uscc:91440112XXXX000191.",
        )
    made = tokens.issue(settings, role, organisation, "cli", valid_seconds=int(hours * 3600))
    typer.echo(made)
