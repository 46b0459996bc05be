"""What people told a running trainer, commands.ndjson: written by dashboard and command line, read by the trainer."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from pydantic import ValidationError

from agentopt_core.commands import Command, CommandKind
from agentopt_core.history.lines import LineFile, read_lines


class CommandLog:
    """The commands of one run. Any process may append; the trainer reads from where it stopped."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, command: Command) -> None:
        """Record a command; it survives a power cut.

        Raises: DiskFull.
        """
        with LineFile(self.path) as file:
            file.append(command.model_dump_json().encode() + b"\n", sync=True)

    def read_from(self, offset: int = 0) -> list[tuple[int, Command]]:
        """The commands from a byte offset on, each with the offset after it, to read on from.

        A line that is no command (or one of a newer version) is passed over: whoever asked sees that no
        `command_obeyed` event answers it.
        """
        commands = []
        for end, line in read_lines(self.path, offset):
            try:
                commands.append((end, Command.model_validate_json(line)))
            except ValidationError:
                continue
        return commands

    def pending(self, lasting: Container[CommandKind] = ()) -> list[tuple[int, Command]]:
        """What a trainer just launched has to obey, each with the offset after it.

        That is all after the last `start`, and of what came before it the `lasting` kinds.
        """
        commands = self.read_from()
        starts = [number for number, (_, command) in enumerate(commands) if command.kind == "start"]
        last = starts[-1] if starts else -1
        return [entry for number, entry in enumerate(commands) if number > last or entry[1].kind in lasting]

    def last_start(self) -> Command | None:
        """When and by whom a trainer was launched last, or None."""
        return next((command for _, command in reversed(self.read_from()) if command.kind == "start"), None)
