"""The task sets of one home folder: the samples that ship with the project, and what people imported."""

from __future__ import annotations

import builtins
import errno
import hashlib
import itertools
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from agentopt_core.errors import DiskFull, NotFound, TaskSetError
from agentopt_core.importing.local import exists, read_file, read_folder
from agentopt_core.importing.names import slug
from agentopt_core.importing.stored import MANIFEST, TASKS, ids_in, load, manifest_for, summary_of, sync_folder, write
from agentopt_core.task_lines import to_lines
from agentopt_core.tasks import TaskSet
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

    def get(self, id: str) -> TaskSet:
        """One set, whole. Raises: NotFound; TaskSetError when it is damaged."""
        return load(self._folder(id))

    def files(self, id: str) -> Path | None:
        """The folder that a set's attachments lie in; None for tasks that are in no set of this home."""
        try:
            return self._folder(id)
        except NotFound:
            return None

    def save(self, task_set: TaskSet) -> str:
        """Store a set under a new id made from its name, and return the id.

        Raises: TaskSetError when its tasks need files, which cannot be stored along; DiskFull.
        """
        if any(task.attachments for task in task_set.tasks):
            raise TaskSetError(
                f"Task set '{task_set.name}' has attached files, which cannot be stored.", "Leave them out."
            )
        data = to_lines(task_set.each())
        try:
            self._own.mkdir(parents=True, exist_ok=True)
            return self._save(task_set, data)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull(
                    f"The disk is full: task set '{task_set.name}' was not saved.", "Free some space."
                ) from error
            message = f"Task set '{task_set.name}' cannot be saved in {self._own}: {error.strerror}."
            raise TaskSetError(message, "Check the folder's permissions.") from error

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
        """The tasks a person names: a set's id or name, a file, or a folder with tasks.jsonl or one task file.

        Rows of a file that cannot be used are left out, and the description counts them.
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
            return read_folder(path) if path.is_dir() else read_file(path)
        named = [summary.id for summary in self.list() if summary.name == spec]
        if len(named) == 1:
            return self.get(named[0])
        raise NotFound(
            f"There is no file, folder or task set '{spec[:200]}'.", f"Task sets are: {', '.join(known) or 'none'}."
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

    def _save(self, task_set: TaskSet, data: bytes) -> str:
        temporary = self._own / f".new-{uuid.uuid4().hex}"
        try:
            temporary.mkdir()
            write(temporary / TASKS, data)
            for id in self._free_ids(slug(task_set.name)):
                manifest = manifest_for(id, task_set, hashlib.sha256(data).hexdigest())
                write(temporary / MANIFEST, manifest.model_dump_json(indent=1).encode() + b"\n")
                try:
                    os.rename(temporary, self._own / id)
                except OSError as error:
                    if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                        continue  # another process took the id in between
                    raise
                sync_folder(self._own)
                return id
            raise AssertionError("ids never end")
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def _free_ids(self, wanted: str) -> Iterator[str]:
        for number in itertools.count(1):
            id = wanted if number == 1 else f"{wanted}-{number}"
            if not (self._own / id).exists() and not (self._samples / id).exists():
                yield id
