"""The optimizer that proposes functions."""

from __future__ import annotations

from pydantic import Field

from agentopt_core.config.endpoint import Endpoint
from agentopt_core.words import Word


class OptimizerConfig(Word):
    """The AgentOptimizer (Algorithm 1)."""

    endpoint: Endpoint = Endpoint()
    max_actions: int = Field(default=3, ge=1, le=20)
    """Actions per step, at most (the paper: 3)."""
    retries: int = Field(default=3, ge=0, le=10)
    """Tries after an invalid proposal, in the same conversation."""
    prompt_tokens: int = Field(default=24_000, ge=2_000)
    """Hard budget of the optimizer's prompt, in estimated tokens."""
    progressive: bool = True
    """Progressive update; without it each step returns a whole new set (the paper's ablation)."""
