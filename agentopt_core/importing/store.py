"""The task sets of one home folder: the samples that ship with the project, and what people imported."""

from __future__ import annotations

import builtins
import errno
import itertools
import os
import shutil
import uuid
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path

from agentopt_core.attached import read_attachment
from agentopt_core.errors import NotFound, TaskSetError
from agentopt_core.importing.bundle import Bundle
from agentopt_core.importing.checking import check_set
from agentopt_core.importing.draft import Draft, Issue
from agentopt_core.importing.drafts import discard_draft, read_draft, require_draft, split_anew, writing
from agentopt_core.importing.formats import FORMATS
from agentopt_core.importing.names import slug
from agentopt_core.importing.planned import planned
from agentopt_core.importing.reading import Progress
from agentopt_core.importing.splits import SplitPlan
from agentopt_core.importing.stored import (
    MANIFEST,
    TASKS,
    Manifest,
    copy_files,
    digest_of,
    ids_in,
    load,
    manifest_for_draft,
    manifest_of,
    profile_in,
    summary_of,
    sync_folder,
    tasks_in,
    write,
)
from agentopt_core.importing.survey import Profile
from agentopt_core.tasks import Attachment, Task, TaskSet
from agentopt_core.views import TaskSetSummary


class TaskSetStore:
    """Sets as folders: `<home>/tasksets/<id>/` for imported ones, `<samples>/<id>/` for samples, which are read only.

    Each holds tasks.jsonl and manifest.json. A set is written whole or not at all, and never over another one.
    """

    def __init__(self, home: Path, samples: Path) -> None:
        self._own = home / "tasksets"
        self._samples = samples

    def list(self) -> builtins.list[TaskSetSummary]:
        """Sample sets first, then imported ones, by id. A damaged set is listed with its reason in `problem`."""
        samples = [summary_of(self._samples / id, is_sample=True) for id in self._sample_ids()]
        return samples + [summary_of(self._own / id, is_sample=False) for id in self._own_ids()]

    def summary(self, id: str) -> TaskSetSummary:
        """A set's row of the list. Raises: NotFound."""
        folder = self._folder(id)
        return summary_of(folder, is_sample=folder.parent == self._samples)

    def get(self, id: str) -> TaskSet:
        """One set, whole. Raises: NotFound; TaskSetError when it is damaged."""
        return load(self._folder(id))

    def page(self, id: str, offset: int, limit: int) -> builtins.list[Task]:
        """Some of a set's tasks. Raises: NotFound; TaskSetError when it is damaged."""
        return builtins.list(tasks_in(self._folder(id), offset, limit))

    def profile(self, id: str) -> Profile:
        """A set in numbers. Raises: NotFound; TaskSetError when it is damaged."""
        return profile_in(self._folder(id))

    def attachment(self, source: str | Draft, attachment: Attachment) -> bytes:
        """A file of a set or draft, checked against its digest. Raises: NotFound; TaskSetError."""
        folder = require_draft(self._own, source) if isinstance(source, Draft) else self._folder(source)
        return read_attachment(folder, attachment)

    def check(self, id: str) -> builtins.list[Issue]:
        """What is wrong with a set now. Raises: NotFound; TaskSetError when it is damaged."""
        return check_set(self._folder(id))

    def read(
        self,
        bundle: Bundle,
        *,
        format: str | None = None,
        mapping: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> Draft:
        """Files as a draft; see `read_tasks`. Raises: TaskSetError; DiskFull."""
        return read_draft(self._own, bundle, format=format, mapping=mapping, progress=progress)

    def draft_page(self, draft: Draft, offset: int, limit: int) -> builtins.list[Task]:
        """Some of a draft's tasks. Raises: TaskSetError when it was kept or discarded."""
        return builtins.list(tasks_in(require_draft(self._own, draft), offset, limit))

    def keep(self, draft: Draft, name: str, plan: SplitPlan | None = None) -> str:
        """Make a draft a set under a new id made from its name, and return the id. Without a plan the splits stay.

        Raises: TaskSetError when the draft was kept or discarded already; DiskFull.
        """
        folder = require_draft(self._own, draft)
        with writing(self._own):
            profile = split_anew(folder, plan, draft.profile) if plan else draft.profile
            return self._publish(folder, draft.with_(profile=profile), name.strip() or draft.name)

    def discard(self, draft: Draft) -> None:
        """Forget a draft."""
        discard_draft(self._own, draft)

    def split_preview(self, source: str | Draft, plan: SplitPlan) -> Profile:
        """The numbers a set or draft would have under a plan. Raises: NotFound; TaskSetError."""
        if isinstance(source, Draft):
            return planned(require_draft(self._own, source), plan, source.profile)[1]
        return planned(self._folder(source), plan, self.profile(source))[1]

    def resplit(self, id: str, plan: SplitPlan, name: str) -> str:
        """A copy of a set with other splits, under a new id. Raises: NotFound; TaskSetError; DiskFull."""
        source = self._folder(id)
        manifest = manifest_of(source)
        folder = self._own / f".new-{uuid.uuid4().hex}"
        with writing(self._own):
            try:
                self._own.mkdir(parents=True, exist_ok=True)
                folder.mkdir()
                shutil.copyfile(source / TASKS, folder / TASKS)
                copy_files(source, folder)
                profile = split_anew(folder, plan, profile_in(source))
                fresh = manifest.model_copy(
                    update={
                        "name": name.strip() or manifest.name,
                        "profile": profile,
                        "tasks": profile.tasks,
                        "scorable": profile.scorable,
                        "splits": profile.splits,
                    }
                )
                return self._place(folder, fresh)
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def delete(self, id: str) -> None:
        """Delete an imported set. Raises: NotFound; TaskSetError for a sample set."""
        folder = self._folder(id)
        if folder.parent != self._own:
            raise TaskSetError(f"'{id}' is a sample set.", "Only imported sets can be deleted.")
        gone = self._own / f".deleted-{uuid.uuid4().hex}"
        try:
            os.rename(folder, gone)  # at once for every reader; what takes time comes after
        except OSError as error:
            raise TaskSetError(
                f"'{id}' cannot be deleted: {error.strerror}.", "Check the folder's permissions."
            ) from error
        shutil.rmtree(gone, ignore_errors=True)

    def resolve(self, spec: str) -> TaskSet:
        """The tasks a person names: a set's id or name, or a file, folder or zip of any format that can be imported.

        Rows that cannot be used are left out, and the description counts them. The files of tasks that are in no set
        lie in a temporary folder until this process ends.
        Raises: NotFound; TaskSetError, also when no task of the split `train` has an answer.
        """
        task_set = self._resolve(spec.strip())
        if not task_set.of("train"):
            raise TaskSetError(
                f"'{task_set.name}' has no task of the split 'train' with an answer.",
                "Training needs some: add answers, or move tasks to the split 'train'.",
            )
        return task_set

    def _resolve(self, spec: str) -> TaskSet:
        known = [*self._sample_ids(), *self._own_ids()]
        if spec in known:
            return self.get(spec)
        path = Path(spec).expanduser()
        if spec and exists(path):
            return load(path) if (path / MANIFEST).is_file() and (path / TASKS).is_file() else self._read_path(path)
        named = [summary.id for summary in self.list() if summary.name == spec]
        if len(named) == 1:
            return self.get(named[0])
        raise NotFound(
            f"There is no file, folder or task set '{spec[:200]}'.", f"Task sets are: {', '.join(known) or 'none'}."
        )

    def _read_path(self, path: Path) -> TaskSet:
        with Bundle.of_path(path) as bundle:
            draft = self.read(bundle)
        # tasks.jsonl says nothing about its tasks; the folder it lies in does
        name = (path.resolve().parent.name if path.name == TASKS else "") or draft.name
        tasks = tuple(tasks_in(draft.folder))
        if draft.profile.attachments:
            weakref.finalize(self, shutil.rmtree, draft.folder, ignore_errors=True)
        else:
            self.discard(draft)
        return TaskSet(
            id=slug(name),
            name=name,
            description=f"Read from {path.name or path}{left_out_in_words(draft)}.",
            tasks=tasks,
            folder=draft.folder if draft.profile.attachments else None,
            private=is_private(draft),
        )

    def _sample_ids(self) -> builtins.list[str]:
        return ids_in(self._samples)

    def _own_ids(self) -> builtins.list[str]:
        """Sample ids are never given to imported sets; a folder put there by hand does not hide a sample."""
        samples = set(self._sample_ids())
        return [id for id in ids_in(self._own) if id not in samples]

    def _folder(self, id: str) -> Path:
        for root, ids in ((self._samples, self._sample_ids()), (self._own, self._own_ids())):
            if id in ids:
                return root / id
        known = ", ".join([*self._sample_ids(), *self._own_ids()]) or "none"
        raise NotFound(f"There is no task set '{id[:200]}'.", f"Task sets are: {known}.")

    def _publish(self, folder: Path, draft: Draft, name: str) -> str:
        return self._place(folder, manifest_for_draft("", draft, name, "", private=is_private(draft)))

    def _place(self, folder: Path, manifest: Manifest) -> str:
        """Give a complete folder its id, at once for every reader and never over another set."""
        digest = digest_of(folder / TASKS)
        for id in self._free_ids(slug(manifest.name)):
            whole = manifest.model_copy(update={"id": id, "digest": digest})
            write(folder / MANIFEST, whole.model_dump_json(indent=1).encode() + b"\n")
            try:
                os.rename(folder, self._own / id)
            except OSError as error:
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                    continue  # another process took the id in between
                raise
            sync_folder(self._own)
            return id
        raise AssertionError("ids never end")

    def _free_ids(self, wanted: str) -> Iterator[str]:
        for number in itertools.count(1):
            id = wanted if number == 1 else f"{wanted}-{number}"
            if not (self._own / id).exists() and not (self._samples / id).exists():
                yield id


def is_private(draft: Draft) -> bool:
    """Whether the format's tasks must not be published."""
    return any(one.private for one in FORMATS if one.name == draft.format)


def exists(path: Path) -> bool:
    """Whether there is such a file or folder; False for what cannot be a path."""
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, or with a NUL
        return False


def left_out_in_words(draft: Draft) -> str:
    """How many rows are missing and why the first ones are, as the end of a sentence."""
    if not draft.left_out:
        return ""
    errors = [issue for issue in draft.issues if issue.severity == "error"][:3]
    first = "; ".join(f"row {issue.row}: {issue.reason.rstrip('.')}" for issue in errors)
    more = "; ..." if draft.left_out > 3 else ""
    return f"; {draft.left_out} row{'s' if draft.left_out > 1 else ''} left out ({first}{more})"
