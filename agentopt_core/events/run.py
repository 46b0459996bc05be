"""A run and its trainer processes: begun, paid for, commanded, warned of, ended."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agentopt_core.chat import Purpose
from agentopt_core.events.fact import Fact
from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Proportion, SandboxLevel, Usage
from agentopt_core.words import JsonObject

StopKind = Literal["epochs", "patience", "perfect", "max_evaluations", "budget", "stopped", "interrupted"]


class RunStarted(Fact):
    """A trainer process began (or went on with) the run."""

    kind: Literal["run_started"] = "run_started"
    run_id: str
    resumed: bool
    pid: int
    train_tasks: int
    """Training tasks that are run: with an answer, and such that the agent's model can take them."""
    test_tasks: int = 0
    """Tasks of the test split on which the run ends; 0 without a test split, or where it stays sealed."""
    val_tasks: int = 0
    """Tasks of the validation split that the run measures; only with the evidence gate they decide anything."""
    sealed_tasks: int = 0
    """Tasks of a test split that this run leaves sealed."""
    skipped: dict[str, int] = Field(default_factory=dict)
    """Tasks with an answer that are not run, by the reason in words."""
    level: SandboxLevel
    isolation: str = ""
    """What that level protects, and what the stronger ones lack on this machine."""
    environment: JsonObject
    """Versions of Python, this package and the main libraries; platform."""


class RequestFinished(Fact):
    """A model answered or gave up: what it cost, counted once per request."""

    kind: Literal["request_finished"] = "request_finished"
    purpose: Purpose
    model: str
    usage: Usage
    ms: float
    attempts: int
    error: str = ""


class CommandObeyed(Fact):
    """A command from commands.ndjson took effect."""

    kind: Literal["command_obeyed"] = "command_obeyed"
    command_id: str
    command: str
    by: str


class CommandDeclined(Fact):
    """A command could not be followed, and why: decided already, or what it holds is not valid."""

    kind: Literal["command_declined"] = "command_declined"
    command_id: str
    command: str
    by: str
    step: int | None = None
    reason: str


class Warned(Fact):
    """Something a person should know, though the run goes on."""

    kind: Literal["warned"] = "warned"
    message: str
    hint: str = ""


class RunFinished(Fact):
    """The run ended by a rule, a limit or a person; the accepted set is intact."""

    kind: Literal["run_finished"] = "run_finished"
    stop: StopKind
    reason: str
    best_evaluation: int
    functions: FunctionSet
    """The accepted set."""
    dropped: tuple[str, ...] = ()
    """Those of them that the set it ends with leaves out (see `FunctionsDropped`)."""
    baseline: Proportion
    best: Proportion
    usage: Usage
    wall_s: float
    """Seconds of work, all trainer processes of the run together."""


class RunFailed(Fact):
    """The run cannot go on until a person mends something; what was accepted before is intact."""

    kind: Literal["run_failed"] = "run_failed"
    message: str
    hint: str
