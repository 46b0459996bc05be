"""From what an agent ended with to a score: find the answer (extraction), compare it (one module a grader), say why."""

from agentopt_core.grading.arguments import final_answer_of
from agentopt_core.grading.extraction import Extraction, answer_of_message, extract
from agentopt_core.grading.math_pool import MathPool
from agentopt_core.grading.python_grader import EXAMPLE, PythonGrader
from agentopt_core.grading.standard import METHODS, Method, StandardGrader, check_gold, kind_of

__all__ = [
    "EXAMPLE",
    "METHODS",
    "Extraction",
    "MathPool",
    "Method",
    "PythonGrader",
    "StandardGrader",
    "answer_of_message",
    "check_gold",
    "extract",
    "final_answer_of",
    "kind_of",
]
