"""What people told a running trainer, commands.ndjson: written by dashboard and command line, read by the trainer."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from agentopt_core.commands import Command
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

    def read_from(self, offset: int = 0) -> tuple[list[Command], int]:
        """The commands from a byte offset on, and the offset to read on from.

        A line that is no command (or one of a newer version) is passed over: whoever asked sees that no
        `command_obeyed` event answers it.
        """
        commands = []
        for end, line in read_lines(self.path, offset):
            offset = end
            try:
                commands.append(Command.model_validate_json(line))
            except ValidationError:
                continue
        return commands, offset

    def pending(self) -> tuple[list[Command], int]:
        """What a trainer just launched has to obey (all after the last `start`), and the offset to read on from."""
        commands, offset = self.read_from()
        starts = [number for number, command in enumerate(commands) if command.kind == "start"]
        return (commands[starts[-1] + 1 :] if starts else commands), offset

    def last_start(self) -> Command | None:
        """When and by whom a trainer was launched last, or None."""
        return next((command for command in reversed(self.read_from()[0]) if command.kind == "start"), None)
