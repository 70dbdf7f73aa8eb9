"""`alliance dictionary`: the data dictionary as a page, or one kind as a JSON schema."""

import json
from typing import Annotated

import typer

from api.cli.app import app
from graph_model.dictionary_page import dictionary_page
from graph_model.json_schema import json_schema
from graph_model.schema import load_dictionary


@app.command(epilog="Example: alliance dictionary --json-schema invoice")
def dictionary(
    kind: Annotated[
        str | None, typer.Option("--json-schema", help="Print the JSON schema of this kind.")
    ] = None,
) -> None:
    """Print docs/data-dictionary.md as made from the tables, or a JSON schema."""
    loaded = load_dictionary()
    if kind is None:
        typer.echo(dictionary_page(loaded), nl=False)
    else:
        schema = json_schema(loaded, loaded.kind(kind))
        typer.echo(json.dumps(schema, ensure_ascii=False, indent=2))
