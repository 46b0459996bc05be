"""A run is a folder: its settings, its tasks, its journal, its commands and its log.

<home>/runs/<run_id>/  config.json  taskset.json  tasks.jsonl  events.ndjson  commands.ndjson  trainer.log  trainer.lock
                       attachments/  where tasks came with files
                       initial.json  where the run begins with functions
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from agentopt_core.config import RunConfig, parse_config
from agentopt_core.errors import ConfigError, NotFound, ProtocolError, RunBusy, TaskSetError
from agentopt_core.functions import Initial
from agentopt_core.history.command_log import CommandLog
from agentopt_core.history.hold import Hold
from agentopt_core.history.lines import write_error
from agentopt_core.history.run_files import copy_attachments
from agentopt_core.task_lines import from_lines, to_lines
from agentopt_core.tasks import ATTACHMENTS, TaskSet
from agentopt_core.words import Word

_DAMAGED_HINT = "Restore the file from a copy, or delete the run's folder."


class TaskSetManifest(Word):
    """What a run remembers of its task set beside the tasks."""

    id: str
    name: str
    description: str = ""
    tasks: int
    train_tasks: int
    """Scorable tasks of the training split."""
    test_tasks: int = 0
    """Scorable tasks of the test split."""
    test_digest: str = ""
    """What these ask, so that runs on a copy of the set are found (`TaskSet.test_digest`)."""
    private: bool = False
    """The tasks must not be published: no export holds anything of them."""
    taken_at: float
    """When the snapshot was taken and the run created, in seconds since 1970."""


class RunFolder:
    """One run on disk. Its name is the run id."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run_id = path.name
        self.journal = path / "events.ndjson"
        self.commands = CommandLog(path / "commands.ndjson")
        self.log_path = path / "trainer.log"
        self._hold = Hold(path / "trainer.lock", self._busy)

    def __repr__(self) -> str:
        return f"RunFolder({str(self.path)!r})"

    @classmethod
    def create(
        cls, home: Path, config: RunConfig, task_set: TaskSet, files: Path | None = None, initial: Initial | None = None
    ) -> RunFolder:
        """A new run under `home`, complete or not there at all. Attachments' paths start from the folder `files`.

        `initial`: the functions it begins with, and where they came from; None for the empty set.

        Raises: DiskFull, ConfigError when nothing may be written there, or TaskSetError when an attachment is missing.
        """
        now = time.time()
        manifest = TaskSetManifest(
            id=task_set.id,
            name=task_set.name,
            description=task_set.description,
            tasks=len(task_set),
            train_tasks=len(task_set.of("train")),
            test_tasks=len(task_set.of("test")),
            test_digest=task_set.test_digest,
            private=task_set.private,
            taken_at=now,
        )
        texts = {
            "config.json": json.dumps(config.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n",
            "taskset.json": json.dumps(manifest.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n",
            "tasks.jsonl": to_lines(task_set.each()).decode(),
            "events.ndjson": "",
            "commands.ndjson": "",
        }
        if initial is not None:
            texts["initial.json"] = json.dumps(initial.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n"
        runs = home / "runs"
        path = runs / new_run_id(now, task_set.id)
        half_made = runs / f".new-{path.name}"
        try:
            half_made.mkdir(parents=True)
            for name, text in texts.items():
                with (half_made / name).open("w", encoding="utf-8", errors="replace") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
            copy_attachments(task_set, files, half_made / ATTACHMENTS)
            half_made.rename(path)
        except OSError as error:
            shutil.rmtree(half_made, ignore_errors=True)
            raise write_error(half_made, error) from error
        except TaskSetError:
            shutil.rmtree(half_made, ignore_errors=True)
            raise
        return cls(path)

    @property
    def files(self) -> Path | None:
        """The folder that attachments' paths start from; None when the tasks came without files."""
        path = self.path / ATTACHMENTS
        return path if path.is_dir() else None

    def config(self) -> RunConfig:
        """The run's settings.

        Raises: ProtocolError when the file is damaged, ConfigError when a setting cannot be used.
        """
        path = self.path / "config.json"
        try:
            data = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError) as error:
            raise ProtocolError(f"{path} cannot be read: {error}.", _DAMAGED_HINT) from error
        if not isinstance(data, dict):
            raise ProtocolError(f"{path} holds no JSON object.", _DAMAGED_HINT)
        try:
            return parse_config(data)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error.message}", error.hint) from error

    def manifest(self) -> TaskSetManifest:
        """The task set's name and size, without reading the tasks.

        Raises: ProtocolError when the file is damaged.
        """
        path = self.path / "taskset.json"
        try:
            return TaskSetManifest.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise ProtocolError(f"{path} cannot be read: {_first_fault(error)}.", _DAMAGED_HINT) from error

    def initial(self) -> Initial | None:
        """The functions the run begins with; None for the empty set.

        Raises: ProtocolError when the file is damaged.
        """
        path = self.path / "initial.json"
        try:
            return Initial.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise ProtocolError(f"{path} cannot be read: {_first_fault(error)}.", _DAMAGED_HINT) from error

    def tasks(self) -> TaskSet:
        """The tasks as they were when the run was created.

        Raises: ProtocolError when a file is damaged or tasks are missing.
        """
        manifest = self.manifest()
        path = self.path / "tasks.jsonl"
        try:
            tasks = from_lines(path.read_bytes())
        except OSError as error:
            raise ProtocolError(f"{path} cannot be read: {_first_fault(error)}.", _DAMAGED_HINT) from error
        except ValueError as error:
            raise ProtocolError(f"{path} is damaged, {error}.", _DAMAGED_HINT) from error
        if len(tasks) != manifest.tasks:
            raise ProtocolError(f"{path} holds {len(tasks)} of {manifest.tasks} tasks.", _DAMAGED_HINT)
        return TaskSet(id=manifest.id, name=manifest.name, description=manifest.description, tasks=tasks)

    def has_grown(self, offset: int, since: float) -> bool:
        """Whether the journal is longer than `offset` and was written to after a time (seconds since 1970)."""
        try:
            stat = self.journal.stat()
        except OSError:
            return False
        return stat.st_size > offset and stat.st_mtime > since

    def log_tail(self, lines: int = 12, kilobytes: int = 8) -> str:
        """The end of the trainer's log, empty when there is none."""
        try:
            with self.log_path.open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - kilobytes * 1024))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return ""
        return "\n".join(text.rstrip().splitlines()[-lines:])

    @contextmanager
    def hold(self, patience_s: float = 0.0) -> Iterator[None]:
        """Be the run's only trainer. The kernel ends the hold with the process, however it dies.

        `patience_s`: seconds to wait for a trainer that has ended its run but not yet itself.
        Raises: RunBusy naming the process that holds the run.
        """
        with self._hold.take(patience_s):
            yield

    def _busy(self, pid: int | None) -> RunBusy:
        return RunBusy(
            f"Run {self.run_id} is being trained by process {pid or '(unknown)'}.",
            "Watch it in the dashboard, or stop it before starting another trainer.",
        )

    def holder(self) -> int | None:
        """The process id of the trainer that holds the run (0 when it did not say), or None when nobody does."""
        return self._hold.holder()


def new_run_id(now: float, task_set_id: str) -> str:
    """An id that sorts by time and says what the run is about; `now` in seconds since 1970."""
    slug = re.sub(r"[^a-z0-9]+", "-", task_set_id.lower()).strip("-")[:40].strip("-") or "run"
    return f"{datetime.fromtimestamp(now, UTC):%Y%m%d-%H%M%S}-{slug}-{secrets.token_hex(4)}"


def _first_fault(error: OSError | ValidationError) -> str:
    if isinstance(error, ValidationError):
        fault = error.errors()[0]
        return f"{'.'.join(map(str, fault['loc'])) or 'line'}: {fault['msg']}"
    return error.strerror or str(error)


def runs_in(home: Path) -> list[RunFolder]:
    """All runs under `home`, oldest first, damaged ones included."""
    try:
        found = [entry.path for entry in os.scandir(home / "runs") if entry.is_dir() and not entry.name.startswith(".")]
    except FileNotFoundError:
        return []
    return [RunFolder(Path(path)) for path in sorted(found)]


def find_run(home: Path, run_id: str) -> RunFolder:
    """The run of that id, or of the only id that begins like it.

    Raises: NotFound naming the candidates, or the latest runs.
    """
    runs = runs_in(home)
    matching = [run for run in runs if run_id and run.run_id.startswith(run_id)]
    exact = [run for run in matching if run.run_id == run_id]
    if exact or len(matching) == 1:
        return (exact or matching)[0]
    if matching:
        ids = ", ".join(run.run_id for run in reversed(matching[-5:]))
        raise NotFound(f"Several runs begin with '{run_id}'.", f"Write more of the id; the latest are: {ids}.")
    latest = ", ".join(run.run_id for run in reversed(runs[-5:]))
    hint = f"The latest runs are: {latest}." if latest else "There are no runs yet; start one with `train`."
    raise NotFound(f"There is no run '{run_id}' in {home}.", hint)
