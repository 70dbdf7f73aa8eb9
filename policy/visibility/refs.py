"""What rows and statements are to the rules: their class, their sides, whose consent opens them.

A loan is about lender and borrower, and only the borrower's consent opens it (征信业管理条例
Art. 29). A guarantee that its guarantor chose to publish is public (企业信息公示暂行条例 Art. 9).
"""

from collections.abc import Mapping

from graph_model.schema import Dictionary, Kind, Value, parts_of
from policy.visibility.decide import PUBLIC, Ref

LOAN = "loan"


def row_ref(kind: Kind, values: Mapping[str, Value], visibility: str | None = None) -> Ref:
    """What a row, or one field of it, is to the rules.

    Parameters
    ----------
    kind : Kind
    values : mapping of str to Value
        The fields of the row, by name.
    visibility : str, optional
        Class of the field; that of the kind by default.
    """
    of = kind.visibility if visibility is None else visibility
    sides = tuple(dict.fromkeys(str(values[f]) for f in kind.party_fields if values.get(f)))
    if of == LOAN:
        return Ref(of, sides, str(values["borrower"]))
    if kind.name == "guarantee" and values.get("is_public"):
        return Ref(PUBLIC, sides)
    return Ref(of, sides)


def statement_ref(statement: str, dictionary: Dictionary, sides: tuple[str, ...]) -> Ref:
    """What a statement that is cited is to the rules, as far as its key and place tell.

    Parameters
    ----------
    statement : str
        `kind:source:key`.
    dictionary : Dictionary
    sides : tuple of str
        Whom else it is about: the ends of the link it stands behind, hit and fallen, or the party
        among whose own facts it stands. The last of them is the borrower of a loan: a guarantor
        who is hit is no side of it.
    """
    name, _, rest = statement.partition(":")
    kind = dictionary.kinds.get(name)
    if kind is None:
        return Ref("", sides)
    parts = parts_of(rest.partition(":")[2])
    named = [
        part for field, part in zip(kind.key, parts, strict=False) if field in kind.party_fields
    ]
    if kind.visibility == LOAN:
        return Ref(LOAN, tuple(dict.fromkeys((*named, sides[-1]))), sides[-1])
    return Ref(kind.visibility, tuple(dict.fromkeys((*named, *sides))))


def measure_refs(dictionary: Dictionary, measure: str, row: str, column: str) -> tuple[Ref, ...]:
    """What an entry of a matrix is to the rules: one thing for each class of its kinds.

    Parameters
    ----------
    dictionary : Dictionary
    measure : str
        Of `measures.csv`.
    row, column : str
        Party ids; of loans lender and borrower.
    """
    kinds = (dictionary.kind(m.kind) for m in dictionary.measures if m.measure == measure)
    classes = dict.fromkeys(kind.visibility for kind in kinds)
    return tuple(Ref(of, (row, column), column if of == LOAN else "") for of in classes)
