"""Everything that can go wrong, said in a sentence with the next move.

AgentOptError
├── SetupError              a person must mend something before the run can go on
│   ├── ConfigError             a setting is missing, out of range or contradicts another
│   ├── EndpointSetupError      wrong key, unknown model, nothing listens at the address
│   ├── TaskSetError            the task file cannot be used as it is
│   ├── SandboxUnavailable      this machine cannot isolate functions as asked
│   ├── HistoryLocked           another process holds the history file
│   ├── DiskFull                nothing more can be written
│   ├── NotFound                no run, task set or function of that name
│   └── RunBusy                 another trainer works on that run
├── InfrastructureFault     neither right nor wrong: endpoint down or worker lost, after the retries
├── RequestRefused          the endpoint refuses this one request (too long, filtered): the rollout failed
├── BudgetExhausted         the run's limit on USD, tokens or requests is reached
└── ProtocolError           a bug of ours, or a damaged file: the message says where

A function that fails is none of these: it is data (`ExecutionResult`).
"""

from __future__ import annotations


class AgentOptError(Exception):
    """`message` says where and what; `hint` says the next move. `str()` joins the two."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class SetupError(AgentOptError):
    """A person must mend something before this can work; trying again changes nothing."""


class ConfigError(SetupError):
    """A setting is missing, out of range or contradicts another."""


class EndpointSetupError(SetupError):
    """The endpoint cannot be used as configured: address, key, model or a missing ability."""


class TaskSetError(SetupError):
    """The task file or task set cannot be used as it is.

    `columns`: what the file has, where the columns were read but a needed one was not recognised.
    """

    def __init__(self, message: str, hint: str = "", columns: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint)
        self.columns = columns


class SandboxUnavailable(SetupError):
    """This machine cannot isolate functions as the run asks for."""


class HistoryLocked(SetupError):
    """Another process holds the history file."""


class DiskFull(SetupError):
    """The disk takes no more; what was acknowledged before is safe."""


class NotFound(SetupError):
    """There is no run, task set or function of that name."""


class RunBusy(SetupError):
    """Another trainer works on that run."""


class InfrastructureFault(AgentOptError):
    """The endpoint or a worker failed even after the retries; the task is neither right nor wrong."""


class RequestRefused(AgentOptError):
    """The endpoint refuses this one request for what it holds (too long, filtered)."""


class BudgetExhausted(AgentOptError):
    """The run's limit on USD, tokens or requests is reached."""


class ProtocolError(AgentOptError):
    """A message or file of ours is damaged."""
