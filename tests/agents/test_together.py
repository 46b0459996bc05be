from __future__ import annotations

import asyncio

import pytest

from agentopt_core.agents.together import together
from agentopt_core.errors import BudgetExhausted, EndpointSetupError, InfrastructureFault


def test_results_come_in_the_order_given() -> None:
    async def run() -> list[int]:
        later = asyncio.Event()

        async def first() -> int:
            await later.wait()
            return 1

        async def second() -> int:
            later.set()
            return 2

        return await together([first(), second()])

    assert asyncio.run(run()) == [1, 2]


def test_the_first_failure_is_raised_as_it_is_and_the_others_are_cancelled() -> None:
    async def run() -> None:
        ended: list[str] = []

        async def fails() -> None:
            raise InfrastructureFault("down")

        async def waits() -> None:
            try:
                await asyncio.Future()
            finally:
                ended.append("cancelled")

        with pytest.raises(InfrastructureFault, match="down"):
            await together([waits(), fails()])
        assert ended == ["cancelled"]

    asyncio.run(run())


def test_of_several_failures_the_one_a_person_must_mend_comes_first() -> None:
    async def run() -> None:
        async def fail(error: Exception) -> None:
            raise error

        errors = [InfrastructureFault("a"), BudgetExhausted("b"), EndpointSetupError("c")]
        with pytest.raises(EndpointSetupError):
            await together([fail(error) for error in errors])

    asyncio.run(run())


def test_nothing_to_run_gives_nothing() -> None:
    assert asyncio.run(together([])) == []
