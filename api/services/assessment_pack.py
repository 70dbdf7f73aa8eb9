"""An assessment pack as the parameters of the algorithms: names to fields, tables to lines."""

from collections.abc import Mapping

from algorithms.parameters import TABLES, AssessmentParameters, Level, ScorecardLine
from algorithms.sectors import EssentialityTable, SectorTable, bare
from graph_model.errors import BadInput
from graph_model.schema import Code, Dictionary, load_dictionary
from policy.pack import Pack, Row

MOST = 1e6
FITTED_TOGETHER = ("theta", "own_scale")
"""Probabilities are shown when both are fitted: own risk alone contains average contagion."""


def parameters_of(pack: Pack, dictionary: Dictionary | None = None) -> AssessmentParameters:
    """Read an assessment pack.

    Parameters
    ----------
    pack : Pack
        Of the topic `assessment`.
    dictionary : Dictionary, optional
        Names the layers, and the divisions of a section where a table names its letter.

    Raises
    ------
    BadInput
        When a parameter, table, column or line is missing or out of its range.
    """
    dictionary = dictionary or load_dictionary()
    months = pack.table("months_to_replace")
    return AssessmentParameters(
        version=pack.version,
        status=pack.status,
        calibrated=all(pack.parameter(name).status == "fitted" for name in FITTED_TOGETHER),
        theta=pack.number("theta", 0, MOST),
        own_scale=pack.number("own_scale", 0, MOST),
        rate_cap=pack.number("rate_cap", 0, MOST),
        ratio=_ratios(pack, dictionary),
        lgd=pack.number("lgd", 0, 1),
        recovery=pack.number("recovery", 0, 1),
        months_to_replace_buyer=SectorTable(
            _by_sector(months, "buyer_months", dictionary),
            pack.number("months_to_replace_buyer", 0, 60),
        ),
        months_to_replace_input=SectorTable(
            _by_sector(months, "input_months", dictionary),
            pack.number("months_to_replace_input", 0, 60),
        ),
        months_to_reroute=pack.number("months_to_reroute", 0, 60),
        essentiality=_essentiality(pack, dictionary),
        margin_unknown=(
            pack.number("margin_unknown_low", 0, 1),
            pack.number("margin_unknown_high", 0, 1),
        ),
        capacity_floor=pack.number("capacity_floor", 0, 1),
        capacity_unknown=(
            pack.number("capacity_unknown_low", 0, 1),
            pack.number("capacity_unknown_high", 0, 1),
        ),
        scorecard=tuple(_line(row) for row in pack.table("scorecard")),
        facts_needed={name: int(pack.number(f"facts_needed_{name}", 0, 99)) for name in TABLES},
        reference_points=pack.number("reference_points", -MOST, MOST),
        reference_pd=pack.number("reference_pd", 0, 1),
        points_to_double_odds=pack.number("points_to_double_odds", 0, MOST),
        pd_floor=pack.number("pd_floor", 0, 1),
        pd_cap=pack.number("pd_cap", 0, 1),
        person_rate=SectorTable(
            _by_sector(pack.table("sector_rates"), "own_rate", dictionary),
            pack.number("person_own_rate", 0, 5),
        ),
        industry_own_rate=pack.number("industry_own_rate", 0, 5),
        industry_beta=pack.number("industry_beta", 0, 100),
        industry_members=int(pack.number("industry_members", 1, MOST)),
        own_rate_unknown=(
            pack.number("own_rate_unknown_low", 0, 5),
            pack.number("own_rate_unknown_high", 0, 5),
        ),
        bracket_scenarios=int(pack.number("bracket_scenarios", 64, MOST)),
        levels=tuple(
            Level(row.text("level"), row.text("zh"), row.text("en"), row.number("from_probability"))
            for row in pack.table("levels")
        ),
    )


def _ratios(pack: Pack, dictionary: Dictionary) -> dict[str, float]:
    layers = [layer.layer for layer in dictionary.layers]
    found: dict[str, float] = {}
    for row in pack.table("layer_ratios"):
        layer = row.one_of("layer", layers)
        if layer in found:
            raise row.wrong("layer", "a layer stands once", "Keep one line.")
        found[layer] = row.number("ratio")
    if absent := [layer for layer in layers if layer not in found]:
        value = f"{pack.folder / 'layer_ratios.csv'}: {absent[0]}"
        raise BadInput(value, "every layer has a ratio", "Add its line.")
    return found


def _by_sector(rows: tuple[Row, ...], column: str, dictionary: Dictionary) -> dict[str, float]:
    found: dict[str, float] = {}
    sections = [row for row in rows if row.text("sector").isalpha()]
    for row in [*sections, *(row for row in rows if row not in sections)]:
        value = row.number(column)
        if value < 0:
            raise row.wrong(column, "it is not negative", "Correct it.")
        for code in _codes(row, "sector", dictionary):
            found[code] = value
    return found


def _essentiality(pack: Pack, dictionary: Dictionary) -> EssentialityTable:
    found: dict[tuple[str, str], int] = {}
    for row in pack.table("essentiality"):
        value = int(row.one_of("value", ("0", "1", "2")))
        for supplier in _codes(row, "supplier", dictionary):
            for buyer in _codes(row, "buyer", dictionary):
                found[supplier, buyer] = value
    return EssentialityTable(found, int(pack.number("essentiality_default", 0, 2)))


def _codes(row: Row, column: str, dictionary: Dictionary) -> list[str]:
    """Return a sector code, or for a section letter the letter and its divisions."""
    table = dictionary.codes("gbt4754")
    code = row.text(column)
    if bare(code) not in table:
        raise row.wrong(column, "GB/T 4754-2017 has no such code", "Correct it.")
    return [bare(code), *(_divisions(table, code) if code.isalpha() else [])]


def _divisions(table: Mapping[str, Code], section: str) -> list[str]:
    """Divisions of a section: the table knows C36 as another name of 36."""
    return [
        code
        for code, row in table.items()
        if len(code) == len("36") and f"{section}{code}" in row.aliases
    ]


def _line(row: Row) -> ScorecardLine:
    known = row.one_of("known", ("yes", "no")) == "yes"
    return ScorecardLine(
        table=row.one_of("table", TABLES),
        factor=row.text("factor"),
        low=row.optional_number("low"),
        high=row.optional_number("high"),
        code=row.text("code"),
        unknown=not known,
        points=row.number("points"),
        reason_zh=row.text("reason_zh"),
        reason_en=row.text("reason_en"),
        source=row.text("source"),
    )
