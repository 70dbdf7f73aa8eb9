"""Rows kept aside that a later file has overtaken: they wait no longer.

A full extract says all there is to say, so what an earlier file of that name had wrong is settled
by it; and a row that comes again in the same words waits once, by its latest finding.
"""

from collections.abc import Iterable

from graph_model.store.protocol import Store
from ingest.loading import Loading, row_key


def superseded(store: Store, loading: Loading, source: str, full: Iterable[str]) -> list[int]:
    """Findings of earlier loads that the files of this load settle.

    Parameters
    ----------
    store : Store
        Holds what was published before.
    loading : Loading
        Has taken the files of this load.
    source : str
        Id of the source.
    full : iterable of str
        Names of the files of full extracts.
    """
    names = {load.number: load.files for load in store.loads()}
    whole = set(full)
    return [
        finding["finding_id"]
        for finding in store.findings(source)
        if finding["severity"] == "quarantine" and not finding["resolved_by"]
        if finding["sha256"] not in loading.contents
        if names[finding["load"]][finding["file"]].name in whole
        or row_key(finding["row"]) in loading.kept_aside
    ]
