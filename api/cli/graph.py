"""`alliance graph`: refresh what people look at in the database itself."""

from api.cli.app import HomeOption, StoreOption, app, console, workspace
from api.services.projecting import refresh_graph
from api.services.runs import published
from graph_model.errors import NotReady


@app.command(epilog="Example: alliance graph --store bolt://127.0.0.1:7687")
def graph(store: StoreOption = None, home: HomeOption = None) -> None:
    """Show the run published last as a graph in Neo4j; `alliance assess` does so by itself."""
    with workspace(store, home) as opened:
        made = published(opened)
        found = refresh_graph(opened, made)
        if found is None:
            raise NotReady(
                opened.settings.store_address,
                "the embedded store has no graph to look at",
                "Set ALLIANCE_STORE to a Neo4j server.",
            )
    console.print(
        f"graph of {made.network.valid_date}, run {made.run_id}: {found.nodes:,} parties changed; "
        f"links {found.links_added:,} added, {found.links_changed:,} changed, "
        f"{found.links_removed:,} removed",
        soft_wrap=True,
    )
