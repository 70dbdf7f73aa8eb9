"""`alliance consent` and tokens of demonstration accounts, as typed."""

from pathlib import Path

import pytest
from conftest_types import Run
from stating import party

from api.services.tokens import verified
from api.settings import load_settings

GRANTOR, GRANTEE = party(1), party(2)
KEY = "0123456789abcdef" * 4


def test_a_consent_is_given_listed_and_revoked(run: Run, folder: Path) -> None:
    assert run("ingest", folder)[0] == 0
    owner = ("--as", f"member:{GRANTOR}")
    code, out, err = run(
        *("consent", "give", *owner, "--to", GRANTEE, "--for", "partner_check"),
        *("--scope", "chain_risk", "--scope", "trade"),
    )
    assert code == 0, err
    number = next(word for word in out.split() if word.startswith("E-"))
    for who in (GRANTOR, GRANTEE):
        assert number in run("consent", "list", "--as", f"member:{who}")[1]
    assert number not in run("consent", "list", "--as", f"member:{party(3)}")[1]
    code, out, _ = run("consent", "revoke", number, *owner, "--scope", "trade")
    assert (code, "chain_risk" in out, "in force" in out) == (0, True, True)
    assert "withdrawn" in run("consent", "revoke", number, *owner)[1]
    assert run("consent", "revoke", number, "--as", f"member:{party(3)}")[0] == 3


def test_a_paper_is_entered_by_an_administrator_with_its_scan(run: Run, folder: Path) -> None:
    assert run("ingest", folder)[0] == 0
    words = ("consent", "give", "--to", GRANTEE, "--for", "post_loan", "--scope", "loan")
    operator = ("--as", f"administrator:{party(9)}", "--purpose", "operation")
    paper = ("--grantor", GRANTOR, "--evidence", "ab" * 32, "--number", "SQ-1")
    assert run(*words, *operator, *paper)[0] == 0
    assert run(*words, *operator, "--grantor", GRANTOR, "--number", "SQ-2")[0] == 2
    code, _, err = run(*words, "--as", f"member:{GRANTEE}", *paper)
    assert (code, "administrator" in err) == (4, True)


def test_tokens_of_demonstration_accounts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLIANCE_TOKEN_KEY", KEY)
    assert run("token", "--demo", "member")[0] == 4  # no demonstration here
    monkeypatch.setenv("ALLIANCE_ENV", "demo")
    code, out, _ = run("token", "--demo", "official")
    assert code == 0
    assert verified(load_settings(), out.strip()).role == "official"
    assert run("token", "--demo", "root")[0] == 2
    assert run("token")[0] == 2
    monkeypatch.setenv("ALLIANCE_ENV", "production")
    assert run("token", "--demo", "official")[0] == 4
