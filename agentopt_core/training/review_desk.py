"""Where decisions, trials and changes by hand lie until the training takes them."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque

from agentopt_core.commands import Command
from agentopt_core.events import CommandDeclined
from agentopt_core.seams import EventSink


class ReviewDesk:
    """Answers to the proposal that waits at the moment; whatever comes for another one is declined with the reason."""

    def __init__(self, sink: EventSink, decided: dict[int, str] | None = None) -> None:
        """`decided`: step -> who decided on it, as far as the journal knows."""
        self._sink = sink
        self._decided = dict(decided or {})
        self._open: int | None = None
        self._early: list[Command] = []
        self._answers: asyncio.Queue[Command] = asyncio.Queue()
        self.changes: deque[Command] = deque()
        """Changes by hand that no step has taken up yet."""
        self.credits: deque[Command] = deque()
        """Questions for the credit of the accepted functions."""

    def receive(self, command: Command) -> None:
        """Put a `decide`, `try`, `change` or `credit` where it is waited for."""
        if command.kind in ("change", "credit"):
            (self.changes if command.kind == "change" else self.credits).append(command)
            return
        step = _step_of(command)
        if step == self._open:
            self._answers.put_nowait(command)
        elif step in self._decided:
            self.decline(command, f"{self._decided[step]} has already decided on update {step}.")
        elif self._open is None:
            self._early.append(command)  # of a trainer that starts: its loop has not reached the proposal yet
        else:
            self.decline(command, f"Update {step} does not wait for a decision.")

    def open(self, step: int) -> None:
        """From now on answers to that step's proposal are waited for."""
        self._open = step
        early, self._early = self._early, []
        for command in early:
            self.receive(command)

    async def next(self, timeout_s: float | None) -> Command | None:
        """The next answer; None when the time is up."""
        if timeout_s is not None and timeout_s <= 0 and self._answers.empty():
            return None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                return await self._answers.get()
        return None

    def decide(self, step: int, by: str) -> None:
        """That step is decided: what else was answered comes too late."""
        self._open = None
        self._decided[step] = by
        while not self._answers.empty():
            self.receive(self._answers.get_nowait())

    def decline(self, command: Command, reason: str) -> None:
        """Answer a command that cannot be followed."""
        self._sink.emit(
            CommandDeclined(
                command_id=command.id, command=command.kind, by=command.by, step=_step_of(command), reason=reason
            )
        )

    def close(self) -> None:
        """The training is over: nothing that still lies here is followed."""
        for command in (*self._early, *self.changes):
            self.decline(command, "The training has ended.")
        self._early, self.changes = [], deque()


def _step_of(command: Command) -> int | None:
    asked = command.decision or command.trial
    return asked.step if asked else None
