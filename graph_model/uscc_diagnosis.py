"""What is wrong with a text that should be a unified social credit code.

The first explanation that fits the whole text (a filler, a person's identity number, a number
a spreadsheet has damaged, a shorter code of the past) is named before single faults are listed.
Patterns: GB 32100-2015, GB 11714-1997, GB 11643-1999 and what public files really hold.
"""

import re

from graph_model.uscc_arithmetic import (
    INNER_ALPHABET,
    OUTER_ALPHABET,
    PROVINCES,
    expected_checks,
    is_person_id,
    organisation_check,
)

_FILLERS_ZH = ("无", "暂无", "暂缺", "未知", "不详", "空")
_FILLERS_EN = ("N/A", "NA", "NULL", "NONE", "NIL", "NAN", "UNKNOWN", "TEST", "/", "\\", ".")
FILLER_WORDS = frozenset((*_FILLERS_ZH, *_FILLERS_EN))
_RUNNING_DIGITS = ("1234567890" * 3, "0123456789" * 3, "9876543210" * 3)
_OUTER_SYMBOLS = frozenset(OUTER_ALPHABET)
_SCIENTIFIC = re.compile(r"\d+(\.\d+)?E\+?\d{1,2}", re.ASCII)
_DECIMAL = re.compile(r"(\d+)\.0*", re.ASCII)
_LETTER_FOR_DIGIT = str.maketrans("OISZ", "0152")


def is_filler(code: str) -> bool:
    """Whether a normalised text only fills the place of a code.

    Parameters
    ----------
    code : str
        Normalised text, not empty.

    Returns
    -------
    bool
        True for words such as 暂无, one repeated character, running digits (123456…), or a
        code whose organisation body (positions 9 to 16) is all zeros. All zeros pass both
        check characters, so no arithmetic finds them.
    """
    if code in FILLER_WORDS or code.strip("0") == "":
        return True
    if len(code) >= 6 and (
        code == code[0] * len(code) or any(code in run for run in _RUNNING_DIGITS)
    ):
        return True
    return len(code) == 18 and code[8:16] == "00000000"


def suggested_repair(code: str) -> str | None:
    """Code meant when letters were typed for the digits they look like.

    Parameters
    ----------
    code : str
        Normalised text.

    Returns
    -------
    str or None
        `code` with O, I, S, Z read as 0, 1, 5, 2, when that makes both check characters fit.
        The four letters are never legal, so there is one way to read each. A person decides;
        nothing takes a suggestion by itself.
    """
    repaired = code.translate(_LETTER_FOR_DIGIT)
    if repaired == code or len(repaired) != 18 or not _OUTER_SYMBOLS.issuperset(repaired):
        return None
    if is_filler(repaired):
        return None
    outer, inner = expected_checks(repaired)
    return repaired if repaired[16] == inner and repaired[17] == outer else None


def is_odd_region(region: str) -> bool:
    """Whether a registrar's region cannot be one of GB/T 2260.

    Parameters
    ----------
    region : str
        Positions 3 to 8 of a code.

    Returns
    -------
    bool
        True when it is not six digits that begin with a province code; that covers the all-9
        form. Counties are not looked up: no full table of present and past ones is at hand.
    """
    return region[:2] not in PROVINCES or not region.isdigit()


def _faults_of_shape(code: str) -> list[str]:
    """Reasons why a text is not 18 characters of the 31-symbol set."""
    faults = []
    if len(code) != 18:
        faults.append("LENGTH")
        letters = INNER_ALPHABET if len(code) == 9 else OUTER_ALPHABET
        if not set(letters).issuperset(code):
            faults.append("CHARSET")
        elif len(code) == 9 and code[8] == organisation_check(code[:8]):
            faults.append("ORG_CODE_ONLY")
        elif len(code) in (13, 15) and code.isdigit():
            faults.append("OLD_REGISTRATION_NO")
    elif not _OUTER_SYMBOLS.issuperset(code):
        faults.append("CHARSET")
    return faults


def _is_rounded(code: str) -> bool:
    """Whether 18 digits look like the nearest double (or 15 to 16 digits and zeros) of a code."""
    return code.isdigit() and (code.endswith("00") or int(float(code)) == int(code))


def diagnose(code: str, categories: frozenset[str]) -> tuple[str, ...]:
    """Name what is wrong with a normalised text.

    Parameters
    ----------
    code : str
        Normalised text of any length.
    categories : frozenset of str
        Known pairs of authority and category (positions 1 and 2).

    Returns
    -------
    tuple of str
        Reason codes of `uscc_reasons.csv`, none when nothing is wrong. A text with an
        explanation of its own (EMPTY, PLACEHOLDER, PERSON_ID, MASKED, FORMAT_SCIENTIFIC, or a
        number with decimals) has that reason alone.
    """
    if not code:
        return ("EMPTY",)
    if is_filler(code):
        return ("PLACEHOLDER",)
    if "*" in code:
        return ("MASKED",)
    if _SCIENTIFIC.fullmatch(code) and not (len(code) == 18 and code.isalnum()):
        return ("FORMAT_SCIENTIFIC",)
    if decimal := _DECIMAL.fullmatch(code):
        return ("FORMAT_ROUNDED",) if len(decimal[1]) > 15 else ("LENGTH", "CHARSET")
    if is_person_id(code):
        return ("PERSON_ID",)
    faults = _faults_of_shape(code)
    if faults:
        return tuple(faults)
    outer, inner = expected_checks(code)
    if code[17] != outer:
        faults.append("CHECK_OUTER")
    if code[16] != inner:
        faults.append("CHECK_INNER")
    if is_odd_region(code[2:8]):
        faults.append("REGION")
    if code[:2] not in categories:
        faults.append("CATEGORY")
    if code[17] != outer and _is_rounded(code):
        faults.append("FORMAT_ROUNDED")
    return tuple(faults)
