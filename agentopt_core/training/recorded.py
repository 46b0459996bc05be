"""What an earlier trainer of the run left in the journal: a resumed run takes it over and pays for nothing twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agentopt_core.actions import Update
from agentopt_core.events import CreditMeasured, Event, ReviewDecided, ReviewRequested
from agentopt_core.functions import FunctionSet
from agentopt_core.reviews import ReviewTime
from agentopt_core.rollouts import Evaluation, Rollout, SandboxLevel, Usage
from agentopt_core.tasks import Split, Task
from agentopt_core.training.shelf import Shelf


class Recorded:
    """The facts of a journal by the places where the loop needs them. Empty for a new run.

    The loop runs again from the start; wherever the journal already holds what would be measured or asked, that is
    used. So a resumed run reaches the state of an undisturbed one by the same code.
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._rollouts: dict[tuple[int, str, str], Shelf] = {}
        self._finished: set[tuple[int, str, Split, str]] = set()
        self._updates: dict[int, Update] = {}
        self._proposals: dict[tuple[int, int], Update] = {}
        self._screened: set[int] = set()
        self._verdicts: set[int | None] = set()
        self._baselines: set[int | None] = set()
        self._opened: set[int] = set()
        self._requests: dict[tuple[int, ReviewTime], ReviewRequested] = {}
        self._decisions: dict[tuple[int, ReviewTime], ReviewDecided] = {}
        self._trials: dict[int, int] = {}
        self._credits: dict[tuple[int, str], CreditMeasured] = {}
        self.answered: set[str] = set()
        """Ids of commands that were followed or declined."""
        self.dropped_proposals = 0
        """Function sets that were run on training tasks in a screening and dropped there."""
        self.held_out = False
        """The test split was measured to the end."""
        self.dropped = False
        """Functions were left out of the set the run ends with, and the journal says which."""
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
                place = (event.evaluation, event.functions_digest, event.series)
                self._rollouts.setdefault(place, Shelf()).put(event.rollout)
            case "evaluation_finished":
                self._finished.add((event.evaluation, event.functions_digest, event.split, event.series))
            case "proposal_made":
                self._proposals[event.step, event.number] = event.update
            case "proposals_screened":
                self._screened.add(event.step)
                self.dropped_proposals += event.dropped
            case "update_proposed":
                self._updates[event.step] = event.update
            case "verdict_reached" if event.step is None:
                self._baselines.add(event.evaluation)
            case "verdict_reached":
                self._verdicts.add(event.step)
            case "review_requested":
                self._requests[event.step, event.when] = event
            case "trial_finished":
                self._trials[event.step] = self._trials.get(event.step, 0) + 1
                self.answered.add(event.command_id)
            case "review_decided":
                self._decisions[event.step, event.when] = event
                self.answered.add(event.command_id)
            case "command_declined" | "command_obeyed":
                self.answered.add(event.command_id)
            case "split_opened":
                self._opened.add(event.evaluation)
            case "held_out_measured":
                self.held_out = True
            case "credit_measured":
                self._credits[event.evaluation, event.function_digest] = event
            case "functions_dropped":
                self.dropped = True
            case "request_finished":
                self.usage += event.usage
            case _:
                pass

    def update(self, step: int) -> Update | None:
        """What the optimizer proposed in that step, if it got so far."""
        return self._updates.get(step)

    def proposal(self, step: int, number: int) -> Update | None:
        """One of several proposals of that step, if it was written."""
        return self._proposals.get((step, number))

    def was_screened(self, step: int) -> bool:
        """The journal says what became of that step's proposals."""
        return step in self._screened

    def is_by_hand(self, step: int) -> bool:
        """That step was a person's change."""
        update = self._updates.get(step)
        return update is not None and bool(update.by)

    def request(self, step: int, when: ReviewTime) -> ReviewRequested | None:
        """The question to people about that step's proposal, if it was asked."""
        return self._requests.get((step, when))

    def decision(self, step: int, when: ReviewTime) -> ReviewDecided | None:
        """What was decided on it."""
        return self._decisions.get((step, when))

    @property
    def decided(self) -> dict[int, str]:
        """Step -> who decided on its proposal."""
        return {step: decided.by for (step, _), decided in self._decisions.items()}

    def next_trial(self, step: int) -> int:
        """The number of a step's next trial, from 1; each number is given once."""
        self._trials[step] = self._trials.get(step, 0) + 1
        return self._trials[step]

    def rollouts(self, index: int, functions: FunctionSet, series: str = "") -> Mapping[str, Rollout]:
        """Finished rollouts of an evaluation by task id, of whatever split."""
        return self._rollouts.get((index, functions.digest, series), {})

    def evaluation(
        self, index: int, functions: FunctionSet, tasks: tuple[Task, ...], split: Split = "train", series: str = ""
    ) -> Evaluation | None:
        """An evaluation that was finished, whole, in task order."""
        if (index, functions.digest, split, series) not in self._finished:
            return None
        known = self.rollouts(index, functions, series)
        if any(task.id not in known for task in tasks):
            return None
        rollouts = tuple(known[task.id] for task in tasks)
        return Evaluation(index=index, functions=functions, split=split, rollouts=rollouts)

    def credit(self, evaluation: int, function_digest: str) -> CreditMeasured | None:
        """What a function of that accepted set was found to be worth."""
        return self._credits.get((evaluation, function_digest))

    @property
    def pruned(self) -> frozenset[str]:
        """Digests of the functions whose removal was ever proposed for the functions' health."""
        return frozenset(digest for update in self._updates.values() for digest in update.prunes)

    def has_verdict(self, step: int | None, evaluation: int | None) -> bool:
        """The verdict of that step is already in the journal; None: that on a baseline, by its evaluation."""
        return evaluation in self._baselines if step is None else step in self._verdicts

    def was_opened(self, index: int) -> bool:
        """The journal says that the test split was opened for that evaluation."""
        return index in self._opened
