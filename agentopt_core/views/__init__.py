"""What the pages and the command line show: answers to questions, computed once, in one place."""

from agentopt_core.views.functions import ActionView, FunctionVersion, UpdateView
from agentopt_core.views.rollouts import RolloutRow
from agentopt_core.views.runs import (
    HOLD_OUT_LABELS,
    LIVE,
    RESUMABLE,
    CurvePoint,
    EventLine,
    HeldOut,
    HoldOut,
    Opening,
    Progress,
    RunStatus,
    RunSummary,
)
from agentopt_core.views.setup import Check, Forecast, TaskSetSummary

__all__ = [
    "HOLD_OUT_LABELS",
    "LIVE",
    "RESUMABLE",
    "ActionView",
    "Check",
    "CurvePoint",
    "EventLine",
    "Forecast",
    "FunctionVersion",
    "HeldOut",
    "HoldOut",
    "Opening",
    "Progress",
    "RolloutRow",
    "RunStatus",
    "RunSummary",
    "TaskSetSummary",
    "UpdateView",
]
