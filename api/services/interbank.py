"""A first real label: do figures of the interbank file go with ratings one quarter later: ranks.

Association only. The file's ratings have four ranks; many were filled in by their makers with a
model of the same balance sheets, the direction of the scale is not documented, and the exposures
are estimates. No fall is known, so nothing is calibrated and nothing is proven.
"""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from algorithms.capacity import capacity, money
from algorithms.chain_risk import chain_risk
from algorithms.industry import run_network
from algorithms.links import Floats
from algorithms.rewiring import rewired
from algorithms.simple_predictors import (
    largest_exposure,
    link_count,
    pairs_of,
    personalised_pagerank,
)
from algorithms.validation_scores import Estimate, spearman
from api.services import runs
from api.services.ingesting import ingest
from api.services.pictures import picture
from api.services.workspace import open_workspace
from api.settings import load_settings
from graph_model.errors import BadInput

DAY = date(2022, 12, 31)
SOURCE = Path(__file__).parents[2] / "docs" / "examples" / "interbank" / "source.toml"
LABELS, LABEL = "institutions.csv", "rank_next_quarter"
DRAWS = 1_000


@dataclass(frozen=True)
class Association:
    """Rank correlations with the rank of the next quarter.

    Parameters
    ----------
    institutions, exposures : int
        With a figure and a rank; loans in the picture.
    ranks : dict of int to int
        How many institutions have each rank.
    found : dict of str to Estimate
        By predictor.
    """

    institutions: int
    exposures: int
    ranks: Mapping[int, int]
    found: Mapping[str, Estimate]


def interbank_association(data: Path, home: Path) -> Association:
    """Take the files in, assess with the constants of the pack, and correlate.

    Parameters
    ----------
    data : pathlib.Path
        Folder with `institutions.csv` and `exposures.csv`.
    home : pathlib.Path
        Where store and picture are written.

    Raises
    ------
    BadInput
        When files, mappings or the column of ranks are missing.
    """
    if not SOURCE.is_file():
        rule = "the mappings of the interbank files stand in the repository"
        raise BadInput(str(SOURCE), rule, "Run the command from a checkout.")
    settings = load_settings(home=home, store="", packs=home / "packs")
    label = _labels(data / LABELS)
    with open_workspace(settings) as workspace:
        ingest(workspace, data, source=SOURCE)
        network = picture(workspace, DAY)
    pack = runs.pack_for(DAY, settings)
    made = runs.assess(network, pack, scenarios=settings.scenarios, seed=settings.seed)
    parties = len(network)
    own = -np.expm1(-made.own.own_rate)
    world = run_network(network, made.parameters, made.own.own_rate)
    placebo = chain_risk(
        world.party_id,
        world.own_rate,
        rewired(world.links, parties, settings.seed),
        scenarios=settings.scenarios,
        seed=settings.seed,
        already_fallen=world.already_fallen,
        unknown_rate=world.unknown_rate,
    )
    pairs = pairs_of(world, parties)
    room = capacity(network, made.parameters).point
    scores: dict[str, Floats] = {
        "chain_risk": made.run.probability[:parties],
        "own_risk": own,
        "links": link_count(pairs, parties),
        "exposure": largest_exposure(pairs, parties),
        "exposure_share": np.nan_to_num(largest_exposure(pairs, parties) / room),
        "pagerank": personalised_pagerank(pairs, np.nan_to_num(own)),
        "placebo": placebo.probability[:parties],
        "size": np.nan_to_num(money(network, "total_assets")),
    }
    rank = np.array([label.get(party, math.nan) for party in network.ids()])
    some = ~np.isnan(rank) & ~np.isnan(scores["chain_risk"])
    values, counts = np.unique(rank[some], return_counts=True)
    return Association(
        institutions=int(some.sum()),
        exposures=len(network.matrices["loan"].indices),
        ranks={int(v): int(c) for v, c in zip(values, counts, strict=True)},
        found={
            name: spearman(score[some], rank[some], draws=DRAWS)
            for name, score in scores.items()
            if len(np.unique(score[some])) > 1
        },
    )


def _labels(path: Path) -> dict[str, float]:
    """Rank by party id."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as problem:
        rule = f"cannot be read ({problem.strerror})"
        raise BadInput(str(path), rule, "Name the folder of the interbank files.") from None
    if not rows or LABEL not in rows[0]:
        rule = f"it has a column {LABEL}"
        raise BadInput(str(path), rule, "Name the folder of the interbank files.")
    try:
        return {f"src:interbank:{row['index']}": float(row[LABEL]) for row in rows if row[LABEL]}
    except ValueError as problem:
        raise BadInput(f"{path}: {problem}", "a rank is a number", "Correct the file.") from None
