"""State things in a store or to `assemble` with as few words as possible."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from graph_model.assemble import assemble, columns_needed, kinds_needed
from graph_model.network import CreditNetwork
from graph_model.schema import Dictionary, Value, key_of, load_dictionary
from graph_model.snapshot import OPEN_DATE, OPEN_TX, Snapshot
from graph_model.statement import Row, Source, SourceFile
from graph_model.store.protocol import Store
from graph_model.uscc import make
from policy.standing import TakenOut, standing

DAY = date(2026, 10, 31)
BANK = Source("bank-a", "甲银行", "lender", 10, "test", association_allowed=True)


def party(number: int, category: str = "91") -> str:
    """Party id of a synthetic enterprise of Huangpu."""
    return f"uscc:{make(category, '440112', f'XXXX{number:04d}')}"


def rows_of(
    dictionary: Dictionary, kind: str, stated: Sequence[Mapping[str, Value]], source: str, load: int
) -> list[Row]:
    known = dictionary.kind(kind)
    made = []
    for line, fields in enumerate(stated, start=2):
        key = key_of(fields[name] for name in known.key)
        start = fields.get(known.valid_from) if known.valid_from else "2026-01-01"
        end = (fields.get(known.valid_to) if known.valid_to else None) or OPEN_DATE
        values = tuple(fields.get(name) for name in known.field_names)
        made.append(Row(source, key, str(start), str(end), load, OPEN_TX, load, 0, line, values))
    return made


def state(
    store: Store, stated: Mapping[str, Sequence[Mapping[str, Value]]], source: Source = BANK
) -> int:
    """One published load of statements, by kind."""
    file = SourceFile("test.csv", "0" * 64, "delta", "2026-01-01", "2026-11-01", "2026-01-01", "{}")
    with store.begin(source) as load:
        for kind, rows in stated.items():
            load.open_rows(kind, rows_of(store.dictionary, kind, rows, source.id, load.number))
        return load.publish([file])


def picture_of(
    store: Store,
    sources: Sequence[Source] = (BANK,),
    day: date = DAY,
    out: Sequence[TakenOut] = (),
    **manifest: Any,
) -> CreditNetwork:
    """Picture of a store as last known."""
    dictionary = store.dictionary
    snapshot = Snapshot(day, store.head())
    tables = {
        kind: store.table(kind, snapshot, columns_needed(dictionary, kind))
        for kind in kinds_needed(dictionary)
    }
    allowed = {source.id: source.association_allowed for source in sources}
    ranks = {source.id: source.rank for source in sources}
    stands = standing(tables, allowed, day, out, ranks)
    return assemble(dictionary, tables, stands, ranks, day, manifest)


__all__ = ["BANK", "DAY", "load_dictionary", "party", "picture_of", "rows_of", "state"]
