"""Measures the credit of accepted functions, beside training: it decides nothing by itself.

For a function, the tasks that used it are run with the set without it (series `mask-NAME`). They are compared with the
same tasks under the whole set: run once more as a control, or as they came out when the set was accepted.
"""

from __future__ import annotations

from agentopt_core.commands import Command
from agentopt_core.config import HealthConfig
from agentopt_core.errors import InfrastructureFault
from agentopt_core.evaluation.credit import credit, users
from agentopt_core.events import CommandObeyed, CreditMeasured, Warned
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.rollouts import Evaluation
from agentopt_core.seams import EventSink
from agentopt_core.tasks import Task
from agentopt_core.training.evaluator import Evaluator
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.review_desk import ReviewDesk

CONTROL = "control"
"""Series of the whole set once more."""


class Credits:
    """What the functions of accepted sets are worth, as far as it was measured. What `recorded` holds is not run again.

    A measurement that the infrastructure spoils is warned of and left out: it must not end a training.
    """

    def __init__(
        self,
        *,
        evaluator: Evaluator,
        tasks: tuple[Task, ...],
        config: HealthConfig,
        sink: EventSink,
        recorded: Recorded,
        desk: ReviewDesk,
    ) -> None:
        self._evaluator = evaluator
        self._tasks = tasks
        self._config = config
        self._sink = sink
        self._recorded = recorded
        self._desk = desk
        self._known: dict[tuple[int, str], CreditMeasured] = {}
        self._idle: dict[str, int] = {}

    async def accepted(self, evaluation: Evaluation) -> None:
        """A set was accepted. Raises: SetupError and BudgetExhausted, as `Evaluator.measure`."""
        self._idle = {
            function.digest: 0 if users(evaluation, function.name) else self._idle.get(function.digest, 0) + 1
            for function in evaluation.functions.each()
        }
        if self._config.credit == "kept":
            await self.measure(evaluation)

    async def at_the_end(self, evaluation: Evaluation) -> None:
        """The run ends with this set. Raises: as `accepted`."""
        if self._config.credit != "off":
            await self.measure(evaluation)
        await self.answer(evaluation)

    async def answer(self, evaluation: Evaluation) -> None:
        """Do what people have asked for since. Raises: as `accepted`."""
        while self._desk.credits:
            command: Command = self._desk.credits[0]
            await self.measure(evaluation)
            self._desk.credits.popleft()
            self._sink.emit(CommandObeyed(command_id=command.id, command=command.kind, by=command.by))

    def idle(self, function: Function) -> int:
        """Accepted evaluations in a row, up to now, in which nothing called the function."""
        return self._idle.get(function.digest, 0)

    def of(self, evaluation: Evaluation, function: Function) -> CreditMeasured | None:
        """What a function of that set was found to be worth; None where it was not measured."""
        place = (evaluation.index, function.digest)
        return self._known.get(place) or self._recorded.credit(*place)

    async def measure(self, accepted: Evaluation) -> None:
        """Measure each function of the set that enough tasks used and that is not measured yet."""
        wanted = [
            (function, chosen)
            for function in accepted.functions.each()
            if self.of(accepted, function) is None
            and len(chosen := users(accepted, function.name)) >= self._config.min_users
        ]
        if not wanted:
            return
        reference = await self._reference(accepted, {task_id for _, chosen in wanted for task_id in chosen})
        for function, chosen in wanted:
            masked = accepted.functions.without(function.name)
            series = f"mask-{function.name}"
            without = await self._run(accepted.index, masked, self._only(set(chosen)), series)
            if reference is not None and without is not None:
                self._report(accepted, function, len(chosen), reference, without)

    async def _reference(self, accepted: Evaluation, ids: set[str]) -> Evaluation | None:
        if not self._config.control:
            return accepted
        return await self._run(accepted.index, accepted.functions, self._only(ids), CONTROL)

    def _only(self, ids: set[str]) -> tuple[Task, ...]:
        return tuple(task for task in self._tasks if task.id in ids)

    async def _run(self, index: int, functions: FunctionSet, tasks: tuple[Task, ...], series: str) -> Evaluation | None:
        if (finished := self._recorded.evaluation(index, functions, tasks, "train", series)) is not None:
            return finished
        known = self._recorded.rollouts(index, functions, series)
        try:
            return await self._evaluator.measure(index, None, functions, tasks, "train", known, series)
        except InfrastructureFault as fault:
            hint = "Ask for the credit again when the cause is mended."
            self._sink.emit(Warned(message=f"Credit could not be measured ({series}): {fault}", hint=hint))
            return None

    def _report(
        self, accepted: Evaluation, function: Function, used: int, reference: Evaluation, without: Evaluation
    ) -> None:
        pair = credit(reference, without)
        found = CreditMeasured(
            evaluation=accepted.index,
            function=function.name,
            function_digest=function.digest,
            used=used,
            control=self._config.control,
            with_function=pair.after,
            without=pair.before,
            helped=pair.fixed,
            hurt=pair.broken,
            interval=pair.interval,
            p_value=pair.p_value,
        )
        self._known[accepted.index, function.digest] = found
        self._sink.emit(found)
