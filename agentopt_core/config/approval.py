"""What waits for a person."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from agentopt_core.reviews import Choice, ReviewTime
from agentopt_core.words import Word


class ApprovalConfig(Word):
    """Which proposals wait for a person, and when."""

    model_config = ConfigDict(allow_inf_nan=False)

    mode: Literal["automatic", "risk", "always"] = "automatic"
    """`risk`: those with a finding, or kept on weak evidence; `always`: every proposal."""
    when: ReviewTime = "after"
    """`before` the candidate runs, or `after` its evaluation."""
    timeout_s: float | None = Field(default=None, gt=0)
    """Seconds a proposal waits; None: as long as it takes."""
    on_timeout: Choice = "reject"
    """What is decided then."""
    long_code_lines: int = Field(default=60, ge=1)
    """Lines of one function's code beyond which it is looked at."""
    relied_on_share: float = Field(default=0.25, ge=0, le=1)
    """Changing a function that so great a share of the tasks used is a risk."""
    weak_p: float = Field(default=0.05, ge=0, le=1)
    """A gain whose exact p is this or more is weak evidence."""
