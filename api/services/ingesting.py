"""Take source folders in, one load a source; rows kept aside go to a file beside the store."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from api.services.workspace import Workspace
from graph_model.errors import BadInput
from ingest.load import LoadReport, Progress, ingest_folder
from ingest.quarantine import replay, waiting, write_quarantine
from ingest.source_file import NAME, read_source


@dataclass(frozen=True)
class Ingested:
    """How one source went.

    Attributes
    ----------
    report : LoadReport
        Counts of files and rules.
    quarantine : pathlib.Path or None
        File with the rows kept aside by this load.
    """

    report: LoadReport
    quarantine: Path | None


def source_folders(folder: Path) -> list[Path]:
    """Folders with a `source.toml`: this one, or those right under it, sorted by name.

    Raises
    ------
    BadInput
        When there is none.
    """
    if (folder / NAME).is_file():
        return [folder]
    found = sorted(p.parent for p in folder.glob(f"*/{NAME}")) if folder.is_dir() else []
    if not found:
        raise BadInput(
            str(folder),
            f"holds no {NAME}, nor do the folders in it",
            f"Write a {NAME} beside the files (docs/mapping.md), or name one with --source.",
        )
    return found


def ingest(
    workspace: Workspace,
    folder: Path,
    *,
    source: Path | None = None,
    mapping: Path | None = None,
    dry_run: bool = False,
    allow_shrink: bool = False,
    progress: Progress = lambda _name, _rows: None,
    begun: Callable[[str], None] = lambda _source: None,
    done: list[Ingested] | None = None,
) -> list[Ingested]:
    """Take in one source folder, or all those in a folder.

    Parameters
    ----------
    workspace : Workspace
        Where to.
    folder : pathlib.Path
        Folder of the files.
    source : pathlib.Path, optional
        A `source.toml` that stands elsewhere (read-only data).
    mapping : pathlib.Path, optional
        Mapping to use for every file.
    dry_run : bool
        Do everything, write nothing.
    allow_shrink : bool
        Let a full extract end more than a twentieth of what it speaks of.
    progress, begun
        Told the rows read so far, and which source begins.
    done : list of Ingested, optional
        Filled as sources are done, so that it tells what was taken in before an error.
    """
    declarations = [source] if source else [found / NAME for found in source_folders(folder)]
    done = [] if done is None else done
    for toml in declarations:
        declared = read_source(toml, workspace.dictionary)
        begun(declared.id)
        report = ingest_folder(
            workspace.store,
            declared,
            folder if source else toml.parent,
            beside=toml.parent,
            mapping=mapping,
            dry_run=dry_run,
            allow_shrink=allow_shrink,
            progress=progress,
        )
        done.append(Ingested(report, _quarantine_file(workspace, report)))
    return done


def replay_quarantine(
    workspace: Workspace, path: Path, *, dry_run: bool = False
) -> list[LoadReport]:
    """Take corrected rows of a quarantine file in again."""
    return replay(workspace.store, path, dry_run=dry_run)


def _quarantine_file(workspace: Workspace, report: LoadReport) -> Path | None:
    kept = [f for f in waiting(workspace.store, report.source) if f["load"] == report.load]
    if not kept:
        return None
    path = workspace.quarantine / f"load-{report.load:06d}-{report.source}.csv"
    write_quarantine(kept, path)
    return path
