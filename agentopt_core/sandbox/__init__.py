"""Running functions that a model wrote, in processes of their own. `zygote/` is the program on the other side."""

from agentopt_core.sandbox.process import ProcessSandbox

__all__ = ["ProcessSandbox"]
