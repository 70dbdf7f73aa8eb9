"""`alliance consent`: consents given, revoked and listed."""

from typing import Annotated

import typer

from api import today as calendar
from api.cli.app import (
    HomeOption,
    StoreOption,
    app,
    console,
    day_of,
    listing,
    viewer_named,
    workspace,
)
from api.services import consents
from api.services.consent_index import StatedConsent
from api.services.consents import AskedConsent, Paper
from graph_model.errors import BadInput
from graph_model.snapshot import OPEN_DATE

group = typer.Typer(no_args_is_help=True, help="授权: give, revoke and list consents.")
app.add_typer(group, name="consent")

WhoOption = Annotated[str, typer.Option("--as", help="ROLE:ORGANISATION, by party id.")]
GrantorOption = Annotated[
    str | None, typer.Option(help="Who signed the paper; the viewer itself by default.")
]
EvidenceOption = Annotated[
    str | None, typer.Option(help="SHA-256 of the scan of the paper, 64 hexadecimal digits.")
]


@group.command(
    epilog="Example: alliance consent give --as member:uscc:CODE --to CODE "
    "--for credit_approval --scope chain_risk --scope trade --until 2027-01-01"
)
def give(
    who: WhoOption,
    grantee: Annotated[str, typer.Option("--to", help="Party id or code of who may see.")],
    asked_for: Annotated[str, typer.Option("--for", help="Code of the purpose it is given for.")],
    scope: Annotated[list[str], typer.Option(help="What may be seen; once for each.")],
    purpose: Annotated[str, typer.Option(help="Purpose of this command.")] = "self",
    since: Annotated[str | None, typer.Option("--from", help="First day; today.")] = None,
    until: Annotated[str | None, typer.Option(help="First day no longer allowed.")] = None,
    number: Annotated[str, typer.Option(help="Of the authorisation on paper.")] = "",
    grantor: GrantorOption = None,
    evidence: EvidenceOption = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Let an organisation see something, for a purpose and a period."""
    asked = AskedConsent(
        grantee=grantee,
        purpose=asked_for,
        scopes=tuple(scope),
        starts_on=None if since is None else day_of(since),
        ends_on=None if until is None else day_of(until),
        number=number,
    )
    with workspace(store, home) as opened:
        made = consents.give(
            opened,
            viewer_named(who, purpose),
            asked,
            calendar.today(),
            paper=_paper(grantor, evidence),
        )
    _print([made])


@group.command(epilog="Example: alliance consent revoke SQ-1 --as member:uscc:CODE --scope trade")
def revoke(
    number: Annotated[str, typer.Argument(help="Number of the consent.")],
    who: WhoOption,
    scope: Annotated[list[str] | None, typer.Option(help="Only this; everything.")] = None,
    purpose: Annotated[str, typer.Option(help="Purpose of this command.")] = "self",
    grantor: GrantorOption = None,
    evidence: EvidenceOption = None,
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Take a consent back, or a part of it: counts from the next question on."""
    with workspace(store, home) as opened:
        made = consents.revoke(
            opened,
            viewer_named(who, purpose),
            number,
            calendar.today(),
            scopes=tuple(scope or ()),
            paper=_paper(grantor, evidence),
        )
    _print([made])


@group.command("list", epilog="Example: alliance consent list --as member:uscc:CODE")
def list_(
    who: WhoOption,
    purpose: Annotated[str, typer.Option(help="Purpose of this command.")] = "self",
    store: StoreOption = None,
    home: HomeOption = None,
) -> None:
    """Consents that the organisation gave and received."""
    with workspace(store, home) as opened:
        found = consents.list_own(opened, viewer_named(who, purpose), calendar.today())
    _print([*found.given, *found.received])


def _paper(grantor: str | None, evidence: str | None) -> Paper | None:
    if grantor is None and evidence is None:
        return None
    if grantor is None or evidence is None:
        raise BadInput(
            "--grantor and --evidence", "a paper has both", "Give both, or sign in as the grantor."
        )
    return Paper(grantor, evidence)


def _print(found: list[StatedConsent]) -> None:
    table = listing("number", "grantor", "grantee", "purpose", "scopes", "from", "until", "state")
    for one in found:
        until = "" if one.ends_on == OPEN_DATE else one.ends_on
        table.add_row(
            *(one.number, one.grantor, one.grantee, one.purpose),
            *("；".join(sorted(one.scopes)), one.starts_on, until, one.state),
        )
    console.print(table)
