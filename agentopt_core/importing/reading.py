"""A file to a draft: decode, parse, map columns, make tasks, and look over them as a set."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath

from agentopt_core.errors import TaskSetError
from agentopt_core.grading import check_gold
from agentopt_core.importing.columns import columns_for
from agentopt_core.importing.decoding import decode
from agentopt_core.importing.detection import reader_for, refuse_unreadable
from agentopt_core.importing.draft import Draft, Issue, listed
from agentopt_core.importing.limits import MAX_FILE_BYTES
from agentopt_core.importing.names import slug
from agentopt_core.importing.records import Record, Records
from agentopt_core.importing.rows import RowError, own_task_of, task_of
from agentopt_core.tasks import Task, TaskSet

_OWN_FIELDS = frozenset(Task.model_fields)
_OWN_SIGNS = frozenset({"meta", "source", "attachments"})
_SPACE = re.compile(r"\s+")


def read_tasks(name: str, data: bytes, mapping: Mapping[str, str] | None = None) -> Draft:
    """What a file of tasks holds: JSONL, JSON, CSV, TSV, or our own normalised JSONL. Nothing is saved.

    `name` is the file's name; its ending decides the format. `mapping` (task field -> column) overrules the guess.
    Good rows are kept, bad ones listed with row, field and reason. Answers stay text as they were written.
    Raises: TaskSetError when the file as a whole cannot be used: too large, empty, wrong shape, no question or no
    answer column, or no row that can be a task.
    """
    name = _file_name(name)
    if len(data) > MAX_FILE_BYTES:
        raise TaskSetError(f"{name} is larger than {MAX_FILE_BYTES // 2**20} MB.", "Split it into several files.")
    refuse_unreadable(name)
    if not data.strip():
        raise TaskSetError(f"{name} is empty.", "It needs at least one task with a question and an answer.")
    decoded = decode(name, data)
    read = reader_for(name, decoded.text)(name, decoded.text)
    issues = list(read.issues)
    if decoded.warning:
        issues.append(Issue(row=0, field="", reason=decoded.warning, severity="warning"))
    if not read.records:
        raise TaskSetError(
            f"{name} holds no task.{_first_reason(issues)}", "It needs records with a question and an answer."
        )
    if _is_own(read) and not mapping:
        kind, used = "tasks", {column: column for column in read.columns}
        tasks = _tasks(read, issues, lambda record: own_task_of(record, name))
    else:
        kind, used = read.format, columns_for(name, read.columns, mapping)
        tasks = _tasks(read, issues, lambda record: task_of(record, used, name, read.format))
    tasks = _looked_over(tasks, issues)
    if not tasks:
        raise TaskSetError(
            f"{name}: none of its rows can be used.{_first_reason(issues)}", "Correct the file and try again."
        )
    if not any(task.split == "train" and task.answer is not None for task in tasks):
        reason = "No task of the split 'train' has an answer: training needs some."
        issues.append(Issue(row=0, field="answer", reason=reason, severity="warning"))
    stem = PurePosixPath(name).stem
    return Draft(
        format=kind,
        columns=read.columns,
        mapping=used,
        task_set=TaskSet(id=slug(stem), name=stem, tasks=tuple(tasks)),
        issues=listed(issues),
        encoding=decoded.encoding,
    )


def _file_name(name: str) -> str:
    """The last part of a path a browser may have sent, printable and of bearable length."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(char for char in last if char.isprintable())[-120:] or "upload"


def _is_own(read: Records) -> bool:
    """Lines that hold fields only we write, and nothing else."""
    columns = set(read.columns)
    return read.format == "jsonl" and columns <= _OWN_FIELDS and bool(columns & _OWN_SIGNS)


def _first_reason(issues: list[Issue]) -> str:
    """The first issue, to be said where nothing else can be."""
    return f" Row {issues[0].row}: {issues[0].reason}" if issues and issues[0].row else ""


def _tasks(read: Records, issues: list[Issue], make: Callable[[Record], Task]) -> list[Task]:
    """The tasks of all records that can be one; the others become issues."""
    tasks = []
    for record in read.records:
        try:
            tasks.append(make(record))
        except RowError as error:
            issues.append(Issue(row=record.row, field=error.field[:80], reason=error.reason))
    return tasks


def _looked_over(tasks: list[Task], issues: list[Issue]) -> list[Task]:
    """The tasks without those that contradict an earlier one; what deserves a look becomes a warning."""
    kept: list[Task] = []
    row_of_id: dict[str, int] = {}
    first_of_question: dict[tuple[object, ...], Task] = {}
    for task in tasks:
        row = _row(task)
        if task.id in row_of_id:
            reason = f"Rows {row_of_id[task.id]} and {row} have the same id '{task.id[:40]}'; row {row} was left out."
            issues.append(Issue(row=row, field="id", reason=reason))
            continue
        words = _SPACE.sub(" ", task.question).strip()
        first = first_of_question.setdefault((words, task.context, task.choices, task.attachments), task)
        if first is not task and first.answer != task.answer:
            reason = f"Rows {_row(first)} and {row} ask the same with different answers; row {row} was left out."
            issues.append(Issue(row=row, field="answer", reason=reason))
            continue
        if first is not task:
            reason = f"Rows {_row(first)} and {row} are the same task."
            issues.append(Issue(row=row, field="question", reason=reason, severity="warning"))
        row_of_id[task.id] = row
        kept.append(task)
        issues.extend(_warnings(task))
    return kept


def _warnings(task: Task) -> Iterator[Issue]:
    if task.answer is None:
        reason = "No answer: the task can run, but not be scored."
        yield Issue(row=_row(task), field="answer", reason=reason, severity="warning")
    elif not (score := check_gold(task)).correct:
        yield Issue(row=_row(task), field="answer", reason=score.reason, severity="warning")


def _row(task: Task) -> int:
    return task.source.row if task.source else 0
