"""The agent that solves tasks."""

from __future__ import annotations

import re
from typing import Final

from pydantic import Field, field_validator

from agentopt_core.config.endpoint import Endpoint
from agentopt_core.words import Word

FUNCTION_CALLING: Final = "function_calling"
REACT: Final = "react"
AGENT_KINDS: Final = (FUNCTION_CALLING, REACT)
"""The agents of the paper; any other is named by where its code is."""
_PLACE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


class AgentConfig(Word):
    """Which agent solves the tasks, and its limits."""

    kind: str = Field(default=FUNCTION_CALLING, max_length=300)
    """`function_calling` (the paper's GPT-4+ agent), `react` (its text protocol, for endpoints without function
    calling), or `module:object`: your own, whose code runs in the trainer's process, outside the sandbox."""
    shell: bool = False
    """The ReAct agent is offered `shell` too, where functions are isolated at level `namespaces`."""
    endpoint: Endpoint = Endpoint()
    turn_cap: int = Field(default=15, ge=1, le=200)
    """Model replies per rollout (the authors' code: MATH 15, GAIA 20, TabMWP 12)."""
    tool_output_tokens: int = Field(default=5000, ge=50)
    """Estimated tokens of one tool output that reach the model; the middle is cut."""
    failed_calls_limit: int = Field(default=3, ge=1)
    """After so many failed calls of one function the agent is told to go on without it."""
    calls_per_rollout: int = Field(default=200, ge=1, le=100_000)
    """Calls of functions and of `python` that one rollout may make; further ones are declined."""

    @field_validator("kind")
    @classmethod
    def _is_a_kind(cls, kind: str) -> str:
        if kind not in AGENT_KINDS and not _PLACE.fullmatch(kind):
            raise ValueError(f"must be {', '.join(AGENT_KINDS)}, or module:object for an agent of your own")
        return kind
