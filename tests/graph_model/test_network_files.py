"""A saved picture is whole or refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from graph_model.errors import BadInput
from graph_model.network import CreditNetwork
from graph_model.network_files import load, save
from graph_model.network_folder import read_network_folder


@pytest.fixture
def network(tmp_path: Path) -> CreditNetwork:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "network.toml").write_text('unit = "yuan"\ndate = 2026-06-30\n', "utf-8")
    (folder / "nodes.csv").write_text("id,name\na,甲\nb,乙\n", "utf-8")
    (folder / "trade.csv").write_text("row,column,amount,statements\na,b,1,x:y:z\n", "utf-8")
    (folder / "rates.csv").write_text("hit,fallen,layer,rate\nb,a,supply,0.5\n", "utf-8")
    (folder / "essentiality.csv").write_text("supplier,buyer,value\n36,37,2\n", "utf-8")
    return read_network_folder(folder)


def test_a_loaded_picture_equals_the_saved_one(network: CreditNetwork, tmp_path: Path) -> None:
    save(network, tmp_path / "made" / "p")
    again = load(tmp_path / "made" / "p", verify=True)
    assert again.network_id == network.network_id
    assert again.essentiality == network.essentiality
    assert again.manifest == network.manifest
    assert isinstance(again.matrices["trade"].amount, np.memmap)
    assert not again.matrices["trade"].amount.flags.writeable
    assert [p.name for p in (tmp_path / "made").iterdir()] == ["p"]


def test_saving_twice_is_once_and_another_picture_is_refused(
    network: CreditNetwork, tmp_path: Path
) -> None:
    save(network, tmp_path / "p")
    save(network, tmp_path / "p")
    other = replace(network, valid_date=network.valid_date.replace(day=1))
    with pytest.raises(BadInput, match="another picture"):
        save(other, tmp_path / "p")


def test_a_torn_folder_is_refused(network: CreditNetwork, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    save(network, folder)
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}

    def torn(name: str, content: bytes | None, match: str, *, verify: bool = False) -> None:
        if content is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(content)
        with pytest.raises(BadInput, match=match):
            load(folder, verify=verify)
        (folder / name).write_bytes(kept[name])

    torn("manifest.json", None, "has a manifest.json")
    torn("manifest.json", b"{", "not JSON")
    torn("manifest.json", b"{}", "its format is not")
    torn("trade.amount.npy", None, "file is missing")
    torn("trade.amount.npy", kept["trade.amount.npy"][:-4], "cannot be read")
    torn("trade.amount.npy", kept["party_id.npy"], "the manifest says")
    flipped = kept["trade.amount.npy"][:-1] + b"\x01"
    torn("trade.amount.npy", flipped, "not what its digest says", verify=True)
    listed = json.loads(kept["manifest.json"])
    del listed["arrays"]["rates.hit"]
    torn("manifest.json", json.dumps(listed).encode(), "rates.hit' is not listed")
    listed["arrays"]["../x"] = listed["arrays"]["party_id"]
    torn("manifest.json", json.dumps(listed).encode(), "outside the folder")
    assert load(folder, verify=True).network_id == network.network_id
