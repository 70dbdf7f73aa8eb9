from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from graph_model import uscc
from graph_model.schema import Dictionary, load_dictionary
from graph_model.snapshot import OPEN_TX
from graph_model.store.opening import open_store
from graph_model.store.protocol import Store
from ingest.load import LoadReport, ingest_folder
from ingest.source_file import read_source

INVOICE_HEADER = "seller,invoice_no,buyer,issued_on,amount"
LOAN_HEADER = "lender,loan_no,borrower,balance"
A, B, C = (uscc.make("91", "440112", f"XXXX{n}") for n in ("2001", "2002", "2003"))


class Sender:
    """A source folder that is filled and loaded, as often as a test likes."""

    def __init__(self, store: Store, folder: Path, source: str, rank: int) -> None:
        self.store = store
        self.folder = folder
        self.source = source
        self.rank = rank
        self.declared: dict[str, str] = {}
        folder.mkdir(exist_ok=True)

    def sends(
        self,
        name: str,
        *lines: str,
        reading: str = 'kind = "invoice"',
        extract: str = "delta",
        as_of: str = "2026-10-31",
        period: tuple[str, str] = ("2025-11-01", "2026-11-01"),
    ) -> "Sender":
        """Puts a file into the folder, or another content into the same file."""
        (self.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.declared[name] = (
            f'[[file]]\npath = "{name}"\n{reading}\nextract = "{extract}"\nas_of = {as_of}\n'
            f"period = {{ start = {period[0]}, end = {period[1]} }}\n"
        )
        return self

    def maps(self, name: str, text: str) -> str:
        """Puts a mapping into the folder; returns how a file says that it is read by it."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return f'mapping = "{name}"'

    def load(self, **options: Any) -> LoadReport:
        toml = self.folder / "source.toml"
        toml.write_text(
            f'id = "{self.source}"\nname = "made"\ntype = "member"\nrank = {self.rank}\n'
            'authorisation = "a test"\nassociation_allowed = true\n\n'
            + "\n".join(self.declared.values()),
            encoding="utf-8",
        )
        declared = read_source(toml, self.store.dictionary)
        return ingest_folder(self.store, declared, self.folder, beside=self.folder, **options)

    def loads_only(self, name: str, *lines: str, **declared: Any) -> LoadReport:
        """Loads this one file and nothing else."""
        self.declared.clear()
        return self.sends(name, *lines, **declared).load()

    def known(self, kind: str) -> list[dict[str, Any]]:
        """Rows of this source that no load has closed, as of the last load."""
        described = self.store.dictionary.kind(kind)
        rows = (row for row in self.store.rows(kind) if row.tx_to == OPEN_TX)
        return [row.named(described) for row in rows if row.source == self.source]

    def rules(self) -> list[tuple[int, str, str]]:
        """(line, severity, rule) of every finding."""
        found = self.store.findings(self.source)
        return [(f["line"], f["severity"], f["rule"]) for f in found]


@pytest.fixture(scope="session")
def dictionary() -> Dictionary:
    return load_dictionary()


@pytest.fixture
def store(tmp_path: Path, dictionary: Dictionary) -> Iterator[Store]:
    opened = open_store(str(tmp_path / "store.db"), dictionary)
    yield opened
    opened.close()


@pytest.fixture
def sender(tmp_path: Path, store: Store) -> Callable[..., Sender]:
    def made(source: str = "member", rank: int = 20) -> Sender:
        return Sender(store, tmp_path / source, source, rank)

    return made


@pytest.fixture
def member(sender: Callable[..., Sender]) -> Sender:
    return sender()


@pytest.fixture
def invoices() -> Callable[..., list[str]]:
    """Header and rows of invoices: number, amount, day."""

    def made(*rows: Sequence[str]) -> list[str]:
        lines = [INVOICE_HEADER]
        for number, amount, *day in rows:
            lines.append(f"{A},{number},{B},{day[0] if day else '2026-05-01'},{amount}")
        return lines

    return made


@pytest.fixture
def loans() -> Callable[..., list[str]]:
    """Header and rows of loans: number, balance."""

    def made(**balances: str) -> list[str]:
        return [LOAN_HEADER, *(f"{A},{number},{B},{it}" for number, it in balances.items())]

    return made


@pytest.fixture
def codes() -> tuple[str, str, str]:
    return A, B, C
