import sys
from pathlib import Path
from typing import Any

import pytest

# Helpers that several test folders share stand in tests/shared; the launcher of a local Neo4j in
# deploy/neo4j-local.
ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "shared"))
sys.path.insert(0, str(ROOT / "deploy" / "neo4j-local"))

from neo4j_here import neo4j_server, neo4j_session, say_what_was_not_run  # noqa: E402
from one_process import OneProcessForNeo4j  # noqa: E402

__all__ = ["neo4j_server", "neo4j_session"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    say_what_was_not_run(skipped, terminalreporter.write_line)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneProcessForNeo4j:
    return OneProcessForNeo4j(config, log)
