"""Answers over HTTP on loopback, warm, from a store of 100,000 enterprises.

Goal: the answer about a partner within 100 ms at the 99th percentile. A bank asks about borrowers
that let it see them, a member about its own file; every look is written to the journal.

python bench/answers.py [--parties N] [--asked K] [--port P] [--home DIR] [--routes NAME ...]

A home that was made before is asked again.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import numpy as np
from kept import Kept
from stating import BANK, DAY, rows_of

from api.services.runs import assess_day
from api.services.tokens import issue
from api.services.workspace import Workspace, open_workspace
from api.settings import Settings, load_settings
from graph_model.statement import SourceFile
from graph_model.uscc import make

SEED, SCENARIOS, YEARS = 1, 2_000, (2024, 2025)
FILE = SourceFile("made.csv", "0" * 64, "delta", "2026-01-01", "2026-11-01", "2026-01-01", "{}")
GOAL = 100  # ms


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parties", type=int, default=100_000)
    parser.add_argument("--asked", type=int, default=400, help="times each route")
    parser.add_argument("--port", type=int, default=8391)
    parser.add_argument("--home", type=Path, default=None)
    parser.add_argument("--routes", nargs="*", default=None)
    asked = parser.parse_args()
    kept = Kept("answers", SEED)
    with tempfile.TemporaryDirectory() as folder:
        home = asked.home or Path(folder)
        settings = load_settings(
            home=home,
            store="",
            port=asked.port,
            token_key="k" * 64,
            scenarios=SCENARIOS,
            **dict.fromkeys(("asks_per_minute", "exports_per_minute", "writes_per_minute"), 0),
        )
        world = World(asked.parties)
        _prepare(settings, world, kept, fresh=not (home / "alliance.db").exists())
        _measure(settings, world, asked.asked, asked.routes, kept)


class World:
    """Who there is, and who deals with whom: power-law degrees, drawn once."""

    def __init__(self, parties: int) -> None:
        self.ids = [f"uscc:{make('91', '440112', f'{k:08d}')}" for k in range(parties)]
        self.bank = f"uscc:{make('91', '440101', '00000001')}"
        self.chance = np.random.default_rng(SEED)
        weight = (np.arange(parties) + 10.0) ** -0.6
        self._share = np.cumsum(weight) / weight.sum()
        self._place = self.chance.permutation(parties)

    def pairs(self, wanted: int) -> list[tuple[str, str]]:
        """Pairs of different parties, large ones more often."""
        drawn = np.searchsorted(self._share, self.chance.random((2, wanted)))
        places = self._place[np.minimum(drawn, len(self.ids) - 1)].T.tolist()
        return [(self.ids[i], self.ids[j]) for i, j in places if i != j]

    @property
    def largest(self) -> list[str]:
        """The fifty that deal with most."""
        return [self.ids[k] for k in self._place[:50].tolist()]


def _prepare(settings: Settings, world: World, kept: Kept, *, fresh: bool) -> None:
    """Fill the store where it is fresh; assess, where this version has not yet."""
    with open_workspace(settings) as opened:
        begun = time.perf_counter()
        if fresh:
            _load(opened, world)
            kept.line(f"loaded {len(world.ids):,} parties in {time.perf_counter() - begun:.0f} s")
        begun = time.perf_counter()
        made = assess_day(opened, DAY)
        kept.line(
            f"assessed {len(made.network):,} parties, {len(made.links):,} links, {SCENARIOS:,}"
            f" scenarios in {time.perf_counter() - begun:.0f} s"
        )


def _load(opened: Workspace, world: World) -> None:
    dictionary, chance, n = opened.dictionary, random.Random(SEED), len(world.ids)
    money = {"revenue": 10**11, "equity": 2 * 10**10, "total_assets": 5 * 10**10}
    money |= {"current_assets": 2 * 10**10, "current_liabilities": 10**10}
    money |= {"material_cost": 7 * 10**10}
    sectors = ("3670", "5430", "5171", "3612", "2927", "6510")
    given = {"grantee": world.bank, "purpose": "post_loan", "starts_on": "2020-01-01"}
    given |= {"method": "electronic", "scopes": "chain_risk；trade；guarantee；logistics"}

    def invoices() -> Iterator[dict[str, object]]:
        for k, (seller, buyer) in enumerate(world.pairs(11 * n)):
            yield {"seller": seller, "buyer": buyer, "invoice_no": f"I{k}"} | {
                "issued_on": f"2026-{1 + k % 9:02d}-01",
                "due_on": "2026-10-01",
                "amount": chance.randrange(10**5, 10**8),
            }

    stated: dict[str, Iterator[dict[str, object]]] = {
        "party": (
            {"party": p, "name": f"广州云埔第{k}号示例有限公司", "kind": "enterprise"}
            | {"sector": sectors[k % 6], "street": f"4401120{k % 17:02d}"}
            | {"established_on": "2010-01-01"}
            | ({"former_names": f"黄埔旧厂{k}"} if k % 10 == 0 else {})
            for k, p in enumerate(world.ids)
        ),
        "financials": (
            {"party": p, "year": y, "period_end": f"{y}-12-31", **money}
            for p in world.ids
            for y in YEARS
        ),
        "invoice": invoices(),
        "guarantee": (
            {"guarantor": a, "guarantee_no": f"G{k}", "borrower": b, "starts_on": "2026-01-01"}
            | {"cover": chance.randrange(10**7, 10**9)}
            for k, (a, b) in enumerate(world.pairs(n // 5))
        ),
        "loan": (
            {"lender": world.bank, "loan_no": f"L{k}", "borrower": p, "balance": 10**9}
            for k, p in enumerate(world.ids[::2])
        ),
        "ownership": (
            {"owner": a, "owned": b, "since": "2015-01-01", "share": 0.6}
            | {"subscribed": 10**9, "paid_in": 4 * 10**8}
            for a, b in dict.fromkeys(world.pairs(n // 10))
        ),
        "consent": (
            {"grantor": p, "consent_no": f"C{k}", **given} for k, p in enumerate(world.ids)
        ),
    }
    with opened.store.begin(BANK) as load:
        for kind, rows in stated.items():
            load.open_rows(kind, rows_of(dictionary, kind, list(rows), BANK.id, load.number))
        load.publish([FILE])


def _measure(
    settings: Settings, world: World, times: int, only: list[str] | None, kept: Kept
) -> None:
    environment = {
        **os.environ,
        "ALLIANCE_HOME": str(settings.home),
        "ALLIANCE_TOKEN_KEY": settings.token_key,
        "ALLIANCE_ASKS_PER_MINUTE": "0",
        "ALLIANCE_EXPORTS_PER_MINUTE": "0",
    }
    words = [sys.executable, "-m", "api.cli.main", "serve", "--port", str(settings.port)]
    server = subprocess.Popen(words, env=environment)
    try:
        begun = time.perf_counter()
        _until_ready(settings)
        kept.line(f"ready {time.perf_counter() - begun:.1f} s after its start")
        asking = {
            "bank": _headers(settings, "financier", world.bank, "post_loan"),
            "own": _headers(settings, "member", world.largest[0], "self"),
        }
        ask = _asker(settings.port)
        titles = ("p50 ms", "p99 ms", "max", "cpu ms", "kB")
        kept.line(f"{'route':34s} " + " ".join(f"{t:>7s}" for t in titles) + "  goal p99")
        for name, who, url in _routes(world):
            if only and not any(part in name for part in only):
                continue
            chance = random.Random(SEED)
            _line(
                kept, name, times, lambda c=chance, u=url, w=who: ask(u(c), asking[w]), server.pid
            )
        if not only:
            _beside(kept, settings, world, asking["bank"], times, server.pid)
    finally:
        server.terminate()
        server.wait(60)


def _routes(world: World) -> list[tuple[str, str, Callable[[random.Random], str]]]:
    def about(tail: str, who: list[str]) -> Callable[[random.Random], str]:
        return lambda chance: f"/api/v1/partners/{chance.choice(who)}{tail}"

    def searched(chance: random.Random) -> str:
        number = chance.randrange(len(world.ids))
        text = chance.choice(
            [f"第{number}号", f"舊廠{number - number % 10}", world.ids[number][5:], "云埔"]
        )
        return f"/api/v1/partners?q={quote(text)}"

    everybody, largest = world.ids, world.largest
    return [
        ("partner", "bank", about("", everybody)),
        ("partner risk", "bank", about("/risk", everybody)),
        ("partner risk, 50 largest", "bank", about("/risk", largest)),
        ("partner neighbours", "bank", about("/neighbours", everybody)),
        ("partner neighbours, 50 largest", "bank", about("/neighbours", largest)),
        ("partner paths", "bank", about("/paths", everybody)),
        ("partner paths, 50 largest", "bank", about("/paths", largest)),
        ("partner tier", "bank", about("/tier", everybody)),
        ("search", "bank", searched),
        ("own risk", "own", lambda _: f"/api/v1/partners/{largest[0]}/risk"),
        ("own file", "own", lambda _: "/api/v1/own"),
        ("own file: visible to others", "own", lambda _: "/api/v1/own/visible-to-others"),
    ]


def _headers(settings: Settings, role: str, organisation: str, purpose: str) -> dict[str, str]:
    token = issue(settings, role, organisation, "bench", valid_seconds=7200)
    return {"Authorization": f"Bearer {token}", "X-Purpose": purpose}


def _asker(port: int) -> Callable[[str, dict[str, str]], int]:
    line = HTTPConnection("127.0.0.1", port, timeout=600)

    def ask(url: str, headers: dict[str, str]) -> int:
        line.request("GET", url, headers=headers)
        answer = line.getresponse()
        body = answer.read()
        if answer.status != 200 and json.loads(body).get("status") != 404:
            raise RuntimeError(f"{url}: {answer.status} {body[:300]!r}")
        return len(body)

    return ask


def _timed(times: int, ask: Callable[[], int]) -> tuple[list[float], int]:
    taken, largest = [], 0
    ask()
    for _ in range(times):
        begun = time.perf_counter()
        largest = max(largest, ask())
        taken.append(1000 * (time.perf_counter() - begun))
    return taken, largest


def _worked(process: int) -> float:
    """Seconds that a process has kept processors busy: what an answer costs on any load."""
    cells = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(cells[11]) + int(cells[12])) / os.sysconf("SC_CLK_TCK")


def _line(kept: Kept, name: str, times: int, ask: Callable[[], int], server: int) -> None:
    begun = time.perf_counter()
    ask()
    first = time.perf_counter() - begun
    if first > 2:  # what is made once a run, or a route that is not for many questions
        kept.line(f"{name:34s} first answer {1000 * first:.0f} ms")
    before = _worked(server)
    taken, largest = _timed(times if first < 2 else max(5, times // 40), ask)
    cost = 1000 * (_worked(server) - before) / (len(taken) + 1)
    _told(kept, name, taken, cost, largest)


def _told(kept: Kept, name: str, taken: list[float], cost: float, largest: int) -> None:
    middle, high = np.percentile(taken, [50, 99])
    cells = (middle, high, max(taken), cost, largest / 1000)
    kept.line(f"{name:34s} " + " ".join(f"{cell:7.1f}" for cell in cells) + f"  {GOAL}")


def _beside(
    kept: Kept,
    settings: Settings,
    world: World,
    asking: dict[str, str],
    times: int,
    server: int,
) -> None:
    """Four who ask at the same time."""
    found: list[float] = []

    def one(seed: int) -> None:
        ask, chance = _asker(settings.port), random.Random(seed)
        url = "/api/v1/partners/{}/risk"
        taken, _ = _timed(times // 4, lambda: ask(url.format(chance.choice(world.ids)), asking))
        found.extend(taken)

    threads = [threading.Thread(target=one, args=(seed,)) for seed in range(4)]
    begun, before = time.perf_counter(), _worked(server)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cost = 1000 * (_worked(server) - before) / (len(found) + 4)
    _told(kept, "partner risk, four at a time", found, cost, 0)
    kept.line(f"{len(found) / (time.perf_counter() - begun):.0f} answers a second")


def _until_ready(settings: Settings) -> None:
    """Wait until the server answers, and has made beforehand what questions need."""
    for _ in range(1200):
        try:
            line = HTTPConnection("127.0.0.1", settings.port, timeout=300)
            line.request("GET", "/readyz")
            ready = line.getresponse().status == 200
        except OSError:
            ready = False
        if ready and any(settings.home.glob("runs/*/falls")):
            return
        time.sleep(0.5)
    raise RuntimeError("the server did not become ready")


if __name__ == "__main__":
    main()
