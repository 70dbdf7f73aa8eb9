"""A run with its falls: recorded once, kept beside the run's files, memory-mapped after.

Random numbers are keyed, so the falls recorded later are those behind the published figures.
"""

import json
import os
import shutil
from collections import OrderedDict
from pathlib import Path
from threading import Lock

import numpy as np

from algorithms.recorded_falls import (
    Falls,
    RecordedRun,
    Sums,
    begin,
    record_falls,
    with_falls,
)
from api.services.assessment import Assessment

LIVE_RUNS = 2
"""Recorded runs that one process keeps; each has up to 512 MB of falls, and an index of them."""

FOLDER = "falls"
_live: OrderedDict[tuple[str, int], RecordedRun] = OrderedDict()
_recording = Lock()


def recorded(assessment: Assessment) -> RecordedRun:
    """Return the run of an assessment with its falls: run again where they are not kept yet."""
    key = (assessment.run_id, assessment.run.scenarios)
    with _recording:
        if key not in _live:
            _live[key] = _kept(assessment) or _made(assessment)
            while len(_live) > LIVE_RUNS:
                _live.popitem(last=False)
        _live.move_to_end(key)
        return _live[key]


def _made(assessment: Assessment) -> RecordedRun:
    run = assessment.run
    made = record_falls(
        np.asarray(run.party_id),
        np.asarray(run.own_rate),
        assessment.links,
        horizon_months=run.horizon_months,
        scenarios=run.scenarios,
        seed=run.seed,
        already_fallen=np.asarray(run.already_fallen),
        unknown_rate=run.unknown_rate,
    )
    if assessment.folder is None:
        made.falls.index  # noqa: B018 (made here, and not in the first question)
        return made
    _keep(made, assessment.folder / FOLDER)
    return _kept(assessment) or made


def _keep(made: RecordedRun, folder: Path) -> None:
    """Write falls, their index and sums aside and rename, so that they are there whole."""
    aside = folder.with_name(f"{FOLDER}.{os.getpid()}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    start, place = made.falls.index
    for name, array in (
        *(("start", made.falls.start), ("node", made.falls.node), ("tick", made.falls.tick)),
        *(("index_start", start), ("index_place", place)),
        *(("lost", made.lost), ("fell", made.fell), ("met", made.met)),
    ):
        np.save(aside / f"{name}.npy", array)
    (aside / "asked.json").write_text(json.dumps(made.asked), encoding="utf-8")
    if folder.is_dir():
        shutil.rmtree(aside)
    else:
        aside.rename(folder)


def _kept(assessment: Assessment) -> RecordedRun | None:
    """Return the run with falls that were kept before, mapped from their files; None of none."""
    folder = None if assessment.folder is None else assessment.folder / FOLDER
    if folder is None or not folder.is_dir():
        return None
    # Copy on write: compiled code takes read-only arrays for another type, and compiles anew.
    found = {path.stem: np.load(path, mmap_mode="c") for path in folder.glob("*.npy")}
    run = assessment.run
    begun = begin(
        np.asarray(run.party_id),
        np.asarray(run.own_rate),
        assessment.links,
        horizon_months=run.horizon_months,
        seed=run.seed,
        already_fallen=np.asarray(run.already_fallen),
        unknown_rate=run.unknown_rate,
    )
    falls = Falls(found["start"], found["node"], found["tick"])
    vars(falls)["index"] = (found["index_start"], found["index_place"])  # as if asked for already
    sums = Sums(found["lost"], found["fell"], found["met"])
    asked = json.loads((folder / "asked.json").read_text(encoding="utf-8"))
    return with_falls(begun, falls, sums, asked)
