"""Running functions that a model wrote, isolated by the kernel. `zygote/` is the program on the other side."""

from agentopt_core.sandbox.attachments import places_of
from agentopt_core.sandbox.imports import is_installed, usable_distributions
from agentopt_core.sandbox.levels import find_isolation, open_sandbox, require
from agentopt_core.sandbox.privacy import hide_from_calls
from agentopt_core.sandbox.process import ProcessSandbox

__all__ = [
    "ProcessSandbox",
    "find_isolation",
    "hide_from_calls",
    "is_installed",
    "open_sandbox",
    "places_of",
    "require",
    "usable_distributions",
]
