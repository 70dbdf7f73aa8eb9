"""The tables of `docs/rights.md`, as the shipped visibility pack has them.

`python tests/shared/rights_page.py` writes them into the page.
"""

import re
from pathlib import Path

from policy.pack import Pack, read_pack

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "rights.md"
PACK = ROOT / "policy" / "packs" / "visibility" / "huangpu" / "0.1"
ROLES = ("member", "financier", "official", "administrator")
RELATIONS = ("own", "side", "consent", "none")


def tables(pack: Pack) -> dict[str, str]:
    """Each table of the page by the name of its mark."""
    sight = {
        (row.text("class"), row.text("relation"), row.text("role")): row.text("sight")
        for row in pack.table("matrix")
    }
    matrix = [["class", *RELATIONS], ["---"] * 5]
    for row in pack.table("classes"):
        of = row.text("class")
        cells = []
        for relation in RELATIONS:
            told = {role: sight.get((of, relation, role), "hidden") for role in ROLES}
            words = dict.fromkeys(told.values())
            everybody = len(words) == 1
            parts = [
                word if everybody else f"{word}: {', '.join(r for r in ROLES if told[r] == word)}"
                for word in words
                if everybody or word != "hidden"
            ]
            cells.append("–" if parts == ["hidden"] else "; ".join(parts))
        matrix.append([f"`{of}` {row.text('zh')}", *cells])
    purposes = [["purpose", "roles", "needs consent", "clause"], ["---"] * 4]
    lines = pack.table("purposes")
    for purpose in dict.fromkeys(row.text("purpose") for row in lines):
        of_purpose = [row for row in lines if row.text("purpose") == purpose]
        roles = ", ".join(row.text("role") for row in of_purpose)
        first = of_purpose[0]
        purposes.append([f"`{purpose}`", roles, first.text("needs_consent"), first.text("clause")])
    classes = [["class", "scope that opens it", "meaning"], ["---"] * 3]
    for row in pack.table("classes"):
        scope = f"`{row.text('scope')}`" if row.text("scope") else "–"
        classes.append([f"`{row.text('class')}` {row.text('zh')}", scope, row.text("meaning")])
    made = {"matrix": matrix, "purposes": purposes, "classes": classes}
    return {
        name: "\n".join(f"| {' | '.join(row)} |" for row in rows) for name, rows in made.items()
    }


def with_tables(page: str) -> str:
    """The page with its tables as the pack has them."""
    for name, table in tables(read_pack(PACK)).items():
        mark = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- end -->)", re.DOTALL)
        page, count = mark.subn(lambda found, t=table: f"{found[1]}{t}{found[2]}", page)
        if count != 1:
            raise ValueError(f"docs/rights.md has {count} marks named {name}")
    return page


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
