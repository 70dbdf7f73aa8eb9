"""A picture as a folder of `.npy` files: written aside, renamed, memory-mapped by every worker.

    NAME.npy        one array of `CreditNetwork.arrays()`
    manifest.json   format, date, digests and, for each array, dtype, shape and digest

The manifest is written last into a folder next to the wanted one, everything is flushed to disk,
and the folder is then renamed: a reader sees a whole picture or none.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from graph_model.errors import BadInput
from graph_model.network import CreditNetwork, Matrix, StatedRates, TextColumn

FORMAT = "credit-alliance picture 1"
MANIFEST = "manifest.json"

Array = npt.NDArray[np.generic]


def save(network: CreditNetwork, folder: Path) -> None:
    """Write a picture; `folder` must not exist, or hold the same picture.

    Parameters
    ----------
    network : CreditNetwork
        Its `manifest` must be expressible in JSON.
    folder : Path
        Its parent exists, or is made.

    Raises
    ------
    BadInput
        When the folder holds something else.
    """
    if folder.exists():
        _same_picture(network, folder)
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        described = {name: _write(aside, name, a) for name, a in network.arrays().items()}
        manifest = {
            "format": FORMAT,
            "network_id": network.network_id,
            "valid_date": network.valid_date.isoformat(),
            "dictionary": network.dictionary_digest,
            "arrays": described,
            "manifest": dict(network.manifest),
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        _flush(aside / MANIFEST, text.encode())
        aside.chmod(0o755)
        _flush_folder(aside)
        try:
            aside.rename(folder)
        except OSError:  # another worker was faster
            if not folder.exists():
                raise
            _same_picture(network, folder)
        _flush_folder(folder.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def load(folder: Path, *, verify: bool = False) -> CreditNetwork:
    """Map a picture into memory, read-only.

    Parameters
    ----------
    folder : Path
        As `save` wrote it.
    verify : bool
        Read everything and compare the digest of every array; without it only the names, types,
        shapes and lengths are compared.

    Raises
    ------
    BadInput
        When the folder is torn, changed, or no picture at all.
    """
    manifest = _manifest(folder)
    described = manifest["arrays"]
    if not isinstance(described, dict):
        raise _torn(folder / MANIFEST, "it lists no arrays")
    arrays = {name: _read(folder, name, row, verify=verify) for name, row in described.items()}
    try:
        network = _network(manifest, arrays)
    except KeyError as missing:
        raise _torn(folder / MANIFEST, f"array {missing} is not listed") from None
    if verify and network.network_id != manifest["network_id"]:
        raise _torn(folder, "its content is not what its digest says")
    return network


def _network(manifest: Mapping[str, object], arrays: Mapping[str, Array]) -> CreditNetwork:
    measures = [name.removesuffix(".indptr") for name in arrays if name.endswith(".indptr")]
    matrices = {}
    for measure in measures:
        if measure == "node_evidence":
            continue
        own = {"indptr", "indices", "evidence_indptr", "evidence"}
        parts = {
            name.partition(".")[2]: array
            for name, array in arrays.items()
            if name.partition(".")[0] == measure
        }
        matrices[measure] = Matrix(
            indptr=parts["indptr"].astype(np.int64, copy=False),
            indices=parts["indices"].astype(np.int32, copy=False),
            quantities={
                name: array.astype(np.int64, copy=False)
                for name, array in parts.items()
                if name not in own
            },
            evidence_indptr=parts["evidence_indptr"].astype(np.int64, copy=False),
            evidence=parts["evidence"].astype(np.int64, copy=False),
        )
    own_manifest = manifest["manifest"]
    return CreditNetwork(
        valid_date=date.fromisoformat(str(manifest["valid_date"])),
        party_id=_bytes(arrays["party_id"]),
        columns={
            name.removeprefix("node."): array
            for name, array in arrays.items()
            if name.startswith("node.")
        },
        matrices=matrices,
        statements=TextColumn(
            arrays["statements.blob"].astype(np.uint8, copy=False),
            arrays["statements.offsets"].astype(np.int64, copy=False),
        ),
        node_evidence_indptr=arrays["node_evidence.indptr"].astype(np.int64, copy=False),
        node_evidence=arrays["node_evidence.evidence"].astype(np.int64, copy=False),
        dictionary_digest=str(manifest["dictionary"]),
        rates=StatedRates(
            hit=arrays["rates.hit"].astype(np.int32, copy=False),
            fallen=arrays["rates.fallen"].astype(np.int32, copy=False),
            layer=_bytes(arrays["rates.layer"]),
            rate=arrays["rates.rate"].astype(np.float64, copy=False),
        ),
        essentiality={
            (supplier.decode(), buyer.decode()): int(value)
            for supplier, buyer, value in zip(
                _bytes(arrays["essentiality.supplier"]).tolist(),
                _bytes(arrays["essentiality.buyer"]).tolist(),
                arrays["essentiality.value"].tolist(),
                strict=True,
            )
        },
        manifest=own_manifest if isinstance(own_manifest, dict) else {},
    )


def _bytes(array: Array) -> npt.NDArray[np.bytes_]:
    return array.astype(array.dtype if array.dtype.kind == "S" else "S1", copy=False)


def _write(folder: Path, name: str, array: Array) -> dict[str, object]:
    plain = np.ascontiguousarray(array)
    with (folder / f"{name}.npy").open("wb") as file:
        np.lib.format.write_array(file, plain, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return {"dtype": plain.dtype.str, "shape": list(plain.shape), "digest": _digest(plain)}


def _read(folder: Path, name: str, row: object, *, verify: bool) -> Array:
    path = folder / f"{name}.npy"
    if path.parent != folder:
        raise _torn(folder / MANIFEST, f"array {name} lies outside the folder")
    if not isinstance(row, dict) or not {"dtype", "shape", "digest"} <= row.keys():
        raise _torn(folder / MANIFEST, f"array {name} has no dtype, shape and digest")
    try:
        # An array without entries has no bytes to map.
        array: Array = np.load(path, mmap_mode="r" if 0 not in row["shape"] else None)
    except FileNotFoundError:
        raise _torn(path, "the file is missing") from None
    except (ValueError, EOFError, OSError) as problem:
        raise _torn(path, f"the file cannot be read ({problem})") from None
    if array.dtype.str != row["dtype"] or list(array.shape) != row["shape"]:
        found = f"it holds {array.dtype.str}{list(array.shape)}"
        raise _torn(path, f"{found}, the manifest says {row['dtype']}{row['shape']}")
    if verify and _digest(array) != row["digest"]:
        raise _torn(path, "its content is not what its digest says")
    return array


def _manifest(folder: Path) -> dict[str, object]:
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        rule = f"a folder of a saved picture has a {MANIFEST}"
        raise BadInput(str(folder), rule, "Name the folder itself, or assemble again.") from None
    except ValueError:
        raise _torn(path, "it is not JSON") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        rule = f"its format is not '{FORMAT}'"
        raise BadInput(str(path), rule, "Assemble the picture again with this version.")
    if absent := {"network_id", "valid_date", "dictionary", "arrays", "manifest"} - found.keys():
        raise _torn(path, f"it has no {', '.join(sorted(absent))}")
    return found


def _same_picture(network: CreditNetwork, folder: Path) -> None:
    there = _manifest(folder)["network_id"]
    if there != network.network_id:
        rule = f"it already holds another picture, {there}"
        raise BadInput(str(folder), rule, "Choose another folder.")


def _digest(array: Array) -> str:
    plain = np.ascontiguousarray(array)
    return hashlib.blake2b(plain.view(np.uint8).reshape(-1).data, digest_size=16).hexdigest()


def _flush(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _torn(path: Path, what: str) -> BadInput:
    return BadInput(str(path), what, "Delete the folder and assemble the picture again.")
