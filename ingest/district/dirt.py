"""Dirt in the source files: which cells are soiled how, at the rates of `dirt.csv`.

A soiled cell still means the same (outcome none), or its row must be kept aside or refused. Of the
rows that are kept aside most come again in the next extract, corrected: sources mend their files.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from ingest.district.files import NUMERIC, Delivery, Sheet, SourceFile
from ingest.district.settings import DistrictSetting

MENDED = 0.7
"""Share of the rows kept aside that the next delta extract brings again, corrected."""


@dataclass(frozen=True)
class Pattern:
    """One line of `dirt.csv`; `rate` is a share of the rows of a file."""

    name: str
    part: str
    outcome: str
    rule: str
    rate: float
    spreadsheet: str
    files: str


@dataclass(frozen=True)
class Spot:
    """One soiled row: where it stands, and what was written for what."""

    pattern: Pattern
    source: str
    folder: str
    file: str
    line: int
    column: str
    meant: str
    written: str


@cache
def patterns() -> tuple[Pattern, ...]:
    """All patterns of `dirt.csv`."""
    return tuple(
        Pattern(
            *(row["pattern"], row["part"], row["outcome"], row["rule"]),
            float(row["rate"]),
            row["spreadsheet"],
            row["files"],
        )
        for row in _table("dirt.csv")
    )


@cache
def soiled_columns() -> dict[str, dict[str, str]]:
    """By file, the column of each part that may be soiled."""
    return {row["file"]: row for row in _table("soiling.csv")}


def _table(name: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Dirt:
    """Soils one delivery after the other, in their order.

    Attributes
    ----------
    spots : list of Spot
        Everything that was soiled.
    """

    def __init__(self, setting: DistrictSetting) -> None:
        self._random = setting.random("dirt")
        self.spots: list[Spot] = []
        self._mended: dict[tuple[str, str], list[dict[str, str]]] = {}

    def soil(self, delivery: Delivery) -> Delivery:
        """Return the delivery with dirt in its files."""
        return replace(delivery, files=tuple(self._file(delivery, file) for file in delivery.files))

    def _file(self, delivery: Delivery, file: SourceFile) -> SourceFile:
        book = file.name.endswith(".xlsx")
        stem = file.name.partition(".")[0]
        key = f"{file.name} {file.mapping}" if book else stem.rstrip("-0123456789")
        parts = soiled_columns().get(key)
        if parts is None or not len(file.sheet):
            return file
        sheet = Sheet({name: list(cells) for name, cells in file.sheet.columns.items()})
        for row in self._mended.pop((delivery.source.id, stem), []):
            if list(row) == list(sheet.columns):
                for name, cell in row.items():
                    sheet.columns[name].append(cell)
        clean = len(sheet)
        free = self._random.permutation(clean)
        taken = 0
        for pattern in patterns():
            if pattern.spreadsheet == ("no" if book else "only"):
                continue
            if pattern.files not in ("", key.rstrip("-0123456789")):
                continue
            column = self._column(sheet, pattern, parts)
            if pattern.part == "row":
                if pattern.name == "contradiction" and not parts["amount"]:
                    continue
            elif not column:
                continue
            if pattern.name in EVERYWHERE:
                self._everywhere(sheet, column, pattern, clean)
                continue
            many = min(int(self._random.poisson(pattern.rate * clean)), clean - taken)
            rows, taken = free[taken : taken + many], taken + many
            for row in rows.tolist():
                self._one(delivery, file, sheet, row, pattern, column, parts)
        return replace(file, sheet=sheet)

    def _column(self, sheet: Sheet, pattern: Pattern, parts: dict[str, str]) -> str:
        named = parts.get(pattern.part, "")
        if named and named not in sheet.columns:
            named = next((header for header in sheet.columns if header.startswith(named)), "")
        return named

    def _everywhere(self, sheet: Sheet, column: str, pattern: Pattern, clean: int) -> None:
        """Harmless forms of empty cells, which no truth needs to list."""
        cells = sheet.columns[column]
        draws = self._random.random(clean)
        for row in np.flatnonzero(draws < pattern.rate).tolist():
            if not cells[row]:
                words = EVERYWHERE[pattern.name]
                cells[row] = words[row % len(words)]

    def _one(
        self,
        delivery: Delivery,
        file: SourceFile,
        sheet: Sheet,
        row: int,
        pattern: Pattern,
        column: str,
        parts: dict[str, str],
    ) -> None:
        line = file.form.first_line + row
        before = {name: cells[row] for name, cells in sheet.columns.items()}
        if pattern.part == "row":
            line = file.form.first_line + len(sheet)
            column, written = self._added(sheet, before, pattern, parts)
            meant = before.get(column, "")
        else:
            meant = before[column]
            written = CHANGES[pattern.name](meant, self._random)
            if written == meant:
                return
            sheet.columns[column][row] = written
            again = pattern.outcome == "quarantine" and self._random.random() < MENDED
            if again and parts["mended"] == "yes":
                stem = file.name.partition(".")[0]
                self._mended.setdefault((delivery.source.id, stem), []).append(before)
        self.spots.append(
            Spot(
                *(pattern, delivery.source.id, delivery.folder, file.name),
                *(line, column, meant, written),
            )
        )

    def _added(
        self, sheet: Sheet, row: dict[str, str], pattern: Pattern, parts: dict[str, str]
    ) -> tuple[str, str]:
        """Add a row like another; returns the column that differs, and what stands there."""
        new, column = dict(row), ""
        if pattern.name == "contradiction":
            column = self._column(sheet, replace(pattern, part="amount"), parts)
            new[column] = f"{float(row[column].replace(',', '')) * 1.1 + 1:.2f}"
        elif pattern.name in PENALTY_CELLS:
            column, cell = PENALTY_CELLS[pattern.name]
            new[column] = cell
        for name, cell in new.items():
            sheet.columns[name].append(cell)
        return column, new.get(column, "")


PENALTY_CELLS = {"trivial": ("违法行为类型", "闯红灯"), "person_row": ("行政相对人类别", "自然人")}

OTHER_NAME = "广州云埔误录（示例）有限公司"
"""Name of nobody, under which a ledger has somebody's code."""

EVERYWHERE = {
    "null_word": ("无", "暂无", "-", "N/A"),
    "sentinel_day": ("9999-12-31", "长期", "2099-12-31"),
}


def _wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _wrong_character(text: str, random: np.random.Generator) -> str:
    place = int(random.integers(12, 16))
    return text[:place] + ("7" if text[place] != "7" else "3") + text[place + 1 :]


def _other_form(text: str, random: np.random.Generator) -> str:
    if len(text) != 10:
        return text
    year, month, day = text.split("-")
    forms = (
        f"{year}/{int(month)}/{int(day)}",
        f"{year}{month}{day}",
        f"{year}年{int(month)}月{int(day)}日",
        f"{year}-{int(month)}-{int(day)}",
    )
    return forms[int(random.integers(len(forms)))]


def _grouped(text: str, _random: np.random.Generator) -> str:
    return f"{float(text):,.2f}" if text.replace(".", "").isdigit() else text


CHANGES: dict[str, Callable[[str, np.random.Generator], str]] = {
    "lower_case": lambda text, _: text.lower(),
    "full_width": lambda text, _: _wide(text),
    "invisible": lambda text, _: f"{text[:6]}\u200b{text[6:]}\u3000",
    "scientific": lambda text, _: f"{text[0]}.{text[2:8]}E+17",
    "numeric_cell": lambda text, _: f"{NUMERIC}{text[:8]}0000000000",
    "confused": lambda text, _: text[:9].replace("0", "O").replace("1", "I") + text[9:],
    "placeholder": lambda _text, _: "0" * 18,
    "wrong_digit": _wrong_character,
    "organisation_code": lambda text, _: text[8:17],
    "masked": lambda text, _: f"{text[:6]}******{text[12:]}",
    "person_id": lambda _text, _: "440000190001010000",
    "day_forms": _other_form,
    "no_such_day": lambda text, _: f"{text[:4]}-02-30",
    "thousands": _grouped,
    "full_width_number": lambda text, _: _wide(text),
    "wrong_thousands": lambda text, _: f"{text[:1]},{text[1:].partition('.')[0]}0000",
    "in_words": lambda text, _: f"约{text}余元",
    "other_name": lambda _text, _: OTHER_NAME,
    "brackets": lambda text, _: text.replace("（", "(").replace("）", ")"),
}
