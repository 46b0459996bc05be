"""A study as pages and command line show it."""

from __future__ import annotations

import time
from pathlib import Path

from agentopt_core.errors import AgentOptError
from agentopt_core.studies.arms import arms_of, cells_of
from agentopt_core.studies.folder import StudyFolder, studies_in
from agentopt_core.studies.plan import StudyFile, StudyKind
from agentopt_core.studies.reading import answer, notes
from agentopt_core.studies.result import StudyTable, table_of
from agentopt_core.studies.state import StudyStatus, state_of
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
    file, state = folder.file(), state_of(folder)
    holder = folder.holder()
    status, reason = state.status(holder)
    cells = cells_of(file)
    names = {spec: fact.name for spec, fact in state.made.task_sets.items()}
    table = table_of(file, state.made, state.results, state.run_ids)
    progress = []
    for arm in arms_of(file):
        mine = [cell for cell in cells if cell.arm == arm.key]
        states = [result.state for cell in mine if (result := state.results.get(cell.key))]
        under_way = [cell for cell in mine if cell.key in state.run_ids and cell.key not in state.results]
        progress.append(
            ArmProgress(
                arm=arm.key,
                title=arm.title,
                planned=len(mine),
                measured=states.count("measured"),
                failed=len(states) - states.count("measured"),
                running=tuple((state.run_ids[c.key], f"{names[c.tasks]}, seed {c.seed}") for c in under_way)
                if holder is not None
                else (),
            )
        )
    now = time.time()
    return StudyView(
        summary=StudySummary(
            study_id=folder.study_id,
            title=file.title,
            kind=file.kind,
            status=status,
            reason=reason,
            made_at=state.made.at,
            by=state.made.by,
            demo=state.made.demo,
            task_sets=tuple(names.values()),
            seeds=len(file.seeds),
            ended=len(state.results),
            planned=len(cells),
        ),
        file=file,
        progress=tuple(progress),
        table=table,
        answer=tuple(answer(file, table)),
        notes=tuple(notes(file, state.made, table)),
        parallel=state.parallel,
        work_s=state.work(now if holder is not None else None),
    )


def summaries(home: Path) -> list[StudySummary]:
    """All studies, newest first; damaged ones with their reason."""
    return [_summary(folder) for folder in studies_in(home)]


def _summary(folder: StudyFolder) -> StudySummary:
    try:
        return view(folder).summary
    except AgentOptError as error:
        return StudySummary(
            study_id=folder.study_id, title=folder.study_id, kind=None, status=None, reason=str(error), made_at=0.0
        )
