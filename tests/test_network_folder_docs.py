"""The folder typed in docs/network-folder.md works as it stands there."""

import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "network-folder.md"
COMMANDS = Path(sys.executable).parent


def test_the_folder_of_the_page_can_be_typed_and_assessed(tmp_path: Path) -> None:
    script = PAGE.read_text(encoding="utf-8").rsplit("```", 2)[1]
    done = subprocess.run(
        ["sh", "-ec", script],
        cwd=tmp_path,
        env={"PATH": f"{COMMANDS}:/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "receivable 1" in done.stdout
    assert "× the figure" in done.stdout
