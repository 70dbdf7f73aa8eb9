"""Entry point of the command `alliance`: errors are told as value, rule and way out."""

import sys

import click
from rich.markup import escape

from api.cli import (
    archive,
    assess,
    audit,
    calibrate,
    case,
    consent,
    demo,
    dictionary,
    district,
    explain,
    find,
    history,
    ingest,
    jobs,
    leak,
    loan_book,
    movers,
    network,
    overview,
    own,
    quality,
    serve,
    token,
    validate,
    what_if,
)
from api.cli.app import app, errors
from graph_model.errors import AllianceError, BadInput, NotAllowed, NotFound, StoreBusy

VERBS = (
    *(ingest, quality, history, assess, find, explain, what_if, own, calibrate, network),
    *(loan_book, overview),
    *(case, movers, audit, leak),
    *(consent, archive, dictionary, serve, jobs, token, district, demo, validate),
)
"""Modules whose import registers a verb, in the order in which they are used."""

EXIT_CODES: tuple[tuple[type[AllianceError], int], ...] = (
    (BadInput, 2),
    (NotFound, 3),
    (NotAllowed, 4),
    (StoreBusy, 5),
    (AllianceError, 6),
)


INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


def main() -> None:
    """Run one verb; exit codes stand in `EXIT_CODES`."""
    try:
        code = app(standalone_mode=False)
        if code == INTERRUPTED:
            errors.print("interrupted; nothing half-written is kept")
        sys.exit(code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except AllianceError as error:
        errors.print(f"[bold red]✗[/] {escape(error.value)}", soft_wrap=True)
        errors.print(f"  rule     {escape(error.rule)}", soft_wrap=True)
        errors.print(f"  way out  {escape(error.way_out)}", soft_wrap=True)
        sys.exit(next(code for kind, code in EXIT_CODES if isinstance(error, kind)))
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:
        errors.print(f"[bold red]✗[/] {escape(str(error.filename))}", soft_wrap=True)
        errors.print(f"  rule     {escape(str(error.strerror))}", soft_wrap=True)
        errors.print("  way out  Name a file or folder that can be read or written there.")
        sys.exit(2)


if __name__ == "__main__":
    main()
