"""`alliance serve`: the API with its documentation page."""

import socket
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from api.cli.app import HomeOption, StoreOption, app, errors
from api.http.app import create_app
from api.services.production import check_production
from api.services.tokens import LEAST_KEY_BYTES
from api.settings import Settings, load_settings
from graph_model.errors import BadInput


@app.command(epilog="Example: alliance serve --port 8080")
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Serve the API on 127.0.0.1:8000; stop with Ctrl-C."""
    run(load_settings(host=host, port=port, store=store, home=Path(home) if home else None))


def run(settings: Settings) -> None:
    """Serve until interrupted.

    Raises
    ------
    BadInput
        When nothing can listen on the address.
    NotReady
        In production, where the settings are not fit for it.
    """
    check_production(settings)
    if not settings.oidc_issuer and len(settings.token_key.encode()) < LEAST_KEY_BYTES:
        told = "ALLIANCE_OIDC_ISSUER is missing, and ALLIANCE_TOKEN_KEY missing or too short"
        errors.print(f"[yellow]nobody can sign in: {told}[/]")
    address = f"{settings.host}:{settings.port}"
    try:
        listening = socket.create_server((settings.host, settings.port))
    except OSError as error:
        raise BadInput(
            address, f"nothing can listen there ({error.strerror})", "Give --host or --port."
        ) from error
    # A small answer leaves at once; asyncio does this only for sockets that it opened itself.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with listening:
        errors.print(f"API on http://{address}, documentation on http://{address}/docs")
        errors.print("stop with Ctrl-C")
        config = uvicorn.Config(create_app(settings), log_level="warning")
        uvicorn.Server(config).run(sockets=[listening])
