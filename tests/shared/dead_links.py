"""Every relative link of every Markdown page leads to a file; run by `make check`."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")


def dead_links(root: Path) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        *(),
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    return [
        f"{page}: {target}"
        for page in listed
        for target in LINK.findall((root / page).read_text(encoding="utf-8"))
        if "://" not in target and not target.startswith("mailto:")
        if not (root / page).parent.joinpath(target).exists()
    ]


if __name__ == "__main__":
    if found := dead_links(ROOT):
        sys.exit("Links that lead nowhere:\n" + "\n".join(found))
