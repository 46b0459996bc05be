"""Agents: solve a task with the functions they are given."""

from agentopt_core.agents.function_calling import FunctionCallingAgent
from agentopt_core.agents.react import ReActAgent
from agentopt_core.agents.registry import AGENTS, factory_of, make_agent

__all__ = ["AGENTS", "FunctionCallingAgent", "ReActAgent", "factory_of", "make_agent"]
