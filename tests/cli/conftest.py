from pathlib import Path

import pytest
from conftest_types import Run

from api.cli import app as command_app
from api.cli import main as command


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `alliance` with words, in a home of its own; gives (exit code, stdout, stderr)."""
    monkeypatch.setenv("ALLIANCE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ALLIANCE_SCENARIOS", "640")
    monkeypatch.setattr(command_app.console, "width", 240)
    monkeypatch.setattr(command_app.errors, "width", 240)
    monkeypatch.delenv("ALLIANCE_STORE", raising=False)

    def alliance(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["alliance", *map(str, words)])
        code = 0
        try:
            command.main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
        out = capsys.readouterr()
        return code, out.out, out.err

    return alliance


SOURCE = """
id = "seller-book"
name = "销售台账"
type = "member"
rank = 30
authorisation = "联盟协议"
association_allowed = true
[[file]]
path = "invoices.csv"
kind = "invoice"
extract = "full"
period = { start = 2026-01-01, end = 2026-11-01 }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A source folder with two good rows, an odd one and a bad one."""
    made = tmp_path / "files"
    made.mkdir()
    (made / "source.toml").write_text(SOURCE, encoding="utf-8")
    (made / "invoices.csv").write_text(
        "seller,invoice_no,buyer,issued_on,amount\n"
        "91440112XXXX000191,A1,91440112XXXX00027U,2026-05-05,1000.00\n"
        '91440112XXXX000191,A2,91440112XXXX00027U,2026年6月5日,"2,000.00"\n'
        "91440112XXXX000191,A3,91440112XXXX00130W,2026-05-05,3000\n"
        "91440112XXXX000191,A4,91440112XXXX00028U,2026-05-05,4000\n",
        encoding="utf-8",
    )
    return made
