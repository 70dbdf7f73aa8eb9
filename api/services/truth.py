"""What really happened in a made district: the one place that opens its truth folder.

`alliance validate` compares forecasts with it. Nothing else of the product may know it: a test
looks for others.
"""

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from graph_model.errors import BadInput
from graph_model.snapshot import Interval, months_before

FOLDER = "truth"
CAUSES = ("own", "contagion")


@dataclass(frozen=True)
class Truth:
    """Falls of a made district.

    Parameters
    ----------
    seed, enterprises : int
    contagion : bool
        Whether falls spread in this district.
    begins, seen_until, ends : datetime.date
        First day, last day that the source files speak of, and last day.
    earlier : frozenset of str
        Parties whose target event lies in the days that are seen.
    later : dict of str to str
        Parties whose target event lies after them, and its cause.
    """

    seed: int
    enterprises: int
    contagion: bool
    begins: date
    seen_until: date
    ends: date
    earlier: frozenset[str]
    later: Mapping[str, str]

    @property
    def calibrated_on(self) -> date:
        """Day of the picture to calibrate on: twelve months before what is seen ends."""
        return months_before(self.seen_until, 12)


def read_truth(district: Path) -> Truth:
    """Read the truth folder of a district.

    Raises
    ------
    BadInput
        When it is not there, or an event lies outside its days.
    """
    folder = district / FOLDER
    try:
        stated = tomllib.loads((folder / "district.toml").read_text(encoding="utf-8"))
        with (folder / "events.csv").open(encoding="utf-8", newline="") as file:
            events = list(csv.DictReader(file))
    except OSError as problem:
        rule = f"no truth can be read there ({problem.strerror})"
        raise BadInput(str(folder), rule, "Make it: `alliance district DIR`.") from None
    begins, until, ends = (stated[name] for name in ("first_day", "seen_until", "ends"))
    first_later = until + timedelta(days=1)
    seen = Interval(begins.isoformat(), first_later.isoformat())
    after = Interval(first_later.isoformat(), (ends + timedelta(days=1)).isoformat())
    for row in events:
        inside = seen.holds_on(row["fell_on"]) or after.holds_on(row["fell_on"])
        if not inside or row["cause"] not in CAUSES:
            value = f"{folder / 'events.csv'}: {row['party']}, {row['fell_on']}, {row['cause']}"
            rule = f"events lie from {begins} to {ends}; causes are {' and '.join(CAUSES)}"
            raise BadInput(value, rule, "Make the district again.")
    return Truth(
        seed=stated["seed"],
        enterprises=stated["enterprises"],
        contagion=stated["contagion"],
        begins=begins,
        seen_until=until,
        ends=ends,
        earlier=frozenset(r["party"] for r in events if seen.holds_on(r["fell_on"])),
        later={r["party"]: r["cause"] for r in events if after.holds_on(r["fell_on"])},
    )
