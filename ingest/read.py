"""Outside files to columns of raw text: nothing is guessed, changed or lost.

Each cell stays the text it was; types, nulls and units are the mapping's business. A row that
cannot be trusted as it stands carries a fault and goes on, so that it can be quarantined with its
line; a file that cannot be read as a table is refused as a whole.
"""

from collections.abc import Iterator
from pathlib import Path

from graph_model.errors import BadInput
from ingest.raw_row import RawRow
from ingest.raw_table import CellFault, FileFormat, RawChunk, ReadReport
from ingest.read_body import TableBody
from ingest.read_encoding import scan_text, sha256_of
from ingest.read_header import find_header, header_key
from ingest.read_text import text_rows
from ingest.read_xlsx import xlsx_rows

__all__ = [
    "CellFault",
    "FileFormat",
    "RawChunk",
    "ReadReport",
    "TableReader",
    "header_key",
    "read_table",
]

DELIMITER_OF_SUFFIX = {".csv": ",", ".tsv": "\t", ".tab": "\t", ".txt": "\t"}
WORKBOOK_SUFFIX = ".xlsx"


def _check_file(path: Path, form: FileFormat) -> None:
    """Refuse what is no file, or no table by its name, before anything is read."""
    suffix = path.suffix.lower()
    if not path.is_file():
        raise BadInput(
            str(path),
            "is a directory, not a file" if path.is_dir() else "there is no such file",
            "Correct the path.",
        )
    if suffix != WORKBOOK_SUFFIX and suffix not in DELIMITER_OF_SUFFIX:
        raise BadInput(
            path.name,
            f"the suffix {suffix!r} is not one of {', '.join(DELIMITER_OF_SUFFIX)}, "
            f"{WORKBOOK_SUFFIX}",
            "Save the table as CSV (UTF-8) or .xlsx.",
        )
    if path.stat().st_size == 0:
        raise BadInput(path.name, "the file is empty", "Ask the source to send it again.")
    if form.header_row < 1:
        raise BadInput(
            f"header_row = {form.header_row}",
            "lines are counted from 1",
            "Correct header_row in the mapping.",
        )


def _open_rows(path: Path, form: FileFormat) -> tuple[Iterator[RawRow], str, str]:
    """Rows of a file from its header line on (from the top with header_has), encoding, SHA-256."""
    try:
        if path.suffix.lower() == WORKBOOK_SUFFIX:
            return xlsx_rows(path, form.sheet), "xlsx", sha256_of(path)
        scan = scan_text(path, form.encoding)
    except OSError as error:
        raise BadInput(
            str(path), f"cannot be opened ({error.strerror})", "Check its permissions."
        ) from error
    rows = text_rows(
        path,
        scan.encoding,
        delimiter=_delimiter(path, form),
        quote=form.quote,
        line_end=form.line_end,
        # A preamble may hold anything, so it is not parsed where its length is known.
        skip_lines=0 if form.header_has else form.header_row - 1,
        look_for_nul=scan.has_nul,
    )
    return rows, scan.encoding, scan.sha256


def _delimiter(path: Path, form: FileFormat) -> str:
    if form.delimiter is not None:
        return form.delimiter
    # A workbook has none; the tab then only joins surplus cells in a fault.
    return DELIMITER_OF_SUFFIX.get(path.suffix.lower(), "\t")


def _footer_mark(form: FileFormat, header: list[str], name: str) -> tuple[int, str] | None:
    """Index of the column that shows the footer, and the text it shows then."""
    if form.end_when is None:
        return None
    column, text = form.end_when
    if header_key(column) not in header:
        raise BadInput(
            f"end_when column {column!r}",
            f"{name} has no such column; it has {', '.join(header)}",
            "Correct end_when in the mapping.",
        )
    return header.index(header_key(column)), text.strip()


class TableReader:
    """A file as an iterable of chunks, with a report at the end.

    Parameters
    ----------
    path : Path
        .csv, .tsv, .tab, .txt or .xlsx.
    form : FileFormat
        What the mapping says of its form.
    chunk_rows : int
        Rows in a chunk, at least 1.
    """

    def __init__(self, path: Path, form: FileFormat, chunk_rows: int = 50_000) -> None:
        self._path = path
        self._form = form
        self._chunk_rows = max(chunk_rows, 1)
        self._report: ReadReport | None = None

    @property
    def report(self) -> ReadReport:
        """What became of the rows.

        Raises
        ------
        RuntimeError
            The file has not been read to its end.
        """
        if self._report is None:
            raise RuntimeError(f"{self._path.name}: the report is there after the last chunk")
        return self._report

    def __iter__(self) -> Iterator[RawChunk]:
        self._report = None
        path, form = self._path, self._form
        _check_file(path, form)
        rows, encoding, sha256 = _open_rows(path, form)
        header_line, header = find_header(rows, form.header_row, form.header_has, path.name)
        body = TableBody(
            rows,
            header,
            _footer_mark(form, header, path.name),
            delimiter=_delimiter(path, form),
            must_be_full=encoding != "xlsx",
        )
        given_out = 0
        while chunk := body.next_chunk(self._chunk_rows):
            given_out += len(chunk.lines)
            yield chunk
        self._report = ReadReport(
            rows=given_out,
            blank=body.blank,
            preamble=header_line - 1,
            footer=body.footer,
            header=tuple(header),
            header_line=header_line,
            encoding=encoding,
            sha256=sha256,
        )


def read_table(path: Path, form: FileFormat, chunk_rows: int = 50_000) -> Iterator[RawChunk]:
    """Read a file chunk by chunk; `TableReader` does the same and keeps a report.

    Parameters
    ----------
    path : Path
        .csv, .tsv, .tab, .txt or .xlsx.
    form : FileFormat
        What the mapping says of its form.
    chunk_rows : int
        Rows in a chunk, at least 1.

    Yields
    ------
    RawChunk
        At most `chunk_rows` rows; none at all when there is only a header.

    Raises
    ------
    BadInput
        The file is missing, empty, not a table, not readable in its encoding, without the
        header or sheet the mapping names, has two columns of one name, or a quotation mark is
        never closed. The last may come after chunks have been given out, so nothing is to be
        published before the end.
    """
    yield from TableReader(path, form, chunk_rows)
