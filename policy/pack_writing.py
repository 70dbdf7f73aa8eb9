"""A new version of a pack: a copy of one in force, with some constants replaced.

Tables are copied byte for byte; `pack.toml` is written anew, so that its comments are lost. The
folder is written aside, read back, and renamed: it is there whole or not at all, and a version that
exists is never overwritten.
"""

import csv
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from graph_model.errors import BadInput
from policy.pack import Pack, Parameter, Value, read_pack


def write_pack(
    base: Pack,
    folder: Path,
    *,
    version: str,
    status: str,
    in_force_from: date,
    changed: Sequence[Parameter],
    tables: Mapping[str, Mapping[str, str]],
) -> Pack:
    """Write a version of a pack beside the one it is made from.

    Parameters
    ----------
    base : Pack
    folder : Path
        Of the pack; the version becomes a folder in it.
    version, status : str
    in_force_from : datetime.date
        It has no end: a later version takes over.
    changed : sequence of Parameter
        Constants in place of those of the same name.
    tables : dict of str to dict
        Tables of two columns, `fact` and `value`, added or replaced.

    Raises
    ------
    BadInput
        When the version exists, or a constant is new.
    """
    target = folder / version
    if target.exists():
        rule = "a pack that exists is never overwritten"
        raise BadInput(str(target), rule, "Move it away, or let the new one begin on another day.")
    for parameter in changed:
        base.parameter(parameter.name)
    parameters = {**base.parameters, **{parameter.name: parameter for parameter in changed}}
    aside = folder / f".{version}.{os.getpid()}.part"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        for path in sorted(base.folder.glob("*.csv")):
            (aside / path.name).write_bytes(path.read_bytes())
        for name, facts in tables.items():
            with (aside / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([("fact", "value"), *facts.items()])
        head = [
            *((name, _text(getattr(base, name))) for name in ("id", "title")),
            ("version", _text(version)),
            ("issuer", _text(base.issuer)),
            ("status", _text(status)),
            ("in_force_from", in_force_from.isoformat()),
        ]
        blocks = [head, *(_block(parameter) for parameter in parameters.values())]
        names = ["", *(f"[parameters.{name}]\n" for name in parameters)]
        lines = [
            name + "".join(f"{key} = {value}\n" for key, value in block)
            for name, block in zip(names, blocks, strict=True)
        ]
        (aside / "pack.toml").write_text("\n".join(lines), encoding="utf-8")
        read_pack(aside)
        aside.rename(target)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return read_pack(target)


def _block(parameter: Parameter) -> list[tuple[str, str]]:
    words = ("unit", "status", "read_as", "clause", "reason")
    told = [(word, _text(getattr(parameter, word))) for word in words]
    return [
        ("value", _value(parameter.value)),
        *((word, text) for word, text in told if text != '""' or word == "unit"),
    ]


def _value(value: Value) -> str:
    return _text(value) if isinstance(value, str) else repr(value)


def _text(text: str) -> str:
    """Text as TOML writes it: JSON's quotes, and one character more that must be escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
