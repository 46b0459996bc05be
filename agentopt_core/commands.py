"""What a person may tell a running trainer: the lines of commands.ndjson."""

from __future__ import annotations

import time
import uuid
from typing import Literal

from pydantic import Field

from agentopt_core.words import Word

CommandKind = Literal["start", "pause", "resume", "stop_after_epoch", "stop"]
"""`start` is written by whoever launches a trainer; it makes all commands before it void."""


class Command(Word):
    """One command. The trainer answers each with a `command_obeyed` event."""

    id: str = Field(default_factory=lambda: uuid.uuid4().hex)
    kind: CommandKind
    by: str = "someone"
    """Who asked: `dashboard`, `command line`, or a user's name."""
    at: float = Field(default_factory=time.time)
