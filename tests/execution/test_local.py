from __future__ import annotations

import asyncio

import pytest

from agentopt_core.errors import EndpointSetupError
from agentopt_core.execution import LocalExecutor, RolloutSpec
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.rollouts import Rollout
from agentopt_core.tasks import Question


class Open:
    """A gate that is never closed."""

    async def wait(self) -> None:
        return None


class Counting:
    """An agent whose rollouts end when the test says so."""

    def __init__(self) -> None:
        self.running = self.most = 0
        self.started: list[str] = []
        self.release = asyncio.Event()

    async def solve(self, question: Question, functions: FunctionSet, evaluation: int) -> Rollout:
        self.started.append(question.id)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await self.release.wait()
        finally:
            self.running -= 1
        return Rollout(task_id=question.id)


def spec(name: str) -> RolloutSpec:
    return RolloutSpec(question=Question(id=name, text="?"), functions=FunctionSet(), evaluation=0)


async def settle() -> None:
    """Let every task run until it waits for something."""
    for _ in range(50):
        await asyncio.sleep(0)


def test_exactly_as_many_rollouts_as_allowed_are_in_flight_while_there_is_work() -> None:
    async def run() -> tuple[int, int, int]:
        agent = Counting()
        executor = LocalExecutor(agent, 3, Open())
        work = [asyncio.create_task(executor.run(spec(str(n)))) for n in range(10)]
        await settle()
        in_flight = agent.running
        agent.release.set()
        done = await asyncio.gather(*work)
        return in_flight, agent.most, len(done)

    assert asyncio.run(run()) == (3, 3, 10)


def test_no_rollout_starts_while_the_gate_is_closed_and_those_in_flight_go_on() -> None:
    class Gate:
        def __init__(self) -> None:
            self.open = asyncio.Event()

        async def wait(self) -> None:
            await self.open.wait()

    async def run() -> None:
        agent, gate = Counting(), Gate()
        gate.open.set()
        executor = LocalExecutor(agent, 2, gate)
        work = [asyncio.create_task(executor.run(spec(str(n)))) for n in range(4)]
        await settle()
        gate.open.clear()
        agent.release.set()
        await settle()
        assert agent.started == ["0", "1"]
        assert [task.done() for task in work] == [True, True, False, False]
        gate.open.set()
        await asyncio.gather(*work)
        assert agent.started == ["0", "1", "2", "3"]

    asyncio.run(run())


def test_a_failed_or_cancelled_rollout_frees_its_slot() -> None:
    class Failing:
        async def solve(self, question: Question, functions: FunctionSet, evaluation: int) -> Rollout:
            if question.id == "bad":
                raise EndpointSetupError("Wrong key.")
            if question.id == "stuck":
                await asyncio.Future()
            return Rollout(task_id=question.id)

    async def run() -> str:
        executor = LocalExecutor(Failing(), 1, Open())
        with pytest.raises(EndpointSetupError):
            await executor.run(spec("bad"))
        stuck = asyncio.create_task(executor.run(spec("stuck")))
        await settle()
        stuck.cancel()
        await asyncio.wait([stuck])
        return (await executor.run(spec("good"))).task_id

    assert asyncio.run(run()) == "good"


def test_a_specification_is_plain_json_in_and_out() -> None:
    learned = Function(name="f", description="", parameters={"type": "object"}, code="def f(): return 1")
    one = RolloutSpec(question=Question(id="1", text="?"), functions=FunctionSet(functions=(learned,)), evaluation=2)
    assert RolloutSpec.model_validate_json(one.model_dump_json()) == one
