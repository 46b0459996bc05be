"""Structured concurrency with plain errors: callers of this package meet the error itself, never a group of them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from agentopt_core.errors import BudgetExhausted, SetupError

T = TypeVar("T")


async def together(coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run all at once and return their results in the order given.

    The first failure cancels the others, waits until they are gone, and is raised as it is. Of several, the one that
    tells a person what to mend comes first: a SetupError, then an exhausted budget, then the first that happened.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(coroutine) for coroutine in coroutines]
    except BaseExceptionGroup as failures:
        raise _foremost(failures) from None
    return [task.result() for task in tasks]


def _foremost(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    leaves = _leaves(failures)
    for kind in (SetupError, BudgetExhausted):
        for leaf in leaves:
            if isinstance(leaf, kind):
                return leaf
    return leaves[0]


def _leaves(failure: BaseException) -> list[BaseException]:
    if isinstance(failure, BaseExceptionGroup):
        return [leaf for inner in failure.exceptions for leaf in _leaves(inner)]
    return [failure]
