"""One source folder into the store: read, normalise, check, resolve, delta, and publish at once."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from graph_model.statement import Severity, Source, SourceFile
from graph_model.store.protocol import Store
from ingest.extract import Extract
from ingest.loading import SHRINK_LIMIT, Loading, Progress
from ingest.said import Settled
from ingest.source_file import SourceDeclaration, files_of, mapping_of
from ingest.superseded import superseded

__all__ = ["SHRINK_LIMIT", "LoadReport", "Progress", "ingest_folder"]


@dataclass(frozen=True)
class LoadReport:
    """How a load went.

    Attributes
    ----------
    load : int
        Its number; 0 when nothing was written (nothing new, or a dry run).
    files : tuple of SourceFile
        Counts of each file.
    rules : dict of (severity, rule) to int
        How many findings of each rule.
    """

    load: int
    source: str
    files: tuple[SourceFile, ...]
    rules: Counter[tuple[Severity, str]]


def ingest_folder(
    store: Store,
    declared: SourceDeclaration,
    folder: Path,
    *,
    beside: Path,
    mapping: Path | None = None,
    dry_run: bool = False,
    allow_shrink: bool = False,
    progress: Progress = lambda _name, _rows: None,
) -> LoadReport:
    """Load all files that a source declares, in one load.

    Parameters
    ----------
    store : Store
        Where to.
    declared : SourceDeclaration
        Content of `source.toml`.
    folder : pathlib.Path
        Where the files are.
    beside : pathlib.Path
        Folder from which `source.toml` names its mappings.
    mapping : pathlib.Path, optional
        Mapping to use for every file instead.
    dry_run : bool
        Do everything and publish nothing.
    allow_shrink : bool
        Let a full extract end more than `SHRINK_LIMIT` of what it speaks of.
    progress : Progress
        Told how far it is.

    Raises
    ------
    BadInput
        When a file, a mapping or an extract cannot be used; nothing of the load is kept.
    StoreError
        When the store cannot write; nothing of the load is kept.
    """
    dictionary = store.dictionary
    extracts: list[Extract] = []
    count = 0
    for one in declared.file:
        paths = files_of(one, folder)
        extracts.append(Extract(one, mapping_of(one, beside, dictionary, mapping), paths, count))
        count += len(paths)
    with store.begin(declared.source()) as load:
        loading = Loading(load, dictionary, declared.id, progress, settled(store, declared.id))
        loading.take(extracts, allow_shrink=allow_shrink)
        number = 0
        if dry_run:
            load.abort(forget=True)
        else:
            full = [p.name for e in extracts if e.declared.extract == "full" for p in e.paths]
            if terms_changed(store, declared.source()):
                load.enter()
            load.resolve(superseded(store, loading, declared.id, full))
            number = load.publish(loading.files) if load.has_written else 0
    return LoadReport(number, declared.id, tuple(loading.files), loading.rules)


def terms_changed(store: Store, source: Source) -> bool:
    """Whether the source declares itself otherwise than when it was last loaded.

    Its rank and its permission to join count from the last load that names it.
    """
    known = [one.source for one in store.loads() if one.state == "published"]
    of_source = [one for one in known if one.id == source.id]
    return bool(of_source) and of_source[-1] != source


def settled(store: Store, source: str) -> dict[str, Settled]:
    """Rows that were corrected and taken in again, by the content they came with at first."""
    replays = {load.number for load in store.loads() if any(f.replays for f in load.files)}
    found: dict[str, set[tuple[int, int]]] = {}
    for finding in store.findings(source):
        if finding["resolved_by"] in replays:
            place = (finding["resolved_by"], finding["line"])
            found.setdefault(finding["sha256"], set()).add(place)
    return {content: frozenset(places) for content, places in found.items()}
