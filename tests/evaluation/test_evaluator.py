from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from agentopt_core.agents import FunctionCallingAgent
from agentopt_core.chat import ChatRequest
from agentopt_core.config import AgentConfig
from agentopt_core.errors import BudgetExhausted, DiskFull, EndpointSetupError, InfrastructureFault
from agentopt_core.evaluation import Evaluator
from agentopt_core.events import EvaluationFinished, EvaluationStarted, Event, RolloutFinished
from agentopt_core.execution import LocalExecutor, RolloutSpec
from agentopt_core.functions import FunctionSet
from agentopt_core.prompts import default_prompts
from agentopt_core.rollouts import Answer, Evaluation, Proportion, Rollout, Score
from agentopt_core.tasks import Task
from agentopt_core.testing import InMemorySandbox, ListSink, ScriptedModel, tool_message
from tests.execution.test_local import Open

Outcome = str | Exception
FAULT = "fault"


class Executor:
    """Answers each task by a function of its id and how often it was tried; `fault` is a fault."""

    def __init__(self, outcome: Callable[[str, int], Outcome], max_concurrency: int = 4) -> None:
        self.max_concurrency = max_concurrency
        self.specs: list[RolloutSpec] = []
        self._outcome = outcome

    async def run(self, spec: RolloutSpec) -> Rollout:
        self.specs.append(spec)
        name = spec.question.id
        await asyncio.sleep(0)
        outcome = self._outcome(name, sum(s.question.id == name for s in self.specs))
        if isinstance(outcome, Exception):
            raise outcome
        if outcome == FAULT:
            return Rollout(task_id=name, ended="fault", note="The endpoint is down.")
        return Rollout(task_id=name, answer=Answer(text=outcome, source="tool"))

    @property
    def tried(self) -> list[str]:
        return [spec.question.id for spec in self.specs]


class Exact:
    """Right when the answer is the gold."""

    async def grade(self, task: Task, answer: Answer) -> Score:
        right = answer.text == task.answer
        return Score(correct=right, method="exact", extracted=answer.text, rule="tool", reason="compared")


def tasks(count: int) -> tuple[Task, ...]:
    return tuple(Task(id=f"t{n}", question="?", answer="yes", solution="secret") for n in range(count))


def measure(
    executor: Executor, count: int, recorded: dict[str, Rollout] | None = None, sink: ListSink | None = None
) -> tuple[Evaluation, list[Event]]:
    sink = sink or ListSink()
    evaluator = Evaluator(executor, Exact(), sink)
    evaluation = asyncio.run(evaluator.measure(3, 2, FunctionSet(), tasks(count), "train", recorded or {}))
    return evaluation, sink.events


def finished(events: list[Event]) -> list[str]:
    return [event.rollout.task_id for event in events if isinstance(event, RolloutFinished)]


def test_an_evaluation_reports_its_start_each_rollout_and_its_end() -> None:
    evaluation, events = measure(Executor(lambda name, _: "yes" if name != "t1" else "no"), 3)
    first, *_, last = events
    assert isinstance(first, EvaluationStarted)
    assert (first.evaluation, first.step, first.split, first.n) == (3, 2, "train", 3)
    assert sorted(finished(events)) == ["t0", "t1", "t2"]
    assert isinstance(last, EvaluationFinished)
    assert last.result == evaluation.result
    assert (evaluation.result.correct, evaluation.result.n, evaluation.result.faults) == (2, 3, 0)
    assert evaluation.table() == {"t0": 1, "t1": 0, "t2": 1}


def test_results_stand_in_task_order_whatever_the_finishing_order() -> None:
    class Backwards(Executor):
        """Each rollout waits for the next one to have ended."""

        def __init__(self) -> None:
            super().__init__(lambda _name, _try: "yes")
            self.ended = {f"t{n}": asyncio.Event() for n in range(4)}

        async def run(self, spec: RolloutSpec) -> Rollout:
            following = self.ended.get(f"t{int(spec.question.id[1:]) + 1}")
            if following:
                await following.wait()
            rollout = await super().run(spec)
            self.ended[spec.question.id].set()
            return rollout

    evaluation, events = measure(Backwards(), 4)
    assert finished(events) == ["t3", "t2", "t1", "t0"]
    assert [rollout.task_id for rollout in evaluation.rollouts] == ["t0", "t1", "t2", "t3"]


def test_the_agent_is_given_the_question_without_answer_and_solution() -> None:
    executor = Executor(lambda _name, _try: "yes")
    measure(executor, 1)
    text = executor.specs[0].model_dump_json()
    assert "secret" not in text
    assert "yes" not in text


def test_recorded_rollouts_are_neither_run_nor_reported_again() -> None:
    right = Score(correct=True, method="exact", extracted="yes", rule="tool", reason="")
    recorded = {"t1": Rollout(task_id="t1", score=right, note="from before")}
    executor = Executor(lambda _name, _try: "yes")
    evaluation, events = measure(executor, 3, recorded)
    assert sorted(executor.tried) == sorted(finished(events)) == ["t0", "t2"]
    assert evaluation.rollouts[1].note == "from before"
    assert evaluation.result.correct == 3


def test_a_wholly_recorded_evaluation_runs_nothing_and_is_reported_as_finished() -> None:
    executor = Executor(lambda _name, _try: "yes")
    _, events = measure(executor, 1, {"t0": Rollout(task_id="t0")})
    assert executor.tried == []
    assert [event.kind for event in events] == ["evaluation_started", "evaluation_finished"]


def test_recorded_faults_are_run_again() -> None:
    executor = Executor(lambda _name, _try: "yes")
    evaluation, events = measure(executor, 2, {"t0": Rollout(task_id="t0", ended="fault")})
    assert sorted(finished(events)) == ["t0", "t1"]
    assert evaluation.result.correct == 2


def test_a_fault_is_tried_once_more_after_all_others() -> None:
    executor = Executor(lambda name, attempt: FAULT if (name, attempt) == ("t0", 1) else "yes", max_concurrency=1)
    evaluation, events = measure(executor, 4)
    assert executor.tried == ["t0", "t1", "t2", "t3", "t0"]
    assert evaluation.result.correct == 4
    assert evaluation.result.faults == 0
    assert finished(events)[-1] == "t0"


def test_a_fault_that_stays_is_not_graded_and_counted_apart() -> None:
    executor = Executor(lambda name, _: FAULT if name == "t0" else "yes")
    evaluation, _ = measure(executor, 5)
    assert executor.tried.count("t0") == 2
    assert (evaluation.result.correct, evaluation.result.n, evaluation.result.faults) == (4, 4, 1)
    assert evaluation.rollouts[0].score is None


def test_an_answer_that_cannot_be_graded_at_the_moment_is_a_fault_and_tried_again_never_a_wrong_one() -> None:
    class Faltering(Exact):
        asked = 0

        async def grade(self, task: Task, answer: Answer) -> Score:
            self.asked += 1
            if self.asked == 2:
                raise InfrastructureFault("The sandbox lost a worker.")
            return await super().grade(task, answer)

    sink = ListSink()
    evaluator = Evaluator(Executor(lambda _name, _times: "yes"), Faltering(), sink)
    evaluation = asyncio.run(evaluator.measure(0, None, FunctionSet(), tasks(3), "train", {}))
    assert evaluation.result == Proportion(correct=3, n=3)
    (lost,) = [event.rollout for event in sink.events if event.kind == "rollout_finished" and event.rollout.is_fault]
    assert (lost.score, lost.note) == (None, "The answer could not be graded: The sandbox lost a worker.")


def test_faults_on_more_than_a_fifth_of_the_tasks_stop_the_run_with_the_cause() -> None:
    sink = ListSink()
    with pytest.raises(InfrastructureFault) as raised:
        measure(Executor(lambda name, _: FAULT if name in ("t0", "t1") else "yes"), 9, sink=sink)
    assert "2 of 9" in raised.value.message
    assert "The endpoint is down." in raised.value.message
    assert "resume" in raised.value.hint
    assert not any(isinstance(event, EvaluationFinished) for event in sink.events)
    assert set(finished(sink.events)) == {f"t{n}" for n in range(9)}


def test_an_endpoint_that_went_down_ends_the_evaluation_before_every_task_has_waited_for_it() -> None:
    sink = ListSink()
    executor = Executor(lambda name, _: "yes" if int(name[1:]) < 10 else FAULT, max_concurrency=4)
    with pytest.raises(InfrastructureFault) as raised:
        measure(executor, 300, sink=sink)
    assert "in a row" in raised.value.message
    assert "The endpoint is down." in raised.value.message
    assert len(executor.tried) < 20
    assert set(finished(sink.events)) >= {f"t{n}" for n in range(10)}, "what was finished before is recorded"


def test_single_faults_between_answers_do_not_end_the_evaluation() -> None:
    executor = Executor(lambda name, tried: FAULT if int(name[1:]) % 2 and tried == 1 else "yes", max_concurrency=1)
    evaluation, _ = measure(executor, 40)
    assert evaluation.result.faults == 0


@pytest.mark.parametrize("error", [EndpointSetupError("Wrong key."), BudgetExhausted("1 USD is spent.")])
def test_what_ends_the_run_comes_as_the_plain_error_and_the_others_are_cancelled(error: Exception) -> None:
    class Mixed(Executor):
        cancelled = 0

        async def run(self, spec: RolloutSpec) -> Rollout:
            if spec.question.id in ("t2", "t3"):
                try:
                    await asyncio.Future()
                except asyncio.CancelledError:
                    self.cancelled += 1
                    raise
            return await super().run(spec)

    executor, sink = Mixed(lambda name, _: error if name == "t1" else "yes"), ListSink()
    with pytest.raises(type(error)) as raised:
        measure(executor, 9, sink=sink)
    assert raised.value is error
    assert executor.cancelled == 2
    assert "t0" in finished(sink.events)
    assert not {"t1", "t2", "t3"} & set(finished(sink.events))


def test_cancellation_leaves_what_ended_with_the_sink_and_nothing_in_flight() -> None:
    async def run() -> tuple[list[str], int]:
        reached, sink = asyncio.Event(), ListSink()

        class Stuck(Executor):
            in_flight = 0

            async def run(self, spec: RolloutSpec) -> Rollout:
                if spec.question.id == "t0":
                    return await super().run(spec)
                self.in_flight += 1
                if self.in_flight == 4:
                    reached.set()
                try:
                    return await asyncio.Future()
                finally:
                    self.in_flight -= 1

        executor = Stuck(lambda _name, _try: "yes")
        evaluator = Evaluator(executor, Exact(), sink)
        work = asyncio.create_task(evaluator.measure(0, None, FunctionSet(), tasks(9), "train", {}))
        await reached.wait()
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        return finished(sink.events), executor.in_flight

    assert asyncio.run(run()) == (["t0"], 0)


def test_a_full_disk_stops_the_evaluation_with_that_error() -> None:
    class Full(ListSink):
        def emit(self, event: Event) -> None:
            if isinstance(event, RolloutFinished):
                raise DiskFull("The disk is full.")
            super().emit(event)

    with pytest.raises(DiskFull):
        measure(Executor(lambda _name, _try: "yes"), 3, sink=Full())


def test_thousands_of_tasks_make_no_more_asyncio_tasks_than_can_be_in_flight() -> None:
    most = 0

    class Watching(Executor):
        async def run(self, spec: RolloutSpec) -> Rollout:
            nonlocal most
            if spec.question.id.endswith("00"):
                most = max(most, len(asyncio.all_tasks()))
            return Rollout(task_id=spec.question.id, answer=Answer(text="yes", source="tool"))

    evaluation, _ = measure(Watching(lambda _name, _try: "yes", max_concurrency=8), 3_000)
    assert evaluation.result.correct == 3_000
    assert most <= 9


def test_no_tasks_give_an_evaluation_without_an_accuracy() -> None:
    evaluation, _ = measure(Executor(lambda _name, _try: "yes"), 0)
    assert evaluation.result.accuracy is None


def test_agent_executor_and_evaluator_work_together_at_full_concurrency() -> None:
    in_flight: list[int] = []

    async def run() -> Evaluation:
        class Slow(ScriptedModel):
            running = 0

            async def complete(self, request: ChatRequest):  # type: ignore[no-untyped-def]
                self.running += 1
                in_flight.append(self.running)
                for _ in range(20):
                    await asyncio.sleep(0)
                self.running -= 1
                return await super().complete(request)

        model = Slow(lambda request: tool_message(("final_answer", {"answer": "yes"})))
        agent = FunctionCallingAgent(model, InMemorySandbox(), AgentConfig(), default_prompts())
        evaluator = Evaluator(LocalExecutor(agent, 5, Open()), Exact(), ListSink())
        return await evaluator.measure(0, None, FunctionSet(), tasks(30), "train", {})

    evaluation = asyncio.run(run())
    assert evaluation.result.correct == 30
    assert max(in_flight) == 5
