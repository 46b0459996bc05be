"""How a task is put to the agent."""

from __future__ import annotations

from agentopt_core.tasks import Question


def question_text(question: Question) -> str:
    """The question with all that belongs to it: passage, options, unit, and files by name alone."""
    parts = [question.text.strip()]
    if question.context.strip():
        parts.append(f"Context:\n{question.context.strip()}")
    if question.choices:
        parts.append("Options:\n" + "\n".join(f"- {choice}" for choice in question.choices))
    if question.unit.strip():
        parts.append(f"Unit of the answer: {question.unit.strip()}")
    if question.attachments:
        names = ", ".join(attachment.path for attachment in question.attachments)
        parts.append(f"The task came with files that cannot be opened here: {names}")
    return "\n\n".join(parts)
