"""ReAct replies as models write them: the corpus beside the repository, where it is there."""

import pytest

from agentopt_core.agents.react_reply import Act, FinalAnswer, Invalid, Turn, read_turn
from tests.grading.shared import records


def schema(parameters):
    """A parameter that ends in ? is optional; an action that is described in words takes raw text."""
    if isinstance(parameters, str):
        return None
    names = [name.rstrip("?") for name in parameters]
    required = [name for name in parameters if not name.endswith("?")]
    return {"type": "object", "properties": {name: {} for name in names}, "required": required}


def as_labelled(turn: Turn) -> dict:
    match turn:
        case Act():
            return {"kind": "action", "action": turn.name, "input": turn.input}
        case FinalAnswer():
            return {"kind": "final", "answer": turn.answer}
        case Invalid():
            return {"kind": "invalid", "reason_code": turn.reason}


def judged(policy: bool) -> list[str]:
    lines = [line for line in records("replies/react_replies_dev.jsonl") if line["policy"] == policy]
    assert lines
    wrong = []
    for line in lines:
        actions = {name: schema(parameters) for name, parameters in line["tools"].items()}
        got = as_labelled(read_turn(line["text"], actions))
        if got != line["expected"]:
            wrong.append(f"{line['id']} {line['quirk']}: {got} instead of {line['expected']}")
    return wrong


@pytest.mark.parametrize("policy", [False, True], ids=["firm", "debatable"])
def test_every_reply_of_the_corpus_is_read_as_labelled(policy: bool) -> None:
    assert judged(policy) == []
