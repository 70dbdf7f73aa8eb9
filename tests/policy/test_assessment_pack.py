"""The assessment pack of the district becomes the parameters of the algorithms."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from api.services.assessment_pack import parameters_of
from graph_model.errors import BadInput
from policy.pack import read_pack
from tests.algorithms.pictures import PACK, pack_parameters

FOLDER = PACK / "0.1"


def test_the_pack_reads_whole() -> None:
    parameters = pack_parameters()
    assert (parameters.version, parameters.status) == ("0.1", "assumption")
    assert [level.name for level in parameters.levels] == ["Ⅳ", "Ⅲ", "Ⅱ", "Ⅰ"]
    assert [level.lower for level in parameters.levels] == [0.02, 0.05, 0.1, 0.2]
    assert set(parameters.ratio) == {
        *("receivable", "sales", "supply", "guarantee", "logistics", "ownership", "industry")
    }
    assert parameters.months_to_replace_buyer.of("0111") == 4
    assert parameters.months_to_replace_buyer.of("5171") == 2  # section F holds 51 and 52
    power, maker = np.array([b"4411"]), np.array([b"C3612"])
    assert parameters.essentiality.values(power, maker).tolist() == [2]  # sections D and C


def test_every_constant_has_unit_status_and_reason() -> None:
    for parameter in read_pack(FOLDER).parameters.values():
        assert parameter.unit
        assert parameter.status == "assumption"
        assert parameter.reason or parameter.clause


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("pack.toml", "value = 0.6", "value = 1.6", "lgd = 1.6 share.*from 0 to 1"),
        ("pack.toml", "[parameters.lgd]", "[parameters.lgdx]", "lgd.*does not state it"),
        ("layer_ratios.csv", "sales", "sails", "layer: 'sails'"),
        ("layer_ratios.csv", "sales,0.5,", "supply,0.5,", "a layer stands once"),
        ("layer_ratios.csv", "industry,1.0,applied to rates without yuan\n", "", "has a ratio"),
        ("levels.csv", "0.05", "0.01", "levels ascend"),
        ("essentiality.csv", "D,C,2", "D,C,3", "line 2, value: '3'"),
        ("essentiality.csv", "D,C,2", "D,ZZ,2", "no such code"),
        ("months_to_replace.csv", "26,4,3", "26,-4,3", "not negative"),
        ("scorecard.csv", "yes,16,", "yes,6,", "equity_ratio.*points never rise"),
        ("scorecard.csv", "equity_ratio,0.3,0.5", "equity_ratio,0.35,0.5", "without gaps"),
    ],
)
def test_a_broken_table_is_named(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    folder = tmp_path / "0.1"
    shutil.copytree(FOLDER, folder)
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(BadInput, match=message):
        parameters_of(read_pack(folder))
