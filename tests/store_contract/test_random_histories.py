"""Stores live through the same random history; whatever is asked, they answer the same."""

import random
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from graph_model.schema import RESERVED, Value
from graph_model.snapshot import OPEN_DATE, Snapshot
from graph_model.statement import Finding, Row, Source
from graph_model.store.protocol import Load, Store
from graph_model.store.sqlite import SqliteStore
from tests.store_contract.made import BANK, DICTIONARY, FILE, TAX, cells_of, dump_of, row
from tests.store_contract.model_store import ModelStore

HISTORIES, CHUNKS = 200, 8
KINDS = ("invoice", "loan", "party", "ownership", "guarantee")
SOURCES = (TAX, BANK, replace(TAX, id="court", rank=3))
PARTIES = [f"uscc:{letter}" for letter in "ABCDE"]
TEXTS = (None, None, "NULL", 'a "b", c', "two\r\nlines", "甲", "x|y%7C", "0")
START = date(2026, 1, 1)


def random_value(chance: random.Random, type_: str, required: bool) -> Value:
    if not required and chance.random() < 0.4:
        return None
    match type_:
        case "party":
            return chance.choice(PARTIES)
        case "date":
            return (START + timedelta(days=chance.randrange(60))).isoformat()
        case "money" | "integer":
            return chance.choice([0, -1, 2**62 - 1, chance.randrange(10**9)])
        case "rate":
            return chance.choice([0.0, 1.0, chance.random(), 1e-300])
        case "flag":
            return chance.randrange(2)
    return chance.choice(TEXTS) or f"t{chance.randrange(4)}"


def random_row(chance: random.Random, kind: str, load: int, source: str) -> Row:
    fields = {
        field.name: random_value(chance, field.type, field.required)
        for field in DICTIONARY.kind(kind).fields
    }
    first = chance.randrange(50)
    end = START + timedelta(days=first + chance.randrange(1, 30))
    valid = (
        (START + timedelta(days=first)).isoformat(),
        chance.choice([end.isoformat(), OPEN_DATE]),
    )
    return row(kind, load, source=source, valid=valid, **fields)


def random_findings(chance: random.Random) -> list[Finding]:
    return [
        Finding(
            *(0, chance.randrange(4), chance.choice(["amount", "买方"]), "", "warning"),
            *(chance.choice(["AMOUNT", "DATE"]), "Correct it.", {"a": "1"}),
        )
        for _ in range(chance.randrange(3))
    ]


class TwinStores:
    """Does everything to all, and compares what they answer."""

    def __init__(
        self, chance: random.Random, model: Store, *others: Store, after_each_step: bool = True
    ) -> None:
        self.chance = chance
        self.model = model
        self.others = others
        self.after_each_step = after_each_step

    def same(self, ask: Callable[[Any], Any]) -> Any:
        expected = ask(self.model)
        for other in self.others:
            assert ask(other) == expected
        return expected

    def compare(self) -> None:
        """All that is published, and the pictures and a history at random."""
        self.same(dump_of)
        kind = self.chance.choice(KINDS)
        snapshot = Snapshot(
            START + timedelta(days=self.chance.randrange(90)),
            self.chance.randrange(self.model.head() + 3),
        )
        names = (*RESERVED, *DICTIONARY.kind(kind).field_names)
        self.same(lambda store: store.table(kind, snapshot, names).schema.types)
        self.same(lambda store: cells_of(store.table(kind, snapshot, names)))
        self.same(lambda store: list(store.rows(kind, snapshot.tx)))
        self.same(lambda store: store.findings(upto=snapshot.tx))
        party = self.chance.choice(PARTIES)
        self.same(lambda store: store.history(party))

    def live_through_a_load(self) -> None:
        chance = self.chance
        source = chance.choice(SOURCES)
        end = chance.choice(["publish", "publish", "abort", "leave"])
        with ExitStack() as stack:
            loads = {
                id(store): stack.enter_context(store.begin(source))
                for store in (self.model, *self.others)
            }

            def all_(ask: Callable[[Load], Any]) -> Any:
                return self.same(lambda store: ask(loads[id(store)]))

            number = all_(lambda load: load.number)
            for _ in range(chance.randrange(5)):
                self.one_step(all_, number, source)
                if self.after_each_step:
                    self.compare()
            if end == "publish":
                all_(lambda load: load.publish([FILE]))
            elif end == "abort":
                all_(lambda load: load.abort())
        if self.after_each_step:
            self.compare()

    def one_step(self, all_: Callable[..., Any], number: int, source: Source) -> None:
        chance = self.chance
        kind = chance.choice(KINDS)
        match chance.randrange(6):
            case 0 | 1:
                rows = [random_row(chance, kind, number, source.id) for _ in range(4)]
                held = {
                    one.row_id
                    for found in all_(
                        lambda load: load.in_force(kind, source.id, [r.key for r in rows])
                    ).values()
                    for one in found
                }
                fresh = {one.row_id: one for one in rows if one.row_id not in held}
                all_(lambda load: load.open_rows(kind, fresh.values()))
            case 2:
                self.correct(all_, kind, number, source)
            case 3:
                kept = [one.row_id for one in self.model.rows(kind)]
                chosen = chance.sample(kept, min(len(kept), 2))
                all_(lambda load: load.close_rows(kind, chosen))
            case 4:
                noted = random_findings(chance)
                sha256 = chance.choice("ef") * 64
                all_(lambda load: load.note(sha256, noted))
                settled = [chance.randrange(1, 6) for _ in range(chance.randrange(2))]
                all_(lambda load: load.resolve(settled))
            case 5:
                stream = chance.choice(["audit", "runs"])
                payload = {"n": chance.random(), "名": chance.choice(TEXTS), "deep": [{}, 1]}
                self.same(lambda store: store.append(stream, "2026-01-01", payload))
        all_(lambda load: load.has_written)

    def correct(self, all_: Callable[..., Any], kind: str, number: int, source: Source) -> None:
        """Close some of what is in force, of this load or an earlier one, and state it anew."""
        open_ = all_(lambda load: list(load.keys_in_force(kind, source.id)))
        chosen = self.chance.sample(open_, min(len(open_), 3))
        all_(lambda load: load.close_rows(kind, [one.row_id for one in chosen]))
        anew = [
            replace(
                one,
                tx_from=number,
                load=number,
                values=random_row(self.chance, kind, number, source.id).values,
            )
            for one in chosen
            if self.chance.random() < 0.7
        ]
        all_(lambda load: load.open_rows(kind, {one.row_id: one for one in anew}.values()))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "empty.db"
    SqliteStore(path, DICTIONARY).close()
    return path


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_model_and_sqlite_tell_the_same_story(chunk: int, empty: Path, tmp_path: Path) -> None:
    for seed in range(chunk, HISTORIES, CHUNKS):
        path = tmp_path / f"{seed}.db"
        shutil.copy(empty, path)
        store = SqliteStore(path, DICTIONARY)
        # What is compared here is content; test_faults.py is about the disk.
        store.connections.own().execute("PRAGMA synchronous = OFF")
        twins = TwinStores(random.Random(seed), ModelStore(DICTIONARY), store)
        try:
            for _ in range(twins.chance.randrange(2, 5)):
                twins.live_through_a_load()
        except AssertionError as error:
            error.add_note(f"history {seed}")
            raise
        finally:
            store.close()
