"""Contagion links: who is hit when whom falls, how hard, and on what evidence."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph_model.errors import BadInput

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Links:
    """When `fallen` falls, the intensity of `hit` rises by `rate` a year.

    Parameters
    ----------
    hit, fallen : array of int32, shape (m,)
        Places of the two parties; a triple (hit, fallen, layer) stands once.
    layer : array of int8, shape (m,)
        Place in `layers`.
    rate : array of float64, shape (m,)
        Per year, not negative.
    loss_fen : array of int64, shape (m,)
        Loss of `hit` behind the rate, in fen; `MISSING` where the rate was stated outright.
    layers : tuple of str
        Names of the layers.
    statements_indptr : array of int64, shape (m + 1,)
    statements : array of int64
        Evidence of link k: `statements[statements_indptr[k]:statements_indptr[k + 1]]`, as places
        in `CreditNetwork.statements`.
    """

    hit: Places
    fallen: Places
    layer: npt.NDArray[np.int8]
    rate: Floats
    loss_fen: Ints
    layers: tuple[str, ...]
    statements_indptr: Ints
    statements: Ints

    def __len__(self) -> int:
        return len(self.hit)

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Links":
        """Some of them (mask of shape (m,)), with their statements."""
        lengths = np.diff(self.statements_indptr)
        return Links(
            hit=self.hit[chosen],
            fallen=self.fallen[chosen],
            layer=self.layer[chosen],
            rate=self.rate[chosen],
            loss_fen=self.loss_fen[chosen],
            layers=self.layers,
            statements_indptr=np.concatenate(([0], np.cumsum(lengths[chosen]))),
            statements=self.statements[np.repeat(chosen, lengths)],
        )


def merged(one: Links, other: Links) -> Links:
    """Both, sorted by hit, fallen and layer; `other` has the same layers and no statements."""
    hit, fallen = np.concatenate((one.hit, other.hit)), np.concatenate((one.fallen, other.fallen))
    layer = np.concatenate((one.layer, other.layer))
    order = np.lexsort((layer, fallen, hit))
    lengths = np.concatenate((np.diff(one.statements_indptr), np.zeros(len(other), np.int64)))
    start = np.append(one.statements_indptr[:-1], np.zeros(len(other), np.int64))[order]
    lengths = lengths[order]
    after = np.cumsum(lengths)
    place = np.repeat(start - (after - lengths), lengths) + np.arange(lengths.sum())
    return Links(
        hit=hit[order],
        fallen=fallen[order],
        layer=layer[order],
        rate=np.concatenate((one.rate, other.rate))[order],
        loss_fen=np.concatenate((one.loss_fen, other.loss_fen))[order],
        layers=one.layers,
        statements_indptr=np.concatenate(([0], after)),
        statements=one.statements[place],
    )


def check_links(links: Links, party_id: npt.NDArray[np.bytes_]) -> None:
    """Check shapes, places and rates against the parties.

    Raises
    ------
    BadInput
        For the first link that is wrong.
    """
    count = len(links.hit)
    for name in ("fallen", "layer", "rate", "loss_fen"):
        if getattr(links, name).shape != (count,):
            found = f"links.{name} of shape {getattr(links, name).shape}"
            raise BadInput(found, f"there are {count} links", "Give one entry for each.")
    if links.statements_indptr.shape != (count + 1,):
        found = f"links.statements_indptr of shape {links.statements_indptr.shape}"
        raise BadInput(found, f"there are {count} links", "Give one entry more than links.")
    if not count:
        return
    for name, limit in (
        ("hit", len(party_id)),
        ("fallen", len(party_id)),
        ("layer", len(links.layers)),
    ):
        column = getattr(links, name)
        if column.min() < 0 or column.max() >= limit:
            k = int(np.flatnonzero((column < 0) | (column >= limit))[0])
            raise BadInput(
                f"link {k}, {name} {column[k]}",
                f"it is a place from 0 to {limit - 1}",
                "Correct it.",
            )
    if len(bad := np.flatnonzero(~(links.rate >= 0) | np.isinf(links.rate))):
        k = int(bad[0])
        value = f"rate {links.rate[k]} of the link {name_of(party_id, int(links.fallen[k]))} -> "
        value += name_of(party_id, int(links.hit[k]))
        raise BadInput(
            value, "a rate is a number, not negative", "Leave the link out where it is unknown."
        )
    if len(bad := np.flatnonzero(links.hit == links.fallen)):
        value = f"link {bad[0]} of {name_of(party_id, int(links.hit[bad[0]]))} to itself"
        raise BadInput(value, "nobody is hit by his own fall", "Leave it out.")


def name_of(party_id: npt.NDArray[np.bytes_], place: int) -> str:
    """Party id as text, for messages."""
    return bytes(party_id[place]).decode(errors="replace")
