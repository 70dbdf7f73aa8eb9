"""Compiled inner loops; everything else is plain numpy.

Compiled code is kept in a cache of its own for each state of the sources here: the compiler's own
cache does not notice a change in a function that another file imports. The folder is under
`NUMBA_CACHE_DIR` where that is set, else in the user's cache, else in the temporary folder, so
that a service user without a home can start too.
"""

import hashlib
import os
import tempfile
from pathlib import Path

import numba


def cache_folder() -> Path:
    """First writable place for compiled code, with the digest of the sources as its name."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    named = os.environ.get("NUMBA_CACHE_DIR")
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    places = [named] if named else [os.path.join(cache, "credit-alliance")]  # noqa: PTH118
    places.append(os.path.join(tempfile.gettempdir(), f"credit-alliance-{os.getuid()}"))  # noqa: PTH118
    for place in places:
        folder = Path(place) / f"kernels-{digest.hexdigest()}"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            continue  # not writable for this user: the next place
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="credit-alliance-kernels-"))


numba.config.CACHE_DIR = str(cache_folder())  # type: ignore[attr-defined]
