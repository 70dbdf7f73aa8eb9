"""Which encoding a text file is in, decided by its bytes and never by guessing.

A byte-order mark decides; else the whole file must be strict UTF-8; else strict GB18030, of which
GB2312 and GBK are parts (some names need characters that GBK lacks). The file is read in blocks,
and its SHA-256 is taken on the way.
"""

import codecs
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from graph_model.errors import BadInput

_BLOCK_BYTES = 1 << 20
# UTF-32 first: its little-endian mark begins like that of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PART_OF_GB18030 = ("gb2312", "gbk")
_WORKBOOK_MARKS = {b"PK\x03\x04": ".xlsx", b"\xd0\xcf\x11\xe0": ".xls"}


@dataclass(frozen=True)
class Scan:
    """What one pass over a text file found.

    Attributes
    ----------
    encoding : str
        Python codec name with which the whole file decodes.
    sha256 : str
        Hexadecimal, of the bytes.
    has_nul : bool
        Some character is NUL.
    """

    encoding: str
    sha256: str
    has_nul: bool


class _Undecodable(Exception):
    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(reason)
        self.offset = offset


def sha256_of(path: Path) -> str:
    """SHA-256 of a file.

    Parameters
    ----------
    path : Path
        A file that can be read.

    Returns
    -------
    str
        Hexadecimal.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _scan_as(path: Path, encoding: str) -> Scan:
    """Decode a whole file strictly, in blocks."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    has_nul = False
    read = 0
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK_BYTES)
            digest.update(block)
            # Bytes of a character that the last block cut; an error counts from there.
            pending = len(decoder.getstate()[0])
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                raise _Undecodable(read - pending + error.start, error.reason) from error
            except UnicodeError as error:  # UTF-16 and UTF-32 without a mark
                raise _Undecodable(0, str(error)) from error
            has_nul = has_nul or "\0" in text
            read += len(block)
            if not block:
                return Scan(encoding, digest.hexdigest(), has_nul)


def _known_codec(encoding: str) -> str:
    try:
        # Python looks the name up only when there is something to decode.
        with suppress(UnicodeError):
            b"1".decode(encoding)
        codecs.getincrementaldecoder(encoding)
    except LookupError as error:
        raise BadInput(
            repr(encoding),
            "is not the name of a text encoding",
            "Use auto, utf-8, gb18030, utf-16 or another codec name of Python.",
        ) from error
    name = codecs.lookup(encoding).name
    if name in _PART_OF_GB18030:
        return "gb18030"
    return "utf-8-sig" if name == "utf-8" else name


def _marked(path: Path) -> str | None:
    """Encoding named by a byte-order mark; refuses workbooks that are called text."""
    with path.open("rb") as file:
        start = file.read(4)
    if kind := _WORKBOOK_MARKS.get(start):
        raise BadInput(
            path.name,
            f"is a workbook by its first bytes, not text as {path.suffix} says",
            f"Rename it to {kind} (.xls must then be saved as .xlsx) or export it as CSV.",
        )
    return next((name for mark, name in _BYTE_ORDER_MARKS if start.startswith(mark)), None)


def scan_text(path: Path, encoding: str = "auto") -> Scan:
    """Find the encoding of a text file and prove it on every byte.

    Parameters
    ----------
    path : Path
        A file that can be read.
    encoding : str
        "auto", or a codec name that the file must obey; gb2312 and gbk are read as gb18030.

    Returns
    -------
    Scan

    Raises
    ------
    BadInput
        The codec is unknown, a byte does not fit (its 0-based offset is named), or the file is
        a workbook under another name.
    """
    marked = _marked(path)
    if encoding != "auto":
        tried = [_known_codec(encoding)]
    else:
        tried = [marked] if marked else ["utf-8", "gb18030"]
    failures = []
    for candidate in tried:
        try:
            return _scan_as(path, candidate)
        except _Undecodable as error:
            failures.append(f"{candidate} fails at byte {error.offset} ({error})")
    raise BadInput(
        path.name,
        f"cannot be read as text: {'; '.join(failures)}",
        "Save it again as UTF-8, or name its encoding in the mapping.",
    )
