"""A network folder: one dated picture as CSV, made by hand, by a script or by an export.

    network.toml      unit, date, currency, hash (optional: the `network_id` it must have)
    nodes.csv         id, any columns of `node_columns.csv`, statements
    MEASURE.csv       row, column, one column per quantity of `measures.csv`, statements
    rates.csv         hit, fallen, layer, rate (per year): replaces what amounts would give
    essentiality.csv  supplier, buyer (sectors), value (0, 1 or 2)
    statements.csv    statement: only in exports, gives their order

Only `network.toml` and `nodes.csv` with ids are needed; an empty cell is unknown. Ids are any
text. Money is a decimal number of the unit. In fen and yuan a figure finer than a fen is refused;
the coarser units are what statistics are printed in, so there the last digits are rounded to
whole fen (half to even) and `manifest["rounded_to_fen"]` says how often. Several statements of a
cell are joined by " ; ".
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from graph_model.errors import BadInput
from graph_model.network import MISSING, CreditNetwork, Ints, Matrix, StatedRates
from graph_model.network_folder_cells import UNITS, Money, day_text, statements_text
from graph_model.network_folder_reading import Reader
from graph_model.schema import Dictionary, load_dictionary

Column = npt.NDArray[np.generic]


def read_network_folder(folder: Path, dictionary: Dictionary | None = None) -> CreditNetwork:
    """Read a picture from a network folder.

    Parameters
    ----------
    folder : Path
    dictionary : Dictionary, optional
        Which columns, measures and layers there are.

    Returns
    -------
    CreditNetwork
        With all columns and measures of the dictionary; what the folder does not say is missing.

    Raises
    ------
    BadInput
        Naming file, line, column, value, rule and way out.
    """
    return Reader(folder, dictionary or load_dictionary()).network()


def write_network_folder(
    network: CreditNetwork,
    folder: Path,
    *,
    unit: str = "yuan",
    currency: str = "CNY",
    dictionary: Dictionary | None = None,
) -> None:
    """Write a picture as a network folder; every unit is exact.

    Parameters
    ----------
    network : CreditNetwork
        Columns and measures that it lacks are written as missing.
    folder : Path
        Must be empty or not exist.
    unit : str
        One of `UNITS`.
    currency : str
        For the reader only.
    dictionary : Dictionary, optional

    Raises
    ------
    BadInput
        When the folder holds something, the unit is unknown, the network was made with another
        dictionary, or an id cannot be written.
    """
    dictionary = dictionary or load_dictionary()
    if unit not in UNITS:
        raise BadInput(unit, "it is not a unit of money", f"Units are: {', '.join(UNITS)}.")
    if network.dictionary_digest != dictionary.digest:
        rule = "the network was made with another dictionary"
        raise BadInput(f"dictionary {network.dictionary_digest}", rule, "Assemble it again.")
    if folder.exists() and any(folder.iterdir()):
        raise BadInput(str(folder), "the folder is not empty", "Name a new one.")
    folder.mkdir(parents=True, exist_ok=True)
    money, ids = Money(unit), network.ids()

    def cited(indptr: Ints, places: Ints, k: int) -> str:
        chosen = places[indptr[k] : indptr[k + 1]].tolist()
        return statements_text([network.statements[place] for place in chosen])

    columns = [c for c in dictionary.node_columns if c.column in network.columns]
    texts = [_cells(network.columns[c.column], c.type, money) for c in columns]
    indptr, evidence = network.node_evidence_indptr, network.node_evidence
    nodes = (
        [ids[k], *(column[k] for column in texts), cited(indptr, evidence, k)]
        for k in range(len(network))
    )
    _write(folder / "nodes.csv", ["id", *(c.folder for c in columns), "statements"], nodes)
    for name in dictionary.measure_names():
        matrix = network.matrices.get(name)
        if matrix is None or not len(matrix.indices):
            continue
        quantities = dictionary.quantities(name)
        pairs = zip(matrix.rows.tolist(), matrix.indices.tolist(), strict=True)
        edges = (
            [
                *(ids[i], ids[j]),
                *(money.text(int(matrix.quantities[q][k])) for q in quantities),
                cited(matrix.evidence_indptr, matrix.evidence, k),
            ]
            for k, (i, j) in enumerate(pairs)
        )
        _write(folder / f"{name}.csv", ["row", "column", *quantities, "statements"], edges)
    stated = network.rates
    if len(stated.hit):
        rates = zip(stated.hit.tolist(), stated.fallen.tolist(), *_lists(stated), strict=True)
        lines = ([ids[i], ids[j], layer.decode(), repr(rate)] for i, j, layer, rate in rates)
        _write(folder / "rates.csv", ["hit", "fallen", "layer", "rate"], lines)
    if network.essentiality:
        sectors = ([*pair, value] for pair, value in sorted(network.essentiality.items()))
        _write(folder / "essentiality.csv", ["supplier", "buyer", "value"], sectors)
    if len(network.statements):
        every = ([network.statements[k]] for k in range(len(network.statements)))
        _write(folder / "statements.csv", ["statement"], every)
    digest = _completed(network, dictionary).network_id
    (folder / "network.toml").write_text(
        f'unit = "{unit}"\ndate = {network.valid_date}\ncurrency = "{currency}"\n'
        f'hash = "{digest}"\n',
        encoding="utf-8",
    )


def _completed(network: CreditNetwork, dictionary: Dictionary) -> CreditNetwork:
    """Return the network as a reader of its folder gets it: everything there, text no wider."""
    nodes = len(network)
    columns: dict[str, Column] = {}
    for made in dictionary.node_columns:
        column = network.columns.get(made.column)
        if made.type == "text":
            column = np.zeros(nodes, "S1") if column is None else column
            width = max(int(np.char.str_len(column.astype(np.bytes_)).max(initial=0)), 1)
            columns[made.column] = column.astype(f"S{width}")
        elif made.type == "rate":
            columns[made.column] = np.full(nodes, np.nan) if column is None else column
        else:
            columns[made.column] = np.full(nodes, MISSING) if column is None else column
    empty = np.zeros(0, np.int64)
    matrices = {
        name: Matrix(
            np.zeros(nodes + 1, np.int64),
            np.zeros(0, np.int32),
            dict.fromkeys(dictionary.quantities(name), empty),
            np.zeros(1, np.int64),
            empty,
        )
        for name in dictionary.measure_names()
    }
    rates = network.rates
    order = np.lexsort((rates.layer, rates.fallen, rates.hit))
    return replace(
        network,
        columns=columns,
        matrices=matrices | {k: m for k, m in network.matrices.items() if k in matrices},
        rates=StatedRates(
            rates.hit[order], rates.fallen[order], rates.layer[order], rates.rate[order]
        ),
    )


def _lists(stated: StatedRates) -> tuple[list[bytes], list[float]]:
    return stated.layer.tolist(), stated.rate.tolist()


def _cells(column: Column, type_: str, money: Money) -> list[str]:
    values = column.tolist()
    if type_ == "text":
        return [value.decode() for value in values]
    if type_ == "rate":
        return ["" if value != value else repr(value) for value in values]
    if type_ == "money":
        return [money.text(value) for value in values]
    return [day_text(v) if type_ == "date" else "" if v == MISSING else str(v) for v in values]


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)  # lines end as in RFC 4180: then a return in a cell is quoted
        lines.writerow(header)
        lines.writerows(rows)
