"""Who lives in the district: enterprises of the chains, lenders and public buyers."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.district.names import made_codes, made_names, trade_of
from ingest.district.settings import DistrictSetting, Floats, Ints, assumed

LENDERS = 30
PUBLIC_BUYERS = 14
TWINS = 0.001
"""Share of enterprises that the register has twice."""

FINANCE = "66"
"""Division of banks and guarantors: they are lenders here, not enterprises of a chain."""

TIER_SMALLEST = {0: 1.2e8, 1: 8e6, 2: 2e6, 3: 6e6, -1: 4e6, 9: 3e6}
"""Yearly revenue in yuan of the smallest firm of a tier."""

MATERIAL_SHARE = {0: 0.74, 1: 0.66, 2: 0.58, 3: 0.68, -1: 0.72, 9: 0.42}
"""Materials and services bought, as a share of revenue, by tier."""


@dataclass(frozen=True)
class Role:
    """One line of a district's `chains.csv`."""

    chain: str
    tier: int
    role: str
    sector: str
    count: int


@dataclass(frozen=True)
class Twin:
    """A second entry of an enterprise in the register, under another code."""

    place: int
    code: str
    name: str


@dataclass(frozen=True)
class Population:
    """Enterprises (the first `len(revenue)` parties), then lenders, then public buyers.

    Parameters
    ----------
    code, name, kind : list of str
        Of all parties.
    role : tuple of Role
    role_of : array of int64
        Of each enterprise.
    revenue : array of float64
        Usual yearly revenue in yuan.
    material, profit : array of float64
        Shares of revenue.
    street : array of int64
        Place in `streets`; also of lenders and public buyers.
    established : array of int64
        Day number.
    twins : tuple of Twin
    """

    code: list[str]
    name: list[str]
    kind: list[str]
    role: tuple[Role, ...]
    role_of: Ints
    revenue: Floats
    material: Floats
    profit: Floats
    streets: tuple[str, ...]
    street: Ints
    established: Ints
    twins: tuple[Twin, ...]

    @property
    def enterprises(self) -> int:
        """How many of the parties are enterprises of a chain."""
        return len(self.revenue)

    @property
    def tier(self) -> Ints:
        """Tier of each enterprise."""
        return np.array([role.tier for role in self.role])[self.role_of]

    @property
    def chain(self) -> Ints:
        """Number of the chain of each enterprise, in the order of their first mention."""
        names = list(dict.fromkeys(role.chain for role in self.role))
        return np.array([names.index(role.chain) for role in self.role])[self.role_of]

    @property
    def sector(self) -> list[str]:
        """Class of industry of each enterprise."""
        return [self.role[k].sector for k in self.role_of.tolist()]

    @property
    def lenders(self) -> range:
        """Places of lenders and guarantors."""
        return range(self.enterprises, self.enterprises + LENDERS)

    @property
    def public_buyers(self) -> range:
        """Places of public buyers."""
        return range(self.enterprises + LENDERS, len(self.code))

    def party(self, place: int) -> str:
        """Party id as the product names it."""
        return f"uscc:{self.code[place]}"


def steadiness(population: Population) -> Floats:
    """Factor on cash and credit lines: the large hold more and are lent more."""
    return np.asarray(
        1 + assumed("size_steadies") * np.maximum(0, np.log10(population.revenue / 1e7))
    )


def read_roles(path: Path) -> tuple[Role, ...]:
    """Roles of a district's chains, those of finance left out."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return tuple(
        Role(row["chain"], int(row["tier"]), row["role"], row["sector"], int(row["count"]))
        for row in rows
        if not row["sector"].startswith(FINANCE)
    )


def read_streets(path: Path) -> tuple[str, ...]:
    """Street codes of a district."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(row["code9"] for row in csv.DictReader(file))


def made_population(setting: DistrictSetting, district: Path) -> Population:
    """Draw who lives in a district.

    Parameters
    ----------
    setting : DistrictSetting
    district : pathlib.Path
        Folder with `chains.csv` and `streets.csv`.
    """
    roles, streets = read_roles(district / "chains.csv"), read_streets(district / "streets.csv")
    random = setting.random("population")
    role_of = np.repeat(np.arange(len(roles)), _scaled(roles, setting.enterprises))
    tier = np.array([role.tier for role in roles])[role_of]
    count = len(role_of)
    smallest = np.vectorize(TIER_SMALLEST.__getitem__, otypes=[float])(tier)
    revenue = smallest * _power_law(random, count)
    material = np.vectorize(MATERIAL_SHARE.__getitem__, otypes=[float])(tier)
    material = np.clip(material + random.normal(0, 0.06, count), 0.2, 0.88)
    profit = random.normal(assumed("profit_mean"), assumed("profit_spread"), count)
    profit = np.clip(profit, -0.05, 0.9 * (1 - material))
    others = LENDERS + PUBLIC_BUYERS
    first_year = setting.month_days[0] - 60 - random.integers(365, 365 * 25, count + others)
    names = setting.random("names")
    trades = [trade_of(roles[k].sector) for k in role_of.tolist()]
    kinds = ["carrier" if roles[k].sector.startswith("54") else "enterprise" for k in role_of]
    lender_names, lender_kinds = _lenders(names)
    public = made_names(names, ["公共事业"] * PUBLIC_BUYERS, "中心")
    codes = setting.random("codes")
    all_codes = [
        *made_codes(codes, count + LENDERS, first=1),
        *made_codes(codes, PUBLIC_BUYERS, first=count + LENDERS + 1, authority="12"),
    ]
    all_names = [*made_names(names, trades, "有限公司"), *lender_names, *public]
    twice = random.permutation(count)[: max(1, int(TWINS * count))].tolist()
    twin_codes = made_codes(codes, len(twice), first=count + others + 1)
    return Population(
        code=all_codes,
        name=all_names,
        kind=[*kinds, *lender_kinds, *(["public_body"] * PUBLIC_BUYERS)],
        role=roles,
        role_of=role_of,
        revenue=revenue,
        material=material,
        profit=profit,
        streets=streets,
        street=random.integers(len(streets), size=count + others),
        established=first_year,
        twins=tuple(
            Twin(place, code, all_names[place])
            for place, code in zip(twice, twin_codes, strict=True)
        ),
    )


def _scaled(roles: tuple[Role, ...], count: int) -> Ints:
    """How many enterprises each role gets, by largest remainder and at least one."""
    wanted = np.array([role.count for role in roles], dtype=float)
    wanted *= count / wanted.sum()
    given = np.maximum(np.floor(wanted), 1).astype(np.int64)
    rest = count - int(given.sum())
    order = np.argsort(-(wanted - np.floor(wanted)), kind="stable")
    if rest > 0:
        given[order[:rest]] += 1
    else:
        largest = np.argsort(-given, kind="stable")
        for k in range(-rest):
            given[largest[k % len(largest)]] -= 1
    return np.asarray(given, dtype=np.int64)


def _power_law(random: np.random.Generator, count: int) -> Floats:
    """Draws from a power law between 1 and the span."""
    exponent, span = assumed("size_exponent"), assumed("size_span")
    below = 1 - random.random(count) * (1 - span**-exponent)
    return np.asarray(below ** (-1 / exponent))


def _lenders(names: np.random.Generator) -> tuple[list[str], list[str]]:
    banks, small, guarantors = 22, 4, 4
    made = [
        *made_names(names, ["银行"] * banks, "股份有限公司"),
        *made_names(names, ["小额贷款"] * small, "有限公司"),
        *made_names(names, ["融资担保"] * guarantors, "有限公司"),
    ]
    return made, ["lender"] * (banks + small) + ["guarantor"] * guarantors
