"""Loopback servers for tests; standard library only."""

from tests.servers.openai_server import (
    Answer,
    OpenAIServer,
    Seen,
    closing,
    error,
    held,
    raw,
    reply,
    tool_call,
)

__all__ = ["Answer", "OpenAIServer", "Seen", "closing", "error", "held", "raw", "reply", "tool_call"]
