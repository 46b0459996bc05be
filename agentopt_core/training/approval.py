"""The person in the loop: which proposals wait, and what becomes of the answers.

`automatic` asks nobody. `risk` asks where something was found in the code, or where a gain may well be chance; `always`
asks for every proposal. A waiting proposal is in the journal, so it survives this process.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from agentopt_core.actions import Refusal, Update
from agentopt_core.commands import Command
from agentopt_core.config import ApprovalConfig
from agentopt_core.evaluation.compare import paired
from agentopt_core.events import ReviewDecided, ReviewRequested, TrialFinished
from agentopt_core.functions import FunctionSet
from agentopt_core.optimizer.by_hand import revised
from agentopt_core.optimizer.fault import InvalidProposal
from agentopt_core.optimizer.trial import try_out
from agentopt_core.reviews import Decision, TrialRequest
from agentopt_core.rollouts import Evaluation
from agentopt_core.seams import EventSink, Sandbox
from agentopt_core.tasks import Task
from agentopt_core.training.findings import findings, weak_evidence
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.review_desk import ReviewDesk
from agentopt_core.training.state import Verdict

TIME_LIMIT = "time limit"
"""Who decides when nobody did in time."""

MeasureTrial = Callable[[int, int, FunctionSet, tuple[Task, ...], str], Awaitable[Evaluation]]
"""(evaluation, step, functions, tasks, series) -> the trial."""


class Approval:
    """Asks people about proposals, as the run's settings say."""

    def __init__(
        self,
        *,
        config: ApprovalConfig,
        desk: ReviewDesk,
        sink: EventSink,
        recorded: Recorded,
        sandbox: Sandbox,
        packages: tuple[str, ...],
        tasks: tuple[Task, ...],
        try_on: MeasureTrial,
    ) -> None:
        self._config = config
        self._desk = desk
        self._sink = sink
        self._recorded = recorded
        self._sandbox = sandbox
        self._packages = packages
        self._tasks = {task.id: task for task in tasks}
        self._try_on = try_on

    async def before(self, step: int, best: Evaluation, update: Update, evaluation: int) -> ReviewDecided | None:
        """What is decided before the candidate runs; None where nobody is asked. `evaluation`: its number to be."""
        if self._config.mode == "automatic" or self._config.when != "before":
            return None
        found = findings(update, best, self._config)
        if self._config.mode == "risk" and not found:
            return None
        request = ReviewRequested(step=step, when="before", findings=found)
        return await self._ask(request, best, update, evaluation)

    async def after(
        self, step: int, best: Evaluation, update: Update, candidate: Evaluation, verdict: Verdict
    ) -> ReviewDecided | None:
        """What is decided in the light of the evaluation; None where nobody is asked."""
        if self._config.mode == "automatic" or self._config.when != "after":
            return None
        found = findings(update, best, self._config)
        if verdict.kind == "kept":
            found = (*found, *weak_evidence(paired(best, candidate), self._config.weak_p))
        if self._config.mode == "risk" and (verdict.kind != "kept" or not found):
            return None
        request = ReviewRequested(
            step=step,
            when="after",
            evaluation=candidate.index,
            findings=found,
            rule=verdict.kind,
            rule_reason=verdict.reason,
            evidence=verdict.evidence,
        )
        return await self._ask(request, best, update, candidate.index + 1)

    async def _ask(self, request: ReviewRequested, best: Evaluation, update: Update, evaluation: int) -> ReviewDecided:
        step = request.step
        if (known := self._recorded.decision(step, request.when)) is not None:
            self._desk.decide(step, known.by)
            return known
        if (asked := self._recorded.request(step, request.when)) is not None:
            request = asked  # of an earlier process: its time limit goes on
        else:
            limit = self._config.timeout_s
            deadline = time.time() + limit if limit else None
            request = request.with_(deadline=deadline, on_timeout=self._config.on_timeout)
            self._sink.emit(request)
        self._desk.open(step)
        while True:
            left = None if request.deadline is None else request.deadline - time.time()
            command = await self._desk.next(left)
            if command is None:
                decided: ReviewDecided | None = ReviewDecided(
                    step=step, when=request.when, by=TIME_LIMIT, choice=request.on_timeout,
                    reason="Nobody decided in time.",
                )  # fmt: skip
            elif command.trial is not None:
                await self._try(command, command.trial, best, update, evaluation)
                decided = None
            else:
                decided = await self._decided(command, command.decision, request, best, update)
            if decided is not None:
                self._sink.emit(decided)
                self._desk.decide(step, decided.by)
                return decided

    async def _decided(
        self, command: Command, decision: Decision | None, request: ReviewRequested, best: Evaluation, update: Update
    ) -> ReviewDecided | None:
        """The decision as a fact; None (and an answer to who made it) when it cannot be followed."""
        if decision is None:
            self._desk.decline(command, "The command holds no decision.")
            return None
        changed: Update | None = None
        if decision.choice == "approve" and (decision.only is not None or decision.edits):
            changed, refusals = revised(
                update, best.functions, self._packages, only=decision.only, edits=decision.edits
            )
            refusals = refusals or await self._tried_out(changed, {text.name.strip() for text in decision.edits})
            if refusals:
                self._desk.decline(command, _said(refusals))
                return None
        elif decision.choice == "reject" and not decision.reason.strip():
            self._desk.decline(command, "A rejection needs a reason: the optimizer reads it.")
            return None
        return ReviewDecided(
            step=request.step,
            when=request.when,
            command_id=command.id,
            by=command.by,
            choice=decision.choice,
            reason=decision.reason,
            only=decision.only,
            edited=tuple(text.name.strip() for text in decision.edits),
            update=changed,
        )

    async def _tried_out(self, update: Update, edited: set[str]) -> tuple[Refusal, ...]:
        """The part of validation that runs what a person has written."""
        refusals = []
        for action in update.actions:
            if action.op != "remove" and action.name in edited:
                try:
                    await try_out(action.function, self._sandbox)
                except InvalidProposal as fault:
                    refusals.append(
                        Refusal(op=action.op, name=action.name, code=fault.code, reason=fault.reason, attempt=1)
                    )
        return tuple(refusals)

    async def _try(
        self, command: Command, trial: TrialRequest, best: Evaluation, update: Update, evaluation: int
    ) -> None:
        """Run the proposal, edited or not, on a few tasks and report both sets on them."""
        update, refusals = revised(update, best.functions, self._packages, edits=trial.edits)
        edited = tuple(text.name.strip() for text in trial.edits)
        refusals = refusals or await self._tried_out(update, set(edited))
        if refusals:
            self._desk.decline(command, _said(refusals))
            return
        tasks = tuple(self._tasks[task_id] for task_id in sample(best, trial.tasks))
        series = f"try-{self._recorded.next_trial(trial.step)}"
        tried = await self._try_on(evaluation, trial.step, update.apply(best.functions), tasks, series)
        pair = paired(best, tried)
        self._sink.emit(
            TrialFinished(
                step=trial.step,
                command_id=command.id,
                series=series,
                evaluation=evaluation,
                by=command.by,
                before=pair.before,
                after=pair.after,
                fixed=pair.fixed,
                broken=pair.broken,
                edited=edited,
            )
        )


def sample(best: Evaluation, size: int) -> tuple[str, ...]:
    """Ids of the tasks a trial runs: failed and solved ones by turns, each in task order, so that both can show."""
    failed = [task_id for task_id, solved in best.table().items() if not solved]
    solved = [task_id for task_id, right in best.table().items() if right]
    mixed: list[str] = []
    for i in range(max(len(failed), len(solved))):
        mixed += [*failed[i : i + 1], *solved[i : i + 1]]
    return tuple(mixed[:size])


def _said(refusals: tuple[Refusal, ...]) -> str:
    return " ".join(f"{refusal.name or refusal.op}: {refusal.reason}" for refusal in refusals)
