"""Which histories the optimizer reads when not all fit: chosen, not cut. Pure, deterministic.

Failures are grouped by cause and, within a cause, by likeness (same function, same error, same question but for
numbers and names). The causes take turns, the largest first, each with its largest group of alike failures: so that
the first few histories already show what goes wrong, and a hundred copies of one failure take the room of one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
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


class Chosen(NamedTuple):
    """What there is to show, the most telling first."""

    choices: tuple[Choice, ...]
    counts: dict[Cause, int]
    """Failures of each cause, the most frequent first; causes without any are left out."""


def choose(rollouts: Sequence[Rollout], functions: FunctionSet, elsewhere: SolvedElsewhere | None = None) -> Chosen:
    """All scored rollouts in the order in which they are worth reading; a task that could not be scored is left out.

    The first failure of which a solved rollout is at hand (`elsewhere`) leads, followed by it: a pair.
    """
    failures: dict[Cause, dict[tuple[str, ...], list[Rollout]]] = {cause: {} for cause in CAUSES}
    solved = []
    for rollout in rollouts:
        cause = cause_of(rollout, functions)
        if cause is not None:
            failures[cause].setdefault(_likeness(rollout, functions), []).append(rollout)
        elif rollout.correct:
            solved.append(rollout)
    counts = {cause: sum(map(len, groups.values())) for cause, groups in failures.items() if groups}
    causes = sorted(counts, key=lambda cause: -counts[cause])
    first = _by_turns([_firsts(failures[cause], cause) for cause in causes])
    rest = _by_turns([_others(failures[cause], cause) for cause in causes])
    ordered = _paired(first, elsewhere) if elsewhere else first
    return Chosen(
        choices=(*ordered, *rest, *(Choice(rollout, None) for rollout in solved)),
        counts={cause: counts[cause] for cause in causes},
    )


def in_paper_order(rollouts: Sequence[Rollout], functions: FunctionSet) -> tuple[Choice, ...]:
    """All scored rollouts, failed ones first, each in task order: what is shown where everything fits."""
    scored = [Choice(rollout, cause_of(rollout, functions)) for rollout in rollouts if not rollout.is_fault]
    return tuple(sorted(scored, key=lambda choice: choice.rollout.correct))


def _firsts(groups: Mapping[tuple[str, ...], list[Rollout]], cause: Cause) -> list[Choice]:
    """One history of each group of alike failures, the largest group first."""
    ranked = sorted(groups.values(), key=lambda group: -len(group))
    return [Choice(group[0], cause, len(group) - 1) for group in ranked]


def _others(groups: Mapping[tuple[str, ...], list[Rollout]], cause: Cause) -> list[Choice]:
    ranked = sorted(groups.values(), key=lambda group: -len(group))
    return [Choice(rollout, cause) for group in ranked for rollout in group[1:]]


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
