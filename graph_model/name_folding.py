"""Names as people search for them: width, case, brackets, spaces and script do not matter.

    folded = simplified(name_key(name)), character by character

Each character is folded by itself, so that a part of a name folds to a part of the folded name;
phrases would not (乾 alone is 干, in 乾隆 it stays). Traditional to simplified: OpenCC's table.
"""

from functools import cache

from opencc import OpenCC

from graph_model.identity import name_key


def folded(name: str) -> str:
    """Name without what does not distinguish for a search.

    >>> folded("廣州雲埔（示例）有限公司") == folded("广州云埔(示例) 有限公司")
    True
    >>> folded("ＡＢＣ鋼鐵")
    'abc钢铁'
    """
    return name_key(name).translate(_simplified())


class _Simplified(dict[int, str]):
    """Code point to simplified character, looked up once each."""

    def __init__(self) -> None:
        super().__init__()
        self._converter = OpenCC("t2s")

    def __missing__(self, point: int) -> str:
        found: str = self._converter.convert(chr(point))
        self[point] = found
        return found


@cache
def _simplified() -> _Simplified:
    return _Simplified()
