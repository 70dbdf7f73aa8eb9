"""docs/operations.md: its commands, options, settings and files are there, and the drill works."""

import re
import shlex
from pathlib import Path

import typer
from typer.core import TyperGroup

from api.cli import main as command_line
from api.cli.app import app
from api.services import archiving, auditing
from api.services.ingesting import ingest, source_folders
from api.services.workspace import open_workspace
from api.settings import Settings, load_settings

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
DEMO = ROOT / "districts" / "huangpu" / "demo"
BLOCKS = re.findall(r"^```\n(.*?)^```", PAGE, re.M | re.S)
COMMANDS = [
    shlex.split(line, comments=True)
    for block in BLOCKS
    for line in block.splitlines()
    if line.startswith("alliance ")
]


def test_every_command_and_option_of_the_page_is_there() -> None:
    assert command_line.VERBS
    command = typer.main.get_command(app)
    assert len(COMMANDS) >= 10
    for _, *words in COMMANDS:
        found = command
        while isinstance(found, TyperGroup):
            verb = words.pop(0)
            listed = found.commands
            assert verb in listed, verb
            found = listed[verb]
        with found.make_context(found.name, words):
            pass


def test_every_setting_and_file_of_the_page_is_there() -> None:
    script = (ROOT / "deploy" / "backup.sh").read_text(encoding="utf-8")
    known = {f"ALLIANCE_{name.upper()}" for name in Settings.model_fields}
    known |= set(re.findall(r"ALLIANCE_BACKUP\w*", script))
    named = set(re.findall(r"ALLIANCE_[A-Z_]+", PAGE))
    assert len(named) >= 8
    assert named <= known
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert all(name in compose for name in re.findall(r"\bNEO4J_[A-Z]+\b", PAGE))
    files = set(re.findall(r"\b(?:deploy|bench)/[\w./-]+\w", PAGE))
    assert files
    assert all((ROOT / file).exists() for file in files)


def test_the_restore_drill(tmp_path: Path) -> None:
    with open_workspace(load_settings(home=tmp_path / "first")) as workspace:
        for folder in source_folders(DEMO):
            ingest(workspace, folder)
        workspace.store.append("audit", "2026-01-01", {"why": "a drill"})
        made = archiving.archive(workspace, tmp_path / "archive")
    drill = load_settings(home=tmp_path / "drill", store=str(tmp_path / "drill.db"))
    assert archiving.restore(drill, tmp_path / "archive") == made
    with open_workspace(drill) as workspace:
        states = auditing.verified(workspace)
        assert {state.stream: state.fault for state in states}["audit"] is None
