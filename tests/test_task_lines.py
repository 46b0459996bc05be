"""Stored task sets and the snapshots of runs are the same lines."""

import pytest

from agentopt_core.task_lines import from_lines, to_lines
from agentopt_core.tasks import Task

from .builders import tasks

PLAIN = b'{"id": "1", "question": "Q", "split": "train"}\n'


def test_lines_hold_the_tasks_as_they_are() -> None:
    first = Task(id="1", question="\u00bd\u2028\0\n", answer="A", split="train")
    second = Task(id="2", question="Q", answer=None, split="val", choices=("a", "b"), tolerance=0.1)
    data = to_lines((first, second))
    assert data.count(b"\n") == 2
    assert from_lines(data) == (first, second)


def test_fields_left_out_have_their_defaults_and_empty_lines_are_skipped() -> None:
    assert from_lines(b"\n" + PLAIN + b" \n") == (Task(id="1", question="Q", split="train"),)


def test_half_characters_become_question_marks() -> None:
    (task,) = from_lines(to_lines([Task(id="1", question="a\ud800b", split="train")]))
    assert task.question == "a?b"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (PLAIN + b"{\n", "line 2: Invalid JSON"),
        (b'{"id": "1"}\n', "line 1: question: Field required"),
        (to_lines(tasks(1)) * 2, "line 2: a second task"),
        (b"\xff\n", "line 1: "),
    ],
)
def test_a_damaged_line_is_named(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}"):
        from_lines(data)
