"""What the pages and the command line show: answers to questions, computed once, in one place."""

from agentopt_core.views.functions import ActionView, FunctionVersion, UpdateView
from agentopt_core.views.rollouts import RolloutRow
from agentopt_core.views.runs import (
    HOLD_OUT_LABELS,
    LIVE,
    RESUMABLE,
    CurvePoint,
    EventLine,
    FunctionUse,
    HeldOut,
    HoldOut,
    Opening,
    Pace,
    Progress,
    RunStatus,
    RunSummary,
    Signs,
)
from agentopt_core.views.setup import Check, Forecast, PastRun, TaskSetSummary

__all__ = [
    "HOLD_OUT_LABELS",
    "LIVE",
    "RESUMABLE",
    "ActionView",
    "Check",
    "CurvePoint",
    "EventLine",
    "Forecast",
    "FunctionUse",
    "FunctionVersion",
    "HeldOut",
    "HoldOut",
    "Opening",
    "Pace",
    "PastRun",
    "Progress",
    "RolloutRow",
    "RunStatus",
    "RunSummary",
    "Signs",
    "TaskSetSummary",
    "UpdateView",
]
