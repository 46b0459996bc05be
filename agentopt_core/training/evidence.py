"""The evidence gate: a candidate that looks better on the training tasks is judged on the validation split.

1. Training tasks: no gain there (Algorithm 2's own test), or a protected task broken, and it is withdrawn at no expense
   of the budget. The optimizer read these tasks, so a gain on them proves nothing yet.
2. First look: every validation task is run under the candidate, and compared with the accepted set's first look.
3. Tasks that flipped are run again r times under both sets, and all their runs enter one exact test. Both sets are
   treated alike: exchanging them would flip the same tasks, so under no difference each task's net gain is as likely
   the other way round, and choosing the tasks by their flip favours neither. The first look alone has to point the
   same way, see `acceptance.FIRST_LOOK_P`.
4. A set that was accepted is looked at afresh before anything is judged against it: the look that chose it was lucky.

What this does not guard: the test is exact for a candidate that is better on no task. For one that gains on some tasks
what it loses on others it is no promise; benchmarks/acceptance.py measures it. And it speaks of these validation tasks:
whether they stand for others, the test split tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agentopt_core.config import EvidenceConfig, RunConfig
from agentopt_core.evaluation.compare import paired, paired_tables
from agentopt_core.evaluation.intervals import paired_interval
from agentopt_core.evaluation.paired_runs import Runs, net
from agentopt_core.evaluation.repeats import mean_interval
from agentopt_core.evidence import Evidence
from agentopt_core.rollouts import Evaluation
from agentopt_core.tasks import Split, Task
from agentopt_core.training.acceptance import FIRST_LOOK_P, describe, weigh
from agentopt_core.training.alpha import AlphaBudget
from agentopt_core.training.evaluator import Evaluator, measured
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.requirements import require_validation
from agentopt_core.training.state import TrainState, Verdict


@dataclass(frozen=True, slots=True)
class _Reference:
    """What candidates are judged against."""

    accepted: Evaluation
    """On the training tasks, as it was accepted."""
    step: int | None
    looks: tuple[Evaluation, ...] = ()
    """On the validation tasks, `repeats` times; empty before the first candidate asks for them."""


class EvidenceRule:
    """Judges candidates, and keeps the budget. What `recorded` holds is not run again."""

    def __init__(
        self,
        *,
        config: EvidenceConfig,
        evaluator: Evaluator,
        tasks: tuple[Task, ...],
        validation: tuple[Task, ...],
        recorded: Recorded,
    ) -> None:
        """`tasks` and `validation` are the splits as they are run. Raises: TaskSetError where they cannot decide."""
        require_validation(config, [task.id for task in tasks], [task.id for task in validation])
        self._config = config
        self._evaluator = evaluator
        self._tasks = {task.id: task for task in (*tasks, *validation)}
        self._validation = validation
        self._recorded = recorded
        self._alpha = AlphaBudget(config.budget)
        self._reference: _Reference | None = None
        self._standing = 0
        """Evaluation of the set that training stands on: the reference, or a provisional one beyond it."""
        self._looks: dict[int, Evidence] = {}
        """What was found of each candidate that was measured on the validation split."""
        self._steps: dict[int, int] = {}

    async def judge(self, state: TrainState, step: int, candidate: Evaluation) -> Verdict:
        """Kept or rolled back, with the evidence. Raises: as `Evaluator.measure`."""
        reference = self._settled(state)
        self._steps[candidate.index] = step
        pair = paired(reference.accepted, candidate)
        on_training = describe(pair)
        if pair.n == 0 or pair.fixed_count <= pair.broken_count:
            return self._refused(reference, f"{on_training} No gain on the training tasks: not judged on validation.")
        broken = await self._protected_on_training(reference, step, candidate, pair.broken)
        if broken:
            return self._refused(reference, f"{on_training} {_broke(broken)}", broken)
        reference = await self._looked_at(reference)
        looks = await self._first_look(candidate, step, "")
        first = [(old.table(), new.table()) for old, new in zip(reference.looks, looks, strict=True)]
        at_first = net(first)
        flipped = [task_id for task_id, difference in at_first.items() if difference]
        reruns = await self._rerun(reference, step, candidate, flipped, "val")
        differences = net([*first, *reruns])
        broken = tuple(t for t in self._config.protected if differences.get(t, 0) < 0)
        level = self._alpha.level
        weighed = weigh(at_first, differences, level, self._config, broken)
        looked = self._alpha.looked() if len(differences) >= self._config.least_tasks else self._alpha
        difference, interval = gain(first)
        evidence = Evidence(
            word=weighed.word,
            against=reference.accepted.index,
            n=len(differences),
            fixed=tuple(t for t, net_gain in differences.items() if net_gain > 0),
            broken=tuple(t for t, net_gain in differences.items() if net_gain < 0),
            settled=sum(not differences[task_id] for task_id in flipped),
            p_value=weighed.p_value,
            first_p=weighed.first_p,
            difference=difference,
            interval=interval,
            level=level,
            spent=self._alpha.spent if weighed.word == "accepted" else looked.spent,
            budget=self._alpha.budget,
            looks=len(self._looks) + 1,
            reruns=self._config.reruns,
            repeats=self._config.repeats,
            protected_broken=broken,
        )
        self._alpha = looked
        self._looks[candidate.index] = evidence
        reason = f"{_SAID[weighed.word]} {_judged(evidence, self._config)} {on_training}"
        kept = weighed.word in ("accepted", "provisional")
        return Verdict("kept" if kept else "rolled_back", reason, weighed.word == "accepted", evidence=evidence)

    def _settled(self, state: TrainState) -> _Reference:
        """What is judged against now: what training stands on, or, where that is provisional, what was accepted."""
        best = state.best
        if self._reference is None:
            self._reference = _Reference(best, None)
        elif best.index != self._standing:
            found = self._looks.get(best.index)
            if found is None or found.word != "provisional":
                self._reference = _Reference(best, self._steps.get(best.index))
                # An acceptance that stood gives its level back, see alpha.py.
                self._alpha = self._alpha.anew(found.level if found and found.word == "accepted" else 0.0)
        self._standing = best.index
        return self._reference

    def _refused(self, reference: _Reference, reason: str, broken: tuple[str, ...] = ()) -> Verdict:
        evidence = Evidence(
            word="rejected",
            looked=False,
            against=reference.accepted.index,
            spent=self._alpha.spent,
            budget=self._alpha.budget,
            looks=len(self._looks),
            reruns=self._config.reruns,
            repeats=self._config.repeats,
            protected_broken=broken,
        )
        return Verdict("rolled_back", f"Rejected. {reason}", evidence=evidence)

    async def _protected_on_training(
        self, reference: _Reference, step: int, candidate: Evaluation, broken: Sequence[str]
    ) -> tuple[str, ...]:
        """Protected training tasks that broke and, run again, still lean that way."""
        suspects = [task_id for task_id in broken if task_id in self._config.protected]
        reruns = await self._rerun(reference, step, candidate, suspects, "train")
        differences = net([(reference.accepted.table(), candidate.table()), *reruns])
        return tuple(task_id for task_id in suspects if differences[task_id] < 0)

    async def _looked_at(self, reference: _Reference) -> _Reference:
        if not reference.looks:
            # The look that a set was chosen by is too good to judge others by.
            series = "afresh" if reference.accepted.index in self._looks else ""
            looks = await self._first_look(reference.accepted, reference.step, series)
            reference = self._reference = _Reference(reference.accepted, reference.step, looks)
        return reference

    async def _first_look(self, of: Evaluation, step: int | None, series: str) -> tuple[Evaluation, ...]:
        again = [f"{series or 'repeat'}-{number}" for number in range(2, self._config.repeats + 1)]
        return tuple([await self._measure(of, step, self._validation, "val", name) for name in (series, *again)])

    async def _rerun(
        self, reference: _Reference, step: int, candidate: Evaluation, task_ids: Sequence[str], split: Split
    ) -> Runs:
        tasks = tuple(self._tasks[task_id] for task_id in task_ids)
        if not tasks:
            return []
        runs = []
        for number in range(1, self._config.reruns + 1):
            series = f"rerun-{candidate.index}.{number}"
            before = await self._measure(reference.accepted, reference.step, tasks, split, series)
            after = await self._measure(candidate, step, tasks, split, series)
            runs.append((before.table(), after.table()))
        return runs

    async def _measure(
        self, of: Evaluation, step: int | None, tasks: tuple[Task, ...], split: Split, series: str
    ) -> Evaluation:
        return await measured(self._evaluator, self._recorded, of, step, tasks, split, series)


def evidence_rule(
    config: RunConfig,
    evaluator: Evaluator,
    tasks: tuple[Task, ...],
    validation: tuple[Task, ...],
    recorded: Recorded,
) -> EvidenceRule | None:
    """The gate where the run asks for it. It measures the validation split itself. Raises: as `EvidenceRule`."""
    if config.training.acceptance != "evidence":
        return None
    return EvidenceRule(
        config=config.evidence, evaluator=evaluator, tasks=tasks, validation=validation, recorded=recorded
    )


def gain(first: Runs) -> tuple[float | None, tuple[float, float] | None]:
    """The candidate's gain at the first look with its 95 % interval, -1 to 1; None without common tasks."""
    if len(first) == 1:
        pair = paired_tables(*first[0])
        return pair.difference, paired_interval(pair.both_solved, pair.fixed_count, pair.broken_count, pair.both_failed)
    times: dict[str, int] = {}
    for before, after in first:
        for task_id in before.keys() & after.keys():
            times[task_id] = times.get(task_id, 0) + 1
    means = [difference / times[task_id] for task_id, difference in net(first).items()]
    return (sum(means) / len(means), mean_interval(means)) if means else (None, None)


_SAID = {
    "accepted": "Accepted.",
    "provisional": "Kept provisionally, on weak evidence.",
    "indecisive": "Indecisive: rolled back, though not shown to be worse.",
    "rejected": "Rejected.",
}


def _broke(protected: tuple[str, ...]) -> str:
    n = len(protected)  # no ids: this sentence stands in reports of tasks that must not be published, too
    return f"{n} protected task{'s' * (n != 1)} broke, reruns included."


def _judged(evidence: Evidence, config: EvidenceConfig) -> str:
    protected = f" {_broke(evidence.protected_broken)}" if evidence.protected_broken else ""
    if evidence.n < config.least_tasks:
        return f"Only {evidence.n} validation tasks were scored under both sets, not {config.least_tasks}.{protected}"
    low, high = evidence.interval or (0.0, 0.0)
    first = f" and {FIRST_LOOK_P:g} at the first look alone (p = {evidence.first_p:.2g})" if evidence.reruns else ""
    again = f", after {evidence.reruns} reruns of what flipped" if evidence.reruns else ""
    return (
        f"{evidence.n} validation tasks: {len(evidence.fixed)} fixed, {len(evidence.broken)} broken{again}; "
        f"one-sided exact p = {evidence.p_value or 0.0:.2g}, needed {evidence.level:.2g}{first}; "
        f"{100 * (evidence.difference or 0.0):+.1f} points at the first look "
        f"(95 % interval {100 * low:+.1f} to {100 * high:+.1f}).{protected}"
    )
