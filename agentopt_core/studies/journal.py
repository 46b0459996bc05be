"""What a study's process reports, study.ndjson: which run stands for which cell, and what came of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from agentopt_core.errors import ProtocolError
from agentopt_core.history.lines import LineFile, read_lines
from agentopt_core.rollouts import Proportion, Usage
from agentopt_core.words import Word

CellState = Literal["measured", "cut", "failed", "stopped"]
"""`measured`: a rule ended the run; `cut`: its part of the budget did, before the test split was measured."""
StudyEnd = Literal["done", "stopped", "budget", "failed"]


class Note(Word):
    """Common to all lines. A reader ignores fields it does not know."""

    model_config = ConfigDict(extra="ignore")
    at: float = Field(default_factory=time.time)
    """Seconds since 1970, UTC."""


class TaskSetFact(Word):
    """A task set as it was when the study was made."""

    id: str
    name: str
    train: int
    """Tasks of the training split with an answer, and of the test split."""
    test: int
    digest: str
    """Of all its tasks: runs of a study must not be made from other tasks than the first."""
    domain: str = ""
    """The paper's task set that its tasks were imported from (see `paper`); empty for others."""
    private: bool = False


class StudyMade(Note):
    """The first line: who made the study, and of which tasks."""

    kind: Literal["study_made"] = "study_made"
    by: str
    digest: str
    """`StudyFile.digest`."""
    demo: bool
    """The demo model plays a role in some arm."""
    task_sets: dict[str, TaskSetFact]
    """By the name that the file gives them."""


class StudyBegan(Note):
    """A process works on the study."""

    kind: Literal["study_began"] = "study_began"
    pid: int
    parallel: int


class CellStarted(Note):
    """A run was made for a cell, and a trainer launched."""

    kind: Literal["cell_started"] = "cell_started"
    cell: str
    run_id: str


class CellResult(Word):
    """What a run brought, task by task."""

    model_config = ConfigDict(extra="ignore")
    state: CellState
    problem: str = ""
    """Why nothing was measured."""
    split: Literal["test", "train"] = "test"
    """What the tables are of; `train` where the tasks have no test split: fit only."""
    before: dict[str, int] = Field(default_factory=dict)
    """Task id -> 1 solved, 0 failed by the set the run began with; faults are left out."""
    after: dict[str, int] = Field(default_factory=dict)
    """The same with the set that the run ended with."""
    train_before: Proportion | None = None
    train_after: Proportion | None = None
    epochs: int = 0
    evaluations: int = 0
    functions: int = 0
    stop: str = ""
    usage: Usage = Usage()
    wall_s: float = 0.0


class CellEnded(Note):
    """The run of a cell is over."""

    kind: Literal["cell_ended"] = "cell_ended"
    cell: str
    run_id: str
    result: CellResult


class Paused(Note):
    """A person paused the study, or let it go on."""

    kind: Literal["paused"] = "paused"
    paused: bool
    by: str


class StudyEnded(Note):
    """The process is through, or was stopped."""

    kind: Literal["study_ended"] = "study_ended"
    end: StudyEnd
    reason: str


Line = Annotated[
    StudyMade | StudyBegan | CellStarted | CellEnded | Paused | StudyEnded, Field(discriminator="kind")
]  # fmt: skip
_ADAPTER: TypeAdapter[Line] = TypeAdapter(Line)
_KINDS = frozenset({"study_made", "study_began", "cell_started", "cell_ended", "paused", "study_ended"})


def write_line(path: Path, line: Line) -> None:
    """Append one line; it survives a power cut. Raises: DiskFull."""
    with LineFile(path) as file:
        file.append(line.model_dump_json().encode() + b"\n", sync=True)


def read_study_journal(path: Path) -> Iterator[Line]:
    """All lines in order; kinds of a newer version are passed over.

    Raises: ProtocolError at the first damaged line, naming file and byte.
    """
    offset = 0
    for end, line in read_lines(path):
        try:
            data = json.loads(line)
            if data["kind"] in _KINDS:
                yield _ADAPTER.validate_python(data)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ProtocolError(
                f"{path} is damaged at byte {offset}.", "Mend or delete that line; the runs themselves are whole."
            ) from error
        offset = end
