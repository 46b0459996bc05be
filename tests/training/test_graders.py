"""The grader of a run, as its configuration asks for it."""

import asyncio
from pathlib import Path

import pytest

from agentopt_core.config import Endpoint, GraderConfig, RunConfig
from agentopt_core.errors import ConfigError
from agentopt_core.rollouts import Answer, Score
from agentopt_core.tasks import Task
from agentopt_core.testing import InMemorySandbox, ScriptedModel
from agentopt_core.training.graders import open_grader

NUMBER = Task(id="n", question="2 + 2?", answer="4")
OPEN = Task(id="o", question="Why?", answer="Because.", answer_type="judge")
RIGHT = '{"reason": "Same.", "correct": true}'
CODE = "def grade(answer, task): return answer == '4.0'"


def graded(grader: GraderConfig, task: Task, folder: Path, judge: ScriptedModel | None = None) -> Score:
    async def session() -> Score:
        config = RunConfig(grader=grader)
        async with open_grader(config, (task,), InMemorySandbox(), judge, folder / "judgements.ndjson") as opened:
            return await opened.grade(task, Answer(text="4.0", source="tool"))

    return asyncio.run(session())


@pytest.mark.parametrize(
    ("grader", "task", "method", "correct"),
    [
        (GraderConfig(), NUMBER, "numeric", True),
        (GraderConfig(kind="exact"), NUMBER, "exact", False),
        (GraderConfig(kind="exact"), OPEN, "exact", False),
        (GraderConfig(kind="python", code=CODE), NUMBER, "python", True),
        (GraderConfig(kind="judge", judge=Endpoint()), NUMBER, "judge", True),
        (GraderConfig(judge=Endpoint()), NUMBER, "numeric", True),
        (GraderConfig(judge=Endpoint()), OPEN, "judge", True),
    ],
)
def test_answers_are_graded_as_the_run_is_configured(tmp_path, grader, task, method, correct):
    score = graded(grader, task, tmp_path, ScriptedModel([RIGHT]))
    assert (score.method, score.correct) == (method, correct)


def test_a_run_compares_formulas_by_algebra(tmp_path):
    task = Task(id="f", question="Expand.", answer="x+4.0", answer_type="math")

    async def session() -> Score:
        async with open_grader(RunConfig(), (task,), InMemorySandbox(), None, tmp_path / "j.ndjson") as opened:
            return await opened.grade(task, Answer(text="4+x", source="tool"))

    score = asyncio.run(session())
    assert (score.method, score.correct) == ("math", True)


def test_what_a_judge_said_is_kept_for_the_next_trainer_of_the_run(tmp_path):
    grader = GraderConfig(kind="judge", judge=Endpoint())
    first = graded(grader, OPEN, tmp_path, ScriptedModel([RIGHT]))
    assert graded(grader, OPEN, tmp_path, ScriptedModel([])).with_(ms=0) == first.with_(ms=0)


def test_a_run_without_a_judge_keeps_no_judgements(tmp_path):
    graded(GraderConfig(), NUMBER, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_task_that_asks_for_a_judge_in_vain_is_refused_before_any_is_run(tmp_path):
    with pytest.raises(ConfigError, match="none is named as judge"):
        graded(GraderConfig(), OPEN, tmp_path)
