"""Things done once: the answer to a request that carried a key, kept for those who send it again.

One file a key under `once/` in the home folder: first a claim (made only where there is none),
then, in its place, the answer. Whoever dies between the two leaves a claim that lapses.
"""

import base64
import hashlib
import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graph_model.errors import Conflict

CLAIM_SECONDS = 600
"""After this a claim without an answer is that of a process that died."""

SWEEP_SECONDS = 3600


@dataclass(frozen=True)
class Answer:
    """What was answered: status, headers worth keeping, body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Once:
    """Answers by key, of one home folder; several processes may share it.

    Parameters
    ----------
    folder : pathlib.Path
        Made when the first answer is kept.
    keep_seconds : float
        How long an answer is kept.
    """

    def __init__(self, folder: Path, keep_seconds: float) -> None:
        self.folder = folder
        self.keep_seconds = keep_seconds
        self._swept = float("-inf")

    @classmethod
    def of(cls, home: Path, hours: int) -> "Once":
        """Answers kept in a home folder; one for all requests of a process."""
        return _of(home, hours)

    def begin(self, who: str, key: str, fingerprint: str) -> Answer | None:
        """Claim a key, or find what was answered under it.

        Parameters
        ----------
        who : str
            Whose key it is: keys of others are others.
        key : str
            As sent.
        fingerprint : str
            Digest of all that was sent.

        Returns
        -------
        Answer or None
            None where the request is to be served now: then call `keep` or `forget`.

        Raises
        ------
        Conflict
            When the key came with another request, or the first one is still at work.
        """
        self._sweep()
        path = self._path(who, key)
        self.folder.mkdir(parents=True, exist_ok=True)
        for _ in range(2):
            try:
                claim = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            except FileExistsError:
                with suppress(FileNotFoundError):  # let go meanwhile: claim it
                    if not self._lapsed(path):
                        return self._found(path, fingerprint)
                    path.unlink()
            else:
                with os.fdopen(claim, "w", encoding="utf-8") as file:
                    json.dump({"fingerprint": fingerprint}, file)
                return None
        raise _at_work()

    def keep(self, who: str, key: str, fingerprint: str, answer: Answer) -> None:
        """Put the answer in the place of the claim."""
        path = self._path(who, key)
        content = {
            "fingerprint": fingerprint,
            "status": answer.status,
            "headers": answer.headers,
            "body": base64.b64encode(answer.body).decode(),
        }
        aside = path.with_suffix(".part")
        aside.write_text(json.dumps(content), encoding="utf-8")
        aside.chmod(0o600)
        aside.replace(path)

    def forget(self, who: str, key: str) -> None:
        """Give a claim up: nothing was done, so the request may be sent again."""
        self._path(who, key).unlink(missing_ok=True)

    def _found(self, path: Path, fingerprint: str) -> Answer:
        """Answer of a request that was sent before."""
        text = path.read_text(encoding="utf-8")
        content = json.loads(text) if text else {}
        if not content:
            raise _at_work()
        if content["fingerprint"] != fingerprint:
            raise Conflict(
                "Idempotency-Key",
                "the same key came with another request before",
                "Use a fresh key for each thing you want done.",
            )
        if "status" not in content:
            raise _at_work()
        headers = tuple((str(name), str(value)) for name, value in content["headers"])
        return Answer(int(content["status"]), headers, base64.b64decode(content["body"]))

    def _path(self, who: str, key: str) -> Path:
        return self.folder / hashlib.sha256(f"{who}\n{key}".encode()).hexdigest()

    def _sweep(self) -> None:
        """Remove what has lapsed, once in a while."""
        if time.monotonic() - self._swept < SWEEP_SECONDS or not self.folder.is_dir():
            return
        self._swept = time.monotonic()
        for path in self.folder.iterdir():
            with suppress(FileNotFoundError):  # another process sweeps too
                if self._lapsed(path):
                    path.unlink()

    def _lapsed(self, path: Path) -> bool:
        """Whether an answer was kept long enough, or a claim is that of a process that died."""
        age = time.time() - path.stat().st_mtime
        answered = b'"status"' in path.read_bytes()
        return age > (self.keep_seconds if answered else CLAIM_SECONDS)


@cache
def _of(home: Path, hours: int) -> Once:
    return Once(home / "once", hours * 3600)


def _at_work() -> Conflict:
    return Conflict(
        "Idempotency-Key",
        "the first request with this key is still at work",
        "Send it again in a moment.",
    )
