"""`alliance serve`: the API with its documentation page."""

from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from api.cli.app import HomeOption, StoreOption, app, errors
from api.http.app import create_app
from api.settings import Settings, load_settings


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
    """Serve until interrupted."""
    address = f"http://{settings.host}:{settings.port}"
    errors.print(f"API on {address}, documentation on {address}/docs; stop with Ctrl-C")
    uvicorn.run(create_app(settings), host=settings.host, port=settings.port, log_level="warning")
