"""The places where parts meet: one method and a promise each. Whatever keeps the promise fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pydantic import JsonValue

from agentopt_core.chat import ChatReply, ChatRequest
from agentopt_core.events import Event
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.rollouts import Answer, ExecutionResult, Rollout, SandboxLevel, Score
from agentopt_core.tasks import Attachment, Question, Task


class ChatModel(Protocol):
    """A language model behind an endpoint."""

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request, retries included.

        Raises: InfrastructureFault when the endpoint stays down, RequestRefused when it refuses this one request,
        EndpointSetupError when no request can work (key, model, address), BudgetExhausted before it would overspend.
        """
        ...


class Notebook(Protocol):
    """The agent's Python within one rollout."""

    async def run(self, code: str) -> ExecutionResult:
        """Run a block: `stdout` is what it printed, `value` its last expression (its repr where it has no JSON form).

        What earlier blocks of this notebook defined is there, unless a limit ended one of them: then the output says
        so. Blocks that are asked for at the same time run one after the other.
        Raises: InfrastructureFault as `Sandbox.call`.
        """
        ...

    async def close(self) -> None:
        """End its process and forget all it defined. Closing twice is fine."""
        ...


class Sandbox(Protocol):
    """Runs code that a model wrote. Code finds a task's files, read-only, in `attachments/` of its current folder."""

    @property
    def level(self) -> SandboxLevel:
        """What isolation calls really get."""
        ...

    async def call(
        self, function: Function, arguments: Mapping[str, JsonValue], attachments: tuple[Attachment, ...] = ()
    ) -> ExecutionResult:
        """Run one call in isolation; a crash or time-out comes back as a result, never as an exception.

        Raises: InfrastructureFault when the worker is lost for a reason that is not the function's.
        """
        ...

    async def load(self, function: Function) -> ExecutionResult:
        """Execute the source without calling it: imports and top-level checks run, `name` must be callable."""
        ...

    async def shell(self, command: str, attachments: tuple[Attachment, ...] = ()) -> ExecutionResult:
        """Run one command line by `sh -c` in isolation; `stdout` holds both its outputs, in the order written.

        An exit status other than 0 is a failed result. It needs level `namespaces`; at any other the result fails with
        an error of type `Unavailable`, and nothing is run. Raises: InfrastructureFault as `call`.
        """
        ...

    def notebook(self, attachments: tuple[Attachment, ...] = ()) -> Notebook:
        """A notebook of its own, that shares nothing with any other; close it when its rollout ends."""
        ...

    async def close(self) -> None:
        """End every process of the sandbox."""
        ...


class Agent(Protocol):
    """Solves tasks with the functions it is given."""

    async def solve(self, question: Question, functions: FunctionSet, evaluation: int) -> Rollout:
        """One rollout, unscored. A bad rollout is data; only SetupError and BudgetExhausted are raised."""
        ...


class Grader(Protocol):
    """Judges answers."""

    async def grade(self, task: Task, answer: Answer) -> Score:
        """Judge one answer against the task's gold; never raises for what the answer holds.

        Raises: InfrastructureFault when nothing can be judged at the moment.
        """
        ...


class EventSink(Protocol):
    """Keeps the facts a run reports."""

    def emit(self, event: Event) -> None:
        """Record one event. When it returns, the event survives a kill of this process."""
        ...
