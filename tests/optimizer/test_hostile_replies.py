"""Replies made to hang, crash or overflow the reader are refused like any other bad reply."""

from __future__ import annotations

from typing import Any

import pytest

from agentopt_core.optimizer import read_reply
from agentopt_core.testing import tool_message
from tests.optimizer.helpers import AREA_CODE, PACKAGES, add, functions, read, read_text

N = 60_000
DEEP = '{"items": ' * 2_000 + "{}" + "}" * 2_000


@pytest.mark.parametrize(
    "text",
    [
        "/*" * N,
        '"' + '\\"' * N,
        "'" + "\\'" * N,
        "```" + "\n" * N,
        "```\n" * N,
        "<think>" * N,
        "</think>" * N,
        "<tool_call>" * N,
        "<function=add_function>" + "<parameter=a>" * N,
        "not TERMINATE " * N,
        "{" * N,
        "[" * N,
        "-" * N + "1",
        "," + " " * N + ",",
        "// " * N,
    ],
    ids=lambda text: repr(text[:20]),
)
def test_text_made_to_be_slow_is_read_in_one_pass(text: str) -> None:
    assert read_text(text).verdict == "reject"
    assert read(("add_function", text)).verdict == "reject"
    assert read(add(arguments=text, code="def area(width):\n    return 1\n")).verdict == "reject"


@pytest.mark.parametrize(
    "changes",
    [
        {"packages": " " * N + "x"},
        {"packages": "(" * N},
        {"packages": ["a"] * 500 + ["$"]},
        {"name": "a " * N},
        {"name": "-" * N},
        {"arguments": DEEP},
        {"arguments": {"width": {"enum": ["x" * N]}, "height": {}}},
        {"code": "def area(width, height):\n    return width" + ".real" * 5_000 + "\n"},
        {"code": "if " + "a." * 5_000 + "b == 1:\n    x = 1\n" + AREA_CODE},
        {"code": "def area(width, height):\n    return " + "-" * 20_000 + "1\n"},
        {"code": "def area(width, height):\n    return " + "[" * 20_000 + "]" * 20_000 + "\n"},
        {"code": " " * 29_000 + AREA_CODE},
        {"code": "\n" * 29_000 + "x"},
        {"code": "```\n" * 7_000},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_fields_made_to_be_slow_or_deep_are_refused(changes: dict[str, Any]) -> None:
    reading = read(add(**changes))
    assert reading.verdict == "reject"
    assert len(reading.refusals[0].reason) < 3_000


def test_thousands_of_calls_are_each_judged() -> None:
    message = tool_message(*[("add_function", "{")] * 3_000)
    assert len(read_reply(message, "tool_calls", functions(), PACKAGES).refusals) == 3_000
