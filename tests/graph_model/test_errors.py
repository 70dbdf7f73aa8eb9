"""Errors keep their value, rule and way out on every way they may go."""

import pickle

import pytest

from graph_model.errors import AllianceError, BadInput, NotConverged, StoreBusy


@pytest.mark.parametrize("kind", [BadInput, NotConverged, StoreBusy])
def test_an_error_passes_from_one_process_to_another_whole(kind: type[AllianceError]) -> None:
    told = kind("seed 3", "the steps end", "Give another seed.")
    found = pickle.loads(pickle.dumps(told))  # noqa: S301 (our own bytes)
    assert type(found) is kind
    assert (found.value, found.rule, found.way_out) == (told.value, told.rule, told.way_out)
    assert str(found) == "seed 3: the steps end. Give another seed."
