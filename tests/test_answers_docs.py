"""Every command of `docs/financier.md` and `docs/official.md` runs as it stands there."""

import re
from pathlib import Path

import pytest

from api.cli import app as command_app
from api.cli import main as command

ROOT = Path(__file__).parent.parent
SAID = {
    "financier": (
        *("4 matched, 0 unmatched, 1 kept aside", "曾用名", "CHECK_OUTER", "no consent"),
        *("each yuan once", "担保圈 guarantee circle", "Herfindahl"),
    ),
    "official": (
        *("本链没有保证人 this chain has no guarantor", "no source", "合计 total", "hidden"),
        *("重错码率 at most 0.005%", "20 working days", "age in days"),
    ),
}


@pytest.mark.parametrize("page", sorted(SAID))
def test_the_page_can_be_typed(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    (tmp_path / "districts").symlink_to(ROOT / "districts")
    for name, content in re.findall(r"^```csv\n# (\S+)\n(.*?)^```$", text, re.M | re.S):
        (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALLIANCE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ALLIANCE_SCENARIOS", "640")
    for console in (command_app.console, command_app.errors):
        monkeypatch.setattr(console, "width", 240)
    lines = [
        line
        for block in re.findall(r"^```console\n(.*?)^```$", text, re.M | re.S)
        for line in block.splitlines()
    ]
    assert len(lines) >= 7
    printed = ""
    for line in lines:
        monkeypatch.setattr("sys.argv", line.split())
        with pytest.raises(SystemExit) as ended:
            command.main()
        told = capsys.readouterr()
        assert ended.value.code in (0, None), f"{line}\n{told.err}"
        printed += told.out
    for words in SAID[page]:
        assert words in printed
