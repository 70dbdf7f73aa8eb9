"""Accounts of the demonstration: they exist in demonstrations, and nowhere else."""

import tomllib
from dataclasses import dataclass

from api.services import tokens
from api.settings import Settings
from graph_model.errors import BadInput, NotAllowed

ACCOUNTS = "demo.toml"
"""File that names them: in the home folder of a demonstration, else with the district's files."""


@dataclass(frozen=True)
class Account:
    """One account of the demonstration, as the district's `demo.toml` names it.

    Attributes
    ----------
    name : str
        By which it is asked for.
    role, organisation : str
        What its token says.
    purpose : str
        Purpose for which it usually asks.
    zh, en : str
        Who it is, for people.
    """

    name: str
    role: str
    organisation: str
    purpose: str
    zh: str
    en: str


def accounts(settings: Settings) -> tuple[Account, ...]:
    """Accounts of the demonstration of the district.

    Raises
    ------
    NotAllowed
        Where no demonstration runs.
    """
    if settings.env != "demo":
        raise NotAllowed(
            "demonstration accounts",
            f"exist in demonstrations only, and here ALLIANCE_ENV={settings.env}",
            "Run `alliance demo`, on a machine that is not the operator's.",
        )
    made = settings.home / ACCOUNTS
    path = made if made.is_file() else settings.district_folder / "demo" / ACCOUNTS
    stated = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(Account(**row) for row in stated["account"])


def token_of(settings: Settings, name: str, *, valid_seconds: int = 3600) -> str:
    """Sign a token of a demonstration account.

    Raises
    ------
    NotAllowed
        Where no demonstration runs.
    BadInput
        When there is no such account.
    """
    known = {account.name: account for account in accounts(settings)}
    if name not in known:
        raise BadInput(repr(name), "is no demonstration account", f"They are: {', '.join(known)}.")
    account = known[name]
    subject = f"{tokens.DEMO_SUBJECT}{name}"
    made = (account.role, account.organisation, subject)
    return tokens.issue(settings, *made, valid_seconds=valid_seconds)
