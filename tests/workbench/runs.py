"""Runs that differ, for the tests of comparisons and reports: written from events, not trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agentopt_core.actions import AddFunction, Refusal, Update
from agentopt_core.config import RunConfig
from agentopt_core.events import (
    EvaluationFinished,
    EvaluationStarted,
    Event,
    HeldOutMeasured,
    ProposalRefused,
    ReviewDecided,
    RolloutFinished,
    RunFinished,
    SplitOpened,
    StepStarted,
    UpdateProposed,
)
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.rollouts import Rollout, Usage
from agentopt_core.tasks import Split, Task, TaskSet
from tests.history.helpers import DOUBLE, REFUSAL, began, decided, fault, request, rollout, share, write

TRAIN, TEST = 8, 6


def sums(n: int = TRAIN, tests: int = TEST, words: str = "What is {i} + {i}?", private: bool = False) -> TaskSet:
    """`n` training and `tests` test tasks."""
    tasks = [Task(id=f"sum-{i}", question=words.format(i=i), answer=str(2 * i)) for i in range(n)]
    tasks += [
        Task(id=f"unseen-{i}", question=f"What is {i} + 1?", answer=str(i + 1), split="test") for i in range(tests)
    ]
    return TaskSet(id="sums", name="Sums", tasks=tuple(tasks), private=private)


def marks(text: str, prefix: str = "sum") -> list[Rollout]:
    """`+` solved, `-` failed, `f` a fault, in task order."""
    return [
        fault(f"{prefix}-{i}") if mark == "f" else rollout(f"{prefix}-{i}", mark == "+")
        for i, mark in enumerate(text)
    ]  # fmt: skip


def evaluated(
    evaluation: int, step: int | None, functions: FunctionSet, rollouts: list[Rollout], split: Split = "train",
    cost: float | None = 0.001,
) -> list[Event]:  # fmt: skip
    """One evaluation from start to end on a split, with a request for each rollout."""
    events: list[Event] = [
        EvaluationStarted(evaluation=evaluation, step=step, functions=functions, split=split, n=len(rollouts))
    ]
    for each in rollouts:
        events += [
            request(cost=cost),
            RolloutFinished(evaluation=evaluation, functions_digest=functions.digest, split=split, rollout=each),
        ]
    events.append(
        EvaluationFinished(
            evaluation=evaluation, functions_digest=functions.digest, split=split, result=share(rollouts), wall_s=1.0
        )
    )
    return events


def trained(
    home: Path, baseline: str, best: str, *, tasks: TaskSet | None = None, test: tuple[str, str] | None = None,
    validation: str = "", cost: float | None = 0.001, function: Function = DOUBLE, rationale: str = "Doubling helps.",
    reason: str = "better", by: str = "", refusal: Refusal = REFUSAL, config: Mapping[str, object] | None = None,
    ended: bool = True,
) -> RunFolder:  # fmt: skip
    """A run of one update that was kept: `baseline` and `best` are marks of the training tasks, `test` of the rest.

    An empty second mark of `test`: what training chose is the untrained agent, so it was measured once.
    """
    given = tasks or sums()
    folder = RunFolder.create(home, RunConfig.model_validate(config or {}), given)
    none, learned = FunctionSet(), FunctionSet(functions=(function,))
    before, after = share(marks(baseline)), share(marks(best))
    update = Update(actions=(AddFunction(function=function),), rationale=rationale, by=by)
    events: list[Event] = [
        began(folder).model_copy(update={"train_tasks": len(given.of("train")), "test_tasks": len(given.of("test"))}),
        *evaluated(0, None, none, marks(baseline), cost=cost),
        decided(None, 0, "baseline", 0, 0, before),
        StepStarted(step=1, accepted_evaluation=0, prompt_tokens=500),
        ProposalRefused(step=1, refusal=refusal),
        request("optimizer", cost=cost),
        UpdateProposed(step=1, update=update, seconds=1.0),
        *evaluated(1, 1, learned, marks(best), cost=cost),
    ]
    if validation:
        events += evaluated(1, 1, learned, marks(validation, "held"), "val", cost=cost)
    events += [
        ReviewDecided(step=1, when="after", command_id="c1", by="Ada", choice="approve", reason="It is sound."),
        decided(1, 1, "kept", 1, 0, after, after).model_copy(update={"reason": reason}),
    ]
    if test:
        untrained, chosen = marks(test[0], "unseen"), marks(test[1] or test[0], "unseen")
        events += [
            SplitOpened(evaluation=2, subject="baseline", functions_digest=none.digest, n=len(untrained)),
            *evaluated(2, None, none, untrained, "test", cost=cost),
        ]
        if test[1]:
            events += [
                SplitOpened(evaluation=3, subject="chosen", functions_digest=learned.digest, n=len(chosen)),
                *evaluated(3, None, learned, chosen, "test", cost=cost),
            ]
        events.append(HeldOutMeasured(baseline=share(untrained), chosen=share(chosen), p_value=0.5, candidates=1))
    if ended:
        events.append(
            RunFinished(
                stop="epochs", reason="1 epoch was accepted.", best_evaluation=1, functions=learned, baseline=before,
                best=after, usage=Usage(), wall_s=12.0,
            )
        )  # fmt: skip
    write(folder, events)
    return folder
