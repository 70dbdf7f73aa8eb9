"""The leak figure as tables, and as a page."""

from math import isnan

from rich import box
from rich.table import Table

from api.services.leak import MEANS, Leak, ReaderLeak

READERS = {
    "outsider": ("a member without side or consent", "无关联、无授权的成员"),
    "most.member": ("the member to whom most consented", "获授权最多的成员"),
    "most.financier": ("the financier to whom most consented", "获授权最多的金融机构"),
}
MEANS_SAID = {
    "told": "a part, a reason or a cited statement names it 答案直接写明",
    "asked": "a what-if drops the link, so it is there 假设分析透露其存在",
    "level": "the warning level moves when the borrower falls 预警等级变动",
    "rank": "the rank moves 排名变动",
    "ratio": "the ratio with and without contagion moves 倍数变动",
    "parts": "own, layer or undisclosed parts move 组成部分变动",
    "probability": "the probability moves 概率变动",
    "supposed": "a what-if takes the borrower away and the figure moves 假设借款人消失",
    "origins": "falls of one begin at the other 跌落起源",
}
SUMMARY = (
    *("policy", "reader", "figures", "hidden", "weighing"),
    *("named", "right", "precision", "recall"),
)
DETAIL = (
    *("policy", "reader", "means", "named", "right", "95 %"),
    *("by chance", "precision", "recall", "p"),
)


def summary(found: Leak) -> Table:
    """One line a policy and reader."""
    return _table(SUMMARY, _summary_cells(found))


def by_means(found: Leak) -> Table:
    """One line a policy, reader and means that names anything."""
    return _table(DETAIL, _detail_cells(found))


def page(found: Leak, district: str) -> str:
    """The page that `alliance leak --out` writes, all of it."""
    links = ", ".join(f"{count:,} {kind}s" for kind, count in found.links.items())
    readers = "\n".join(f"- `{key}`: {en} {zh}" for key, (en, zh) in READERS.items())
    means = "\n".join(f"- `{key}`: {MEANS_SAID[key]}" for key in MEANS)
    return f"""# Leak figure 泄露测算

How many hidden guarantees and loans can somebody name who reads published figures? This page is
written by `alliance leak --out`, whole.

District `{district}`, {found.date}: {found.parties:,} parties with {links} (picture
`{found.network_id}`). {found.falls:,} parties fall, one after the other; {found.scenarios:,}
scenarios each, seed {found.seed}.

{_sentence(found)}

{_markdown(SUMMARY, _summary_cells(found))}

- **policy**: the publishing policy of the visibility pack (`chain_risk_publishing`); the one in
  force is **{found.default}**.
- **figures**: parties whose figure the reader is shown. **hidden**: guarantees and loans of those
  who fell that he may not see as statements. **weighing**: those of them through which a figure
  can move; the others weigh nothing, as where the capacity of a lender is not known. Where they
  are few, a zero says little.
- **named**, **right**: pairs (who is hit, borrower) that he names by a means that beats chance, and
  how many of them are hidden links. **precision** is right over named, **recall** right over
  hidden.

Readers:

{readers}

## How he names them

{_markdown(DETAIL, _detail_cells(found))}

{means}

Each party that falls is given a target event on the day of the picture and everything is assessed
anew with the same random numbers; the reader compares all that he is told before and after. For
each means the truth chooses his threshold (highest F1), and whether he leaves out pairs with
another tie, all of which he is taken to know: nobody does better with that means. **by chance** is
what the same threshold gets right when the falls are shuffled; **p** is the share of shuffles in
which the best threshold of each reaches as high an F1: a means above 0.025 does not beat chance,
and is not counted above. **95 %** is the interval of the right names with the falls
drawn again.

Not tried: what several readers know together, a history of more than two publications, and
knowledge of amounts from outside. Tables of the district are shown to officials only.
"""


def _sentence(found: Leak) -> str:
    now = [one for one in found.found if one.policy == found.default]
    if not now:
        return f"The policy in force, {found.default}, was not tried."
    if not any(one.in_all.right.any() for one in now):
        return (
            f"**Under the policy in force, {found.default}, no reader names a hidden link better "
            "than by chance. 现行公布规则下，读者指认隐藏关系不优于随机猜测。**"
        )
    told = "; ".join(
        f"{READERS[one.reader][0]} {int(one.in_all.right.sum())} of {one.in_all.hidden}"
        for one in now
    )
    return (
        f"**Under the policy in force, {found.default}, hidden links can be named: {told}. "
        "现行公布规则下，部分隐藏关系可被指认。**"
    )


def _summary_cells(found: Leak) -> list[tuple[str, ...]]:
    return [
        (
            one.policy,
            one.reader,
            f"{one.opened:,}",
            f"{one.in_all.hidden:,}",
            f"{one.in_figures:,}",
            f"{int(one.in_all.pairs.sum()):,}",
            f"{int(one.in_all.right.sum()):,}",
            _share(one.in_all.precision),
            _share(one.in_all.recall),
        )
        for one in found.found
    ]


def _detail_cells(found: Leak) -> list[tuple[str, ...]]:
    return [line for one in found.found for line in _means_cells(one)]


def _means_cells(one: ReaderLeak) -> list[tuple[str, ...]]:
    return [
        (
            one.policy,
            one.reader,
            means,
            f"{int(by.pairs.sum()):,}",
            f"{int(by.right.sum()):,}",
            f"{by.low:.0f}–{by.high:.0f}",
            f"{by.chance:.1f}",
            _share(by.precision),
            _share(by.recall),
            f"{by.p_value:.3f}" + ("" if by.learnt else " (chance)"),
        )
        for means, by in one.by_means.items()
        if by.pairs.any()
    ]


def _share(value: float) -> str:
    return "–" if isnan(value) else f"{value:.0%}"


def _table(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> Table:
    table = Table(*head, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for line in lines:
        table.add_row(*line)
    return table


def _markdown(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    rows = [head, ("---",) * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
