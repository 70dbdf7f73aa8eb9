"""A table as a file gives it: what may be said of its form, its raw text by column, its faults."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FileFormat:
    r"""What a mapping may say of a file's form; for text files unless a workbook is named.

    Attributes
    ----------
    delimiter : str or None
        One character; None goes by the suffix: comma for .csv, tab for .tsv, .tab, .txt.
    encoding : str
        "auto" (byte-order mark, then strict UTF-8, then strict GB18030) or a codec name.
    line_end : str or None
        None lets \n, \r\n and bare \r end a record outside quotation marks; a text lets only
        itself end one.
    header_row : int
        1-based line of the header (row in a workbook); what is before it is preamble.
    header_has : tuple of str
        Instead: the first row that has all these cells is the header.
    sheet : str or None
        Sheet of a workbook; None takes the first.
    end_when : tuple of (str, str) or None
        (column, text): the row whose cell is that text, and all after it, are footer.
    quote : str
        One character, or "" when quotation marks mean nothing.
    """

    delimiter: str | None = None
    encoding: str = "auto"
    line_end: str | None = None
    header_row: int = 1
    header_has: tuple[str, ...] = ()
    sheet: str | None = None
    end_when: tuple[str, str] | None = None
    quote: str = '"'


@dataclass(frozen=True, slots=True)
class CellFault:
    """Why a row cannot be taken as it stands.

    Attributes
    ----------
    column : str
        Column at fault; "" when it is the row as a whole.
    value : str
        What stood there; for a row with too many cells, those that had no column.
    rule, way_out : str
        What is wrong and what can be done.
    """

    column: str
    value: str
    rule: str
    way_out: str


@dataclass(frozen=True)
class RawChunk:
    """Some consecutive rows, by column.

    Attributes
    ----------
    columns : dict of str to list of str
        Column name to its cells as text, all lists as long as `lines`; "" where a cell is
        missing.
    lines : list of int
        1-based line on which each record begins, or row of the sheet.
    faults : dict of int to CellFault
        Index in this chunk to the first fault that reading found.
    """

    columns: dict[str, list[str]]
    lines: list[int]
    faults: dict[int, CellFault]


@dataclass(frozen=True)
class ReadReport:
    """What became of a file's rows.

    Attributes
    ----------
    rows : int
        Rows given out, faulty ones too.
    blank : int
        Rows below the header (and above the footer) without any text.
    preamble : int
        Lines above the header.
    footer : int
        Rows from the end mark on that are not blank.
    header : tuple of str
        Column names in the order of the file.
    header_line : int
        1-based line of the header.
    encoding : str
        Codec of a text file; "xlsx" for a workbook.
    sha256 : str
        Hexadecimal, of the file's bytes.
    """

    rows: int
    blank: int
    preamble: int
    footer: int
    header: tuple[str, ...]
    header_line: int
    encoding: str
    sha256: str
