"""How often each acceptance rule keeps what is no better, and what is: a noisy model with known chances.

    python -m benchmarks.acceptance [--runs 500] [--figure docs/acceptance.svg]

The trainer, the gate and the rules are the real ones; only the model is simulated: each task has a chance of being
solved under each set, and each run of it is a coin with that chance.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping

from agentopt_core.actions import AddFunction, Update, Withdrawn
from agentopt_core.config import EvidenceConfig, TrainingConfig
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.rollouts import Answer, Evaluation, Rollout, Score
from agentopt_core.tasks import Split, Task
from agentopt_core.testing import ListSink
from agentopt_core.training.control import Control
from agentopt_core.training.evidence import EvidenceRule
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.trainer import Trainer

Chances = Callable[[int, str], float]
"""(candidate, 0 for the baseline; task) -> the chance of solving the task."""
TRAIN, VALIDATION = 50, 100
STEPS = 10
"""Candidates a run tries, at most: more than nine withdrawn in a row end it."""


def base(task_id: str) -> float:
    """How likely the baseline solves a task: uneven, as real tasks are, 45 % on average."""
    return (0.05, 0.2, 0.4, 0.7, 0.9)[int(task_id[1:]) % 5]


def same(candidate: int, task_id: str) -> float:
    """No better by construction: exactly the baseline's chances."""
    return base(task_id)


def shuffled(candidate: int, task_id: str) -> float:
    """No better on average: half of the tasks by 15 points better, the other half by as much worse."""
    sign = 1 if (int(task_id[1:]) // 5) % 2 == candidate % 2 else -1
    return base(task_id) if candidate == 0 else min(1.0, max(0.0, base(task_id) + 0.05 * sign * (base(task_id) > 0.01)))


def traded(candidate: int, task_id: str) -> float:
    """No better on average, and unfair to the rule: a tenth of the tasks gain 90 points, half lose 18."""
    number = int(task_id[1:])
    if candidate == 0:
        return 0.05 if number % 10 == 0 else 0.6
    if number % 10 == 0:
        return 0.95
    return 0.42 if number % 2 else 0.6


def better_at(first: int) -> Chances:
    """As `same` up to the candidate `first`, which and whose successors are 20 points better on every task."""

    def chances(candidate: int, task_id: str) -> float:
        start = (0.1, 0.2, 0.4, 0.6, 0.75)[int(task_id[1:]) % 5]
        return start + 0.2 * (candidate >= first)

    return chances


class NoisyModel:
    """Measures sets by drawing: the n-th added function makes candidate n."""

    def __init__(self, chances: Chances, seed: int) -> None:
        self._chances = chances
        self._random = random.Random(seed)
        self.rollouts = 0

    async def measure(
        self,
        index: int,
        step: int | None,
        functions: FunctionSet,
        tasks: tuple[Task, ...],
        split: Split,
        recorded: Mapping[str, Rollout],
        series: str = "",
    ) -> Evaluation:
        """Draw each task once."""
        candidate = max((int(name.removeprefix("f")) for name in functions.names), default=0)
        self.rollouts += len(tasks)
        rollouts = tuple(drawn(task.id, self._random.random() < self._chances(candidate, task.id)) for task in tasks)
        return Evaluation(index=index, functions=functions, split=split, rollouts=rollouts)


class Adds:
    """An optimizer that adds one function a step."""

    async def step(self, step: int, accepted: Evaluation, failure_record: tuple[Withdrawn, ...]) -> Update:
        """Function number `step`."""
        code = f"def f{step}():\n    return {step}\n"
        return Update(
            actions=(AddFunction(function=Function(name=f"f{step}", description="", parameters={}, code=code)),)
        )


def drawn(task_id: str, correct: bool) -> Rollout:
    """A scored rollout."""
    score = Score(correct=correct, method="simulated", extracted="", rule="tool", reason="")
    return Rollout(task_id=task_id, answer=Answer(text="", source="tool"), score=score)


def split_tasks(split: Split, n: int) -> tuple[Task, ...]:
    """Tasks that are nothing but an id."""
    return tuple(Task(id=f"{split[0]}{number}", question="?", answer="1", split=split) for number in range(n))


def trained(
    chances: Chances, seed: int, training: TrainingConfig, evidence: EvidenceConfig, validation: int = VALIDATION
) -> tuple[list[int], int]:
    """One run: the steps whose candidate counted as an improvement, and the rollouts it took."""
    model, sink = NoisyModel(chances, seed), ListSink()
    tasks = split_tasks("train", TRAIN)
    rule = None
    if training.acceptance == "evidence":
        rule = EvidenceRule(
            config=evidence,
            evaluator=model,
            tasks=tasks,
            validation=split_tasks("val", validation),
            recorded=Recorded(),
        )
    trainer = Trainer(
        evaluator=model,
        optimizer=Adds(),
        tasks=tasks,
        config=training,
        sink=sink,
        control=Control(list, sink),
        recorded=Recorded(),
        rule=rule,
    )
    asyncio.run(trainer.train())
    verdicts = [event for event in sink.events if event.kind == "verdict_reached"]
    return [event.step or 0 for event in verdicts if event.step and event.withdrawn_in_a_row == 0], model.rollouts
