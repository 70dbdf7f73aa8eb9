"""Every block of `docs/chain-risk.md` runs: its files, its commands, its sessions."""

import doctest
import re
from contextlib import suppress
from pathlib import Path

import pytest

from api.cli import app as command_app
from api.cli import main as command

PAGE = Path(__file__).parent.parent / "docs" / "chain-risk.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.M | re.S)


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of the page, where its reader stands."""
    for language, body in BLOCKS:
        if language in ("toml", "csv"):
            name, content = body.split("\n", 1)
            path = tmp_path / name.removeprefix("# ")
            path.parent.mkdir(exist_ok=True)
            path.write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALLIANCE_HOME", str(tmp_path / "home"))
    for console in (command_app.console, command_app.errors):
        monkeypatch.setattr(console, "width", 240)
    return tmp_path


def test_all_kinds_of_blocks_are_known_and_there() -> None:
    assert {language for language, _ in BLOCKS} == {"toml", "csv", "console", "python"}


@pytest.mark.usefixtures("at_home")
def test_python_sessions_give_what_the_page_says() -> None:
    session = "\n".join(body for language, body in BLOCKS if language == "python")
    found = doctest.DocTestParser().get_doctest(session, {}, PAGE.name, str(PAGE), 0)
    told: list[str] = []
    runner = doctest.DocTestRunner()
    runner.run(found, out=told.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(told)
    assert runner.tries > 20


def typed() -> list[tuple[str, list[str]]]:
    """Commands of the page, each with the lines that the page says it prints."""
    made: list[tuple[str, list[str]]] = []
    for language, body in BLOCKS:
        if language == "console":
            for line in body.splitlines():
                if line.startswith("$ "):
                    made.append((line[2:], []))
                else:
                    made[-1][1].append(line)
    return made


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize(("words", "lines"), typed())
def test_commands_print_what_the_page_says(
    words: str,
    lines: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", words.split())
    with suppress(SystemExit):
        command.main()
    out = capsys.readouterr()
    printed = out.out + out.err
    for line in lines:
        pattern = re.escape(line).replace("…", r"\d*")
        assert re.search(pattern, printed), (line, printed)
        printed = printed[re.search(pattern, printed).end() :]  # type: ignore[union-attr]


def test_every_layer_and_level_of_the_data_is_on_the_page() -> None:
    from api.services.runs import PACKS
    from graph_model.schema import load_dictionary
    from policy.pack import read_pack

    pack = read_pack(PACKS / "assessment" / "huangpu" / "0.1")
    for row in pack.table("levels"):
        told = f"{row.text('level')} {row.text('zh')} from {row.number('from_probability'):.0%}"
        assert told.replace("%", " %") in TEXT
    for layer in load_dictionary().layers:
        assert f"\n| {layer.layer} |" in TEXT
    assert "less than 1.92 below" in TEXT
    assert f"at least {pack.number('falls_needed', 1, 99):g}" in TEXT
