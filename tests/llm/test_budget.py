"""A limit on USD, tokens or requests holds over everything, with what is in flight."""

import asyncio

import pytest

from agentopt_core.config import Budget
from agentopt_core.errors import BudgetExhausted, ConfigError
from agentopt_core.llm.budget import BudgetMeter
from agentopt_core.rollouts import Usage

ONE = Usage(requests=1, prompt_tokens=60, completion_tokens=40, cost_usd=0.1)


@pytest.mark.parametrize(
    ("budget", "words"),
    [(Budget(requests=2), "2 requests"), (Budget(tokens=250), "250 tokens"), (Budget(usd=0.25), "$0.25")],
)
def test_the_request_that_would_go_beyond_a_limit_does_not_begin(budget, words):
    async def work():
        meter = BudgetMeter(budget)
        for _ in range(2):
            (await meter.reserve(ONE)).settle(ONE)
        with pytest.raises(BudgetExhausted) as end:
            await meter.reserve(ONE)
        assert words in end.value.message
        assert "larger budget" in end.value.hint
        assert meter.spent == ONE + ONE

    asyncio.run(work())


def test_what_a_resumed_run_spent_before_counts():
    async def work():
        meter = BudgetMeter(Budget(requests=2), ONE + ONE)
        with pytest.raises(BudgetExhausted):
            await meter.reserve(ONE)

    asyncio.run(work())


def test_a_limit_can_be_used_up_to_the_last_request():
    async def work():
        meter = BudgetMeter(Budget(requests=3, tokens=300))
        for _ in range(3):
            (await meter.reserve(ONE)).settle(ONE)
        assert meter.spent.requests == 3

    asyncio.run(work())


def test_a_request_waits_while_those_in_flight_may_leave_room_for_it():
    async def work():
        meter = BudgetMeter(Budget(tokens=150))
        first = await meter.reserve(ONE)
        second = asyncio.create_task(meter.reserve(ONE))
        await asyncio.sleep(0)
        assert not second.done()
        first.settle(Usage(requests=1, prompt_tokens=10, completion_tokens=1))
        (await second).settle(ONE)
        assert meter.spent.tokens == 111

    asyncio.run(work())


def test_a_request_that_waited_in_vain_is_refused():
    async def work():
        meter = BudgetMeter(Budget(requests=1))
        first = await meter.reserve(ONE)
        second = asyncio.create_task(meter.reserve(ONE))
        await asyncio.sleep(0)
        first.settle(ONE)
        with pytest.raises(BudgetExhausted):
            await second

    asyncio.run(work())


def test_a_reservation_is_settled_once_and_at_the_latest_when_it_is_left():
    async def work():
        meter = BudgetMeter(Budget())
        with await meter.reserve(ONE) as reservation:
            assert meter.in_flight == ONE
            reservation.settle(ONE)
            reservation.settle(ONE)
        with await meter.reserve(ONE):
            pass
        assert meter.in_flight == Usage()
        assert meter.spent == ONE

    asyncio.run(work())


def test_unknown_cost_stays_unknown_in_the_sum():
    async def work():
        meter = BudgetMeter(Budget())
        for usage in (ONE, ONE.with_(cost_usd=None), ONE):
            (await meter.reserve(usage)).settle(usage)
        assert meter.spent.cost_usd is None

    asyncio.run(work())


def test_a_limit_in_usd_needs_a_known_past():
    with pytest.raises(ConfigError):
        BudgetMeter(Budget(usd=1.0), Usage(requests=1, cost_usd=None))
