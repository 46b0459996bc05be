"""The optimizer that proposes functions."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from agentopt_core.config.endpoint import Endpoint
from agentopt_core.words import Word

Strategy = Literal["full", "batch", "divide_and_merge"]


class OptimizerConfig(Word):
    """The AgentOptimizer (Algorithm 1)."""

    endpoint: Endpoint = Endpoint()
    max_actions: int = Field(default=3, ge=1, le=20)
    """Actions per step, at most (the paper: 3)."""
    retries: int = Field(default=3, ge=0, le=10)
    """Tries after an invalid proposal, in the same conversation."""
    prompt_tokens: int = Field(default=24_000, ge=2_000)
    """Hard budget of the optimizer's prompt, in estimated tokens."""
    tool_calling: bool = True
    """The endpoint calls tools. Without it actions are asked for and written as text, and no request holds tools."""
    progressive: bool = True
    """Progressive update; without it each step returns a whole new set (the paper's ablation)."""
    strategy: Strategy = "full"
    """What a step works from. `full`: the accepted set's histories on all training tasks (the paper). `batch`: each
    step measures the accepted set and its candidate on a fresh random batch of the tasks (the paper's batches).
    `divide_and_merge`: the failures in parts, one proposal each at the same time, merged into one update."""
    batch_size: int = Field(default=20, ge=1, le=1_000_000)
    """`batch`: training tasks of a step. `divide_and_merge`: failures of a part, until there are 8 parts."""

    @model_validator(mode="after")
    def _merges_changes(self) -> Self:
        if self.strategy == "divide_and_merge" and not self.progressive:
            raise ValueError("divide_and_merge merges changes of a set: it needs progressive update")
        return self
