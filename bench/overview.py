"""Official's pages and a lender's book on 100,000 enterprises: first answer, then p50 and p99.

python bench/overview.py [--parties N] [--scenarios S] [--asked K]

Goal: a page that was answered before comes within 200 ms (p99), over HTTP, audit line included.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from fastapi.testclient import TestClient
from kept import Kept
from stating import BANK, DAY, rows_of

from api.http.app import create_app
from api.services.runs import assess_day
from api.services.tokens import issue
from api.services.workspace import Workspace, open_workspace
from api.settings import Settings, load_settings
from graph_model.uscc import make
from ingest.loan_book import HEADERS

STREETS = [f"4401120{k:02d}" for k in (1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18)]
SECTORS = ("3670", "3484", "2929", "5171", "5431", "6520", "2651")
LENDERS, BOOK, SEED = 30, 2_000, 1
LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parties", type=int, default=100_000)
    parser.add_argument("--scenarios", type=int, default=500)
    parser.add_argument("--asked", type=int, default=200)
    given = parser.parse_args()
    kept = Kept("overview", SEED)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        settings = load_settings(home=home, store="", token_key="k" * 64, scenarios=given.scenarios)
        ids = [f"uscc:{make('91', '440112', body(k))}" for k in range(given.parties)]
        begun = time.perf_counter()
        with open_workspace(settings) as opened:
            fill(opened, ids)
            filled = time.perf_counter()
            assess_day(opened, DAY)
        kept.line(
            f"{given.parties:,} enterprises filled in {filled - begun:.0f} s, assessed with "
            f"{given.scenarios} scenarios in {time.perf_counter() - filled:.0f} s"
        )
        ask(kept, settings, ids, given.asked)


def ask(kept: Kept, settings: Settings, ids: list[str], asked: int) -> None:
    def headed(role: str, organisation: str, purpose: str) -> dict[str, str]:
        token = issue(settings, role, organisation, "bench")
        return {"Authorization": f"Bearer {token}", "X-Purpose": purpose}

    official = headed("official", ids[0], "supervision")
    bank = headed("financier", ids[0], "post_loan")
    with TestClient(create_app(settings)) as client:
        for page in ("ecosystem", "levels", "origins", "quality", "freshness"):
            url = f"/api/v1/overview/{page}"
            timed(kept, page, asked, lambda url=url: client.get(url, headers=official))
        rows = [f"L{k},{p.removeprefix('uscc:')},,1000000,,,," for k, p in enumerate(ids[30:])]
        text = "\n".join([",".join(HEADERS), *rows[:BOOK]]) + "\n"
        begun = time.perf_counter()
        sent = client.post(
            "/api/v1/loan-book",
            headers=bank | {"Idempotency-Key": "bench-book"},
            files={"file": ("book.csv", text.encode(), "text/csv")},
        )
        assert sent.status_code == 201, sent.text
        kept.line(f"{BOOK:,} loans uploaded and matched: {time.perf_counter() - begun:.2f} s")
        for page in ("borrowers?limit=50", "concentration", "limits"):
            url = f"/api/v1/loan-book/{page}"
            timed(kept, page, asked // 10, lambda url=url: client.get(url, headers=bank))


def timed(kept: Kept, name: str, asked: int, get: Callable[[], object]) -> None:
    seconds = []
    for _ in range(asked + 1):
        begun = time.perf_counter()
        answer = get()
        seconds.append(time.perf_counter() - begun)
        assert getattr(answer, "status_code", 0) == 200, getattr(answer, "text", "")
    p50, p99 = np.percentile(seconds[1:], (50, 99)) * 1000
    kept.line(f"{name:20s} first {seconds[0]:7.2f} s   p50 {p50:7.1f} ms   p99 {p99:7.1f} ms")


def body(k: int) -> str:
    digits = []
    for _ in range(4):
        k, digit = divmod(k, len(LETTERS))
        digits.append(LETTERS[digit])
    return "XXXX" + "".join(reversed(digits))


def fill(opened: Workspace, ids: list[str]) -> None:
    chance = random.Random(SEED)
    store, many = opened.store, len(ids)
    firms = ids[LENDERS:]

    def two() -> tuple[str, str]:
        one, other = chance.choice(firms), chance.choice(firms)
        return (one, other) if one != other else two()

    def stated() -> Iterator[tuple[str, list[dict[str, object]]]]:
        yield (
            "party",
            [
                {"party": p, "name": f"公司{k}", "street": chance.choice(STREETS)}
                | {"kind": "lender" if k < LENDERS else "enterprise"}
                | {"sector": chance.choice(SECTORS), "established_on": "2015-01-01"}
                for k, p in enumerate(ids)
            ],
        )
        yield (
            "financials",
            [
                {"party": p, "year": 2025, "period_end": "2025-12-31", "revenue": sales}
                | {"material_cost": sales * 7 // 10, "equity": sales // 4}
                | {"total_assets": sales, "current_assets": sales // 2}
                | {"current_liabilities": sales // 3}
                for p in ids
                for sales in (int(chance.lognormvariate(21, 1.2)),)
            ],
        )
        yield (
            "invoice",
            [
                {"seller": s, "buyer": b, "invoice_no": f"I{k}", "issued_on": "2026-06-01"}
                | {"amount": int(chance.lognormvariate(17, 1))}
                for k in range(3 * many)
                for s, b in (two(),)
            ],
        )
        yield (
            "guarantee",
            [
                {"guarantor": g, "guarantee_no": f"G{k}", "borrower": b, "cover": 10**8}
                | {"starts_on": "2026-01-01", "creditor": chance.choice(ids[:LENDERS])}
                for k in range(many // 5)
                for g, b in (two(),)
            ],
        )
        yield (
            "loan",
            [
                {"lender": chance.choice(ids[:LENDERS]), "loan_no": f"L{k}", "balance": 10**8}
                | {"borrower": chance.choice(firms), "overdue_days": 0}
                for k in range(many // 2)
            ],
        )
        yield (
            "consent",
            [
                {"grantor": p, "consent_no": f"C{k}", "grantee": ids[0], "purpose": "post_loan"}
                | {"starts_on": "2020-01-01", "method": "signed"}
                | {"scopes": "chain_risk；trade；guarantee；logistics"}
                for k, p in enumerate(firms[: BOOK // 2])
            ],
        )

    with store.begin(BANK) as load:
        for kind, rows in stated():
            load.open_rows(kind, rows_of(store.dictionary, kind, rows, BANK.id, load.number))
        load.publish([])


if __name__ == "__main__":
    main()
