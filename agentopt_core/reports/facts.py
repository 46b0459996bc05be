"""What a report is made of, gathered from one state of the history."""

from __future__ import annotations

from typing import NamedTuple

from agentopt_core.config import RunConfig
from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Usage
from agentopt_core.views import ComparedRun, Comparison, DecisionLine, UpdateView
from agentopt_core.views.health import CreditView
from agentopt_core.views.search import ScreeningView
from agentopt_core.words import JsonObject


class RunFacts(NamedTuple):
    """One run in full."""

    compared: ComparedRun
    config: RunConfig | None
    """None where it cannot be read."""
    updates: list[UpdateView]
    functions: FunctionSet
    """The accepted set."""
    usage: dict[str, Usage]
    """By role."""
    environment: JsonObject
    decisions: list[DecisionLine]
    gain: Comparison | None
    """Baseline against best on the training tasks; None before both were measured."""
    screenings: dict[int, ScreeningView]
    """What became of several proposals of a step, by step."""
    credits: list[CreditView]
    """What functions of accepted sets are worth."""
    private: bool
    """The tasks must not be published."""
