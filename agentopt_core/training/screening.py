"""What the screening of one step runs: proposals on samples of tasks, and the two best of them merged."""

from __future__ import annotations

from agentopt_core.actions import Update
from agentopt_core.optimizer.merging import Preference, better_side, contract_faults, merge, record_of
from agentopt_core.proposals import Fate, Screened
from agentopt_core.rollouts import Evaluation
from agentopt_core.seams import Sandbox
from agentopt_core.tasks import Task
from agentopt_core.training.by_hand import way_to
from agentopt_core.training.evaluator import Evaluator
from agentopt_core.training.halving import Candidate
from agentopt_core.training.recorded import Recorded


def series(step: int, number: int) -> str:
    """The series of one proposal's rollouts: of its own in the whole run, since every step has its screening."""
    return f"screen-{step}-{number}"


def changes(update: Update) -> tuple[str, ...]:
    """What an update does, in words."""
    return tuple(f"{action.op} {action.name}" for action in update.actions)


class Screening:
    """The screening of one step. What `recorded` holds is not run again."""

    def __init__(
        self,
        *,
        evaluator: Evaluator,
        recorded: Recorded,
        sandbox: Sandbox,
        packages: tuple[str, ...],
        accepted: Evaluation,
        step: int,
        evaluation: int,
        next_number: int,
    ) -> None:
        self._evaluator = evaluator
        self._recorded = recorded
        self._sandbox = sandbox
        self._packages = packages
        self._accepted = accepted
        self._step = step
        self._evaluation = evaluation
        self._next_number = next_number
        self.not_entered: tuple[Screened, ...] = ()
        """A merged set that was no new one or failed the contract tests."""

    async def measure(self, candidate: Candidate, tasks: tuple[Task, ...]) -> Evaluation:
        """A candidate on tasks; those it was measured on in an earlier round keep their rollouts.

        Raises: as `Evaluator.measure`.
        """
        functions, its_series = candidate.functions, series(self._step, candidate.number)
        index = self._evaluation
        if (finished := self._recorded.evaluation(index, functions, tasks, "train", its_series)) is not None:
            return finished
        known = dict(self._recorded.rollouts(index, functions, its_series))
        if candidate.measured:
            known |= {rollout.task_id: rollout for rollout in candidate.measured.rollouts}
        return await self._evaluator.measure(index, self._step, functions, tasks, "train", known, its_series)

    async def join(self, best: Candidate, second: Candidate) -> Candidate | None:
        """Both merged by their common ancestor, the accepted set, when that makes a set that holds.

        A conflict goes to the side that did better in the screening on the tasks that used the function.
        Raises: InfrastructureFault when the sandbox fails.
        """
        accepted = self._accepted.functions
        labels = (f"proposal {best.number}", f"proposal {second.number}")

        def prefer(name: str) -> Preference:
            return _preference(name, best, second, labels)

        merged = merge(accepted, best.functions, second.functions, prefer, labels)
        said = " ".join(f"{part.name}: {part.reason}" for part in merged.conflicts)
        update = Update(
            actions=way_to(accepted, merged.functions),
            ended="complete_set",
            rationale=f"{labels[0].capitalize()} and {labels[1]} merged, function by function. {said}".strip(),
        )
        candidate = Candidate(
            number=self._next_number,
            update=update,
            functions=merged.functions,
            merged_of=(best.number, second.number),
            note=said,
        )
        same = {accepted.digest: None, best.functions.digest: best.number, second.functions.digest: second.number}
        if merged.functions.digest in same:
            same_as = same[merged.functions.digest]
            self._leave_out(candidate, "unchanged" if same_as is None else "duplicate", said, same_as)
            return None
        faults = await contract_faults(merged.functions, accepted, self._packages, self._sandbox)
        if faults:
            self._leave_out(candidate, "invalid", " ".join(f"{fault.name}: {fault.reason}" for fault in faults))
            return None
        return candidate

    def _leave_out(self, candidate: Candidate, fate: Fate, note: str, same_as: int | None = None) -> None:
        told = Screened(
            number=candidate.number,
            merged_of=candidate.merged_of,
            changes=changes(candidate.update),
            functions_digest=candidate.functions.digest,
            fate=fate,
            same_as=same_as,
            note=note,
        )
        self.not_entered = (*self.not_entered, told)


def _preference(name: str, left: Candidate, right: Candidate, labels: tuple[str, str]) -> Preference:
    assert left.measured is not None
    assert right.measured is not None
    users = {
        rollout.task_id
        for measured in (left.measured, right.measured)
        for rollout in measured.rollouts
        if any(call.tool == name for call in rollout.calls)
    }
    tables = left.measured.table(), right.measured.table()
    return better_side(record_of(*tables, users.__contains__), record_of(*tables, lambda _: True), labels)
