"""Who a party is: `uscc:CODE`, `lei:CODE`, or provisional `src:SOURCE:ID` until it is known better.

A provisional id says no more than "the party that this source calls so". That two ids mean one
party is a judgement, made and undone elsewhere; nothing here guesses.
"""

import hashlib
import re
import unicodedata

_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,40}")
_LEI = re.compile(r"[A-Z0-9]{18}[0-9]{2}")
_NOT_WORD = re.compile(r"[\W_]+")


def of_uscc(code: str) -> str:
    """Party id of a checked unified social credit code."""
    return f"uscc:{code}"


def of_lei(code: str) -> str:
    """Party id of a checked legal entity identifier (ISO 17442)."""
    return f"lei:{code}"


def of_local(source: str, local_id: str) -> str:
    """Provisional id from the id that a source uses; unreadable ones are digested.

    >>> of_local("interbank", "14")
    'src:interbank:14'
    """
    plain = local_id if _PLAIN.fullmatch(local_id) else f"i-{_digest(local_id)}"
    return f"src:{source}:{plain}"


def of_name(source: str, name: str) -> str:
    """Provisional id from a name: spellings that differ only in width, case or punctuation agree.

    >>> of_name("a", "Ranbaxy FINE Chemicals Ltd.") == of_name("a", "ranbaxy fine chemicals ltd")
    True
    """
    return f"src:{source}:n-{_digest(name_key(name))}"


def name_key(name: str) -> str:
    """Name without what does not distinguish: width, case, spaces, punctuation.

    >>> name_key("广州某某（黄埔）有限公司") == name_key("广州某某(黄埔) 有限公司")
    True
    """
    return _NOT_WORD.sub("", unicodedata.normalize("NFKC", name)).casefold()


def is_lei(code: str) -> bool:
    """Whether the text is an LEI with right check digits (ISO 7064 MOD 97-10).

    >>> is_lei("529900T8BM49AURSDO55")
    True
    """
    if not _LEI.fullmatch(code):
        return False
    return int("".join(str(int(symbol, 36)) for symbol in code)) % 97 == 1


def is_sole_trader(party_id: str) -> bool:
    """Whether the code is that of a sole trader (GB 32100-2015, category 92): a person's.

    >>> is_sole_trader("uscc:92440112XXXX00035K")
    True
    """
    return party_id.startswith("uscc:92")


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
