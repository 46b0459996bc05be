"""What a person sees while a run trains in a terminal."""

from __future__ import annotations

import io

from agentopt_core.chat import Purpose
from agentopt_core.cli.progress import ProgressBar
from agentopt_core.config import DEMO_LABEL, RunConfig
from agentopt_core.events import (
    EvaluationStarted,
    RequestFinished,
    RolloutFinished,
    StepStarted,
    VerdictReached,
    Warned,
)
from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Proportion, Usage
from tests.builders import rollout


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def story():
    """An evaluation of two tasks, a step, a second evaluation, with requests between."""
    spent = RequestFinished(
        purpose=Purpose(role="agent"), model="m", usage=Usage(requests=1, cost_usd=0.25), ms=1, attempts=1
    )
    for index in (0, 1):
        yield EvaluationStarted(evaluation=index, step=index or None, functions=FunctionSet(), split="train", n=2)
        for task_id, correct in (("t1", True), ("t2", False)):
            yield spent
            yield RolloutFinished(evaluation=index, functions_digest="d", rollout=rollout(task_id, correct))
        result = Proportion(correct=1, n=2)
        yield VerdictReached(
            step=index or None,
            evaluation=index,
            verdict="rolled_back" if index else "baseline",
            reason="[red]not markup[/red]",
            epoch=0,
            withdrawn_in_a_row=index,
            best=result,
            candidate=result,
        )
        yield StepStarted(step=index + 1, accepted_evaluation=0)
    yield Warned(message="The model does not take 'seed'.")


def shown(stream: io.StringIO) -> str:
    with ProgressBar(RunConfig(), stream) as bar:
        for event in story():
            bar.emit(event)
    return stream.getvalue()


def test_a_terminal_shows_epoch_tasks_accuracy_cost_and_what_became_of_each_candidate():
    text = shown(Terminal())
    for words in ("2/2", "50 % right", "cost $1.000", "optimizer step", "rolled back", "50.0 % (1/2"):
        assert words in text


def test_a_file_gets_the_verdicts_without_the_bar():
    text = shown(io.StringIO())
    assert "2/2" not in text
    assert "rolled back" in text
    assert DEMO_LABEL.split(";")[0] in text


def test_text_of_models_is_never_taken_for_markup():
    assert "[red]not markup[/red]" in shown(io.StringIO()).replace("\n", " ")
