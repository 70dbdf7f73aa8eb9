"""Assessments: chain risk on a picture, saved under an id made of all it depends on.

    run_id = digest(algorithm, parameters, network, pack, seed, scenarios, stated error, code)

The same request is the same run and the same bytes; a run that exists is not computed again.
"""

import hashlib
import json
import os
import shutil
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import date
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

import numpy as np

import algorithms
from algorithms.bracket import Bracket, bracket
from algorithms.chain_risk import ChainRisk, chain_risk
from algorithms.industry import run_network
from algorithms.scorecard import scorecard
from api.audit import now
from api.services.assessment import Assessment
from api.services.assessment_pack import parameters_of
from api.services.pictures import picture
from api.services.projecting import refresh_graph
from api.services.workspace import Workspace
from api.settings import Settings
from graph_model.errors import BadInput, NotFound, StoreError
from graph_model.network import CreditNetwork
from graph_model.network_files import load
from graph_model.snapshot import latest
from policy.pack import Pack, pack_in_force, pack_versions

STREAM = "runs"
KEPT, MADE, READ = "runs", "made of runs", "journal of runs"
"""Under which the workspace keeps the runs last asked for, what was made of runs, and what it has
read of the journal."""

LIVE_RUNS, LIVE_MADE = 2, 4

ALGORITHM = "chain_risk"
BRACKET, CODE = "bracket", "code.txt"
PACKS = Path(__file__).parent.parent.parent / "policy" / "packs"

Made = TypeVar("Made")
_making = RLock()  # what is made of a run may itself ask for more of it

Progress = Callable[[int, int], None]
"""Called with the batches done and all batches; begins anew with the runs of the bracket."""


def assess(
    network: CreditNetwork,
    pack: Pack,
    *,
    scenarios: int,
    seed: int,
    relative_error: float | None = None,
    threads: int = 0,
    progress: Progress | None = None,
) -> Assessment:
    """Assess a picture, without any store."""
    parameters = parameters_of(pack)
    own = scorecard(network, parameters)
    made = run_network(network, parameters, own.own_rate)
    threads = threads or os.cpu_count() or 1
    run = chain_risk(
        made.party_id,
        made.own_rate,
        made.links,
        scenarios=scenarios,
        seed=seed,
        threads=threads,
        already_fallen=made.already_fallen,
        unknown_rate=made.unknown_rate,
        relative_error=relative_error,
        progress=progress,
    )
    other = bracket(network, parameters, own.own_rate, run, threads=threads, progress=progress)
    run_id = _run_id(network, pack, scenarios, seed, relative_error)
    return Assessment(run_id, network, run, made.links, own, parameters, other)


def pack_folders(settings: Settings, topic: str = "assessment") -> tuple[Path, Path]:
    """Where versions of the district's pack of a topic stand: shipped, and its own."""
    place = Path(topic) / settings.district
    return PACKS / place, settings.own_packs / place


def pack_for(day: date, settings: Settings) -> Pack:
    """Assessment pack of the district in force on a day."""
    shipped, own = pack_folders(settings)
    return pack_in_force(shipped, day, own)


def pack_of(reference: str, settings: Settings) -> Pack:
    """Return the assessment pack a run was made with, whatever is in force now.

    Raises
    ------
    StoreError
        When it is gone.
    """
    versions = pack_versions(*pack_folders(settings))
    found = next((pack for pack in versions if pack.reference == reference), None)
    if found is None:
        rule = "a published run names it, but it is gone"
        raise StoreError(f"pack {reference}", rule, f"Put it back into {settings.own_packs}.")
    return found


def assess_day(
    workspace: Workspace,
    day: date,
    *,
    scenarios: int | None = None,
    seed: int | None = None,
    relative_error: float | None = None,
    progress: Progress | None = None,
) -> Assessment:
    """Assess the picture of a day and publish the run for all pages.

    Parameters
    ----------
    workspace : Workspace
        Where the statements are, and where the run is kept.
    day : datetime.date
        Day of the world.
    scenarios, seed : int, optional
        Otherwise from the settings.
    relative_error : float, optional
        Stop as soon as the median relative error is at most this; `scenarios` is then the most.
    progress : callable, optional
        Told the batches done.
    """
    settings = workspace.settings
    network = picture(workspace, day)
    pack = pack_for(day, settings)
    how_many = settings.scenarios if scenarios is None else scenarios
    keyed = settings.seed if seed is None else seed
    run_id = _run_id(network, pack, how_many, keyed, relative_error)
    folder = workspace.runs / run_id
    if folder.is_dir():
        made = _loaded(network, pack, folder)
    else:
        made = assess(
            network,
            pack,
            scenarios=how_many,
            seed=keyed,
            relative_error=relative_error,
            threads=settings.threads,
            progress=progress,
        )
        _save(made, folder)
        made = replace(made, folder=folder)
    published_now = _last(workspace, day)
    if published_now is None or published_now["run_id"] != run_id:
        workspace.store.append(
            STREAM,
            now(),
            {
                "run_id": run_id,
                "algorithm": ALGORITHM,
                "network_id": network.network_id,
                "date": day.isoformat(),
                "tx": network.manifest["tx"],
                "cases": network.manifest["cases"],
                "pack": pack.reference,
                "scenarios": made.run.scenarios,
                "seed": keyed,
            },
        )
        if published_id(workspace) == run_id:  # an earlier day's run is not the current picture
            refresh_graph(workspace, made)
    return made


def assess_once(
    workspace: Workspace, network: CreditNetwork, reference: str, *, scenarios: int, seed: int
) -> Assessment:
    """Assess a picture with a pack named by its reference, without publishing the run.

    It is saved like a published one, and not computed again.
    """
    pack = pack_of(reference, workspace.settings)
    folder = workspace.runs / _run_id(network, pack, scenarios, seed, None)
    if folder.is_dir():
        return _loaded(network, pack, folder)
    threads = workspace.settings.threads
    made = assess(network, pack, scenarios=scenarios, seed=seed, threads=threads)
    _save(made, folder)
    return made


def published_entry(workspace: Workspace, day: date | None = None) -> dict[str, Any]:
    """Line of the journal about the run published last; arguments and errors as `published`."""
    entry = _last(workspace, day)
    if entry is None:
        raise NotFound(
            "assessment" if day is None else f"assessment of {day}",
            "none has been published",
            ("" if day is None else "Leave the date out for the latest one. ")
            + "The operator makes one: `alliance assess --date YYYY-MM-DD`.",
        )
    return entry


def published(workspace: Workspace, day: date | None = None) -> Assessment:
    """Return the run published last, for a day or for the latest day there is one for.

    Raises
    ------
    NotFound
        When there is none.
    StoreError
        When its files are gone.
    """
    return run_of(workspace, published_entry(workspace, day))


def published_entries(workspace: Workspace) -> list[dict[str, Any]]:
    """What the journal says of every run that was published, in order: ids, dates, load, pack."""
    with _making:
        entries: list[dict[str, Any]] = workspace.kept.setdefault(READ, [])
        entries += [line["payload"] for line in workspace.store.journal(STREAM, len(entries))]
        return list(entries)


def run_of(workspace: Workspace, entry: Mapping[str, Any]) -> Assessment:
    """Read the run that a line of the journal names; raises StoreError when its files are gone."""
    folder = workspace.runs / entry["run_id"]
    pictured = workspace.pictures / entry["network_id"]
    if not folder.is_dir() or not pictured.is_dir():
        raise StoreError(
            f"run {entry['run_id']}",
            "the journal names it, but its files are gone",
            f"Make it again: `alliance assess --date {entry['date']}`.",
        )
    held: OrderedDict[str, Assessment] = workspace.kept.setdefault(KEPT, OrderedDict())
    with _making:
        if folder.name not in held:
            held[folder.name] = _opened(workspace, entry, folder, pictured)
            while len(held) > LIVE_RUNS:
                held.popitem(last=False)
        held.move_to_end(folder.name)
        return held[folder.name]


def _opened(
    workspace: Workspace, entry: Mapping[str, Any], folder: Path, pictured: Path
) -> Assessment:
    """Read a run from its files."""
    try:
        return _loaded(load(pictured), pack_of(entry["pack"], workspace.settings), folder)
    except BadInput as error:  # its own files, not what somebody asked
        raise StoreError(error.value, error.rule, error.way_out) from error
    except OSError as error:
        raise StoreError(
            f"run {folder.name}",
            f"its files cannot be read ({error.strerror})",
            f"Remove its folder and make it again: `alliance assess --date {entry['date']}`.",
        ) from error


def published_id(workspace: Workspace) -> str:
    """Id of the run published last for the latest day; raises NotFound when there is none."""
    return str(published_entry(workspace, None)["run_id"])


def of_run(
    workspace: Workspace,
    assessment: Assessment,
    name: str,
    make: Callable[[Workspace, Assessment], Made],
) -> Made:
    """Return what was made of a run under a name: made at the first question, and kept with it."""
    with _making:
        of_runs: OrderedDict[str, dict[str, Any]] = workspace.kept.setdefault(MADE, OrderedDict())
        kept = of_runs.setdefault(assessment.run_id, {})
        of_runs.move_to_end(assessment.run_id)
        while len(of_runs) > LIVE_MADE:
            of_runs.popitem(last=False)
        if name not in kept:
            kept[name] = make(workspace, assessment)
        made: Made = kept[name]
        return made


def _last(workspace: Workspace, day: date | None) -> dict[str, Any] | None:
    """Payload of the run published last for a day; without a day, for the latest day."""
    entries = published_entries(workspace)
    wanted = latest(e["date"] for e in entries) if day is None else day.isoformat()
    return next((e for e in reversed(entries) if e["date"] == wanted), None)


def _run_id(
    network: CreditNetwork, pack: Pack, scenarios: int, seed: int, relative_error: float | None
) -> str:
    content = {
        "algorithm": ALGORITHM,
        "network": network.network_id,
        "pack": pack.digest,
        "scenarios": scenarios,
        "seed": seed,
        "relative_error": relative_error,
        "code": code_version(),
    }
    return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16).hexdigest()


@cache
def code_version() -> str:
    """Digest of the sources of `algorithms`: other code is another run."""
    digest = hashlib.blake2b(digest_size=8)
    root = Path(algorithms.__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _save(made: Assessment, folder: Path) -> None:
    """Write a run aside and rename it, so that it is there whole or not at all."""
    aside = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    shutil.rmtree(aside, ignore_errors=True)
    _write(made.run, aside)
    _write(made.bracket, aside / BRACKET)
    (aside / CODE).write_text(code_version(), encoding="utf-8")
    if folder.is_dir():
        shutil.rmtree(aside)
    else:
        aside.rename(folder)


def _write(result: ChainRisk | Bracket, folder: Path) -> None:
    """Write arrays as files of their own, and all other fields as JSON."""
    folder.mkdir(parents=True)
    plain: dict[str, Any] = {}
    for part in fields(result):
        value = getattr(result, part.name)
        if isinstance(value, np.ndarray):
            np.save(folder / f"{part.name}.npy", value)
        else:
            plain[part.name] = value
    (folder / "run.json").write_text(json.dumps(plain, sort_keys=True), encoding="utf-8")


def read_fields(folder: Path) -> dict[str, Any]:
    """Fields as `_write` wrote them."""
    content: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    for path in folder.glob("*.npy"):
        content[path.stem] = np.load(path, mmap_mode="r")
    return content


def _loaded(network: CreditNetwork, pack: Pack, folder: Path) -> Assessment:
    code = folder / CODE
    if not code.is_file() or code.read_text(encoding="utf-8") != code_version():
        raise StoreError(
            f"run {folder.name}",
            "it was made by another version of this program",
            f"Make it again: `alliance assess --date {network.valid_date}`.",
        )
    parameters = parameters_of(pack)
    own = scorecard(network, parameters)
    links = run_network(network, parameters, own.own_rate).links
    run = ChainRisk(**read_fields(folder))
    between = Bracket(**read_fields(folder / BRACKET))
    return Assessment(folder.name, network, run, links, own, parameters, between, folder)
