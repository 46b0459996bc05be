"""What all events have in common."""

from __future__ import annotations

import time

from pydantic import ConfigDict, Field

from agentopt_core.words import Word

VERSION = 1
"""Version of the event format."""


class Fact(Word):
    """Common to all events."""

    model_config = ConfigDict(extra="ignore")
    v: int = VERSION
    at: float = Field(default_factory=time.time)
    """Seconds since 1970, UTC."""
