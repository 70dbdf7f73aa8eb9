"""`alliance find`, `partner`, `own` and `jobs`."""

from pathlib import Path

import openpyxl
import pytest
from conftest_types import Run
from supplier_world import BUYER, OTHER, SUPPLIER, fill

from api.jobs.book import book_of
from api.services.workspace import open_workspace
from api.settings import Settings, load_settings
from policy.visibility import Viewer


@pytest.fixture
def filled(run: Run) -> Settings:  # noqa: ARG001 (it names the home)
    settings = load_settings()
    fill(settings)
    return settings


@pytest.mark.usefixtures("filled")
def test_a_member_finds_a_partner_and_sees_its_own_links(run: Run) -> None:
    as_supplier = ("--as", f"member:{SUPPLIER}", "--purpose", "partner_check")
    code, out, _ = run("find", "公司", *as_supplier)
    assert code == 0
    assert BUYER in out
    assert OTHER in out
    code, out, _ = run("partner", BUYER, "--neighbours", "--tier", *as_supplier)
    assert code == 0
    assert "下游 downstream: 1  (公司0 → 公司1)" in out
    assert "700,000.00 元" in out
    assert "hidden" in out  # its accounts
    assert run("find", "公", *as_supplier)[0] == 2
    assert run("partner", "nobody", *as_supplier)[0] == 3
    assert run("find", "公司")[0] == 2  # who asks?


@pytest.mark.usefixtures("filled")
def test_an_organisation_reads_and_takes_out_its_own_file(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("own", "--as", f"member:{SUPPLIER}", "--kind", "invoice")
    assert code == 0
    assert f"invoice:bank-a:{SUPPLIER}|0" in out
    assert "counts" in out
    file = tmp_path / "own.xlsx"
    code, out, _ = run("own", "--as", f"member:{SUPPLIER}", "--to", file)
    assert code == 0
    book = openpyxl.load_workbook(file)
    assert book.worksheets[0].max_row > 4
    assert dict(book.worksheets[1].values)["导出人 exported by"].startswith("member of")
    code, out, _ = run("own", "--as", f"member:{SUPPLIER}", "--others")
    assert "C-0" in out
    assert run("own", "--as", f"member:{SUPPLIER}", "--to", tmp_path / "own.pdf")[0] == 2


def test_the_operator_works_on_jobs_and_lists_them(run: Run, filled: Settings) -> None:
    with open_workspace(filled) as opened:
        asking = Viewer("member", SUPPLIER, "self")
        job = book_of(opened).submit(asking, "paths", {"party": SUPPLIER}).id
    assert "queued" in run("jobs", "list")[1]
    code, out, _ = run("jobs", "work", "--once")
    assert (code, out.strip()) == (0, "1 jobs worked on")
    listed = run("jobs", "list")[1]
    assert job in listed
    assert "done" in listed
