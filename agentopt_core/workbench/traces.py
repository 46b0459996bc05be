"""Questions about single rollouts: lists of them, one conversation, and the files its task came with."""

from __future__ import annotations

import csv
import io
import json
import logging
from functools import lru_cache
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from agentopt_core.attached import read_attachment
from agentopt_core.errors import AgentOptError, ConfigError, NotFound
from agentopt_core.history import trace_queries
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.tasks import Attachment, Split, Task
from agentopt_core.views.traces import TRACES_DOWNLOADED, Trace, TraceFacets, TraceFilter, TracePage, TraceRow
from agentopt_core.words import JsonObject
from agentopt_core.workbench.base import Desk

TraceFormat = Literal["csv", "json", "parquet"]

_log = logging.getLogger(__name__)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the begin of a formula."""


class TraceBench(Desk):
    """What the agent did, rollout by rollout."""

    def traces(self, run_id: str, which: TraceFilter, offset: int = 0, limit: int = 50) -> TracePage:
        """Some rollouts of a run that a filter leaves, and how many it leaves in all."""
        with self._history(run_id) as store:
            return trace_queries.traces(store, run_id, which, offset, limit)

    def trace_facets(self, run_id: str) -> TraceFacets:
        """What the rollouts of a run can be filtered by."""
        with self._history(run_id) as store:
            return trace_queries.facets(store, run_id)

    def trace(self, run_id: str, task_id: str, evaluation: int, series: str = "", split: Split | None = None) -> Trace:
        """One rollout with its task, function set and requests. Raises: NotFound."""
        folder = self.folder(run_id)
        with self._history(folder.run_id) as store:
            found = trace_queries.trace(store, folder.run_id, task_id, evaluation, series, split)
        return found.with_(task=_task(folder, task_id))

    def trace_versions(self, run_id: str, task_id: str) -> tuple[TraceRow, ...]:
        """Every rollout of a task that counts, by evaluation."""
        with self._history(run_id) as store:
            return trace_queries.versions_of(store, run_id, task_id)

    def run_attachment(self, run_id: str, attachment: Attachment) -> bytes:
        """A file of a run's tasks, from the run's own copy, checked against its digest.

        Raises: NotFound; TaskSetError when it is missing or not what was imported.
        """
        files = self.folder(run_id).files
        if files is None:
            raise NotFound(f"Run '{run_id}' holds no files.", "Its tasks came without any, or the run was moved.")
        return read_attachment(files, attachment)

    def traces_file(self, run_id: str, which: TraceFilter, kind: TraceFormat) -> bytes:
        """The filtered list as a file, `TRACES_DOWNLOADED` rows at most.

        Raises: ConfigError where the tasks are private: nothing of them leaves in a file.
        """
        if self.folder(run_id).manifest().private:
            raise ConfigError("The tasks of this run are private.", "Look at its rollouts on the screen.")
        page = self.traces(run_id, which, limit=TRACES_DOWNLOADED)
        rows = [_flat(row) for row in page.rows]
        if kind == "json":
            return json.dumps(rows, ensure_ascii=False, indent=1).encode("utf-8", "replace")
        return _csv(rows) if kind == "csv" else _parquet(rows)


def _flat(row: TraceRow) -> JsonObject:
    flat = row.model_dump(mode="json")
    return {**{name: value for name, value in flat.items() if name != "usage"}, **flat["usage"], "change": row.change}


_COLUMNS = (*(name for name in TraceRow.model_fields if name != "usage"), "requests", "prompt_tokens",
            "completion_tokens", "cost_usd", "change")  # fmt: skip


def _csv(rows: list[JsonObject]) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(_COLUMNS)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in _COLUMNS])
    return file.getvalue().encode("utf-8", "replace")


def _cell(value: object) -> object:
    """A text that a spreadsheet would calculate gets an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _parquet(rows: list[JsonObject]) -> bytes:
    file = io.BytesIO()
    table = pa.table({name: pa.array([row[name] for row in rows], type=_TYPES.get(name, pa.string()))
                      for name in _COLUMNS})  # fmt: skip
    pq.write_table(table, file)
    return file.getvalue()


_TYPES = {
    **dict.fromkeys(("evaluation", "turns", "calls", "failed_calls"), pa.int64()),
    **dict.fromkeys(("requests", "prompt_tokens", "completion_tokens"), pa.int64()),
    **dict.fromkeys(("seconds", "at", "cost_usd"), pa.float64()),
    **dict.fromkeys(("correct", "base"), pa.bool_()),
}


def _task(folder: RunFolder, task_id: str) -> Task | None:
    try:
        changed = (folder.path / "tasks.jsonl").stat().st_mtime_ns
        return _tasks(folder.path, changed).get(task_id)
    except (OSError, AgentOptError) as error:  # the conversation is whole without it
        _log.warning("The tasks of %s cannot be read: %s", folder.run_id, error)
        return None


@lru_cache(maxsize=4)
def _tasks(path: Path, changed: int) -> dict[str, Task]:
    return {task.id: task for task in RunFolder(path).tasks().each()}
