"""Measure a function set on tasks, and compare two measurements."""

from agentopt_core.evaluation.compare import Paired, paired
from agentopt_core.evaluation.evaluator import Evaluator

__all__ = ["Evaluator", "Paired", "paired"]
