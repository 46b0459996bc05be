"""The agent that solves tasks."""

from __future__ import annotations

from pydantic import Field

from agentopt_core.config.endpoint import Endpoint
from agentopt_core.words import Word


class AgentConfig(Word):
    """The paper's GPT-4+ agent."""

    endpoint: Endpoint = Endpoint()
    turn_cap: int = Field(default=15, ge=1, le=200)
    """Model replies per rollout (the authors' code: MATH 15, GAIA 20, TabMWP 12)."""
    tool_output_tokens: int = Field(default=5000, ge=50)
    """Estimated tokens of one tool output that reach the model; the middle is cut."""
    failed_calls_limit: int = Field(default=3, ge=1)
    """After so many failed calls of one function the agent is told to go on without it."""
    calls_per_rollout: int = Field(default=200, ge=1, le=100_000)
    """Calls of functions and of `python` that one rollout may make; further ones are declined."""
