"""Pause, resume and stop: the trainer's ear on commands.ndjson."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container

from agentopt_core.commands import LASTING, Command
from agentopt_core.events import CommandObeyed
from agentopt_core.history.command_log import CommandLog
from agentopt_core.seams import EventSink
from agentopt_core.training.review_desk import ReviewDesk
from agentopt_core.training.stopping import StopReason

POLL_S = 0.1
"""Seconds between two looks at the command file."""


class StopNow(Exception):
    """A person asked to stop at once."""

    def __init__(self, by: str) -> None:
        super().__init__(f"Stopped by {by}.")


class Control:
    """What people asked of this trainer so far. `poll` hands over commands not seen before.

    `wait()` is the gate before every rollout and every step: it returns when work may start.
    """

    def __init__(self, poll: Callable[[], list[Command]], sink: EventSink, desk: ReviewDesk | None = None) -> None:
        self._poll = poll
        self._sink = sink
        self.desk = desk or ReviewDesk(sink)
        """Decisions, trials and changes by hand, until the training takes them."""
        self._may_work = asyncio.Event()
        self._may_work.set()
        self.stop_after_epoch: StopReason | None = None
        self._heard = asyncio.Event()

    async def wait(self) -> None:
        """Return when work may start: at once, or when a paused run is resumed."""
        await self._may_work.wait()

    async def heard(self) -> None:
        """Return when the commands that were there at the start have been read: a run that has nothing left to do would
        end before. Only while `listen` runs.
        """
        await self._heard.wait()

    async def listen(self) -> None:
        """Obey commands until cancelled.

        Raises: StopNow when a person asks to stop at once.
        """
        while True:
            for command in await asyncio.to_thread(self._poll):
                self._obey(command)
            self._heard.set()
            await asyncio.sleep(POLL_S)

    def _obey(self, command: Command) -> None:
        match command.kind:
            case "pause":
                self._may_work.clear()
            case "resume":
                self.stop_after_epoch = None
                self._may_work.set()
            case "stop_after_epoch":
                self.stop_after_epoch = StopReason("stopped", f"Stopped by {command.by} after the step in progress.")
                self._may_work.set()
            case "stop":
                self._acknowledge(command)
                raise StopNow(command.by)
            case "decide" | "try" | "change" | "credit":
                self.desk.receive(command)  # answered by whoever takes it from there
                return
            case "start":
                return
        self._acknowledge(command)

    def _acknowledge(self, command: Command) -> None:
        self._sink.emit(CommandObeyed(command_id=command.id, command=command.kind, by=command.by))


def follow(log: CommandLog, answered: Container[str] = ()) -> Callable[[], list[Command]]:
    """A poll over a run's commands, in order and each once: those after the last `start`, and before it the decisions,
    trials and changes whose ids are not among the `answered` ones.
    """
    offset: int | None = None

    def poll() -> list[Command]:
        nonlocal offset
        found = log.pending(LASTING) if offset is None else log.read_from(offset)
        if found:
            offset = found[-1][0]
        return [command for _, command in found if command.id not in answered]

    return poll
