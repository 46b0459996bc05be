"""Files to a draft: recognise the format, make tasks of its records one by one, and look over them as a set."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import cast

from pydantic import ValidationError

from agentopt_core.errors import TaskSetError
from agentopt_core.importing.bundle import UPLOAD, Bundle
from agentopt_core.importing.draft import MAX_PREVIEW, Draft, Issue
from agentopt_core.importing.formats import TABLE, NoTask, Setting
from agentopt_core.importing.formats.values import RowError, check_sizes, scrubbed, split_in
from agentopt_core.importing.look_over import IssueList, LookOver
from agentopt_core.importing.recognition import Chosen, choose
from agentopt_core.importing.records import Record, Table
from agentopt_core.importing.staging import Staging
from agentopt_core.importing.stored import TASKS
from agentopt_core.importing.survey import Profile, Survey
from agentopt_core.task_lines import each_task
from agentopt_core.tasks import Source, Task
from agentopt_core.words import JsonObject

MIN_SCORABLE = 3
"""Tasks with an answer that a set needs to be trained on: fewer cannot tell learning from luck."""
_STEP = 500
"""Rows between two calls of `progress`."""

Progress = Callable[[int, int | None], None]
"""Rows read, and rows in all (None: not known)."""


def read_tasks(
    bundle: Bundle,
    into: Path,
    *,
    format: str | None = None,
    mapping: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Draft:
    """What the bundle's task files hold, written into the folder `into` task by task. Nothing is saved by it.

    The format is recognised by the keys of the records; `format` (a name of `FORMATS`) overrules that, and `mapping`
    (task field -> column) reads a table by these columns. Good rows are kept, bad ones listed with row, field and
    reason. Answers stay text as they were written.
    Raises: TaskSetError, with nothing left in `into`, when the files as a whole cannot be used: too large, empty, wrong
    shape, keys missing, or no row that can be a task; OSError when `into` cannot be written.
    """
    try:
        return _Reading(bundle, into, choose(bundle, format, mapping)).draft(progress or (lambda done, total: None))
    except BaseException:
        shutil.rmtree(into, ignore_errors=True)
        raise


class _Reading:
    """One bundle on its way into one folder."""

    def __init__(self, bundle: Bundle, into: Path, chosen: Chosen) -> None:
        self._bundle = bundle
        self._into = into
        self._chosen = chosen
        self._issues = IssueList()
        self._look_over = LookOver()
        self._survey = Survey()
        self._without_file = 0

    def draft(self, progress: Progress) -> Draft:
        chosen, tables = self._chosen, self._chosen.tables
        total, done = sum(table.count for table in tables), 0
        progress(0, total)
        with Staging(self._into, self._bundle) as staging:
            for setting in _settings(self._bundle, chosen):
                self._note(setting)
                for item in setting.table.read():
                    self._take(item, setting, staging)
                    done += 1
                    if done % _STEP == 0:
                        progress(done, total)
        progress(done, total)
        profile = self._survey.profile()
        listed = self._issues.listed()
        if not profile.tasks:
            first = next((f" Row {issue.row}: {issue.reason}" for issue in listed if issue.row), "")
            raise TaskSetError(
                f"{self._bundle.name}: none of its rows can be used.{first}", "Correct it and try again."
            )
        self._note_whole(profile)
        return Draft(
            folder=self._into,
            name=_name(self._bundle, chosen),
            format=chosen.format.name,
            title=chosen.format.title,
            reason=chosen.reason,
            files=tuple(table.file for table in tables),
            columns=tuple(dict.fromkeys(column for table in tables for column in table.columns)),
            mapping=chosen.mapping,
            encoding=next((table.encoding for table in tables if table.encoding != "utf-8"), "utf-8"),
            profile=profile,
            issues=self._issues.listed(),
            left_out=self._issues.errors,
            warned=self._issues.warnings,
            preview=tuple(islice(each_task(self._into / TASKS), MAX_PREVIEW)),
        )

    def _take(self, item: Record | Issue, setting: Setting, staging: Staging) -> None:
        """One record into the folder, or onto the list of issues."""
        file = item.file or (setting.table.file if len(self._chosen.tables) > 1 else "")
        if isinstance(item, Issue):
            self._issues.add(item.with_(file=file))
            return
        try:
            task = self._task(item, setting, staging)
            place = item.file or (f"{file}:{item.row}" if file else str(item.row))
            warnings = self._look_over.check(task, item.row, place)
            staging.add(task)
        except NoTask as reason:
            self._issues.add(Issue(row=item.row, field="", reason=str(reason), severity="warning", file=file))
        except RowError as error:
            self._issues.add(Issue(row=item.row, field=error.field[:80], reason=error.reason, file=file))
        except (RecursionError, ValidationError):
            self._issues.add(Issue(row=item.row, field="", reason="The record is nested too deeply.", file=file))
        else:
            self._survey.add(task)
            for warning in warnings:
                self._issues.add(warning.with_(file=file))

    def _task(self, record: Record, setting: Setting, staging: Staging) -> Task:
        fields = cast(JsonObject, scrubbed(record.fields))
        check_sizes(fields)
        made = self._chosen.format.make(record._replace(fields=fields), setting)
        attachments = tuple(staging.attached(made.files))
        self._without_file += len(attachments) < len(made.files)
        file = record.file or setting.table.file
        return made.task.model_copy(
            update={
                "attachments": attachments,
                "meta": fields if made.meta is None else made.meta,
                "source": Source(file=file, row=record.row, importer=self._chosen.format.name),
            }
        )

    def _note(self, setting: Setting) -> None:
        """What is to be said of a file before its rows."""
        several = len(self._chosen.tables) > 1
        for issue in setting.table.notes:
            self._issues.add(issue.with_(file=setting.table.file if several else ""))
        if setting.split:
            reason = f"Tasks of this file are in the split '{setting.split}', as its name says."
            self._issues.add(Issue(row=0, field="split", reason=reason, severity="warning", file=setting.table.file))

    def _note_whole(self, profile: Profile) -> None:
        """What is to be said of the set when all its tasks are known."""
        reasons = list(self._chosen.format.notes)
        if self._without_file and (remark := self._chosen.format.remark(self._bundle, self._without_file)):
            reasons.append(remark)
        if profile.scorable < MIN_SCORABLE:
            reasons.append(
                f"Only {profile.scorable} of the tasks can be scored, training needs {MIN_SCORABLE}: "
                "the set can be kept, but not be trained on."
            )
        elif not profile.scorable_splits.get("train"):
            reasons.append("No task of the split 'train' has an answer: training needs some.")
        for issue in (
            *self._chosen.notes,
            *(Issue(row=0, field="", reason=one, severity="warning") for one in reasons),
        ):
            self._issues.add(issue)


def _settings(bundle: Bundle, chosen: Chosen) -> Iterator[Setting]:
    several = len(chosen.tables) > 1
    by_name = several and chosen.format.split_by_name and "split" not in chosen.mapping
    prefixes = _prefixes(chosen.tables)
    for table in chosen.tables:
        yield Setting(
            bundle=bundle,
            table=table,
            mapping=chosen.mapping,
            split=split_in(table.file) if by_name else None,
            prefix=prefixes[table.file] if several else "",
        )


def _prefixes(tables: Sequence[Table]) -> dict[str, str]:
    """What tells the rows of one file from those of another: its name, or its path where names are the same."""
    stems = [PurePosixPath(table.file).stem for table in tables]
    if len(set(stems)) == len(stems):
        return {table.file: f"{stem}-" for table, stem in zip(tables, stems, strict=True)}
    return {table.file: f"{PurePosixPath(table.file).with_suffix('').as_posix()}-" for table in tables}


def _name(bundle: Bundle, chosen: Chosen) -> str:
    if bundle.name != UPLOAD:
        return PurePosixPath(bundle.name).stem or bundle.name
    if len(chosen.tables) > 1 or chosen.format is not TABLE:
        return chosen.format.title
    return PurePosixPath(chosen.tables[0].file).stem
