"""Entry point of the command `alliance`: errors are told as value, rule and way out."""

import sys

from rich.markup import escape

from api.cli import (
    archive,
    assess,
    demo,
    dictionary,
    explain,
    history,
    ingest,
    network,
    quality,
    serve,
    token,
)
from api.cli.app import app, errors
from graph_model.errors import AllianceError, BadInput, NotAllowed, NotFound, StoreBusy

VERBS = (
    *(ingest, quality, history, assess, explain, network),
    *(archive, dictionary, serve, token, demo),
)
"""Modules whose import registers a verb, in the order in which they are used."""

EXIT_CODES: tuple[tuple[type[AllianceError], int], ...] = (
    (BadInput, 2),
    (NotFound, 3),
    (NotAllowed, 4),
    (StoreBusy, 5),
    (AllianceError, 6),
)


def main() -> None:
    """Run one verb; exit codes stand in `EXIT_CODES`."""
    try:
        app()
    except AllianceError as error:
        errors.print(f"[bold red]✗[/] {escape(error.value)}", soft_wrap=True)
        errors.print(f"  rule     {escape(error.rule)}", soft_wrap=True)
        errors.print(f"  way out  {escape(error.way_out)}", soft_wrap=True)
        sys.exit(next(code for kind, code in EXIT_CODES if isinstance(error, kind)))
    except KeyboardInterrupt:
        errors.print("interrupted; nothing half-written is kept")
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)


if __name__ == "__main__":
    main()
