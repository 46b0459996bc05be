"""Requests in flight: as many as configured, fewer while the endpoint says it is too many."""

import asyncio

import pytest

from agentopt_core.llm.limits import ConcurrencyLimiter


async def one(limiter, outcome):
    async with limiter.slot() as slot:
        slot.outcome = outcome


def most_in_flight(limiter, requests):
    """How many of these requests hold a slot at once, when each waits for the others."""

    async def work():
        inside = most = 0

        async def request():
            nonlocal inside, most
            async with limiter.slot():
                inside += 1
                most = max(most, inside)
                for _ in range(requests):
                    await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*[request() for _ in range(requests)])
        return most

    return asyncio.run(work())


@pytest.mark.parametrize("maximum", [1, 8, 100])
def test_nothing_limited_means_exactly_the_maximum(maximum):
    assert most_in_flight(ConcurrencyLimiter(maximum), 2 * maximum + 1) == maximum


def test_too_many_requests_halve_the_limit_and_it_never_falls_below_one():
    async def work():
        limiter = ConcurrencyLimiter(8)
        limits = []
        for _ in range(5):
            await one(limiter, "limited")
            limits.append(limiter.limit)
        assert limits == [4, 2, 1, 1, 1]

    asyncio.run(work())


def test_requests_refused_together_are_one_sign():
    async def work():
        limiter = ConcurrencyLimiter(8)
        await asyncio.gather(*[held_together(limiter, "limited") for _ in range(8)])
        assert limiter.limit == 4

    asyncio.run(work())


async def held_together(limiter, outcome):
    async with limiter.slot() as slot:
        await asyncio.sleep(0)
        slot.outcome = outcome


def test_a_lowered_limit_is_kept_and_answers_raise_it_to_the_maximum_again():
    async def work():
        limiter = ConcurrencyLimiter(8)
        for _ in range(3):
            await one(limiter, "limited")
        assert limiter.limit == 1
        for _ in range(1 + 2 + 3 + 4 + 5 + 6 + 7):
            await one(limiter, "answered")
        assert limiter.limit == 8
        for _ in range(50):
            await one(limiter, "answered")
        assert limiter.limit == 8

    asyncio.run(work())


def test_other_faults_change_nothing():
    async def work():
        limiter = ConcurrencyLimiter(8)
        await one(limiter, "other")
        assert limiter.limit == 8

    asyncio.run(work())


def test_a_cancelled_request_gives_its_turn_away():
    async def work():
        limiter = ConcurrencyLimiter(1)
        done = []

        async def request(name):
            async with limiter.slot():
                await asyncio.sleep(0)
                done.append(name)

        tasks = [asyncio.create_task(request(name)) for name in "abcd"]
        await asyncio.sleep(0)
        tasks[1].cancel()
        tasks[0].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert done == ["c", "d"]
        assert limiter.in_flight == 0

    asyncio.run(work())


def test_a_request_cancelled_in_the_moment_it_is_let_in_loses_no_room():
    async def work():
        limiter = ConcurrencyLimiter(1)
        release = asyncio.Event()

        async def holder():
            async with limiter.slot():
                await release.wait()

        async def waiter():
            async with limiter.slot():
                pass

        first, second = asyncio.create_task(holder()), asyncio.create_task(waiter())
        await asyncio.sleep(0)
        release.set()
        first.add_done_callback(lambda _: second.cancel())
        await asyncio.gather(first, second, return_exceptions=True)
        await asyncio.wait_for(waiter(), 5)
        assert limiter.in_flight == 0

    asyncio.run(work())
