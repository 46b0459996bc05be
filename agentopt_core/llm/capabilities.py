"""Which parameters a model takes: learned from the first refusal that names one, and remembered."""

from __future__ import annotations

import re

from agentopt_core.llm.failures import Failure, meaning
from agentopt_core.words import JsonObject

OPTIONAL = ("temperature", "max_tokens", "max_completion_tokens", "parallel_tool_calls", "seed", "tool_choice")
"""Parameters a request can do without."""


class Capabilities:
    """What one model behind one endpoint has refused so far."""

    def __init__(self) -> None:
        self._refused: set[str] = set()

    @property
    def refused(self) -> frozenset[str]:
        """The parameters that are left out."""
        return frozenset(self._refused)

    def learn(self, parameter: str) -> bool:
        """Remember that a parameter is refused; True the first time."""
        new = parameter not in self._refused
        self._refused.add(parameter)
        return new

    def adapt(self, body: JsonObject) -> JsonObject:
        """The body as this model takes it. `max_tokens` goes by its newer name where the older one is refused."""
        adapted = {name: value for name, value in body.items() if name not in self._refused}
        if "max_tokens" in body and "max_tokens" in self._refused and "max_completion_tokens" not in self._refused:
            adapted["max_completion_tokens"] = body["max_tokens"]
        return adapted


def refused_parameter(failure: Failure, body: JsonObject) -> str | None:
    """The optional parameter of the body that a 400 or 422 names as its fault, or None."""
    if failure.status not in (400, 422) or meaning(failure) != "refused":
        return None
    sent = [name for name in OPTIONAL if name in body]
    if failure.param in sent:
        return failure.param
    named = [(hit.start(), name) for name in sent if (hit := re.search(rf"\b{name}\b", failure.detail))]
    return min(named)[1] if named else None
