"""A table that is printed and, line by line, kept under bench/last/."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "shared"))

from machine import machine_line

LAST = Path(__file__).parent / "last"


class Kept:
    """The table of one script; the last one made stays in bench/last/NAME.txt."""

    def __init__(self, name: str, seed: int) -> None:
        LAST.mkdir(exist_ok=True)
        self.path = LAST / f"{name}.txt"
        self.path.write_text("", "utf-8")
        self.line(" ".join(sys.argv))
        self.line(machine_line(seed))

    def line(self, text: str) -> None:
        print(text, flush=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text + "\n")
