"""One cell of text to one value of a type; what cannot be read is refused with rule and way out."""

import csv
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from pathlib import Path

from graph_model import identity, uscc
from graph_model.errors import BadInput
from graph_model.schema import Code
from graph_model.statement import Severity
from graph_model.uscc_arithmetic import has_shape_of_person_id
from graph_model.uscc_reasons import reasons

_PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d{1,2})?")
_GROUPED = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")
_DATE = re.compile(
    r"(\d{4})(?:"
    r"(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日)"
    r"(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
    r"|(\d{2})(\d{2})(?:[T ]?\d{4}(?:\d{2})?|[T ]\d{1,2}:\d{2}(?::\d{2})?)?)"
)


_PERSON_MARK = re.compile(r"[（(]\s*(?:个人|自然人)\s*[)）]")
_EIGHTEEN = re.compile(r"(?<!\d)\d{6}[\s-]?\d{8}[\s-]?\d{3}[\dXx](?!\d)")


class Unreadable(Exception):
    """A cell that breaks a rule.

    Parameters
    ----------
    rule, way_out : str
        As in `graph_model.errors`; the caller knows row and column.
    severity : str
        `quarantine`, or `refused` where by law nothing may be kept.
    """

    def __init__(self, rule: str, way_out: str, severity: Severity = "quarantine") -> None:
        self.rule = rule
        self.way_out = way_out
        self.severity = severity
        super().__init__(rule)


@cache
def words(means: str) -> frozenset[str]:
    """Words of `words.csv` that mean `missing`, `open_end`, `yes`, `no` or `person`."""
    return frozenset(r["word"] for r in _table("words.csv") if r["means"] == means)


@cache
def unit_factors() -> Mapping[str, Decimal]:
    """Fen per unit, by its name and by its Chinese name."""
    rows = _table("units.csv")
    return {r[name]: Decimal(r["fen"]) for r in rows for name in ("unit", "zh")}


@cache
def open_end_days() -> frozenset[str]:
    """ISO days that stand for "no end", however they are written: those among the words."""
    return frozenset(
        parse_date(word, ())
        for word in words("open_end")
        if word[0].isdigit() and not word.startswith("0000")
    )


def _table(name: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def unit_factor(unit: str, where: str) -> Decimal:
    """Fen per unit; raises BadInput for a unit that `units.csv` does not list."""
    if unit not in unit_factors():
        raise BadInput(
            f"{where}: {unit!r}", "is no unit of money", f"Use one of {', '.join(unit_factors())}."
        )
    return unit_factors()[unit]


def folded(text: str) -> str:
    """Full-width forms made half-width, invisible characters and outer spaces gone."""
    if text.isascii():
        return text.strip()
    plain = unicodedata.normalize("NFKC", text)
    return "".join(c for c in plain if unicodedata.category(c) != "Cf").strip()


def tidy(text: str) -> str:
    """Text as it was written, less outer and doubled spaces; form and width stay."""
    return " ".join(text.split())


def parse_number(text: str) -> Decimal:
    """Read a decimal number; thousands may be marked by commas in the right places."""
    plain = folded(text).replace("¥", "").replace("￥", "").replace(" ", "")
    if plain.startswith("(") and plain.endswith(")"):
        plain = f"-{plain[1:-1]}"
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    if not _PLAIN_NUMBER.fullmatch(plain):
        rule = "is not a number" if "," not in plain else "has a thousands mark in a wrong place"
        raise Unreadable(rule, "Write digits with an optional decimal point.")
    return Decimal(plain)


def parse_money(text: str, factor: Decimal) -> int:
    """Amount in fen; what is finer than a fen is rounded half to even."""
    fen = parse_number(text) * factor
    # Before rounding: a number of more digits than Decimal keeps cannot be rounded at all.
    if abs(fen) >= 2**53:
        raise Unreadable(
            "is more than 90 trillion yuan", "Check the unit of the column (yuan, wan, ...)."
        )
    return int(fen.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def parse_integer(text: str) -> int:
    """Read a whole number."""
    number = parse_number(text)
    if abs(number) >= 2**53 or number != number.to_integral_value():
        raise Unreadable("is not a whole number", "Write digits only.")
    return int(number)


def parse_rate(text: str) -> float:
    """Fraction 0..1; a percent sign divides by a hundred."""
    plain = folded(text)
    number = parse_number(plain.removesuffix("%"))
    fraction = number / 100 if plain.endswith("%") else number
    if not 0 <= fraction <= 1:
        raise Unreadable(
            "is not a fraction between 0 and 1", "Write 0.25 or 25%, not 25 for a quarter."
        )
    return float(fraction)


def parse_date(text: str, formats: Sequence[str]) -> str:
    """ISO date of a cell, by the stated formats or the usual Chinese and ISO forms.

    Parameters
    ----------
    text : str
        The cell.
    formats : sequence of str
        `strptime` formats that a mapping states; none: year first, as 2026-5-1, 2026/5/1,
        2026.5.1, 20260501 or 2026年5月1日, a time of day may follow. Day and month are never
        guessed.
    """
    plain = folded(text)
    try:
        if formats:
            return _by_format(plain, formats).isoformat()
        match = _DATE.fullmatch(plain)
        if match is None:
            raise ValueError("unknown form")
        year, month, day = (int(part) for part in match.groups() if part is not None)
        found = date(year, month, day)
    except ValueError as error:
        known = " or ".join(formats) or "2026-05-01, 2026/5/1, 20260501 or 2026年5月1日"
        raise Unreadable(f"is not a date ({error})", f"Write it as {known}.") from error
    return found.isoformat()


def _by_format(plain: str, formats: Sequence[str]) -> date:
    for form in formats:
        try:
            return datetime.strptime(plain, form).date()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            continue
    raise ValueError("no stated form fits")


def parse_flag(text: str) -> int:
    """1 for yes, 0 for no, by `words.csv`."""
    plain = folded(text)
    if plain in words("yes"):
        return 1
    if plain in words("no"):
        return 0
    raise Unreadable("is neither yes nor no", "Write 是 or 否.")


def parse_list(text: str) -> str:
    """Items joined by ；, whatever they were separated by; empty items go."""
    items = re.split(r"[;；、|\n]", text)
    return "；".join(tidied for item in items if (tidied := tidy(item)))


def parse_code(text: str, spelling_of: Mapping[str, str]) -> str:
    """Code of a table, by any spelling that `spellings` knows."""
    found = spelling_of.get(folded(text))
    if found is None:
        some = ", ".join(dict.fromkeys(list(spelling_of)[:12]))
        raise Unreadable("is not in the code table", f"It begins: {some}.")
    return found


def spellings(table: Mapping[str, Code]) -> dict[str, str]:
    """Every spelling (code, Chinese and English name, alias) of every code of a table."""
    lookup: dict[str, str] = {}
    for code in table.values():
        for spelling in (code.code, code.zh, code.en, *code.aliases):
            if spelling:
                lookup.setdefault(folded(spelling), code.code)
    return lookup


def parse_uscc(text: str, *, let_through: bool = False) -> tuple[str, str, str]:
    """(party id, rule, way out) of a unified social credit code; the rule is "" when all is well.

    Parameters
    ----------
    text : str
        The cell.
    let_through : bool
        A person has judged that this code is real although its outer check fails (early pilots).

    Raises
    ------
    Unreadable
        When the code cannot be one; severity `refused` when it is a person's identity number.
    """
    found = uscc.check(text)
    known = reasons()
    told = [known[reason] for reason in found.reasons if known[reason].severity != "note"]
    rule = "; ".join(f"{reason.code}: {reason.en}" for reason in told)
    way_out = ". ".join(dict.fromkeys(reason.way_out_en for reason in told))
    if found.verdict != "invalid":
        return identity.of_uscc(found.code), rule, way_out
    if "PERSON_ID" in found.reasons or has_shape_of_person_id(found.code):
        clause = "PERSON_ID: an identity number of a person; persons are never stored or scored"
        raise Unreadable(f"{clause} (PIPL Art. 28)", way_out, severity="refused")
    if let_through and [r.code for r in told if r.severity == "quarantine"] == ["CHECK_OUTER"]:
        return identity.of_uscc(found.code), f"let through by hand; {rule}", way_out
    if found.suggestion:
        way_out += f". Perhaps {found.suggestion} was meant"
    raise Unreadable(rule, way_out)


def without_person_ids(text: str) -> str:
    """Text with identity numbers of persons taken out, as it may be kept with a finding.

    >>> without_person_ids("经办人 440000190001010000")
    '经办人 (identity number not kept)'
    """
    if len(text) < 18:
        return text
    plain = folded(text)
    kept = _EIGHTEEN.sub(_blanked, plain)
    return text if kept == plain else kept


def names_a_person(text: str) -> bool:
    """Whether the name or code of a party is that of a natural person.

    It holds an identity number, mistyped or not, or says so in brackets.

    >>> names_a_person("张某（个人）"), names_a_person("张某 440000190001010001")
    (True, True)
    """
    if _PERSON_MARK.search(text):
        return True
    return len(text) >= 18 and any(map(_is_identity_number, _EIGHTEEN.findall(folded(text))))


def _blanked(found: re.Match[str]) -> str:
    return "(identity number not kept)" if _is_identity_number(found[0]) else found[0]


def _is_identity_number(text: str) -> bool:
    code = uscc.normalise(text)
    return has_shape_of_person_id(code) and uscc.check(code).verdict == "invalid"
