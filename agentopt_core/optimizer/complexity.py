"""How complicated a function's code is, as the paper counts it: with lizard, from the source alone."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from lizard import analyze_file

from agentopt_core.functions import Function


class Complexity(NamedTuple):
    """Of the code of one function."""

    cyclomatic: int
    """The highest of its definitions: 1 and one more for each way the flow can branch."""
    lines: int
    """Lines without comments and blank ones, all definitions together."""


def complexity(function: Function) -> Complexity | None:
    """None where lizard finds no definition in the code."""
    return _measured(function.code)


@lru_cache(maxsize=1024)
def _measured(code: str) -> Complexity | None:
    found = analyze_file.analyze_source_code("function.py", code).function_list
    if not found:
        return None
    return Complexity(max(one.cyclomatic_complexity for one in found), sum(one.nloc for one in found))
