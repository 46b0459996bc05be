"""Search beyond greedy: a step of several proposals, of which the best on a sample of tasks is handed to the loop.

The loop knows nothing of it: to it this is an optimizer, and the winner is evaluated on the whole training set like any
update. That evaluation is fresh. The winner's rollouts in the screening are those of the luckiest of several sets, so
taking them over would raise the accuracy that the acceptance rule sees.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from agentopt_core.actions import Update, Withdrawn
from agentopt_core.agents.together import together
from agentopt_core.config import RunConfig
from agentopt_core.events import Event, ProposalMade, ProposalsScreened
from agentopt_core.optimizer.focus import FOCUS_TOKENS, Focused, added_tokens, focus
from agentopt_core.proposals import Fate, Screened
from agentopt_core.rollouts import Evaluation
from agentopt_core.seams import ChatModel, EventSink, Sandbox
from agentopt_core.tasks import Task
from agentopt_core.training.evaluator import Evaluator
from agentopt_core.training.halving import Candidate, halve
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.screening import Screening, changes, series
from agentopt_core.training.trainer import Optimizer
from agentopt_core.words import digest

OpenOptimizer = Callable[[ChatModel, EventSink, int], Optimizer]
"""The optimizer of one proposal: it asks that model, reports there, and leaves so many tokens of its budget free."""


class Search:
    """An optimizer that asks for `config.search.proposals` updates in parallel and returns the one that does best.

    Everything asked and measured is in the journal, and `recorded` holds what an earlier process left of it.
    `next_evaluation` tells the number that the winner's evaluation will have.
    """

    def __init__(
        self,
        *,
        open_optimizer: OpenOptimizer,
        model: ChatModel,
        evaluator: Evaluator,
        tasks: tuple[Task, ...],
        config: RunConfig,
        sandbox: Sandbox,
        sink: EventSink,
        recorded: Recorded,
        next_evaluation: Callable[[], int],
    ) -> None:
        self._open_optimizer = open_optimizer
        self._model = model
        self._evaluator = evaluator
        self._tasks = tasks
        self._config = config.search
        self._prompts = config.prompts
        self._seed = config.seed
        self._packages = config.sandbox.packages
        self._sandbox = sandbox
        self._greedy = open_optimizer(model, sink, 0)
        if self._config.proposals > 1:
            open_optimizer(model, sink, FOCUS_TOKENS)  # prompts that do not fit are told before anything is spent
        self._sink = sink
        self._recorded = recorded
        self._next_evaluation = next_evaluation
        self.dropped = recorded.dropped_proposals
        """Function sets that were run on training tasks and dropped in a screening, in the whole run."""

    async def step(self, step: int, accepted: Evaluation, failure_record: tuple[Withdrawn, ...]) -> Update:
        """The best of several proposals for the accepted set; where none changes it, the first one.

        With one proposal it is the optimizer's own step.
        Raises: as the optimizer's own step and as `Evaluator.measure`.
        """
        if self._config.proposals == 1:
            return await self._greedy.step(step, accepted, failure_record)
        updates = await self._proposals(step, accepted, failure_record)
        candidates, settled = _sorted_out(updates, accepted, failure_record)
        evaluation = self._next_evaluation()
        screening = Screening(
            evaluator=self._evaluator,
            recorded=self._recorded,
            sandbox=self._sandbox,
            packages=self._packages,
            accepted=accepted,
            step=step,
            evaluation=evaluation,
            next_number=len(updates) + 1,
        )
        ranked = await halve(
            candidates,
            accepted,
            self._sample(step, accepted),
            self._config,
            screening.measure,
            screening.join if self._config.merge else None,
        )
        told = sorted((*settled, *screening.not_entered, *_told(step, ranked)), key=lambda screened: screened.number)
        if not self._recorded.was_screened(step):
            screened = ProposalsScreened(
                step=step,
                accepted_evaluation=accepted.index,
                evaluation=evaluation,
                proposals=tuple(told),
                chosen=ranked[0].number if ranked else None,
            )
            self._sink.emit(screened)
            self.dropped += screened.dropped
        return ranked[0].update if ranked else updates[0]

    async def _proposals(
        self, step: int, accepted: Evaluation, failure_record: tuple[Withdrawn, ...]
    ) -> tuple[Update, ...]:
        numbers = range(1, self._config.proposals + 1)
        sink = _OneBeginning(self._sink, any(self._recorded.proposal(step, number) for number in numbers))

        async def propose(number: int) -> Update:
            if (known := self._recorded.proposal(step, number)) is not None:
                return known
            began = time.monotonic()
            text = focus(number, self._config.proposals, accepted, self._prompts, self._seed + step)
            optimizer = self._open_optimizer(Focused(self._model, text), sink, added_tokens(text))
            update = await optimizer.step(step, accepted, failure_record)
            seconds = time.monotonic() - began
            self._sink.emit(ProposalMade(step=step, number=number, update=update, seconds=seconds))
            return update

        return tuple(await together(propose(number) for number in numbers))

    def _sample(self, step: int, accepted: Evaluation) -> tuple[Task, ...]:
        """The tasks that were scored under the accepted set, in the order in which this step draws them."""
        scored = accepted.table()
        tasks = [task for task in self._tasks if task.id in scored]
        return tuple(sorted(tasks, key=lambda task: digest([self._seed, step, task.id])))


def _sorted_out(
    updates: tuple[Update, ...], accepted: Evaluation, failure_record: tuple[Withdrawn, ...]
) -> tuple[tuple[Candidate, ...], tuple[Screened, ...]]:
    """The proposals that make a new set each, and what became of the others.

    A set that the failure record holds is proposed again only where there is no other.
    """
    first: dict[str, Candidate] = {}
    settled: list[Screened] = []
    for number, update in enumerate(updates, 1):
        functions = update.apply(accepted.functions)
        candidate = Candidate(number=number, update=update, functions=functions)
        if functions.digest == accepted.functions.digest:
            settled.append(_settled(candidate, "unchanged"))
        elif functions.digest in first:
            settled.append(_settled(candidate, "duplicate", first[functions.digest].number))
        else:
            first[functions.digest] = candidate
    withdrawn = {entry.functions.digest for entry in failure_record}
    if first.keys() <= withdrawn:
        return tuple(first.values()), tuple(settled)
    settled += [_settled(candidate, "repeated") for made, candidate in first.items() if made in withdrawn]
    return tuple(candidate for made, candidate in first.items() if made not in withdrawn), tuple(settled)


def _settled(candidate: Candidate, fate: Fate, same_as: int | None = None) -> Screened:
    return Screened(
        number=candidate.number,
        changes=changes(candidate.update),
        functions_digest=candidate.functions.digest,
        fate=fate,
        same_as=same_as,
    )


def _told(step: int, ranked: tuple[Candidate, ...]) -> list[Screened]:
    """What became of the candidates, the best one first."""
    return [
        Screened(
            number=candidate.number,
            merged_of=candidate.merged_of,
            changes=changes(candidate.update),
            functions_digest=candidate.functions.digest,
            fate="dropped" if place else "chosen",
            note=candidate.note,
            series=series(step, candidate.number) if candidate.rounds else "",
            rounds=candidate.rounds,
        )
        for place, candidate in enumerate(ranked)
    ]


class _OneBeginning:
    """Lets the beginning of the step through once, though several optimizers report it."""

    def __init__(self, sink: EventSink, begun: bool) -> None:
        self._sink = sink
        self._begun = begun

    def emit(self, event: Event) -> None:
        """Report the event, but for a beginning after the first."""
        if event.kind == "step_started":
            if self._begun:
                return
            self._begun = True
        self._sink.emit(event)
