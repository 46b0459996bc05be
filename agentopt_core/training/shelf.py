"""Rollouts kept small: compressed one by one, a tenth of what they take as objects, opened when somebody reads one."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping

from pydantic_core import PydanticSerializationError

from agentopt_core.events import Event
from agentopt_core.rollouts import Rollout

SOLVED_BYTES = 16 << 20
"""Memory for solved rollouts that a failed one can be shown beside."""
_FAST = 1
"""Level of compression: what runs for each rollout must not slow the run down."""


class Shelf(Mapping[str, Rollout]):
    """Task id -> rollout. With a limit the rollouts that were put first go first."""

    def __init__(self, limit_bytes: int | None = None) -> None:
        self._packed: dict[str, bytes] = {}
        self._limit = limit_bytes
        self.bytes = 0
        """What the compressed rollouts take."""

    def put(self, rollout: Rollout) -> None:
        """Keep the rollout, in the place of an earlier one of its task."""
        self._drop(rollout.task_id)
        packed = zlib.compress(_as_json(rollout), _FAST)
        self._packed[rollout.task_id] = packed
        self.bytes += len(packed)
        while self._limit is not None and self.bytes > self._limit:
            self._drop(next(iter(self._packed)))

    def _drop(self, task_id: str) -> None:
        self.bytes -= len(self._packed.pop(task_id, b""))

    def __getitem__(self, task_id: str) -> Rollout:
        return Rollout.model_validate_json(zlib.decompress(self._packed[task_id]))

    def __contains__(self, task_id: object) -> bool:
        return task_id in self._packed

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


def _as_json(rollout: Rollout) -> bytes:
    """Half characters (lone surrogates) of a model's output become `?`, as in the journal."""
    try:
        return rollout.model_dump_json().encode()
    except (PydanticSerializationError, UnicodeEncodeError):
        return json.dumps(rollout.model_dump(mode="json"), ensure_ascii=False).encode("utf-8", "replace")


class SolvedBefore:
    """The latest rollout that solved each training task, by whatever set of the run, in bounded memory.

    It listens to the run's events; what an earlier process reported is heard through `passing`, so that a resumed run
    knows the same.
    """

    def __init__(self, limit_bytes: int = SOLVED_BYTES) -> None:
        self._shelf = Shelf(limit_bytes)

    def emit(self, event: Event) -> None:
        """Keep a solved rollout."""
        if event.kind == "rollout_finished" and event.split == "train" and event.rollout.correct:
            self._shelf.put(event.rollout)

    def passing(self, events: Iterable[Event]) -> Iterator[Event]:
        """The events as they are, each heard on its way."""
        for event in events:
            self.emit(event)
            yield event

    def find(self, task_id: str) -> Rollout | None:
        """A rollout that solved the task."""
        return self._shelf.get(task_id)
