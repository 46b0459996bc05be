"""What is shown of versions as a whole: lineage, the tasks they solve, what each function did for it, and blame."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agentopt_core.events import VerdictKind
from agentopt_core.rollouts import Proportion
from agentopt_core.tasks import Split
from agentopt_core.words import Word

CellState = Literal["solved", "failed", "not scored", "not evaluated"]

CELL_STATES: dict[str, CellState] = {"s": "solved", "f": "failed", "n": "not scored", "-": "not evaluated"}
"""The letter of a cell, and what it stands for: four different things."""


class LineageNode(Word):
    """One candidate set, or a step that made none."""

    step: int
    """0 for what the run began with."""
    evaluation: int | None
    """None for a step whose set was never measured."""
    parent: int | None
    """The evaluation whose accepted set it changed; None for the baseline."""
    base: Proportion | None = None
    """What that set reached on the tasks of this step: in batches, others than its own evaluation's."""
    verdict: VerdictKind | Literal["pending"]
    reason: str
    by: str = ""
    """Who made it by hand; empty for the optimizer."""
    result: Proportion | None
    functions: tuple[str, ...] = ()
    """Names in the set; empty where it was not measured."""
    changes: tuple[str, ...] = ()
    """What it did, e.g. `added column_sum`."""
    fixed: int = 0
    """Tasks failed by its parent's set and solved by it."""
    broken: int = 0


class VersionColumn(Word):
    """One evaluated set as a column of the matrix, over all its tasks."""

    evaluation: int
    step: int | None
    verdict: VerdictKind | Literal["pending"]
    solved: int
    scored: int
    faults: int
    """Tasks that were run and not scored."""


class TaskLine(Word):
    """One task as a row of the matrix."""

    task_id: str
    cells: str
    """A letter of `CELL_STATES` for each column."""
    solved: int
    """Versions that solved it."""
    scored: int
    """Versions under which it was scored."""


class Churn(Word):
    """An update after which about as many tasks were solved as before, but not the same ones."""

    step: int
    evaluation: int
    verdict: VerdictKind | Literal["pending"]
    fixed: int
    broken: int
    n: int
    """Tasks scored under the candidate."""


class TaskMatrix(Word):
    """Tasks x versions: a page of the tasks, hardest first, under every version."""

    split: Split
    columns: tuple[VersionColumn, ...]
    lines: tuple[TaskLine, ...]
    offset: int
    tasks: int
    """Tasks in all, of which `lines` are a page."""
    scored: int
    """Tasks that were scored under some version."""
    ceiling: int
    """Tasks that some version solved: no choice among these versions solves more."""
    never: int
    """Tasks that were scored and that no version solved."""
    never_ids: tuple[str, ...]
    """The first of these."""
    churn: tuple[Churn, ...] = ()
    has_validation: bool = False


class FunctionEvidence(Word):
    """What one function did on the training tasks, all its versions together, as counted from measured evaluations."""

    name: str
    in_use: bool
    """It is in the accepted set."""
    versions: int
    """Different codes of that name that were measured."""
    calls: int = 0
    succeeded: int = 0
    median_ms: float | None = None
    p95_ms: float | None = None
    tasks: int = 0
    """Tasks in which it was called."""
    fixed: tuple[str, ...] = ()
    """Tasks that flipped to solved in an update that brought a version of it, and that called it."""
    broken: tuple[str, ...] = ()
    accepted_solved: int = 0
    """Tasks the accepted set solves."""
    accepted_solved_with: int = 0
    """Those of them in which the function was called with success."""
    complexity: int | None = None
    """Highest cyclomatic complexity of a definition in its newest accepted code, else in its newest."""
    lines: int | None = None
    """Lines of that code without comments and blank ones."""
    roll_backs: tuple[tuple[int, str], ...] = ()
    """Step and reason of every version of it that was withdrawn."""

    @property
    def importance(self) -> float | None:
        """Share of the solved tasks in which it was called with success; use is no proof that it was needed."""
        return self.accepted_solved_with / self.accepted_solved if self.accepted_solved else None


class BlameLine(Word):
    """A line of a function's code, and the update that brought it."""

    text: str
    step: int
    """0: the run began with it."""
    by: str = ""


class Blame(Word):
    """Who brought which line of a version, and what the updates did."""

    lines: tuple[BlameLine, ...]
    fixed: dict[int, tuple[str, ...]] = Field(default_factory=dict)
    """Step -> tasks its update fixed."""
    broken: dict[int, tuple[str, ...]] = Field(default_factory=dict)
