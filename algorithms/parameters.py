"""Constants of the assessment, as given by a pack: none of them has a default in the code."""

from collections.abc import Mapping
from dataclasses import dataclass

from algorithms.sectors import EssentialityTable, SectorTable
from graph_model.errors import BadInput

BETTER = {
    "equity_ratio": "higher",  # equity / total assets
    "liquidity_ratio": "higher",  # (current assets - current liabilities) / total assets
    "margin": "higher",  # 1 - material cost / revenue
    "profit_margin": "higher",  # net profit / revenue
    "revenue_trend": "higher",  # revenue / revenue of the year before - 1
    "capital_ratio": "higher",  # regulatory capital / total assets
    "age_years": "higher",
    "overdue_days": "lower",
    "records_minor": "lower",
    "records_general": "lower",
    "records_serious": "lower",
    "size": "as listed",
    "reg_state": "as listed",
}
"""Facts a scorecard may use, all of the party itself, and which of them is better."""

REGISTER_FACTS = frozenset(
    {"age_years", "size", "reg_state", "records_minor", "records_general", "records_serious"}
)
"""Facts that any register entry has: they alone are too little to say anything."""

TABLES = ("enterprise", "lender")


@dataclass(frozen=True)
class ScorecardLine:
    """One line of a scorecard: a band of a fact, or a code, or "not known", and its points.

    Parameters
    ----------
    table : str
        `enterprise` or `lender`.
    factor : str
        One of `BETTER`.
    low, high : float or None
        Band from `low` to below `high`; None is open. Both None with `code`.
    code : str
        Code of a fact that is a word; `*` for all others.
    unknown : bool
        The line for parties whose fact is not known.
    points : float
        More is better.
    reason_zh, reason_en, source : str
        Why, for the reader.
    """

    table: str
    factor: str
    low: float | None
    high: float | None
    code: str
    unknown: bool
    points: float
    reason_zh: str
    reason_en: str
    source: str


@dataclass(frozen=True)
class Level:
    """A warning level: probability from `lower` up to the next."""

    name: str
    zh: str
    en: str
    lower: float


@dataclass(frozen=True)
class AssessmentParameters:
    """Everything that chain risk needs to be told.

    Parameters
    ----------
    version, status : str
        Of the pack; status `assumption` means not fitted to outcomes.
    calibrated : bool
        Whether `theta` and `own_scale` are fitted to outcomes.
    theta : float
        Intensity per year that a loss of the whole capacity adds, at ratio 1; 0 switches
        contagion off.
    own_scale : float
        Own intensities of parties are what points and averages say, times this.
    rate_cap : float
        Most intensity per year that one link adds.
    ratio : dict of str to float
        By layer.
    lgd, recovery : float
        Lost share of a claim on a fallen party; share of a called guarantee got back.
    months_to_replace_buyer, months_to_replace_input : SectorTable
        By sector of the seller; by sector of the supplier.
    months_to_reroute : float
    essentiality : EssentialityTable
        Where the picture states none.
    margin_unknown : (float, float)
        Bounds of 1 - material cost / revenue where one of them is unknown.
    capacity_floor : float
        Share of revenue.
    capacity_unknown : (float, float)
        Bounds as shares of revenue where equity and liquidity are unknown.
    scorecard : tuple of ScorecardLine
        Lines of one factor stand together, from the best to the worst, "not known" last.
    facts_needed : dict of str to int
        Known facts below which a party is "insufficient", by table.
    reference_points, reference_pd, points_to_double_odds : float
        Odds of a fall within a year: pd / (1 - pd) of the reference, times two for every
        `points_to_double_odds` below it.
    pd_floor, pd_cap : float
        Bounds of the yearly probability from own facts.
    person_rate : SectorTable
        Own intensity of sole traders, who count as persons and are not scored.
    industry_own_rate : float
        Own intensity of industry nodes.
    industry_beta : float
        How much of its own rate an industry under stress adds to a member.
    industry_members : int
        Enterprises of known revenue that make an industry.
    own_rate_unknown : tuple of float
        Bounds of the own intensity of parties of which too little is known.
    bracket_scenarios : int
        Scenarios of each run of the bracket; the run itself has its own number.
    levels : tuple of Level
        Ascending.
    """

    version: str
    status: str
    calibrated: bool
    theta: float
    own_scale: float
    rate_cap: float
    ratio: Mapping[str, float]
    lgd: float
    recovery: float
    months_to_replace_buyer: SectorTable
    months_to_replace_input: SectorTable
    months_to_reroute: float
    essentiality: EssentialityTable
    margin_unknown: tuple[float, float]
    capacity_floor: float
    capacity_unknown: tuple[float, float]
    scorecard: tuple[ScorecardLine, ...]
    facts_needed: Mapping[str, int]
    reference_points: float
    reference_pd: float
    points_to_double_odds: float
    pd_floor: float
    pd_cap: float
    person_rate: SectorTable
    industry_own_rate: float
    industry_beta: float
    industry_members: int
    own_rate_unknown: tuple[float, float]
    bracket_scenarios: int
    levels: tuple[Level, ...]

    def __post_init__(self) -> None:
        rates = ("theta", "rate_cap", "months_to_reroute", "industry_own_rate", "industry_beta")
        for name in rates:
            _check(name, getattr(self, name), getattr(self, name) >= 0, "it is not negative")
        few = self.industry_members
        _check("industry_members", few, few >= 1, "an industry has members")
        unknown = self.own_rate_unknown
        rule = "bounds are not negative and in order"
        _check("own_rate_unknown", unknown, 0 <= unknown[0] <= unknown[1], rule)
        _check("own_scale", self.own_scale, self.own_scale > 0, "it is positive")
        for name in ("lgd", "recovery", "capacity_floor"):
            value = getattr(self, name)
            _check(name, value, 0 <= value <= 1, "it is a share from 0 to 1")
        _check("capacity_floor", self.capacity_floor, self.capacity_floor > 0, "it is above 0")
        for name in ("margin_unknown", "capacity_unknown"):
            low, high = getattr(self, name)
            rule = "bounds are positive and in order, the upper below 1"
            _check(name, (low, high), 0 < low <= high < 1, rule)
        for layer, value in self.ratio.items():
            _check(f"ratio of {layer}", value, value >= 0, "it is not negative")
        rule = "0 < pd_floor <= reference_pd <= pd_cap < 1"
        pds = (self.pd_floor, self.reference_pd, self.pd_cap)
        _check("pds", pds, 0 < pds[0] <= pds[1] <= pds[2] < 1, rule)
        points = self.points_to_double_odds
        _check("points_to_double_odds", points, points > 0, "it is positive")
        lower = [level.lower for level in self.levels]
        rule = "levels ascend, each from another probability"
        _check("levels", lower, lower == sorted(set(lower)), rule)
        check_scorecard(self.scorecard)


def check_scorecard(lines: tuple[ScorecardLine, ...]) -> None:
    """Check that a worse fact never has more points, and that every fact meets one line.

    Raises
    ------
    BadInput
        Naming table, factor and rule.
    """
    groups: dict[tuple[str, str], list[ScorecardLine]] = {}
    for line in lines:
        groups.setdefault((line.table, line.factor), []).append(line)
    for (table, factor), group in groups.items():
        where = f"scorecard {table}, {factor}"
        _check(where, table, table in TABLES, f"a table is one of {', '.join(TABLES)}")
        _check(where, factor, factor in BETTER, f"a factor is one of {', '.join(BETTER)}")
        known, unknown = group[:-1], group[-1]
        rule = "its last line, and only that, is for facts not known"
        _check(where, len(group), unknown.unknown and not any(k.unknown for k in known), rule)
        points = [line.points for line in known]
        rule = "lines go from best to worst: points never rise"
        _check(where, points, bool(points) and points == sorted(points, reverse=True), rule)
        rule = "points of an unknown fact lie between the worst and the best"
        _check(where, unknown.points, points[-1] <= unknown.points <= points[0], rule)
        if BETTER[factor] == "as listed":
            codes = [line.code for line in known]
            rule = "every line has a code of its own, one of them *"
            once = len(set(codes)) == len(codes) and all(codes) and "*" in codes
            _check(where, codes, once, rule)
            continue
        ascending = known if BETTER[factor] == "lower" else known[::-1]
        ends: list[float | None] = [None, *(line.high for line in ascending)]
        starts: list[float | None] = [*(line.low for line in ascending), None]
        inner = [end for end in ends[1:-1] if end is not None]
        rule = f"bands meet without gaps from -inf to inf, {BETTER[factor]} is better"
        whole = ends == starts and len(inner) == len(known) - 1 and inner == sorted(set(inner))
        _check(where, starts[:-1], whole, rule)


def _check(name: str, value: object, good: bool, rule: str) -> None:
    if not good:
        raise BadInput(f"{name}: {value}", rule, "Correct the assessment pack.")
