"""What a plan of splits would make of tasks, without writing anything: asked again at every movement of a slider."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from agentopt_core.importing.splits import SplitPlan, assign
from agentopt_core.importing.stored import TASKS, damaged, tasks_in
from agentopt_core.importing.survey import Profile, TaskFacts, facts_of, profile_of
from agentopt_core.tasks import Split


def planned(folder: Path, plan: SplitPlan, before: Profile) -> tuple[list[Split], Profile]:
    """The split of each task of a set or draft under a plan, and the numbers it would have. Raises: TaskSetError."""
    facts = facts_in(folder)
    splits = assign(facts, plan)
    moved = [one._replace(split=split) for one, split in zip(facts, splits, strict=True)]
    profile = profile_of(moved).with_(
        attachments=before.attachments, attachment_bytes=before.attachment_bytes, media=before.media
    )
    return splits, profile


def facts_in(folder: Path) -> tuple[TaskFacts, ...]:
    """What counting and splitting need of the tasks in a folder. Raises: TaskSetError when they cannot be read."""
    try:
        about = (folder / TASKS).stat()
    except OSError as error:
        raise damaged(folder, f"{TASKS}: {error.strerror}") from error
    return _facts(folder, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=2)
def _facts(folder: Path, *state: int) -> tuple[TaskFacts, ...]:
    """Once for each state of the file: reading a hundred thousand tasks takes seconds."""
    return tuple(facts_of(task) for task in tasks_in(folder))
