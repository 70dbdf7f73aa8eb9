"""A lender's loan book: a table of its own loans, read by a mapping and loaded nowhere.

Every row is a line of the book or is kept aside with its value, rule and way out; rows about
natural persons are refused as everywhere. Who the borrowers are is `matching`'s business.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from graph_model.errors import BadInput
from graph_model.schema import Dictionary, Value
from ingest import check
from ingest.cells import tidy, without_person_ids
from ingest.mapping import Mapping, read_mapping
from ingest.normalise import Fault, Normaliser
from ingest.raw_table import RawChunk
from ingest.read import TableReader
from ingest.read_encoding import sha256_of

MAPPING = Path(__file__).with_name("mappings") / "loan-book.toml"
SOURCE = "loan-book"
HEADERS = (
    *("借据号", "统一社会信用代码", "企业名称", "贷款余额（元）", "抵质押物价值（元）"),
    *("发放日期", "到期日", "逾期天数"),
)
MOST_ROWS = 200_000


@dataclass(frozen=True)
class BookLine:
    """One loan of the book.

    Attributes
    ----------
    line : int
        Line of the file, or row of the sheet.
    code : str
        Party id of a checked code; "" where the row has none.
    name : str
        Name of the borrower as written; "" where the row has none.
    warnings : tuple of str
        What is odd about it; it counts all the same.
    """

    line: int
    loan_no: str
    code: str
    name: str
    balance_fen: int
    collateral_fen: int | None
    issued_on: str | None
    due_on: str | None
    overdue_days: int | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class RowAside:
    """A row kept aside: why, what to do, and the row itself where the law lets it be kept."""

    line: int
    column: str
    value: str
    rule: str
    way_out: str
    row: dict[str, str]


@dataclass(frozen=True)
class LoanBook:
    """What a file says: `len(lines)` + rows kept aside = `read`."""

    sha256: str
    read: int
    lines: tuple[BookLine, ...]
    aside: tuple[RowAside, ...]


def read_loan_book(path: Path, dictionary: Dictionary, mapping: Path | None = None) -> LoanBook:
    """Read a loan book from CSV, TSV or XLSX.

    Parameters
    ----------
    path : Path
    dictionary : Dictionary
    mapping : Path, optional
        For a file that has other headers than the template.

    Raises
    ------
    BadInput
        When the file is no table, lacks a column, or has more than `MOST_ROWS` rows.
    """
    how = _one_loan(read_mapping(mapping or MAPPING, dictionary))
    reader = TableReader(path, how.format.file_format())
    normaliser = Normaliser(how, dictionary, SOURCE)
    lines: list[BookLine] = []
    aside: list[RowAside] = []
    numbers: dict[str, int] = {}
    read = 0
    for count, chunk in enumerate(reader):
        if count == 0:
            normaliser.check_header(list(chunk.columns), path.name)
        read += len(chunk.lines)
        if read > MOST_ROWS:
            rule = f"a loan book has at most {MOST_ROWS:,} rows"
            raise BadInput(f"{path.name}: {read:,} rows", rule, "Send it in parts.")
        good, wrong = _taken(chunk, normaliser, how, dictionary, numbers)
        lines += good
        aside += wrong
    if not read:
        normaliser.check_header(reader.report.header, path.name)
    return LoanBook(sha256_of(path), read, tuple(lines), tuple(aside))


def _one_loan(mapping: Mapping) -> Mapping:
    if [rule.kind for rule in mapping.statement] != ["loan"]:
        raise BadInput(
            mapping.name,
            "a loan book has one statement a row, of the kind loan",
            "Take the template's mapping as a pattern.",
        )
    return mapping


def _taken(
    chunk: RawChunk,
    normaliser: Normaliser,
    mapping: Mapping,
    dictionary: Dictionary,
    numbers: dict[str, int],
) -> tuple[list[BookLine], list[RowAside]]:
    (rule,) = mapping.statement
    borrower = rule.fields["borrower"]
    headers = [*borrower.columns, *([borrower.name_column] if borrower.name_column else [])]
    (fields,) = normaliser.read(chunk)
    faults = [
        Fault(place, fault.column, fault.value, "quarantine", fault.rule, fault.way_out)
        for place, fault in chunk.faults.items()
    ]
    faults += check.refusals(chunk, dictionary.codes("trivial_misbehaviour"), None, headers)
    faults += fields.faults
    names = chunk.columns.get(borrower.name_column or "", [""] * len(chunk.lines))
    bad = {fault.place for fault in faults if fault.severity != "warning"}
    for place, number in enumerate(fields.values["loan_no"]):
        if place in bad:
            continue
        first = numbers.setdefault(str(number), chunk.lines[place])
        if first != chunk.lines[place]:
            told = f"LOAN_NO: the number stands on line {first} already"
            faults.append(
                Fault(place, "loan_no", str(number), "quarantine", told, "Keep one of the rows.")
            )
            bad.add(place)
    warned = _by_place(fault for fault in faults if fault.severity == "warning")
    lines = [
        _line(chunk, place, fields.values, names[place], warned.get(place, []))
        for place in range(len(chunk.lines))
        if place not in bad
    ]
    wrong = [found for _, found in sorted(_by_place(faults).items()) if found[0].place in bad]
    return lines, [_aside(chunk, found) for found in wrong]


def _by_place(faults: Iterable[Fault]) -> dict[int, list[Fault]]:
    found: dict[int, list[Fault]] = {}
    for fault in faults:
        found.setdefault(fault.place, []).append(fault)
    return found


def _line(
    chunk: RawChunk, place: int, values: dict[str, list[Value]], name: str, warned: list[Fault]
) -> BookLine:
    def text(field: str) -> str | None:
        value = values[field][place]
        return None if value is None else str(value)

    def number(field: str) -> int | None:
        value = values[field][place]
        return value if isinstance(value, int) else None

    borrower = text("borrower") or ""
    balance = number("balance")
    if balance is None:
        raise AssertionError("a required field is there, or the row is kept aside")
    return BookLine(
        line=chunk.lines[place],
        loan_no=text("loan_no") or "",
        code="" if borrower.startswith("src:") else borrower,
        name=tidy(name),
        balance_fen=balance,
        collateral_fen=number("collateral"),
        issued_on=text("issued_on"),
        due_on=text("due_on"),
        overdue_days=number("overdue_days"),
        warnings=tuple(fault.rule for fault in warned),
    )


def _aside(chunk: RawChunk, faults: list[Fault]) -> RowAside:
    order = ("refused", "quarantine", "warning")
    first = min(faults, key=lambda fault: order.index(fault.severity))
    row: dict[str, str] = {}
    if first.severity != "refused":
        cells = {header: column[first.place] for header, column in chunk.columns.items()}
        row = {header: without_person_ids(cell) for header, cell in cells.items()}
    value = first.value if first.severity == "refused" else without_person_ids(first.value)
    return RowAside(chunk.lines[first.place], first.column, value, first.rule, first.way_out, row)


def write_template(path: Path) -> None:
    """Write an empty loan book with the headers of the template, as .xlsx or .csv.

    Raises
    ------
    BadInput
        When the name ends otherwise.
    """
    if path.suffix.lower() == ".csv":
        path.write_text(",".join(HEADERS) + "\n", encoding="utf-8-sig")
        return
    if path.suffix.lower() != ".xlsx":
        raise BadInput(path.name, "a template is .xlsx or .csv", "Name it so.")
    book = Workbook()
    sheet = book.active
    if sheet is None:
        raise AssertionError("a new workbook has a sheet")
    sheet.title = "贷款台账"
    sheet.append(HEADERS)
    for number, header in enumerate(HEADERS, start=1):
        column = get_column_letter(number)
        sheet.column_dimensions[column].width = max(14, 2 * len(header))
        # Text, so that no code of 18 digits and no number loses its end in the spreadsheet.
        sheet.column_dimensions[column].number_format = "@"
    for number in (1, 2):
        for row in range(2, 1002):
            sheet.cell(row, number).number_format = "@"
    book.save(path)
