"""Assessments: chain risk on a picture, saved under an id made of all it depends on.

    run_id = digest(algorithm, parameters, network, pack, seed, scenarios, code)

The same request is the same run and the same bytes; a run that exists is not computed again.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import algorithms
from algorithms.chain_risk import ChainRisk, Links, chain_risk
from algorithms.layers import derive_links
from algorithms.parameters import AssessmentParameters
from algorithms.scorecard import Scorecard, scorecard
from api.audit import now
from api.services.assessment_pack import parameters_of
from api.services.pictures import picture
from api.services.workspace import Workspace
from graph_model.errors import NotFound, StoreError
from graph_model.network import CreditNetwork, known
from graph_model.network_files import load
from graph_model.snapshot import latest
from policy.pack import Pack, pack_in_force

STREAM = "runs"
ALGORITHM = "chain_risk"
PACKS = Path(__file__).parent.parent.parent / "policy" / "packs" / "assessment"

Progress = Callable[[int, int], None]
"""Called with the batches done and all batches."""


@dataclass(frozen=True)
class Assessment:
    """A picture, what was computed on it, and with which constants.

    Attributes
    ----------
    run_id : str
        Digest of all it depends on.
    run : ChainRisk
        Probabilities and parts.
    links : Links
        Derived contagion links, in the order of `run.link_part`.
    own : Scorecard
        Own intensities and the lines they rest on.
    """

    run_id: str
    network: CreditNetwork
    run: ChainRisk
    links: Links
    own: Scorecard
    parameters: AssessmentParameters

    @property
    def stated(self) -> bool:
        """Whether the user stated every own rate, so that no scorecard enters."""
        return bool(known(self.network.columns["own_rate"]).all())


def assess(
    network: CreditNetwork,
    pack: Pack,
    *,
    scenarios: int,
    seed: int,
    threads: int = 0,
    progress: Progress | None = None,
) -> Assessment:
    """Assess a picture, without any store."""
    parameters = parameters_of(pack)
    own = scorecard(network, parameters)
    links = derive_links(network, parameters)
    run = chain_risk(
        network.party_id,
        own.own_rate,
        links,
        scenarios=scenarios,
        seed=seed,
        threads=threads or os.cpu_count() or 1,
        already_fallen=known(network.columns["event_on"]),
        progress=progress,
    )
    run_id = _run_id(network, pack, scenarios, seed)
    return Assessment(run_id, network, run, links, own, parameters)


def pack_for(day: date, district: str) -> Pack:
    """Assessment pack of a district in force on a day."""
    return pack_in_force(PACKS / district, day)


def assess_day(
    workspace: Workspace,
    day: date,
    *,
    scenarios: int | None = None,
    seed: int | None = None,
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
    progress : callable, optional
        Told the batches done.
    """
    settings = workspace.settings
    network = picture(workspace, day)
    pack = pack_for(day, settings.district)
    how_many = settings.scenarios if scenarios is None else scenarios
    keyed = settings.seed if seed is None else seed
    run_id = _run_id(network, pack, how_many, keyed)
    folder = workspace.runs / run_id
    if folder.is_dir():
        made = _loaded(network, pack, folder)
    else:
        made = assess(
            network,
            pack,
            scenarios=how_many,
            seed=keyed,
            threads=settings.threads,
            progress=progress,
        )
        _save(made.run, folder)
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
                "tx": workspace.store.head(),
                "pack": pack.reference,
                "scenarios": how_many,
                "seed": keyed,
            },
        )
    return made


def published(workspace: Workspace, day: date | None = None) -> Assessment:
    """Return the run published last, for a day or for the latest day there is one for.

    Raises
    ------
    NotFound
        When there is none.
    StoreError
        When its files are gone.
    """
    entry = _last(workspace, day)
    if entry is None:
        raise NotFound(
            "assessment" if day is None else f"assessment of {day}",
            "none has been published",
            "Make one: `alliance assess --date YYYY-MM-DD`.",
        )
    folder = workspace.runs / entry["run_id"]
    pictured = workspace.pictures / entry["network_id"]
    if not folder.is_dir() or not pictured.is_dir():
        raise StoreError(
            f"run {entry['run_id']}",
            "the journal names it, but its files are gone",
            f"Make it again: `alliance assess --date {entry['date']}`.",
        )
    network = load(pictured)
    return _loaded(network, pack_for(network.valid_date, workspace.settings.district), folder)


def _last(workspace: Workspace, day: date | None) -> dict[str, Any] | None:
    """Payload of the run published last for a day; without a day, for the latest day."""
    entries: list[dict[str, Any]] = [line["payload"] for line in workspace.store.journal(STREAM)]
    wanted = latest(e["date"] for e in entries) if day is None else day.isoformat()
    return next((e for e in reversed(entries) if e["date"] == wanted), None)


def _run_id(network: CreditNetwork, pack: Pack, scenarios: int, seed: int) -> str:
    content = {
        "algorithm": ALGORITHM,
        "network": network.network_id,
        "pack": pack.digest,
        "scenarios": scenarios,
        "seed": seed,
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


def _save(run: ChainRisk, folder: Path) -> None:
    """Write a run aside and rename it, so that it is there whole or not at all."""
    aside = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    plain: dict[str, Any] = {}
    for part in fields(run):
        value = getattr(run, part.name)
        if isinstance(value, np.ndarray):
            np.save(aside / f"{part.name}.npy", value)
        else:
            plain[part.name] = value
    (aside / "run.json").write_text(json.dumps(plain, sort_keys=True), encoding="utf-8")
    if folder.is_dir():
        shutil.rmtree(aside)
    else:
        aside.rename(folder)


def _loaded(network: CreditNetwork, pack: Pack, folder: Path) -> Assessment:
    content: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    for path in folder.glob("*.npy"):
        content[path.stem] = np.load(path, mmap_mode="r")
    parameters = parameters_of(pack)
    return Assessment(
        folder.name,
        network,
        ChainRisk(**content),
        derive_links(network, parameters),
        scorecard(network, parameters),
        parameters,
    )
