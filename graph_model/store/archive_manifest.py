"""The manifest of an archive: which files it has, and the digests that prove them unchanged.

    store_hash = SHA-256 over the lines "SHA-256 of the file, two spaces, its name", by name

which is what `sha256sum FILE … | sha256sum` prints, with the files in that order.
"""

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from graph_model.errors import BadInput

FORMAT = 1
"""Number of the archive's form, kept in `manifest.json`."""

MANIFEST, LOADS, FINDINGS, JOURNAL = "manifest.json", "loads.csv", "findings.csv", "journal.csv"

STATEMENTS = "statements"
"""Folder of the files of the kinds, so that a kind may be called `loads`."""


class FileEntry(NamedTuple):
    """What the manifest says of one file."""

    rows: int
    sha256: str


def store_hash(files: dict[str, FileEntry]) -> str:
    """Digest of the digests."""
    lines = "".join(f"{files[name].sha256}  {name}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


def read_manifest(folder: Path) -> tuple[dict[str, FileEntry], int, str]:
    """Files, head and store hash, as the manifest of a folder gives them.

    Raises
    ------
    BadInput
        When there is none, it is of another form, or its parts do not fit together.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise BadInput(
            str(path), "is missing, and without it a folder is no archive", "Name another folder."
        )
    try:
        manifest = json.loads(path.read_bytes())
        form = int(manifest["format"])
        if form != FORMAT:
            raise BadInput(
                f"{MANIFEST}, archive of form {form}",
                f"this version reads form {FORMAT}",
                "Read it with the version that wrote it.",
            )
        files = {
            str(name): FileEntry(int(entry["rows"]), str(entry["sha256"]))
            for name, entry in manifest["files"].items()
        }
        head, total = int(manifest["head"]), str(manifest["store_hash"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(
            MANIFEST, f"is not the manifest of an archive ({error!r})", "Use another copy."
        ) from error
    if total != store_hash(files):
        raise BadInput(
            MANIFEST, "store_hash is not that of the files it lists", "Use another copy."
        )
    if missing := [name for name in (LOADS, FINDINGS, JOURNAL) if name not in files]:
        raise BadInput(MANIFEST, f"does not list {', '.join(missing)}", "Use another copy.")
    return files, head, total


def check_files(folder: Path, files: dict[str, FileEntry]) -> None:
    """Raise BadInput naming the first file that is missing, extra or changed."""
    found = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()
    } - {MANIFEST}
    if missing := sorted(set(files) - found):
        raise BadInput(missing[0], f"{MANIFEST} lists it, and it is missing", "Use another copy.")
    if extra := sorted(found - set(files)):
        raise BadInput(
            extra[0], f"{MANIFEST} does not list it", "Take it away, or use another copy."
        )
    for name, entry in files.items():
        with (folder / name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != entry.sha256:
            raise BadInput(
                name, "was changed: its SHA-256 is not that of the manifest", "Use another copy."
            )
