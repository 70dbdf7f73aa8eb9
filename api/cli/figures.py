"""Cells of a figure before and after, as tables of the command line show them."""

from rich.markup import escape

from api.services.figures import Figure


def figure_cells(figure: Figure, *, told: bool) -> list[str]:
    """Party, level, rank, ratio and, where probabilities are told, figure and difference."""

    def moved(before: object, after: object) -> str:
        one, other = ("none" if value is None else str(value) for value in (before, after))
        return one if one == other else f"{one} → {other}"

    name = escape(figure.party if not figure.name else f"{figure.name}  {figure.party}")
    ratio = "–"
    if figure.ratio is not None and figure.ratio_error is not None:
        ratio = f"× {figure.ratio:.4f} ± {figure.ratio_error:.4f}"
    cells = [
        name,
        moved(figure.level_before, figure.level_after),
        moved(figure.rank_before, figure.rank_after),
        ratio,
    ]
    if not told:
        return cells
    if figure.probability_before is None or figure.probability_after is None:
        before, after = (
            "–" if p is None else f"{p:.4%}"
            for p in (figure.probability_before, figure.probability_after)
        )
        return [*cells, f"{before} → {after}", "–"]
    return [
        *cells,
        f"{figure.probability_before:.4%} → {figure.probability_after:.4%}",
        f"{figure.difference:+.4%} ± {figure.difference_error:.4%}",
    ]
