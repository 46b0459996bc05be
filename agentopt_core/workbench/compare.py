"""Runs beside each other: what was measured, task by task, by how much they differ, and whether chance would do it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from agentopt_core import history
from agentopt_core.errors import AgentOptError, NotFound, ProtocolError
from agentopt_core.evaluation.compare import paired_tables
from agentopt_core.evaluation.intervals import holm
from agentopt_core.history import compare_queries
from agentopt_core.history.store import HistoryStore
from agentopt_core.reports.settings import settings
from agentopt_core.tasks import Task, TaskSet
from agentopt_core.views import ComparedRun, Comparison, Measurement, Place, RunSummary, Setting, Subject, TaskPair
from agentopt_core.words import digest
from agentopt_core.workbench.base import Desk

MOST_RUNS = 6
"""Runs beside each other, at most: more cannot be told apart."""
QUESTION_CHARS = 200
_REMEMBERED = 2 * MOST_RUNS
"""Runs whose tasks are kept in memory, in short: a run's snapshot of its tasks never changes."""


class _Asked(NamedTuple):
    """What a task asks and expects, in short."""

    digest: str
    question: str


class _Side(NamedTuple):
    """One measurement with all that is needed to pair it."""

    measured: Measurement
    solved: dict[str, bool | None]
    asked: dict[str, _Asked]
    problem: str
    """Why nothing is known of what its tasks ask."""
    hidden: bool
    """The tasks must not be published."""


class CompareBench(Desk):
    """Questions about two to six runs."""

    def compared(self, run_ids: Sequence[str]) -> list[ComparedRun]:
        """The runs as they stand beside each other, in this order. Raises: NotFound."""
        runs = [self.run(run_id) for run_id in run_ids]
        with self._history() as store:
            return [self._compared(store, run) for run in runs]

    def _compared(self, store: HistoryStore, run: RunSummary) -> ComparedRun:
        curve = history.curve(store, run.run_id)
        try:
            seed = self.config(run.run_id).seed
        except AgentOptError:  # a damaged run is shown with what is left of it
            seed = None
        return ComparedRun(
            run=run,
            seed=seed,
            rolled_back=sum(point.verdict in ("rolled_back", "rejected") for point in curve),
            measurements=tuple(compare_queries.measurements(store, run.run_id)),
            curve=tuple(curve),
            looks=len(compare_queries.looks_at_test(store, run.run_id)) if run.test_tasks else 0,
        )

    def settings(self, run_ids: Sequence[str]) -> list[Setting]:
        """The configurations field by field, in the order of the runs. Raises: NotFound; ProtocolError."""
        return settings([self.config(run_id) for run_id in run_ids])

    def compare(self, before: Place, after: Place) -> Comparison:
        """Two measurements on the tasks that both scored: the same id, and the same question and answer.

        Where a run's tasks cannot be read, none is known to be the same. Raises: NotFound when one does not exist.
        """
        with self._history(before.run_id, after.run_id) as store:
            sides = [self._side(store, place) for place in (before, after)]
        return _compared(*sides, with_tasks=True)

    def compare_all(
        self, runs: Sequence[ComparedRun], subject: Subject, *, with_tasks: bool = False
    ) -> list[Comparison]:
        """Each run against each later one by what stands for them, with p-values raised for the number of comparisons.

        Runs without such a measurement are left out; a pair without common tasks stands there without figures, and is
        not counted.
        """
        places = [found.place for run in runs if (found := run.measured(subject))]
        with self._history(*(place.run_id for place in places)) as store:
            sides = [self._side(store, place) for place in places]
        pairs = [_compared(before, after, with_tasks=with_tasks) for before, after in combinations(sides, 2)]
        tested = [index for index, pair in enumerate(pairs) if pair.p_value is not None]
        raised = holm([pairs[index].p_value or 0.0 for index in tested])
        for index, value in zip(tested, raised, strict=True):
            pairs[index] = pairs[index].model_copy(update={"holm": value})
        return pairs

    def _side(self, store: HistoryStore, place: Place) -> _Side:
        measured = _measured(store, place)
        hidden = compare_queries.is_private(store, place.run_id)
        try:
            asked, problem = self._asked(place.run_id), ""
        except ProtocolError as error:
            asked, problem = {}, error.message
        return _Side(measured, compare_queries.solved(store, place), asked, problem, hidden)

    def _asked(self, run_id: str) -> dict[str, _Asked]:
        """Task id -> what it asks, of a run's snapshot of its tasks."""
        with _lock:
            if (known := _asked_by_run.get((str(self.home), run_id))) is not None:
                _asked_by_run.move_to_end((str(self.home), run_id))
                return known
        read = asked_of(self.folder(run_id).tasks())
        with _lock:
            _asked_by_run[str(self.home), run_id] = read
            while len(_asked_by_run) > _REMEMBERED:
                _asked_by_run.popitem(last=False)
        return read


def _compared(before: _Side, after: _Side, *, with_tasks: bool) -> Comparison:
    both = before.solved.keys() & after.solved.keys()
    same = {task for task in both if task in before.asked and before.asked[task] == after.asked.get(task)}
    earlier = {task: before.solved[task] for task in same}
    scored = [task for task in after.asked if task in same and None not in (earlier[task], after.solved[task])]
    pair = paired_tables(
        {task: int(bool(earlier[task])) for task in scored}, {task: int(bool(after.solved[task])) for task in scored}
    )
    problem = before.problem or after.problem
    unlike = f"not known to ask the same: {problem}" if problem else "the same id, but another question or answer"
    left_out = {
        "only run in the first": len(before.solved) - len(both),
        "only run in the second": len(after.solved) - len(both),
        unlike: len(both) - len(same),
        "not scored in one of them": len(same) - len(scored),
    }
    hidden = before.hidden or after.hidden
    return Comparison(
        before=before.measured,
        after=after.measured,
        n=pair.n,
        fixed=pair.fixed_count,
        broken=pair.broken_count,
        both_solved=pair.both_solved,
        both_failed=pair.both_failed,
        difference=pair.difference,
        interval=pair.interval,
        p_value=pair.p_value if pair.n else None,
        left_out={reason: number for reason, number in left_out.items() if number},
        tasks=tuple(
            TaskPair(
                task_id=task,
                question="" if hidden else after.asked[task].question,
                before=bool(earlier[task]),
                after=bool(after.solved[task]),
            )
            for task in (scored if with_tasks else ())
        ),
    )


_lock = threading.Lock()
_asked_by_run: OrderedDict[tuple[str, str], dict[str, _Asked]] = OrderedDict()


def asked_of(tasks: TaskSet) -> dict[str, _Asked]:
    """Task id -> digest and beginning of its question."""
    return {
        task.id: _Asked(_digest(task), " ".join(task.question[: 4 * QUESTION_CHARS].split())) for task in tasks.each()
    }


def _digest(task: Task) -> str:
    """Two tasks with the same digest ask the same and expect the same answer."""
    files = [one.sha256 for one in task.attachments]
    expects = [task.answer, task.answer_type, list(task.aliases), task.tolerance]
    return digest([task.question, task.context, list(task.choices), task.unit, expects, files], 32)


def _measured(store: HistoryStore, place: Place) -> Measurement:
    for one in compare_queries.measurements(store, place.run_id):
        if one.place == place:
            return one
    raise NotFound(
        f"Run '{place.run_id}' has no finished evaluation {place.evaluation} on the split '{place.split}'.",
        "Choose one from the list.",
    )
