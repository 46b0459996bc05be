"""Agents: solve a task with the functions they are given."""

from agentopt_core.agents.function_calling import FunctionCallingAgent

__all__ = ["FunctionCallingAgent"]
