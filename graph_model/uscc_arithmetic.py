"""Check characters of Chinese codes.

    outer (position 18): c = (31 - sum(v31(x_i) * 3^(i-1)) mod 31) mod 31, i = 1..17,  31 symbols
    inner (position 17): c = 11 - sum(v36(x_i) * w_i) mod 11, i = 9..16,  10 is X, 11 is 0
    person: sum(digit_i * 2^(18-i)) mod 11 = 1, i = 1..18,  X is 10

GB 32100-2015 (unified social credit code), GB 11714-1997 (organisation code), GB 11643-1999
(identity number, ISO 7064 MOD 11-2).

Letters count differently in the two checks of one code: A to Y without I, O, S, V, Z are 10 to 30
in the outer check, A to Z are 10 to 35 in the inner one.
"""

from datetime import date

OUTER_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
INNER_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
INNER_CHECKS = "0123456789X"

OUTER_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
INNER_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

# Province codes of GB/T 2260 (first two digits of a region).
PROVINCES = frozenset(
    f"{area}{province}"
    for area, provinces in (
        ("1", "12345"),
        ("2", "123"),
        ("3", "1234567"),
        ("4", "123456"),
        ("5", "01234"),
        ("6", "12345"),
        ("7", "1"),
        ("8", "12"),
    )
    for province in provinces
)

_VALUE_31 = {symbol: value for value, symbol in enumerate(OUTER_ALPHABET)}
_VALUE_36 = {symbol: value for value, symbol in enumerate(INNER_ALPHABET)}

# One number carries both sums: the outer one below this shift, the inner one above it.
_SHIFT = 16
_OUTER_MASK = (1 << _SHIFT) - 1


def _pair_table(first: int) -> dict[str, int]:
    """Contribution of each pair of symbols at 0-based positions `first` and `first + 1`."""

    def contribution(symbol: str, position: int) -> int:
        outer = _VALUE_31[symbol] * OUTER_WEIGHTS[position]
        in_body = position >= 8
        inner = _VALUE_36[symbol] * INNER_WEIGHTS[position - 8] if in_body else 0
        return outer + (inner << _SHIFT)

    return {
        left + right: contribution(left, first) + contribution(right, first + 1)
        for left in OUTER_ALPHABET
        for right in OUTER_ALPHABET
    }


# Pairs halve the look-ups of a million codes; 8 tables of 961 entries are built in a few ms.
_T0, _T2, _T4, _T6, _T8, _T10, _T12, _T14 = map(_pair_table, range(0, 16, 2))
_T16 = {symbol: value * OUTER_WEIGHTS[16] for symbol, value in _VALUE_31.items()}

_OUTER_CHECK_OF = tuple(OUTER_ALPHABET[-remainder % 31] for remainder in range(31))
_INNER_CHECK_OF = tuple(INNER_CHECKS[-remainder % 11] for remainder in range(11))


def expected_checks(code: str) -> tuple[str, str]:
    """Check characters that the other characters of a code call for.

    Parameters
    ----------
    code : str
        At least 17 characters of the 31-symbol set; from the 18th on they are not looked at.

    Returns
    -------
    tuple of str
        Outer (for position 18, from positions 1 to 17) and inner (for position 17, from
        positions 9 to 16).

    Raises
    ------
    KeyError
        A character is outside the 31-symbol set.
    """
    total = (
        _T0[code[0:2]]
        + _T2[code[2:4]]
        + _T4[code[4:6]]
        + _T6[code[6:8]]
        + _T8[code[8:10]]
        + _T10[code[10:12]]
        + _T12[code[12:14]]
        + _T14[code[14:16]]
        + _T16[code[16]]
    )
    return _OUTER_CHECK_OF[(total & _OUTER_MASK) % 31], _INNER_CHECK_OF[(total >> _SHIFT) % 11]


def organisation_check(body: str) -> str:
    """Check character of an organisation code (GB 11714).

    Parameters
    ----------
    body : str
        8 characters, digits and capital letters.

    Returns
    -------
    str
        A digit or X.

    Raises
    ------
    KeyError
        A character is neither a digit nor a capital letter.
    """
    total = sum(
        _VALUE_36[symbol] * weight for symbol, weight in zip(body, INNER_WEIGHTS, strict=True)
    )
    return _INNER_CHECK_OF[total % 11]


def is_person_id(code: str) -> bool:
    """Whether 18 characters are an identity number by GB 11643.

    Parameters
    ----------
    code : str
        Normalised text.

    Returns
    -------
    bool
        True when the check digit fits, the region begins with a province (83 is the residence
        permit of Taiwan) and the birth date is a day of 1900 to 2099.
    """
    if not has_shape_of_person_id(code):
        return False
    total = sum(int(digit) << (17 - i) for i, digit in enumerate(code[:17]))
    return (total + INNER_CHECKS.index(code[17])) % 11 == 1


def has_shape_of_person_id(code: str) -> bool:
    """Whether 18 characters look like an identity number, whatever their check digit says.

    A mistyped identity number is still somebody's.
    """
    if len(code) != 18 or not (code.isascii() and code[:17].isdigit()):
        return False
    if code[17] not in INNER_CHECKS or (code[:2] not in PROVINCES and code[:2] != "83"):
        return False
    year, month, day = int(code[6:10]), int(code[10:12]), int(code[12:14])
    try:
        date(year, month, day)
    except ValueError:
        return False
    return 1900 <= year <= 2099
