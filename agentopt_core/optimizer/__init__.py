"""The AgentOptimizer (arXiv 2402.11359, Algorithm 1): reads histories, proposes functions, validates every proposal."""

from agentopt_core.optimizer.agent_optimizer import AgentOptimizer
from agentopt_core.optimizer.reading import ReplyReading, read_reply, read_reply_in_sandbox

__all__ = ["AgentOptimizer", "ReplyReading", "read_reply", "read_reply_in_sandbox"]
