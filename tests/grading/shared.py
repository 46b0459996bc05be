"""What the grading tests share."""

import json
from pathlib import Path

import pytest

from agentopt_core.grading import StandardGrader
from agentopt_core.rollouts import Answer, Score
from agentopt_core.tasks import AnswerType, Task

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def records(name: str) -> list[dict]:
    """The lines of a data file beside the repository; skips where it is absent."""
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"../shared/data/{name} is not here")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def graded(kind: AnswerType, gold: str, answer: str, source: str = "tool", **fields: object) -> Score:
    task = Task(id="t", question="q", answer=gold, answer_type=kind, **fields)
    return StandardGrader().judge(task, Answer(text=answer, source=source))
