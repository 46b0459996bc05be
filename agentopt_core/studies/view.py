"""A study as pages and command line show it."""

from __future__ import annotations

import time
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from agentopt_core.errors import AgentOptError
from agentopt_core.studies.arms import Arm, Cell, arms_of, cells_of
from agentopt_core.studies.folder import StudyFolder, studies_in
from agentopt_core.studies.plan import StudyFile, StudyKind
from agentopt_core.studies.reading import answer, notes
from agentopt_core.studies.result import StudyTable, arm_title, table_of
from agentopt_core.studies.state import StudyState, StudyStatus, state_of
from agentopt_core.words import Word


class StudySummary(Word):
    """A row of the list of studies."""

    study_id: str
    title: str
    kind: StudyKind | None
    """None where the study cannot be read."""
    status: StudyStatus | None
    reason: str
    """Why it is thought to be in that state; or why it cannot be read."""
    made_at: float
    by: str = ""
    demo: bool = False
    task_sets: tuple[str, ...] = ()
    seeds: int = 0
    ended: int = 0
    planned: int = 0


class ArmProgress(Word):
    """How far the runs of an arm are."""

    arm: str
    title: str
    planned: int
    measured: int
    failed: int
    """Failed, stopped, or cut by the budget."""
    running: tuple[tuple[str, str], ...] = ()
    """Runs under way: run id, and task set and seed in words."""


class StudyView(Word):
    """A study with its table."""

    summary: StudySummary
    file: StudyFile
    progress: tuple[ArmProgress, ...]
    table: StudyTable
    answer: tuple[str, ...]
    notes: tuple[str, ...]
    parallel: int
    work_s: float
    """Seconds that the study has taken so far."""


def view(folder: StudyFolder) -> StudyView:
    """The study as it stands. Raises: ProtocolError when it is damaged."""
    read = _read(folder)
    file, state, table = read.file, read.state, _table(*_version(folder))
    holder = folder.holder()
    return StudyView(
        summary=_summary(folder, read, holder),
        file=file,
        progress=tuple(_progress(read, arm, is_held=holder is not None) for arm in arms_of(file)),
        table=table,
        answer=tuple(answer(file, table)),
        notes=tuple(notes(file, state.made, table)),
        parallel=state.parallel,
        work_s=state.work(time.time() if holder is not None else None),
    )


def summaries(home: Path) -> list[StudySummary]:
    """All studies, newest first; damaged ones with their reason."""
    found = []
    for folder in studies_in(home):
        try:
            found.append(_summary(folder, _read(folder), folder.holder()))
        except AgentOptError as error:
            found.append(
                StudySummary(
                    study_id=folder.study_id,
                    title=folder.study_id,
                    kind=None,
                    status=None,
                    reason=str(error),
                    made_at=0.0,
                )
            )
    return found


class _Read(NamedTuple):
    """What a study's files say."""

    file: StudyFile
    state: StudyState
    cells: tuple[Cell, ...]


def _version(folder: StudyFolder) -> tuple[str, int, int]:
    """The study and how far its journal is: while that stays, so does all that is reckoned from it."""
    try:
        stat = folder.journal.stat()
    except OSError:
        return str(folder.path), 0, 0
    return str(folder.path), stat.st_size, stat.st_mtime_ns


def _read(folder: StudyFolder) -> _Read:
    return _read_version(*_version(folder))


@lru_cache(maxsize=200)
def _read_version(path: str, size: int, changed: int) -> _Read:
    folder = StudyFolder(Path(path))
    file = folder.file()
    return _Read(file, state_of(folder), cells_of(file))


@lru_cache(maxsize=20)
def _table(path: str, size: int, changed: int) -> StudyTable:
    read = _read_version(path, size, changed)
    return table_of(read.file, read.state.made, read.state.results, read.state.run_ids)


def _summary(folder: StudyFolder, read: _Read, holder: int | None) -> StudySummary:
    launched = folder.commands.last_start()
    status, reason = read.state.status(holder, launched.at if launched else 0.0, time.time())
    made = read.state.made
    return StudySummary(
        study_id=folder.study_id,
        title=read.file.title,
        kind=read.file.kind,
        status=status,
        reason=reason,
        made_at=made.at,
        by=made.by,
        demo=made.demo,
        task_sets=tuple(fact.name for fact in made.task_sets.values()),
        seeds=len(read.file.seeds),
        ended=len(read.state.results),
        planned=len(read.cells),
    )


def _progress(read: _Read, arm: Arm, *, is_held: bool) -> ArmProgress:
    mine = [cell for cell in read.cells if cell.arm == arm.key]
    run_ids, results = read.state.run_ids, read.state.results
    states = [results[cell.key].state for cell in mine if cell.key in results]
    under_way = [cell for cell in mine if cell.key in run_ids and cell.key not in results] if is_held else []
    names = {spec: fact.name for spec, fact in read.state.made.task_sets.items()}
    return ArmProgress(
        arm=arm.key,
        title=arm_title(read.file, read.state.made, arm),
        planned=len(mine),
        measured=states.count("measured"),
        failed=len(states) - states.count("measured"),
        running=tuple((run_ids[cell.key], f"{names[cell.tasks]}, seed {cell.seed}") for cell in under_way),
    )
