"""How a task is put to the agent."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from agentopt_core.agents.files import SeenFile
from agentopt_core.tasks import Question


def question_text(question: Question, files: Sequence[SeenFile] = ()) -> str:
    """The question with all that belongs to it: passage, options, unit, and its files.

    Every file is listed with the path under which code finds it; the text of small ones follows. Images follow the
    text as parts of their own, numbered here, so that the model can tell them apart.
    """
    parts = [question.text.strip()]
    if question.context.strip():
        parts.append(f"Context:\n{question.context.strip()}")
    if question.choices:
        parts.append("Options:\n" + "\n".join(f"- {choice}" for choice in question.choices))
    if question.unit.strip():
        parts.append(f"Unit of the answer: {question.unit.strip()}")
    if files:
        parts.append(f"Files of the task, which code can open and read under these paths:\n{_listed(files)}")
    parts += [f"Content of {_path(one)}:\n{fenced(one.text)}" for one in files if one.text is not None]
    return "\n\n".join(parts)


def fenced(text: str) -> str:
    """The text between fences that it cannot close: longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    end = "" if text.endswith("\n") else "\n"
    return f"{fence}\n{text}{end}{fence}"


def _listed(files: Sequence[SeenFile]) -> str:
    lines, images = [], 0
    for one in files:
        size = one.attachment.bytes
        told = [one.attachment.media_type or "unknown type", f"{size:,} byte{'s' if size != 1 else ''}"]
        if one.image:
            images += 1
            told.append(f"shown as image {images}")
        lines.append(f"- {_path(one)} ({', '.join(told)})")
    return "\n".join(lines)


def _path(one: SeenFile) -> str:
    """On one line, whatever the file is called; a name with line ends or controls stands as a JSON string."""
    return one.place if one.place.isprintable() else json.dumps(one.place)
