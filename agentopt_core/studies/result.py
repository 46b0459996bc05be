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
from agentopt_core.studies.statistics import Share, Table, difference, joined, shared
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
    arms, cells = arms_of(file), cells_of(file)
    known = {cell: results[cell.key] for cell in cells if cell.key in results}
    done = {cell: result for cell, result in known.items() if result.state == "measured"}
    rows = []
    first = arms[0].key
    if len(file.tasks) > 1 and file.kind != "transfer":  # the answer in short comes first
        for arm in arms:
            mine = [cell for cell in cells if cell.arm == arm.key]
            reference = [cell for cell in cells if cell.arm == first]
            rows.append(_row(file, made, arm, file.tasks, mine, reference, known, done, run_ids))
    for tasks in file.tasks:
        for arm in arms:
            mine = [cell for cell in cells if (cell.arm, cell.tasks) == (arm.key, tasks)]
            reference = [
                c for c in cells if c.tasks == tasks and c.arm == (tasks if file.kind == "transfer" else first)
            ]
            rows.append(_row(file, made, arm, (tasks,), mine, reference, known, done, run_ids))
    gains = _raised([row.gain for row in rows])
    against = _raised([row.against for row in rows])
    rows = [row.with_(gain=g, against=a) for row, g, a in zip(rows, gains, against, strict=True)]
    return StudyTable(
        reference="training on the same tasks" if file.kind == "transfer" else arms[0].title,
        rows=tuple(rows),
        measured=len(done),
        planned=len(cells),
        gains=sum(one is not None for one in gains),
        comparisons=sum(one is not None for one in against),
        usage=sum((result.usage for result in known.values()), Usage()),
        wall_s=sum(result.wall_s for result in known.values()),
    )


def arm_title(file: StudyFile, made: StudyMade, arm: Arm) -> str:
    """What an arm is called, with its task set as people call it."""
    return f"Trained on {made.task_sets[arm.key].name}" if file.kind == "transfer" else arm.title


def _row(
    file: StudyFile,
    made: StudyMade,
    arm: Arm,
    task_sets: Sequence[str],
    mine: Sequence[Cell],
    reference: Sequence[Cell],
    known: Mapping[Cell, CellResult],
    done: Mapping[Cell, CellResult],
    run_ids: Mapping[str, str],
) -> Row:
    together = len(task_sets) > 1
    afters = _by_seed(task_sets, mine, {cell: result.after for cell, result in done.items()})
    befores = _by_seed(task_sets, mine, _befores(file, mine, done))
    others = _by_seed(task_sets, reference, {cell: result.after for cell, result in done.items()})
    is_reference = [*reference] == [*mine]
    measured = [done[cell] for cell in mine if cell in done]
    paper = None if together else reported(file.kind, arm.key, made.task_sets[task_sets[0]].domain)
    splits = {result.split for result in measured}
    gain = difference([(befores[seed], afters[seed]) for seed in afters if seed in befores])
    against = None if is_reference else difference([(others[s], afters[s]) for s in afters if s in others])
    return Row(
        arm=arm.key,
        title=arm_title(file, made, arm),
        tasks=ALL if together else task_sets[0],
        tasks_title=ALL if together else made.task_sets[task_sets[0]].name,
        split="train" if "train" in splits else "test",
        seeds=tuple(afters),
        planned=len(mine),
        problems=tuple(
            f"{'' if not together else made.task_sets[cell.tasks].name + ', '}seed {cell.seed}: {known[cell].problem}"
            for cell in mine
            if cell in known and cell not in done
        ),
        before=_accuracy(shared([table for seed, table in befores.items() if seed in afters])),
        after=_accuracy(shared([*afters.values()])),
        gain=None if gain is None else Change(**gain._asdict()),
        against=None if against is None else Change(**against._asdict()),
        is_reference=is_reference,
        train_before=_mean(one.train_before.accuracy for one in measured if one.train_before),
        train_after=_mean(one.train_after.accuracy for one in measured if one.train_after),
        epochs=_mean(one.epochs for one in measured),
        functions=_mean(one.functions for one in measured),
        requests=_mean(one.usage.requests for one in measured),
        tokens=_mean(one.usage.tokens for one in measured),
        cost_usd=None if any(one.usage.cost_usd is None for one in measured) else _mean(
            one.usage.cost_usd for one in measured
        ),
        wall_s=_mean(one.wall_s for one in measured),
        run_ids=tuple(run_ids[cell.key] for cell in mine if run_ids.get(cell.key)),
        paper=paper.words if paper else "",
    )  # fmt: skip


def _befores(file: StudyFile, mine: Sequence[Cell], done: Mapping[Cell, CellResult]) -> dict[Cell, Table]:
    """What each cell's accuracy is compared with: its own start, or for transferred functions the untrained agent."""
    if file.kind != "transfer":
        return {cell: result.before for cell, result in done.items()}
    untrained = {cell: Cell(cell.tasks, cell.tasks, cell.seed) for cell in mine}
    return {cell: done[home].before for cell, home in untrained.items() if home in done}


def _by_seed(task_sets: Sequence[str], cells: Sequence[Cell], tables: Mapping[Cell, Table]) -> dict[int, Table]:
    """Seed -> the table of all task sets together, of seeds that are complete."""
    found: dict[int, Table] = {}
    for seed in dict.fromkeys(cell.seed for cell in cells):
        parts = [tables[cell] for cell in cells if cell.seed == seed and cell in tables]
        if len(parts) == len(task_sets):
            found[seed] = joined(parts)
    return found


def _accuracy(found: Share | None) -> Accuracy | None:
    return None if found is None else Accuracy(**found._asdict())


def _raised(changes: Sequence[Change | None]) -> list[Change | None]:
    raised = iter(holm([one.p for one in changes if one is not None]))
    return [None if one is None else one.with_(holm=next(raised)) for one in changes]


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return mean(known) if known else None
