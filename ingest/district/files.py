"""Source files as text tables, and their writers: the same tables, the same bytes."""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

Cells = Sequence[str]


@dataclass
class Sheet:
    """A text table: columns of equal length, by header."""

    columns: dict[str, list[str]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))

    def rows(self) -> list[tuple[str, ...]]:
        """Rows as tuples of cells."""
        return list(zip(*self.columns.values(), strict=True))


@dataclass(frozen=True)
class Form:
    """How a source writes its files.

    `first_line` is the line of the first row of data, counted from 1.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    first_line: int = 2


@dataclass(frozen=True)
class SourceFile:
    """One file of an extract and how `source.toml` declares it."""

    name: str
    sheet: Sheet
    extract: str
    period: tuple[date, date]
    as_of: date
    kind: str = ""
    mapping: str = ""
    form: Form = field(default_factory=Form)


@dataclass(frozen=True)
class Source:
    """Who sends: the head of `source.toml`, and the mappings of its files."""

    id: str
    name: str
    type: str
    rank: int
    authorisation: str
    association_allowed: bool = True
    mappings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Delivery:
    """One folder of an extract."""

    folder: str
    source: Source
    files: tuple[SourceFile, ...]


def write_delivery(delivery: Delivery, sources: Path) -> None:
    """Write the folder: `source.toml`, the mappings its files use, and the files."""
    folder = sources / delivery.folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "source.toml").write_text(_declaration(delivery), encoding="utf-8")
    for name in dict.fromkeys(file.mapping for file in delivery.files if file.mapping):
        (folder / name).write_text(delivery.source.mappings[name], encoding="utf-8")
    books: dict[str, list[SourceFile]] = {}
    for file in delivery.files:
        if file.name.endswith(".xlsx"):
            books.setdefault(file.name, []).append(file)
        else:
            _write_text(folder / file.name, file)
    for name, sheets in books.items():
        _write_workbook(folder / name, sheets)


def _declaration(delivery: Delivery) -> str:
    source = delivery.source
    lines = [
        f'id = "{source.id}"',
        f'name = "{source.name}"',
        f'type = "{source.type}"',
        f"rank = {source.rank}",
        f'authorisation = "{source.authorisation}"',
        f"association_allowed = {str(source.association_allowed).lower()}",
    ]
    for file in delivery.files:
        start, end = file.period
        lines += [
            "",
            "[[file]]",
            f'path = "{file.name}"',
            f'mapping = "{file.mapping}"' if file.mapping else f'kind = "{file.kind}"',
            f'extract = "{file.extract}"',
            f"period = {{ start = {start}, end = {end} }}",
            f"as_of = {file.as_of}",
        ]
    return "\n".join([*lines, ""])


def _write_text(path: Path, file: SourceFile) -> None:
    with path.open("w", encoding=file.form.encoding, newline="") as out:
        writer = csv.writer(out, delimiter=file.form.delimiter, lineterminator="\n")
        writer.writerow(file.sheet.columns)
        writer.writerows(zip(*file.sheet.columns.values(), strict=True))


FIXED = (2026, 1, 1, 0, 0, 0)
"""Time stamp of all that a workbook packs, so that the same table is the same bytes."""

_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def _write_workbook(path: Path, files: list[SourceFile]) -> None:
    """Write sheets with a title and a remark above the header and a total below."""
    book = Workbook(write_only=True)
    for file in files:
        sheet = book.create_sheet(file.mapping.removesuffix(".toml"))
        headers = list(file.sheet.columns)
        sheet.append([f"{file.mapping.removesuffix('.toml')}（示例）"])
        sheet.append([f"截至 {file.as_of}", "合成数据，非真实主体"])
        sheet.append(headers)
        for row in zip(*file.sheet.columns.values(), strict=True):
            sheet.append([_cell(text) for text in row])
        sheet.append(["合计", str(len(file.sheet))])
    sizes = {
        f"xl/worksheets/sheet{number}.xml": (
            f"A1:{get_column_letter(len(file.sheet.columns))}{len(file.sheet) + 4}"
        )
        for number, file in enumerate(files, 1)
    }
    packed = io.BytesIO()
    book.save(packed)
    with (
        zipfile.ZipFile(packed) as made,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as fixed,
    ):
        for info in made.infolist():
            content = made.read(info)
            if info.filename == "docProps/core.xml":
                content = _STAMP.sub(rb"\g<1>2026-01-01T00:00:00Z", content)
            if info.filename in sizes:  # as spreadsheet programs write it: readers need not count
                size = f'<dimension ref="{sizes[info.filename]}"/><sheetViews>'.encode()
                content = content.replace(b"<sheetViews>", size, 1)
            fixed.writestr(zipfile.ZipInfo(info.filename, FIXED), content, zipfile.ZIP_DEFLATED, 6)


NUMERIC = "#"
"""A cell that begins so is written as a number: what a spreadsheet makes of a code of digits."""


def _cell(text: str) -> str | float | None:
    if text.startswith(NUMERIC):
        return float(text.removeprefix(NUMERIC))
    return text or None
