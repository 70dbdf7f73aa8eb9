"""The line that stands above every table of timings."""

import os
import platform
import sqlite3
from importlib.metadata import version


def machine_line(seed: int) -> str:
    """Cores, load, versions and seed."""
    load = ", ".join(f"{x:.2f}" for x in os.getloadavg())
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "pyarrow"))
    return (
        f"{os.cpu_count()} cores, load {load}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {packages}, seed {seed}"
    )
