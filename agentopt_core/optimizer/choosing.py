"""Which histories the optimizer reads when not all fit: chosen, not cut. Pure, deterministic.

Failures are grouped by cause and, within a cause, by likeness (same function, same error, same question but for
numbers and names). The causes take turns, the largest first, each with its largest group of alike failures: so that
the first few histories already show what goes wrong, and a hundred copies of one failure take the room of one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import chain, zip_longest
from typing import NamedTuple

from agentopt_core.functions import FunctionSet
from agentopt_core.optimizer.causes import CAUSES, Cause, cause_of, last_learned_call
from agentopt_core.rollouts import Rollout

_NAMES_AND_NUMBERS = re.compile(r"\d+(?:[.,]\d+)*|\b[A-Z][a-z]+\b")
_ALIKE = 300
"""Characters of a question and of an error by which two failures are alike."""


class Choice(NamedTuple):
    """One history that may be shown."""

    rollout: Rollout
    cause: Cause | None
    """None for a solved one."""
    alike: int = 0
    """Failures that look the same and are shown only where room is left."""
    is_elsewhere: bool = False
    """Another rollout of the task before it, which solved it and is none of the evaluation's own."""


SolvedElsewhere = Callable[[str], Rollout | None]
"""Task id -> a rollout that solved it in another evaluation, where one is at hand."""


def failures_by_cause(rollouts: Sequence[Rollout], functions: FunctionSet) -> dict[Cause, list[list[Rollout]]]:
    """Failed rollouts by cause, the most frequent first, and within a cause in groups of alike ones, largest first."""
    found: dict[Cause, dict[tuple[str, ...], list[Rollout]]] = {cause: {} for cause in CAUSES}
    for rollout in rollouts:
        if (cause := cause_of(rollout, functions)) is not None:
            found[cause].setdefault(_likeness(rollout, functions), []).append(rollout)
    ranked = sorted(found, key=lambda cause: -sum(map(len, found[cause].values())))
    return {cause: sorted(found[cause].values(), key=lambda group: -len(group)) for cause in ranked if found[cause]}


def choose(
    rollouts: Sequence[Rollout], functions: FunctionSet, elsewhere: SolvedElsewhere | None = None
) -> tuple[Choice, ...]:
    """All scored rollouts in the order in which they are worth reading; a task that could not be scored is left out.

    The first failure of which a solved rollout is at hand (`elsewhere`) leads, followed by it: a pair.
    """
    failures = failures_by_cause(rollouts, functions)
    first = _by_turns([[Choice(g[0], cause, len(g) - 1) for g in groups] for cause, groups in failures.items()])
    rest = _by_turns([[Choice(one, cause) for g in groups for one in g[1:]] for cause, groups in failures.items()])
    ordered = _paired(first, elsewhere) if elsewhere else first
    return (*ordered, *rest, *(Choice(rollout, None) for rollout in rollouts if rollout.correct))


def _by_turns(lists: Sequence[Sequence[Choice]]) -> list[Choice]:
    return [choice for choice in chain.from_iterable(zip_longest(*lists)) if choice is not None]


def _paired(choices: list[Choice], elsewhere: SolvedElsewhere) -> list[Choice]:
    """The first choice that was solved elsewhere moves to the front, with that rollout behind it."""
    for place, choice in enumerate(choices):
        if (other := elsewhere(choice.rollout.task_id)) is not None:
            return [choice, Choice(other, None, is_elsewhere=True), *choices[:place], *choices[place + 1 :]]
    return choices


def _likeness(rollout: Rollout, functions: FunctionSet) -> tuple[str, ...]:
    """What alike failures share: the function, its error and the question, but for numbers and names."""
    question = next((message.content for message in rollout.messages if message.role == "user"), "")
    use = last_learned_call(rollout, functions)
    error = use.result.error if use else None
    said = f"{error.type}: {error.message[:_ALIKE]}" if error else ""
    return use.tool if use else "", _plain(said), _plain(question[: 2 * _ALIKE])[:_ALIKE]


def _plain(text: str) -> str:
    return _NAMES_AND_NUMBERS.sub("*", " ".join(text.split()))
