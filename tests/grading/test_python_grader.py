"""A grader the user wrote: in the sandbox, in calls of its own, never a reason for a run to break on one answer."""

import asyncio

import pytest

from agentopt_core.config import GraderConfig, SandboxLimits
from agentopt_core.errors import ConfigError
from agentopt_core.grading import EXAMPLE, PythonGrader
from agentopt_core.rollouts import Answer, Score
from agentopt_core.sandbox import find_isolation, open_sandbox
from agentopt_core.tasks import Task

TASK = Task(id="t", question="A colour?", answer="Red", subject="art", solution="Look.", meta={"hint": 1})


@pytest.fixture(scope="module")
def sandbox():
    made = open_sandbox(SandboxLimits(wall_s=2, workers=1), find_isolation(), notebooks=0)
    yield made
    asyncio.run(made.close())


def graded(sandbox, code: str, answer: str = "FINAL ANSWER: red", task: Task = TASK) -> Score:
    return asyncio.run(PythonGrader(sandbox, code).grade(task, Answer(text=answer, source="message")))


def test_it_gets_the_extracted_answer_and_the_task_and_its_word_is_the_verdict(sandbox):
    score = graded(sandbox, EXAMPLE)
    assert (score.correct, score.method, score.extracted, score.rule) == (True, "python", "red", "marker")
    assert not graded(sandbox, EXAMPLE, "FINAL ANSWER: blue").correct
    score = graded(
        sandbox, "def grade(answer, task):\n    return {'correct': task['subject'] == 'art', 'reason': answer}"
    )
    assert (score.correct, score.reason) == (True, "red")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return answer / 2", "TypeError"),
        ("return 'yes'", "neither True nor False"),
        ("return {'correct': 1}", "neither True nor False"),
        ("while True: pass", "Timeout"),
        ("import os; os._exit(0)", "Killed"),
        ("return open('/etc/passwd').read()", "Error"),
    ],
)
def test_a_call_that_fails_makes_the_answer_wrong_and_says_why(sandbox, body, said):
    score = graded(sandbox, f"def grade(answer, task):\n    {body}")
    assert not score.correct
    assert score.reason.startswith("The grader failed: ")
    assert said in score.reason


def test_no_answer_and_no_gold_are_wrong_without_asking_it(sandbox):
    yes = "def grade(answer, task): return True"
    assert graded(sandbox, yes, "").reason == "No answer was given."
    assert not graded(sandbox, yes, task=TASK.with_(answer=None)).correct


@pytest.mark.parametrize("code", ["def other(): pass", "def grade(:", "def grade(answer): return True", "1 / 0"])
def test_a_grader_that_cannot_work_is_refused_before_the_run(sandbox, code):
    with pytest.raises(ConfigError, match="grader cannot be used") as refusal:
        asyncio.run(PythonGrader(sandbox, code).check((TASK,)))
    assert "def grade(answer, task)" in refusal.value.hint


def test_a_grader_that_works_passes_the_check_also_when_it_finds_the_gold_wrong(sandbox):
    asyncio.run(PythonGrader(sandbox, "def grade(answer, task): return False").check((TASK,)))
    asyncio.run(PythonGrader(sandbox, "no code").check((TASK.with_(answer=None),)))


def test_a_grader_without_code_is_no_configuration():
    with pytest.raises(ValueError, match="no code"):
        GraderConfig(kind="python", code=" ")
