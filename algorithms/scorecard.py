"""Own intensity of a party from its own facts: points, then a probability, then a rate.

    odds = odds of the reference * 2 ** ((reference points - points) / points to double odds)
    PD = odds / (1 + odds), between floor and cap
    own rate = own scale * -log(1 - PD) a year

Points come from a table that is data: each line has a reason and a source, lines of one fact go
from best to worst, and a fact that is not known has a line of its own. Facts of counterparties
never enter. Lenders and guarantors have a table of their own. A stated `own_rate` replaces the
points; sole traders count as persons and get an average; industries have one rate. The own scale
is fitted to falls of parties: it acts on points and averages, not on stated rates or industries.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.capacity import LENDERS, Floats, liquidity, money
from algorithms.parameters import (
    BETTER,
    REGISTER_FACTS,
    TABLES,
    AssessmentParameters,
    ScorecardLine,
)
from graph_model.network import CreditNetwork, known
from graph_model.snapshot import day_number

DAYS_A_YEAR = 365.25
NO_LINE = -1


@dataclass(frozen=True)
class Scorecard:
    """Own intensities, and the lines behind them.

    Parameters
    ----------
    own_rate : array of float64, shape (n,)
        Per year; NaN for parties with too few known facts ("insufficient").
    points : array of float64, shape (n,)
        NaN where no points were counted: stated rates, persons, industries.
    known_facts : array of int64, shape (n,)
        How many financial and payment facts of its table are known.
    factors : tuple of str, length f
    line : array of int16, shape (n, f)
        Place in `lines` of the line that applies; -1 where the factor is not asked.
    lines : tuple of ScorecardLine
    """

    own_rate: Floats
    points: Floats
    known_facts: npt.NDArray[np.int64]
    factors: tuple[str, ...]
    line: npt.NDArray[np.int16]
    lines: tuple[ScorecardLine, ...]

    def lines_of(self, place: int) -> list[ScorecardLine]:
        """Lines that apply to one party."""
        return [self.lines[k] for k in self.line[place].tolist() if k != NO_LINE]


def scorecard(network: CreditNetwork, parameters: AssessmentParameters) -> Scorecard:
    """Score all parties of a picture, each from its own columns.

    Parameters
    ----------
    network : CreditNetwork
        Only its node columns and its date are read.
    parameters : AssessmentParameters
    """
    nodes = len(network)
    kind = network.columns["kind"]
    lender = np.isin(kind, LENDERS)
    lines = parameters.scorecard
    factors = tuple(dict.fromkeys(line.factor for line in lines))
    chosen = np.full((nodes, len(factors)), NO_LINE, dtype=np.int16)
    known_facts = np.zeros(nodes, dtype=np.int64)
    for column, factor in enumerate(factors):
        for table in TABLES:
            asked = lender if table == "lender" else ~lender
            places = [
                k for k, line in enumerate(lines) if (line.table, line.factor) == (table, factor)
            ]
            if places and asked.any():
                group = [lines[k] for k in places]
                found = _line_of(network, factor, group)
                chosen[asked, column] = np.array(places)[found[asked]]
                if factor not in REGISTER_FACTS:
                    known_facts[asked] += found[asked] != len(group) - 1
    given = np.array([*(line.points for line in lines), 0.0])
    points = given[chosen].sum(axis=1)
    odds = parameters.reference_pd / (1 - parameters.reference_pd)
    odds *= 2 ** ((parameters.reference_points - points) / parameters.points_to_double_odds)
    pd = np.clip(odds / (1 + odds), parameters.pd_floor, parameters.pd_cap)
    rate = -np.log1p(-pd)
    needed = np.where(lender, *(parameters.facts_needed[t] for t in ("lender", "enterprise")))
    rate = np.where(known_facts >= needed, rate, np.nan)
    person, industry = kind == b"sole_trader", kind == b"industry"
    rate = np.where(person, parameters.person_rate.values(network.columns["sector"]), rate)
    rate = np.where(industry, parameters.industry_own_rate, parameters.own_scale * rate)
    stated = network.columns["own_rate"].astype(np.float64)
    unscored = person | industry | ~np.isnan(stated)
    chosen[unscored] = NO_LINE
    return Scorecard(
        own_rate=np.where(np.isnan(stated), rate, stated),
        points=np.where(unscored, np.nan, points),
        known_facts=known_facts,
        factors=factors,
        line=chosen,
        lines=lines,
    )


def _line_of(
    network: CreditNetwork, factor: str, group: list[ScorecardLine]
) -> npt.NDArray[np.int64]:
    """Place within `group` of the line of every party; the last is for facts not known."""
    unknown = len(group) - 1
    if BETTER[factor] == "as listed":
        column = network.columns[factor]
        place = np.full(len(network), [line.code for line in group].index("*"))
        for k, line in enumerate(group):
            place[column == line.code.encode()] = k
        return np.where(known(column), place, unknown)
    value = fact(network, factor)
    place = np.full(len(network), unknown)
    for k, line in enumerate(group[:-1]):
        low = -np.inf if line.low is None else line.low
        high = np.inf if line.high is None else line.high
        place[(value >= low) & ((value < high) | (high == np.inf))] = k
    return place


def fact(network: CreditNetwork, factor: str) -> Floats:
    """A numeric fact of every party as the scorecard reads it, NaN where it is not known."""
    revenue, assets = money(network, "revenue"), money(network, "total_assets")
    with np.errstate(divide="ignore", invalid="ignore"):
        if factor == "equity_ratio":
            return _share(money(network, "equity"), assets)
        if factor == "liquidity_ratio":
            return _share(liquidity(network), assets)
        if factor == "capital_ratio":
            return _share(money(network, "capital"), assets)
        if factor == "margin":
            return 1 - _share(money(network, "material_cost"), revenue)
        if factor == "profit_margin":
            return _share(money(network, "net_profit"), revenue)
        if factor == "revenue_trend":
            return _share(revenue, money(network, "revenue_previous")) - 1
    column = "established_on" if factor == "age_years" else factor
    values = network.columns[column]
    number = np.where(known(values), values.astype(np.float64), np.nan)
    if factor == "age_years":
        return (day_number(network.valid_date) - number) / DAYS_A_YEAR
    return number


def _share(part: Floats, whole: Floats) -> Floats:
    return np.where(whole > 0, part / whole, np.nan)
