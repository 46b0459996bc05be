"""What an earlier trainer of the run left in the journal: a resumed run takes it over and pays for nothing twice."""

from __future__ import annotations

from collections.abc import Iterable

from agentopt_core.actions import Update
from agentopt_core.events import Event
from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Evaluation, Rollout, SandboxLevel, Usage
from agentopt_core.tasks import Split, Task


class Recorded:
    """The facts of a journal by the places where the loop needs them. Empty for a new run.

    The loop runs again from the start; wherever the journal already holds what would be measured or asked, that is
    used. So a resumed run reaches the state of an undisturbed one by the same code.
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._rollouts: dict[tuple[int, str], dict[str, Rollout]] = {}
        self._finished: set[tuple[int, str]] = set()
        self._updates: dict[int, Update] = {}
        self._verdicts: set[int | None] = set()
        self._opened: set[int] = set()
        self.held_out = False
        """The test split was measured to the end."""
        self.usage = Usage()
        """What all requests so far cost."""
        self.work_s = 0.0
        """Seconds of work of earlier trainer processes."""
        self.started_at = 0.0
        """When the last trainer process began, in seconds since 1970."""
        self.level: SandboxLevel | None = None
        """What the last trainer process isolated functions by."""
        self.is_empty = True
        began = latest = 0.0
        for event in events:
            self.is_empty = False
            if event.kind == "run_started":
                self.work_s += latest - began
                began = self.started_at = event.at
                self.level = event.level
            latest = event.at
            self._take(event)
        self.work_s += latest - began

    def _take(self, event: Event) -> None:
        match event.kind:
            case "rollout_finished":
                place = (event.evaluation, event.functions_digest)
                self._rollouts.setdefault(place, {})[event.rollout.task_id] = event.rollout
            case "evaluation_finished":
                self._finished.add((event.evaluation, event.functions_digest))
            case "update_proposed":
                self._updates[event.step] = event.update
            case "verdict_reached":
                self._verdicts.add(event.step)
            case "split_opened":
                self._opened.add(event.evaluation)
            case "held_out_measured":
                self.held_out = True
            case "request_finished":
                self.usage += event.usage
            case _:
                pass

    def update(self, step: int) -> Update | None:
        """What the optimizer proposed in that step, if it got so far."""
        return self._updates.get(step)

    def rollouts(self, index: int, functions: FunctionSet) -> dict[str, Rollout]:
        """Finished rollouts of an evaluation by task id."""
        return self._rollouts.get((index, functions.digest), {})

    def evaluation(
        self, index: int, functions: FunctionSet, tasks: tuple[Task, ...], split: Split = "train"
    ) -> Evaluation | None:
        """An evaluation that was finished, whole, in task order."""
        if (index, functions.digest) not in self._finished:
            return None
        known = self.rollouts(index, functions)
        if any(task.id not in known for task in tasks):
            return None
        rollouts = tuple(known[task.id] for task in tasks)
        return Evaluation(index=index, functions=functions, split=split, rollouts=rollouts)

    def has_verdict(self, step: int | None) -> bool:
        """The verdict of that step (None: the baseline) is already in the journal."""
        return step in self._verdicts

    def was_opened(self, index: int) -> bool:
        """The journal says that the test split was opened for that evaluation."""
        return index in self._opened
