"""Unified social credit code (统一社会信用代码, GB 32100-2015).

    position  1        2         3-8                 9-16          17           18
              authority category region of registrar organisation  inner check  outer check

The set has 31 symbols: digits and capitals without I, O, S, V, Z. The region is the registrar's
at the time of issue, not today's address: never derive a district from it.

A wrong outer check is a wrong code; an odd region, category or inner check happens in real codes
of early pilots and only asks for a look. Checks and causes: `uscc_arithmetic`, `uscc_diagnosis`.
"""

import unicodedata
from dataclasses import dataclass
from typing import Literal

from graph_model.errors import BadInput
from graph_model.uscc_arithmetic import (
    OUTER_ALPHABET,
    PROVINCES,
    expected_checks,
    organisation_check,
)
from graph_model.uscc_diagnosis import diagnose, suggested_repair
from graph_model.uscc_reasons import code_table, reasons

Verdict = Literal["valid", "warning", "invalid"]

# ASCII white space and the hyphen; U+001C to U+001F count as white space too.
_ASCII_DROPPED = dict.fromkeys(map(ord, "\t\n\v\f\r\x1c\x1d\x1e\x1f -"))


@dataclass(frozen=True, slots=True)
class UsccCheck:
    """What was found out about one text.

    Attributes
    ----------
    raw : str
        The text as it was given.
    code : str
        The text normalised; a code only when the verdict is not "invalid".
    verdict : {"valid", "warning", "invalid"}
        By the worst severity among the reasons.
    reasons : tuple of str
        Codes of `uscc_reasons.reasons()`; notes come last.
    suggestion : str or None
        What may have been meant (O for 0, I for 1, S for 5, Z for 2). Never to be taken
        without a person's word.
    """

    raw: str
    code: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class UsccParts:
    """The five parts of a code, as they stand."""

    authority: str
    category: str
    region: str
    organisation_code: str
    check_character: str


_CATEGORIES = frozenset(
    row["authority_code"] + row["category_code"]
    for row in code_table("uscc_authority_category.csv")
)


def normalise(text: str) -> str:
    """Bring a code into its one written form, without judging it.

    Parameters
    ----------
    text : str
        As a person or a file wrote it.

    Returns
    -------
    str
        NFKC (full-width to half-width), without invisible characters (category Cf), white
        space and dashes of any kind, in capitals.

    Examples
    --------
    >>> normalise("9144 0106-6832 6631-7q")
    '91440106683266317Q'
    """
    if text.isascii():
        return (text if text.isalnum() else text.translate(_ASCII_DROPPED)).upper()
    return "".join(
        symbol
        for symbol in unicodedata.normalize("NFKC", text)
        # U+2212 is the minus sign, a dash by looks and a symbol by category.
        if not (
            symbol.isspace() or symbol == "\u2212" or unicodedata.category(symbol) in ("Cf", "Pd")
        )
    ).upper()


def _notes(text: str) -> tuple[str, ...]:
    """Say what about the writing was put right; it does not make the code wrong."""
    if text.isascii():
        return ()
    visible = [symbol for symbol in text if unicodedata.category(symbol) != "Cf"]
    folded = any(
        not symbol.isspace() and unicodedata.normalize("NFKC", symbol) != symbol
        for symbol in visible
    )
    return ("CHARSET_FULLWIDTH",) * folded + ("CHARSET_INVISIBLE",) * (len(visible) < len(text))


def _verdict(found: tuple[str, ...]) -> Verdict:
    severities = {reasons()[reason].severity for reason in found}
    if "quarantine" in severities:
        return "invalid"
    return "warning" if "warning" in severities else "valid"


def check(text: str) -> UsccCheck:
    """Judge one text as a unified social credit code.

    Parameters
    ----------
    text : str
        As it was written; it is normalised first.

    Returns
    -------
    UsccCheck
        "invalid" when shape or outer check are wrong or the text is a filler, a damaged number
        or a person's identity number; "warning" when only the inner check, the region or the
        category are odd; else "valid". A region is odd only when its first two digits are not
        a province of GB/T 2260 (the all-9 form among them): the one region table here is
        Guangzhou's. Full-width and invisible characters leave a note and no more. Where every
        rule fits, the text is a code even if it could be read as an identity number.

    Examples
    --------
    >>> check("91440106683266317Q").verdict
    'valid'
    >>> check("9144O106683266317Q").suggestion
    '91440106683266317Q'
    """
    code = normalise(text)
    if (
        len(code) == 18
        and code[:2] in _CATEGORIES
        and code[2:4] in PROVINCES
        and code[4:8].isdigit()
        and code[8:16] != "00000000"
    ):
        try:
            outer, inner = expected_checks(code)
        except KeyError:
            pass
        else:
            if code[17] == outer and code[16] == inner:
                return UsccCheck(text, code, "valid", _notes(text))
    found = diagnose(code, _CATEGORIES)
    return UsccCheck(
        raw=text,
        code=code,
        verdict=_verdict(found),
        reasons=found + _notes(text),
        suggestion=suggested_repair(code) if "CHARSET" in found else None,
    )


def check_organisation_code(text: str) -> bool:
    """Whether a text is a 9-character organisation code whose check character fits (GB 11714).

    Parameters
    ----------
    text : str
        As it was written, with or without the hyphen before the check character.

    Returns
    -------
    bool

    Examples
    --------
    >>> check_organisation_code("68326631-7")
    True
    """
    code = normalise(text)
    if len(code) != 9 or not (code.isascii() and code.isalnum()):
        return False
    return code[8] == organisation_check(code[:8])


def make(authority_category: str, region: str, body8: str) -> str:
    """Build a code with both check characters computed; for synthetic enterprises.

    Parameters
    ----------
    authority_category : str
        2 characters, such as "91" for an enterprise.
    region : str
        6 digits of the registrar's region. Whether it and the category exist is not asked.
    body8 : str
        8 characters of the 31-symbol set. A body that begins XXXX marks a synthetic code.

    Returns
    -------
    str
        18 characters.

    Raises
    ------
    BadInput
        A part has the wrong length or a character outside its set.

    Examples
    --------
    >>> make("91", "440112", "XXXX0001")
    '91440112XXXX000191'
    """
    parts = (authority_category, region, body8)
    if tuple(map(len, parts)) != (2, 6, 8) or not set(OUTER_ALPHABET).issuperset("".join(parts)):
        raise BadInput(
            repr(parts),
            f"the parts of a code are 2, 6 and 8 characters out of {OUTER_ALPHABET}",
            "Correct the part; the letters I, O, S, V, Z are never used.",
        )
    if not region.isdigit():
        raise BadInput(
            repr(region),
            "a registrar's region is 6 digits",
            "Take one from uscc_regions_guangzhou.csv or GB/T 2260.",
        )
    stem = authority_category + region + body8 + organisation_check(body8)
    return stem + expected_checks(stem)[0]


def split(code: str) -> UsccParts:
    """Take a code apart; its check characters are not judged (see `check`).

    Parameters
    ----------
    code : str
        18 characters after normalising.

    Returns
    -------
    UsccParts
        `organisation_code` is positions 9 to 17.

    Raises
    ------
    BadInput
        It is not 18 characters of the 31-symbol set.

    Examples
    --------
    >>> split("91440106683266317Q").organisation_code
    '683266317'
    """
    plain = normalise(code)
    if len(plain) != 18 or not set(OUTER_ALPHABET).issuperset(plain):
        raise BadInput(
            repr(code),
            f"a unified social credit code is 18 characters out of {OUTER_ALPHABET}",
            "Correct the source row or quarantine it.",
        )
    return UsccParts(plain[0], plain[1], plain[2:8], plain[8:17], plain[17])
