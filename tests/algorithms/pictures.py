"""Pictures written as the CSV they would be in a network folder, and the parameters of the pack."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from algorithms.parameters import AssessmentParameters
from api.services.assessment_pack import parameters_of
from graph_model.network import CreditNetwork
from graph_model.network_folder import read_network_folder
from policy.pack import pack_in_force

DAY = date(2026, 6, 30)
PACK = Path(__file__).parents[2] / "policy" / "packs" / "assessment" / "huangpu"


def picture(**files: str) -> CreditNetwork:
    """A picture in yuan from the text of its CSV files; lines may be parted by `|`."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "network.toml").write_text(f'unit = "yuan"\ndate = {DAY}\n', "utf-8")
        for stem, text in files.items():
            (folder / f"{stem}.csv").write_text(text.replace("|", "\n") + "\n", "utf-8")
        return read_network_folder(folder)


def pack_parameters(**changed: object) -> AssessmentParameters:
    """Parameters of the pack, some of them changed."""
    return replace(parameters_of(pack_in_force(PACK, DAY)), **changed)  # type: ignore[arg-type]
