"""What the workbench does with task sets: reading files, keeping what is good, looking at it, drawing splits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from agentopt_core.importing import FORMATS, Bundle, Draft, FormatInfo, Issue, Profile, SplitPlan, TaskSetStore
from agentopt_core.tasks import Attachment, Task, TaskSet
from agentopt_core.views import TaskSetSummary


class TaskBench:
    """The task sets of one home folder, samples included. Thread safe."""

    _task_sets: TaskSetStore

    def task_sets(self) -> list[TaskSetSummary]:
        """Sample sets first, then the imported ones."""
        return self._task_sets.list()

    def task_summary(self, taskset_id: str) -> TaskSetSummary:
        """One set's row of the list. Raises: NotFound."""
        return self._task_sets.summary(taskset_id)

    def task_set(self, taskset_id: str) -> TaskSet:
        """One task set, whole. Raises: NotFound; TaskSetError when it is damaged."""
        return self._task_sets.get(taskset_id)

    def task_page(self, taskset_id: str, offset: int, limit: int) -> list[Task]:
        """Some of a set's tasks, in order. Raises: NotFound; TaskSetError when it is damaged."""
        return self._task_sets.page(taskset_id, offset, limit)

    def task_profile(self, taskset_id: str) -> Profile:
        """A set in numbers. Raises: NotFound; TaskSetError when it is damaged."""
        return self._task_sets.profile(taskset_id)

    def attachment(self, source: str | Draft, attachment: Attachment) -> bytes:
        """A file of a set or draft, checked against its digest. Raises: NotFound; TaskSetError."""
        return self._task_sets.attachment(source, attachment)

    def resolve_tasks(self, spec: str) -> TaskSet:
        """The tasks a person names on the command line: a task set's id or name, a file, a folder or a zip."""
        return self._task_sets.resolve(spec)

    def formats(self) -> list[FormatInfo]:
        """What can be imported, in the order in which it is tried."""
        return [FormatInfo(name=one.name, title=one.title, sentence=one.sentence) for one in FORMATS]

    def read_upload(
        self,
        files: Sequence[tuple[str, bytes | BinaryIO]],
        *,
        format: str | None = None,
        mapping: Mapping[str, str] | None = None,
        progress: Callable[[int, int | None], None] | None = None,
    ) -> Draft:
        """What a browser sent (names and contents) as a draft, with every issue by row; no set is saved.

        `format` overrules what is recognised, `mapping` (task field -> column) how a table is read; `progress` is told
        rows read and rows in all. Raises: TaskSetError, with `columns` where these could be mapped; DiskFull.
        """
        with Bundle.of_uploads(files) as bundle:
            return self._task_sets.read(bundle, format=format, mapping=mapping, progress=progress)

    def read_path(
        self,
        path: Path,
        *,
        format: str | None = None,
        mapping: Mapping[str, str] | None = None,
        progress: Callable[[int, int | None], None] | None = None,
    ) -> Draft:
        """As `read_upload`, for a file, folder or zip on this machine."""
        with Bundle.of_path(path) as bundle:
            return self._task_sets.read(bundle, format=format, mapping=mapping, progress=progress)

    def draft_tasks(self, draft: Draft, offset: int, limit: int) -> list[Task]:
        """Some of a draft's tasks, in order. Raises: TaskSetError when it was kept or discarded."""
        return self._task_sets.draft_page(draft, offset, limit)

    def save_task_set(self, draft: Draft, name: str, plan: SplitPlan | None = None) -> str:
        """Keep a draft under a new id; without a plan its tasks stay in the splits that the files say.

        Raises: TaskSetError when it was kept or discarded already; DiskFull.
        """
        return self._task_sets.keep(draft, name, plan)

    def discard_draft(self, draft: Draft) -> None:
        """Forget a draft. Those that nobody keeps or discards are removed after a day."""
        self._task_sets.discard(draft)

    def split_preview(self, source: str | Draft, plan: SplitPlan) -> Profile:
        """The numbers a set or draft would have with other splits; nothing is written.

        Raises: NotFound; TaskSetError.
        """
        return self._task_sets.split_preview(source, plan)

    def resplit(self, taskset_id: str, plan: SplitPlan, name: str) -> str:
        """A copy of a set with other splits, under a new id. Raises: NotFound; TaskSetError; DiskFull."""
        return self._task_sets.resplit(taskset_id, plan, name)

    def check_task_set(self, taskset_id: str) -> list[Issue]:
        """Every gold against itself, every attachment there and unchanged, repeated questions and leaks.

        Raises: NotFound; TaskSetError when the set's tasks cannot be read at all.
        """
        return self._task_sets.check(taskset_id)

    def delete_task_set(self, taskset_id: str) -> None:
        """Delete an imported set; runs keep their own snapshot of its tasks."""
        self._task_sets.delete(taskset_id)
