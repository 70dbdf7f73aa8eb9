"""The files of a network folder to a picture; `network_folder.py` says what they hold."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from graph_model.errors import BadInput
from graph_model.network import MISSING, CreditNetwork, Ints, Matrix, StatedRates, TextColumn
from graph_model.network_folder_cells import (
    UNITS,
    Money,
    Row,
    Statements,
    count_of,
    day_of,
    ragged,
    rate_of,
    read_rows,
    text_array,
)
from graph_model.schema import Dictionary

Column = npt.NDArray[np.generic]


class Reader:
    """Reads one folder once."""

    def __init__(self, folder: Path, dictionary: Dictionary) -> None:
        self._folder = folder
        self._dictionary = dictionary
        self._statements = Statements()
        self._place: dict[str, int] = {}
        self._money = Money("yuan")

    def network(self) -> CreditNetwork:
        """Read all files; raises BadInput for the first thing that is wrong."""
        head = self._head()
        self._unknown_files()
        if rows := list(self._rows("statements", ("statement",))):
            for row in rows:
                self._statements.place[row.cells["statement"]] = len(self._statements.place)
            self._statements.fixed = True
        party_id, columns, node_evidence = self._nodes()
        measures = self._dictionary.measure_names()
        matrices = {name: self._matrix(name) for name in measures}
        rates = self._rates()
        essentiality = self._essentiality()
        texts = list(self._statements.place)
        if not self._statements.fixed:
            texts.sort()
            rank = {text: k for k, text in enumerate(texts)}
            new = np.array([rank[text] for text in self._statements.place], dtype=np.int64)
            matrices = {name: replace(m, evidence=new[m.evidence]) for name, m in matrices.items()}
            node_evidence = (node_evidence[0], new[node_evidence[1]])
        network = CreditNetwork(
            valid_date=head[0],
            party_id=party_id,
            columns=columns,
            matrices=matrices,
            statements=TextColumn.of(texts),
            node_evidence_indptr=node_evidence[0],
            node_evidence=node_evidence[1],
            dictionary_digest=self._dictionary.digest,
            rates=rates,
            essentiality=essentiality,
            manifest={
                "network_folder": str(self._folder),
                "unit": self._money.unit,
                "rounded_to_fen": self._money.rounded,
            },
        )
        if head[1] and head[1] != network.network_id:
            rule = (
                f"network.toml says hash {head[1]}: the files were changed since, or the "
                "folder was written with another dictionary"
            )
            raise BadInput(
                f"{self._folder}: network_id {network.network_id}",
                rule,
                "Get the folder again, or delete the line to accept it as it is.",
            )
        return network

    def _head(self) -> tuple[date, str]:
        path = self._folder / "network.toml"
        way_out = 'It says: unit = "yuan", date = 2026-06-30.'
        try:
            head = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise BadInput(str(path), "a network folder has this file", way_out) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise BadInput(str(path), f"it is not TOML ({problem})", way_out) from None
        known = ("unit", "date", "currency", "hash")
        if unknown := [name for name in head if name not in known]:
            rule = "there is no such setting"
            raise BadInput(f"{path}: {unknown[0]}", rule, f"Settings are: {', '.join(known)}.")
        if head.get("unit") not in UNITS:
            rule = f"unit is one of {', '.join(UNITS)}"
            raise BadInput(f"{path}, unit: {head.get('unit')}", rule, way_out)
        day = head.get("date")
        if isinstance(day, str):
            try:
                day = date.fromisoformat(day)
            except ValueError:
                day = None
        if type(day) is not date:
            raise BadInput(f"{path}, date: {head.get('date')}", "it is a day", way_out)
        self._money = Money(head["unit"])
        return day, str(head.get("hash", ""))

    def _unknown_files(self) -> None:
        known = {"nodes", "rates", "essentiality", "statements", *self._dictionary.measure_names()}
        for path in sorted(self._folder.glob("*.csv")):
            if path.stem not in known:
                way_out = f"Files are: {', '.join(f'{name}.csv' for name in sorted(known))}."
                raise BadInput(str(path), "a network folder has no such file", way_out)

    def _rows(
        self, name: str, needed: Sequence[str], optional: Sequence[str] = ()
    ) -> Iterator[Row]:
        return read_rows(self._folder / f"{name}.csv", needed, optional)

    def _nodes(self) -> tuple[npt.NDArray[np.bytes_], dict[str, Column], tuple[Ints, Ints]]:
        if not (self._folder / "nodes.csv").is_file():
            rule = "a network folder has this file"
            raise BadInput(str(self._folder / "nodes.csv"), rule, "List every id in column id.")
        made = {column.folder: column for column in self._dictionary.node_columns}
        rows: dict[str, Row] = {}
        for row in self._rows("nodes", ("id",), [*made, "statements"]):
            name = row.cells["id"]
            if not name or "\0" in name:
                raise row.wrong("id", "every node has an id", "Fill it in.")
            if name in rows:
                raise row.wrong("id", "an id stands once", f"{rows[name].place} has it too.")
            rows[name] = row
        order = sorted(rows, key=str.encode)
        self._place = {name: k for k, name in enumerate(order)}
        columns: dict[str, Column] = {}
        for column in made.values():
            cells = [rows[name] for name in order]
            columns[column.column] = self._column(cells, column.folder, column.type)
        evidence = [self._statements.places(rows[name]) for name in order]
        return text_array(order), columns, ragged(evidence)

    def _column(self, rows: Sequence[Row], name: str, type_: str) -> Column:
        if type_ == "text":
            return text_array([row.cells.get(name, "") for row in rows])
        if type_ == "rate":
            return np.array([rate_of(row, name) for row in rows], dtype=np.float64)
        parse = {"money": self._money.fen, "date": day_of, "count": count_of}[type_]
        return np.array([parse(row, name) for row in rows], dtype=np.int64)

    def _matrix(self, measure: str) -> Matrix:
        quantities = self._dictionary.quantities(measure)
        found: dict[tuple[int, int], Row] = {}
        for row in self._rows(measure, ("row", "column", "amount"), [*quantities, "statements"]):
            pair = (self._party(row, "row"), self._party(row, "column"))
            if pair[0] == pair[1]:
                raise row.wrong("column", "a party has no edge to itself", "Leave the line out.")
            if pair in found:
                raise row.wrong("row", "a pair stands once", f"Add it to {found[pair].place}.")
            found[pair] = row
        pairs = sorted(found)
        amounts: dict[str, Ints] = {}
        for name in quantities:
            values = [self._money.fen(found[pair], name) for pair in pairs]
            for pair, value in zip(pairs, values, strict=True):
                if value < 0 and (value != MISSING or name == "amount"):
                    rule = "an amount is not negative, and column amount is never empty"
                    raise found[pair].wrong(name, rule, "Swap row and column if it is meant so.")
            amounts[name] = np.array(values, dtype=np.int64)
        indptr, evidence = ragged([self._statements.places(found[pair]) for pair in pairs])
        rows = np.array([pair[0] for pair in pairs], dtype=np.int64)
        starts = np.zeros(len(self._place) + 1, dtype=np.int64)
        np.cumsum(np.bincount(rows, minlength=len(self._place)), out=starts[1:])
        columns = np.array([pair[1] for pair in pairs], dtype=np.int32)
        return Matrix(starts, columns, amounts, indptr, evidence)

    def _rates(self) -> StatedRates:
        layers = [layer.layer for layer in self._dictionary.layers]
        found: dict[tuple[int, int, str], Row] = {}
        for row in self._rows("rates", ("hit", "fallen", "layer", "rate")):
            key = (self._party(row, "hit"), self._party(row, "fallen"), row.cells["layer"])
            if key[2] not in layers:
                raise row.wrong("layer", "there is no such layer", f"Layers: {', '.join(layers)}.")
            if key[0] == key[1]:
                raise row.wrong("fallen", "nobody is hit by his own fall", "Leave the line out.")
            if key in found:
                rule = "hit, fallen and layer stand once together"
                raise row.wrong("hit", rule, f"Join it with {found[key].place}.")
            found[key] = row
        keys = sorted(found)
        rate = np.array([rate_of(found[key], "rate") for key in keys], dtype=np.float64)
        for key, value in zip(keys, rate.tolist(), strict=True):
            if not value >= 0:
                raise found[key].wrong("rate", "a rate is a number, not negative", "Correct it.")
        return StatedRates(
            hit=np.array([key[0] for key in keys], dtype=np.int32),
            fallen=np.array([key[1] for key in keys], dtype=np.int32),
            layer=np.array([key[2].encode() for key in keys], dtype="S16"),
            rate=rate,
        )

    def _essentiality(self) -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        for row in self._rows("essentiality", ("supplier", "buyer", "value")):
            pair = (row.cells["supplier"], row.cells["buyer"])
            for column, code in zip(("supplier", "buyer"), pair, strict=True):
                if not 0 < len(code.encode()) <= 8:
                    raise row.wrong(column, "a sector code has 1 to 8 bytes", "Use a code.")
            if pair in found:
                raise row.wrong("supplier", "a pair of sectors stands once", "Keep one line.")
            if row.cells["value"] not in ("0", "1", "2"):
                rule = "essentiality is 0 (irrelevant), 1 (not essential) or 2 (essential)"
                raise row.wrong("value", rule, "Correct it.")
            found[pair] = int(row.cells["value"])
        return found

    def _party(self, row: Row, column: str) -> int:
        place = self._place.get(row.cells[column])
        if place is None:
            raise row.wrong(column, "nodes.csv has no such id", "Add the node or correct the id.")
        return place
