"""The table of a study: one row an arm and task set, from whatever cells are measured so far. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import mean

from agentopt_core.evaluation.intervals import holm
from agentopt_core.rollouts import Usage
from agentopt_core.studies.arms import Arm, Cell, arms_of, cells_of
from agentopt_core.studies.journal import CellResult, StudyMade
from agentopt_core.studies.paper import reported
from agentopt_core.studies.plan import StudyFile
from agentopt_core.studies.statistics import Difference, Share, Table, difference, joined, shared
from agentopt_core.words import Word

ALL = "all task sets together"


class Accuracy(Word):
    """A share of 0 to 1 with its 95 % interval over tasks."""

    share: float
    low: float
    high: float
    tasks: int
    n: int
    """Scored rollouts: tasks x seeds, but for faults."""


class Change(Word):
    """A difference of two shares on the same tasks, -1 to 1, with its 95 % interval over tasks."""

    share: float
    low: float
    high: float
    p: float
    """Two-sided, exact: sign-flip over tasks, which is McNemar's with one seed."""
    holm: float = 1.0
    """The same, raised for the number of differences in this column (Holm)."""
    fixed: float
    broken: float
    tasks: int
    n: int


class Row(Word):
    """One arm on one task set, all its seeds together."""

    arm: str
    title: str
    tasks: str
    """As the file names the set; `ALL` for all sets together."""
    tasks_title: str
    split: str
    """What the accuracy is of: `test`, or `train` where no test split was measured (fit only)."""
    seeds: tuple[int, ...] = ()
    """Measured so far."""
    planned: int
    """Runs that the row is made of, in all."""
    problems: tuple[str, ...] = ()
    """Why runs of it are missing, a sentence each."""
    before: Accuracy | None = None
    """With what the run began with, as a rule nothing; for transfer the untrained agent on these tasks."""
    after: Accuracy | None = None
    gain: Change | None = None
    """After minus before."""
    against: Change | None = None
    """After minus the reference arm's after, with the same seeds."""
    is_reference: bool = False
    train_before: float | None = None
    """Mean accuracy on the training tasks."""
    train_after: float | None = None
    epochs: float | None = None
    """Mean over runs, like all below."""
    functions: float | None = None
    requests: float | None = None
    tokens: float | None = None
    cost_usd: float | None = None
    """None where a price is unknown."""
    wall_s: float | None = None
    run_ids: tuple[str, ...] = ()
    paper: str = ""
    """What the paper reports for it."""


class StudyTable(Word):
    """The answer of a study, as far as it goes."""

    reference: str
    """Title of the arm that the others are compared with."""
    rows: tuple[Row, ...]
    measured: int
    planned: int
    gains: int
    """Differences in the column `gain`, which Holm counts; likewise the next."""
    comparisons: int
    usage: Usage
    """All runs together."""
    wall_s: float
    """Seconds of work of all runs, one after another."""


def table_of(
    file: StudyFile, made: StudyMade, results: Mapping[str, CellResult], run_ids: Mapping[str, str]
) -> StudyTable:
    """The table from what is measured. A cell that is not leaves its seed out, and the row says why."""
    found = _Found(file, made, results, run_ids)
    arms = arms_of(file)
    rows = []
    if len(file.tasks) > 1 and file.kind != "transfer":  # the answer in short comes first
        rows += [found.row(arm, file.tasks) for arm in arms]
    rows += [found.row(arm, (tasks,)) for tasks in file.tasks for arm in arms]
    gains = _raised([row.gain for row in rows])
    against = _raised([row.against for row in rows])
    return StudyTable(
        reference="training on the same tasks" if file.kind == "transfer" else arms[0].title,
        rows=tuple(row.with_(gain=g, against=a) for row, g, a in zip(rows, gains, against, strict=True)),
        measured=len(found.done),
        planned=len(found.cells),
        gains=sum(one is not None for one in gains),
        comparisons=sum(one is not None for one in against),
        usage=sum((result.usage for result in found.known.values()), Usage()),
        wall_s=sum(result.wall_s for result in found.known.values()),
    )


def arm_title(file: StudyFile, made: StudyMade, arm: Arm) -> str:
    """What an arm is called, with its task set as people call it."""
    return f"Trained on {made.task_sets[arm.key].name}" if file.kind == "transfer" else arm.title


class _Found:
    """The cells of a study with what is measured of them."""

    def __init__(
        self, file: StudyFile, made: StudyMade, results: Mapping[str, CellResult], run_ids: Mapping[str, str]
    ) -> None:
        self._file = file
        self._made = made
        self._run_ids = run_ids
        self._first = arms_of(file)[0].key
        self.cells = cells_of(file)
        self.known = {cell: results[cell.key] for cell in self.cells if cell.key in results}
        self.done = {cell: result for cell, result in self.known.items() if result.state == "measured"}
        self._afters = {cell: result.after for cell, result in self.done.items()}
        self._befores = {cell: found for cell in self.cells if (found := self._before(cell)) is not None}

    def _before(self, cell: Cell) -> Table | None:
        """What a cell is compared with: its own start, or for transferred functions the untrained agent."""
        own = Cell(cell.tasks, cell.tasks, cell.seed) if self._file.kind == "transfer" else cell
        return self.done[own].before if own in self.done else None

    def row(self, arm: Arm, task_sets: tuple[str, ...]) -> Row:
        """An arm on one task set, or on all together."""
        together = len(task_sets) > 1
        reference = task_sets[0] if self._file.kind == "transfer" else self._first
        mine = self._of(arm.key, task_sets)
        afters, befores = _by_seed(task_sets, mine, self._afters), _by_seed(task_sets, mine, self._befores)
        others = _by_seed(task_sets, self._of(reference, task_sets), self._afters)
        gain = difference([(befores[seed], afters[seed]) for seed in afters if seed in befores])
        against = difference([(others[seed], afters[seed]) for seed in afters if seed in others])
        measured = [self.done[cell] for cell in mine if cell in self.done]
        paper = None if together else reported(self._file.kind, arm.key, self._made.task_sets[task_sets[0]].domain)
        return Row(
            arm=arm.key,
            title=arm_title(self._file, self._made, arm),
            tasks=ALL if together else task_sets[0],
            tasks_title=ALL if together else self._made.task_sets[task_sets[0]].name,
            split="train" if any(result.split == "train" for result in measured) else "test",
            seeds=tuple(afters),
            planned=len(mine),
            problems=tuple(
                f"{self._made.task_sets[cell.tasks].name + ', ' if together else ''}seed {cell.seed}: "
                f"{self.known[cell].problem}"
                for cell in mine
                if cell in self.known and cell not in self.done
            ),
            before=_accuracy(shared([table for seed, table in befores.items() if seed in afters])),
            after=_accuracy(shared([*afters.values()])),
            gain=_change(gain),
            against=None if arm.key == reference else _change(against),
            is_reference=arm.key == reference,
            train_before=_mean(one.train_before.accuracy for one in measured if one.train_before),
            train_after=_mean(one.train_after.accuracy for one in measured if one.train_after),
            epochs=_mean(one.epochs for one in measured),
            functions=_mean(one.functions for one in measured),
            requests=_mean(one.usage.requests for one in measured),
            tokens=_mean(one.usage.tokens for one in measured),
            cost_usd=_known_mean([one.usage.cost_usd for one in measured]),
            wall_s=_mean(one.wall_s for one in measured),
            run_ids=tuple(self._run_ids[cell.key] for cell in mine if self._run_ids.get(cell.key)),
            paper=paper.words if paper else "",
        )

    def _of(self, arm: str, task_sets: tuple[str, ...]) -> list[Cell]:
        return [cell for cell in self.cells if cell.arm == arm and cell.tasks in task_sets]


def _by_seed(task_sets: Sequence[str], cells: Sequence[Cell], tables: Mapping[Cell, Table]) -> dict[int, Table]:
    """Seed -> the table of all task sets together, of seeds that are complete."""
    parts: dict[int, list[Table]] = {}
    for cell in cells:
        if cell in tables:
            parts.setdefault(cell.seed, []).append(tables[cell])
    complete = {seed: found for seed, found in parts.items() if len(found) == len(task_sets)}
    return {seed: joined(found) if len(found) > 1 else found[0] for seed, found in complete.items()}


def _change(found: Difference | None) -> Change | None:
    return None if found is None else Change(**found._asdict())


def _known_mean(values: Sequence[float | None]) -> float | None:
    return None if None in values else _mean(values)


def _accuracy(found: Share | None) -> Accuracy | None:
    return None if found is None else Accuracy(**found._asdict())


def _raised(changes: Sequence[Change | None]) -> list[Change | None]:
    raised = iter(holm([one.p for one in changes if one is not None]))
    return [None if one is None else one.with_(holm=next(raised)) for one in changes]


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return mean(known) if known else None
