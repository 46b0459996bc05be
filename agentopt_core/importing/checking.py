"""A stored set looked at again: golds, attachments, and questions that stand in it twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from agentopt_core.attached import check_attachment
from agentopt_core.errors import TaskSetError
from agentopt_core.importing.draft import Issue
from agentopt_core.importing.look_over import IssueList, gold_fault
from agentopt_core.importing.stored import TASKS, damaged, digest_of, manifest_of, tasks_in
from agentopt_core.importing.survey import Profile, Repeat, Survey


def check_set(folder: Path) -> list[Issue]:
    """Every gold graded against itself, every attachment opened, every question compared with the others.

    `error`: it cannot be used as it is; `warning`: worth a look. Rows are those of the set, 1 for its first task.
    Raises: TaskSetError when its tasks cannot be read.
    """
    manifest = manifest_of(folder)
    if manifest.digest and digest_of(folder / TASKS) != manifest.digest:
        raise damaged(folder, "its tasks were changed after they were imported")
    issues, survey = IssueList(), Survey()
    for row, task in enumerate(tasks_in(folder), 1):
        survey.add(task)
        if reason := gold_fault(task):
            issues.add(Issue(row=row, field="answer", reason=f"Task {task.id}: {reason}", severity="warning"))
        for attachment in task.attachments:
            try:
                check_attachment(folder, attachment)
            except TaskSetError as error:
                issues.add(Issue(row=row, field="attachments", reason=f"Task {task.id}: {error}"))
    for issue in _repeats(survey.profile()):
        issues.add(issue)
    return list(issues.listed())


def _repeats(profile: Profile) -> Iterator[Issue]:
    for repeat in profile.repeats:
        yield Issue(row=0, field="question", reason=_in_words(repeat), severity="warning")
    if (more := profile.repeated - len(profile.repeats)) > 0:
        reason = f"{more:,} more questions are asked by more than one task."
        yield Issue(row=0, field="question", reason=reason, severity="warning")


def _in_words(repeat: Repeat) -> str:
    listed = ", ".join(repeat.ids) + (", ..." if repeat.count > len(repeat.ids) else "")
    if repeat.is_leak:
        return f"One question stands in the splits {' and '.join(repeat.splits)}: tasks {listed}."
    return f"{repeat.count} tasks ask the same: {listed}."
