"""The page `docs/validation.md`, made whole by `alliance validate`."""

import os
import platform
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

from algorithms.validation_scores import CalibrationBin, Comparison, Estimate
from api.services.calibration import interval_text
from api.services.interbank import Association
from api.services.runs import code_version
from api.services.trial import Trial
from api.services.validation import DRAWS, PREDICTORS, RIVALS, Group, Validation, verdict

CAUSES: Mapping[str, tuple[str, str]] = {
    "contagion": ("传染", "contagion"),
    "own": ("自身", "own causes"),
}
SIZE = ("总资产", "total assets")
WORDS = Path(__file__).with_name("validation_words.toml")
UNITS: Mapping[str, str] = {"auc": "AUC", "capture": "capture", "brier": "Brier"}


def page(made: Validation, command: str, took: str) -> str:
    """Return the page as Markdown.

    Parameters
    ----------
    made : Validation
    command, took : str
        As it was typed, and how long it took.
    """
    return "\n".join([*_head(made, command, took), *_body(made)]) + "\n"


def verdicts(made: Validation) -> list[str]:
    """One plain sentence per rival, per control, and on probabilities."""
    compared = made.districts.compared
    found = [_verdict(name, compared[name]) for name in RIVALS]
    found += [_placebo(compared), _hindsight(compared)]
    found.append(_sure(made.districts.expected["chain_risk"], made.levels))
    if made.null is not None:
        found.append(_null(made.null))
    if made.interbank is not None:
        found.append(_ranks(made.interbank))
    return found


def _head(made: Validation, command: str, took: str) -> Iterator[str]:
    trials = made.districts.trials
    yield _said("title")
    yield ""
    yield _said(
        "made_by",
        command=command,
        python=platform.python_version(),
        packages=", ".join(f"{name} {version(name)}" for name in ("numpy", "numba")),
        cores=os.cpu_count(),
        code=code_version(),
        took=took,
        seeds=", ".join(str(trial.asked.seed) for trial in trials),
    )
    yield ""
    yield "## 结论 What may be said"
    yield ""
    for line in verdicts(made):
        yield f"- {line}"
    yield ""
    yield _said("made_world")
    yield ""


def _body(made: Validation) -> Iterator[str]:
    yield from _how(made.districts)
    yield from _main_table(made.districts)
    yield from _causes(made.districts)
    yield from _expected(made.districts, made.levels)
    yield _said("fits")
    yield ""
    yield from _fit_table(made.districts.trials)
    yield ""
    if made.null is not None:
        yield from _null_part(made.null)
    if made.interbank is not None:
        yield from _interbank_part(made.interbank)
    yield _said("words")


def _how(group: Group) -> Iterator[str]:
    yield _said(
        "how",
        districts=len(group.trials),
        enterprises=group.trials[0].asked.enterprises,
        at_risk=sum(len(trial.scored.fell) for trial in group.trials),
        falls=sum(int(trial.scored.fell.sum()) for trial in group.trials),
        silent=sum(trial.without_figure for trial in group.trials),
    )
    yield ""


def _main_table(group: Group) -> Iterator[str]:
    yield _said("compared", draws=DRAWS)
    yield ""
    yield from _comparison(group.compared)
    yield ""


def _comparison(compared: Mapping[str, Comparison]) -> Iterator[str]:
    yield from _table(
        (
            "方法 rule",
            "AUC",
            "领先 lead",
            "前十分位捕获率 capture",
            "领先 lead",
            "Brier",
            "领先 lead",
        ),
        (
            (
                _name(name),
                _figure(one.auc, 3),
                _lead(one.auc_lead, 3),
                _percent(one.capture),
                _percent_lead(one.capture_lead),
                _figure(one.brier, 4),
                _lead(one.brier_lead, 4),
            )
            for name, one in compared.items()
        ),
    )


def _causes(group: Group) -> Iterator[str]:
    yield _said("causes")
    yield ""
    for cause, compared in group.by_cause.items():
        falls = sum(
            int(trial.by_cause[cause].fell.sum())
            for trial in group.trials
            if cause in trial.by_cause
        )
        zh, en = CAUSES[cause]
        yield f"### {zh} {en}: {falls:,} falls"
        yield ""
        yield from _comparison(compared)
        yield ""


def _expected(group: Group, levels: Sequence[str]) -> Iterator[str]:
    yield _said("expected")
    yield ""
    rows = (
        (_name(name), level, *_bin(one))
        for name, bins in group.expected.items()
        for level, one in zip(levels, bins, strict=True)
    )
    header = ("方法 rule", "预警级别 level", "概率 probability", "企业 enterprises", "失败 fell")
    yield from _table((*header, "预期 expected", "实际 seen"), rows)
    yield ""


def _bin(one: CalibrationBin) -> tuple[str, ...]:
    top = "" if one.upper == float("inf") else f"{one.upper:.0%}"
    between = f"{one.lower:.0%}–{top}" if top else f"{one.lower:.0%} and more"
    if not one.parties:
        return between, "0", "0", "–", "–"
    return (
        between,
        f"{one.parties:,}",
        f"{one.falls:,}",
        f"{one.expected:.1%}",
        f"{one.seen.value:.1%} ({one.seen.low:.1%} to {one.seen.high:.1%})",
    )


def _fit_table(trials: Sequence[Trial]) -> Iterator[str]:
    rows = (
        (
            str(trial.asked.seed),
            f"{trial.fit.falls:,} of {trial.fit.parties:,}",
            f"{trial.fit.theta:.3g} ({interval_text(trial.fit.theta_interval)})",
            f"{trial.placebo_fit.theta:.3g} ({interval_text(trial.placebo_fit.theta_interval)})",
            f"{trial.fit.own_scale:.3g} ({interval_text(trial.fit.own_scale_interval)})",
            f"{trial.own_slope.value:.2f} ({interval_text(trial.own_slope.interval)})",
            f"{trial.fit.log_likelihood - trial.fit.log_likelihood_alone:.2f}",
            f"{int(trial.scored.fell.sum()):,} of {len(trial.scored.fell):,}",
            f"{sum(trial.seconds.values()):.0f} s",
        )
        for trial in trials
    )
    header = (
        "种子 seed",
        "拟合用 fitted to",
        "θ",
        "θ, placebo",
        "自身比例 own scale",
        "陡度 steepness",
    )
    yield from _table((*header, "gain in l", "检验 scored on", "用时 time"), rows)


def _null_part(group: Group) -> Iterator[str]:
    yield _said("null")
    yield ""
    yield from _fit_table(group.trials)
    yield ""
    yield from _comparison(group.compared)
    yield ""


def _interbank_part(found: Association) -> Iterator[str]:
    yield _said(
        "interbank",
        institutions=found.institutions,
        exposures=found.exposures,
        ranks=", ".join(f"{count:,} of rank {rank}" for rank, count in found.ranks.items()),
    )
    yield ""
    yield from _table(
        ("方法 rule", "Spearman"),
        ((_name(name), _figure(one, 3)) for name, one in found.found.items()),
    )
    yield ""


def _verdict(name: str, one: Comparison) -> str:
    zh, en = PREDICTORS[name]
    told = []
    for measure, lead in (("auc", one.auc_lead), ("capture", one.capture_lead)):
        assert lead is not None  # noqa: S101 (rivals have both)
        shown = _lead(lead, 3) if measure == "auc" else _percent_lead(lead)
        told.append(f"{verdict(lead)} it in {UNITS[measure]}: {shown}")
    if one.brier_lead is not None:
        told.append(f"{verdict(one.brier_lead)} it in Brier: {_lead(one.brier_lead, 4)}")
    return f"**{zh} {en}**: chain risk {'; '.join(told)}."


def _placebo(compared: Mapping[str, Comparison]) -> str:
    own, placebo = compared["own_risk"], compared["placebo"]
    lost = placebo.auc_lead
    assert lost is not None  # noqa: S101 (only the first has none)
    gained = placebo.auc.value - own.auc.value
    share = {"beats": "is needed", "does not beat": "is not shown to be needed"}
    told = share.get(verdict(lost), "does harm")
    return (
        f"**安慰剂 placebo**: on a rewired network the lead over own risk is {gained:+.3f} in AUC; "
        f"knowing the true partners adds {_lead(lost, 3)}, so who the partners are {told}."
    )


def _hindsight(compared: Mapping[str, Comparison]) -> str:
    own, chain, best = (compared[n].auc.value for n in ("own_risk", "chain_risk", "hindsight"))
    return (
        f"**上限 upper line**: AUC {own:.3f} by own risk, {chain:.3f} by chain risk, {best:.3f} by "
        "a logistic fitted in hindsight to these very falls."
    )


def _sure(bins: Sequence[CalibrationBin], levels: Sequence[str]) -> str:
    off = [
        f"{level} {one.expected:.1%} expected, {one.seen.value:.1%} seen"
        for level, one in zip(levels, bins, strict=True)
        if one.parties and not one.seen.low <= one.expected <= one.seen.high
    ]
    told = f"are off at {len(off)} of {len(bins)} levels: {'; '.join(off)}" if off else "hold"
    return f"**概率 probabilities** of chain risk {told}."


def _ranks(found: Association) -> str:
    told = ", ".join(
        f"{_name(name)} {one.value:+.3f}"
        for name, one in found.found.items()
        if name in ("chain_risk", "own_risk", "placebo", "size")
    )
    return f"**真实标签 interbank ranks** one quarter later, association only (Spearman): {told}."


def _null(group: Group) -> str:
    inside = sum(trial.fit.theta_interval[0] <= 0 for trial in group.trials)
    lead = group.compared["own_risk"].auc_lead
    also = group.compared["own_risk"].capture_lead
    assert lead is not None  # noqa: S101 (only the first has none)
    assert also is not None  # noqa: S101
    shown = "beats" in (verdict(lead), verdict(also))
    told = "shows a lead where there can be none" if shown else "shows no lead, as it should"
    return (
        f"**空白区 null**: where nothing spreads, the interval of θ contains 0 in {inside} of "
        f"{len(group.trials)} districts, and chain risk {told}: over own risk {_lead(lead, 3)} in "
        f"AUC, {_percent_lead(also)} in capture."
    )


def _said(name: str, **filled: object) -> str:
    return _words()[name].strip("\n").format(**filled)


@cache
def _words() -> dict[str, str]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


def _name(name: str) -> str:
    zh, en = SIZE if name == "size" else PREDICTORS[name]
    return f"{zh} {en}"


def _figure(one: Estimate | None, digits: int) -> str:
    if one is None:
        return "–"
    return f"{one.value:.{digits}f} ({one.low:.{digits}f} to {one.high:.{digits}f})"


def _lead(one: Estimate | None, digits: int) -> str:
    if one is None:
        return "–"
    return f"{one.value:+.{digits}f} ({one.low:+.{digits}f} to {one.high:+.{digits}f})"


def _percent(one: Estimate) -> str:
    return f"{one.value:.1%} ({one.low:.1%} to {one.high:.1%})"


def _percent_lead(one: Estimate | None) -> str:
    if one is None:
        return "–"
    value, low, high = (100 * x for x in (one.value, one.low, one.high))
    return f"{value:+.1f} points ({low:+.1f} to {high:+.1f})"


def _table(header: Sequence[str], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|---|{'--:|' * (len(header) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
