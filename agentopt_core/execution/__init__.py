"""Where rollouts are run."""

from agentopt_core.execution.executor import Executor, Gate, RolloutSpec
from agentopt_core.execution.local import LocalExecutor

__all__ = ["Executor", "Gate", "LocalExecutor", "RolloutSpec"]
