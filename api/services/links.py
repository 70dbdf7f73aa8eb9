"""Links of a party by measure and direction, and how much of each a viewer may see.

A link is seen as far as the least of what stands behind it: its measure's class, and each statement
it rests on. What is hidden is not counted either: a number of hidden links would tell of them.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

import graph_model
from api.services.assessment import Assessment
from api.services.rights import Opened
from api.services.runs import of_run
from api.services.workspace import Workspace
from graph_model.network import Matrix
from graph_model.schema import Dictionary
from policy.visibility import Ref, Sight, decide, statement_ref

DICTIONARY = Path(graph_model.__file__).parent / "dictionary"
Ints = npt.NDArray[np.int64]

LOAN = "loan"
"""Class of what only the borrower's consent opens."""

DIRECTIONS = ("row", "column")
"""Whether the party stands in the row of the measure or in its column."""


@dataclass(frozen=True)
class Columns:
    """Entries of a matrix by column: those of c are `edge[start[c]:start[c + 1]]`."""

    start: Ints
    edge: Ints


@dataclass(frozen=True)
class Link:
    """One link of a party, as far as it may be seen.

    Attributes
    ----------
    measure, direction : str
        Of `measures.csv`, and one of `DIRECTIONS`.
    place : int
        Of the other party.
    sight : Sight
        Never hidden.
    rule : str
        That shows it.
    """

    measure: str
    direction: str
    place: int
    edge: int
    sight: Sight
    rule: str

    @property
    def key(self) -> tuple[str, str, int]:
        """Place in a list; places of parties are in the order of their ids."""
        return self.measure, self.direction, self.place


@cache
def words() -> Mapping[tuple[str, str], tuple[str, str]]:
    """What a party does to the other, in Chinese and English, by measure and direction."""
    with (DICTIONARY / "link_words.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {(row["measure"], row["direction"]): (row["zh"], row["en"]) for row in rows}


def columns_of(workspace: Workspace, assessment: Assessment) -> Mapping[str, Columns]:
    """Every matrix by column, made once a run."""
    return of_run(workspace, assessment, "columns", _columns)


def _columns(_workspace: Workspace, assessment: Assessment) -> Mapping[str, Columns]:
    return {name: _by_column(matrix) for name, matrix in assessment.network.matrices.items()}


def _by_column(matrix: Matrix) -> Columns:
    nodes = len(matrix.indptr) - 1
    start = np.zeros(nodes + 1, np.int64)
    np.cumsum(np.bincount(matrix.indices, minlength=nodes), out=start[1:])
    return Columns(start, np.argsort(matrix.indices, kind="stable"))


def entries(
    assessment: Assessment, columns: Mapping[str, Columns], measure: str, direction: str, place: int
) -> Iterator[tuple[int, int]]:
    """(edge, place of the other party) of every link of a party in a measure."""
    matrix = assessment.network.matrices[measure]
    if direction == "row":
        first, last = matrix.indptr[place : place + 2].tolist()
        yield from enumerate(matrix.indices[first:last].tolist(), start=first)
        return
    first, last = columns[measure].start[place : place + 2].tolist()
    for edge in columns[measure].edge[first:last].tolist():
        yield edge, int(matrix.rows[edge])


def class_of(dictionary: Dictionary, measure: str) -> str:
    """Visibility class of a measure: of the first kind it is made of."""
    for made in dictionary.measures:
        if made.measure == measure:
            return dictionary.kinds[made.kind].visibility
    raise KeyError(measure)


def seen_link(
    asked: Opened, measure: str, ends: tuple[int, int], edge: int, *, statements: bool = True
) -> tuple[Sight, str]:
    """How much of a link a viewer may see, and the rule that says so.

    Parameters
    ----------
    asked : Opened
    measure : str
    ends : tuple of int
        Row and column. The column of a loan is its borrower, whose consent opens it.
    edge : int
        Place in the matrix.
    statements : bool
        Whether the statements behind it are asked too.
    """
    network, dictionary = asked.assessment.network, asked.workspace.dictionary
    row, column = (network.party_id[k].decode() for k in ends)
    of = class_of(dictionary, measure)
    subject = column if of == LOAN else ""
    decision = decide(asked.viewer, Ref(of, (row, column), subject), asked.rights)
    least = decision.sight
    if statements and least > Sight.HIDDEN:
        for at in network.matrices[measure].evidence_of(edge).tolist():
            ref = statement_ref(network.statements[at], dictionary, (row, column))
            least = min(least, decide(asked.viewer, ref, asked.rights).sight)
            if least == Sight.HIDDEN:
                break
    return least, decision.rule
