"""How a task is put to the agent."""

from __future__ import annotations

from agentopt_core.sandbox import places_of
from agentopt_core.tasks import Question


def question_text(question: Question) -> str:
    """The question with all that belongs to it: passage, options, unit, and where code finds its files."""
    parts = [question.text.strip()]
    if question.context.strip():
        parts.append(f"Context:\n{question.context.strip()}")
    if question.choices:
        parts.append("Options:\n" + "\n".join(f"- {choice}" for choice in question.choices))
    if question.unit.strip():
        parts.append(f"Unit of the answer: {question.unit.strip()}")
    if question.attachments:
        places = "\n".join(f"- {place}" for place in places_of(question.attachments))
        parts.append(f"Files of the task, which code can open and read under these paths:\n{places}")
    return "\n\n".join(parts)
