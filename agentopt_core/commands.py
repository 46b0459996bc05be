"""What a person may tell a running trainer: the lines of commands.ndjson."""

from __future__ import annotations

import time
import uuid
from typing import Literal

from pydantic import Field

from agentopt_core.reviews import Decision, HandChange, TrialRequest
from agentopt_core.words import Word

CommandKind = Literal["start", "pause", "resume", "stop_after_epoch", "stop", "decide", "try", "change", "credit"]
"""`start` is written by whoever launches a trainer; it makes what was asked of an earlier one void, but for decisions,
trials, changes and questions for credit, which wait until they are answered."""

LASTING: frozenset[CommandKind] = frozenset({"decide", "try", "change", "credit"})
"""What a trainer that starts later still has to answer."""


class Command(Word):
    """One command. The trainer answers each with a `command_obeyed` event."""

    id: str = Field(default_factory=lambda: uuid.uuid4().hex)
    kind: CommandKind
    by: str = "someone"
    """Who asked: `dashboard`, `command line`, or a user's name."""
    decision: Decision | None = None
    """For `decide`."""
    trial: TrialRequest | None = None
    """For `try`."""
    change: HandChange | None = None
    """For `change`."""
    at: float = Field(default_factory=time.time)
