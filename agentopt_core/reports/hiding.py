"""What must not leave with a report: places of this machine, keys, and the texts of tasks that are private."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from agentopt_core.saying import visible
from agentopt_core.tasks import Task

PLACE, KEY, TASK = "[a folder of this machine]", "[hidden key]", "[text of a task]"
SHORTEST = 8
"""Shorter ids, answers and keys are words that stand anywhere; they are hidden by leaving out what would show them."""


_SHOWN = re.compile(r"(?:^|(?<=>))[^<]+")
"""What stands between tags: these stay as they are, whatever word a text happens to share with them."""


def without(body: str, texts: Iterable[str], sign: str) -> str:
    """HTML with every one of these texts, as it would be shown there, replaced. Other wordings are not found."""
    wanted = {html.escape(visible(each)) for each in texts if len(each) >= SHORTEST}
    if not wanted:
        return body
    # The longest first, so that a text that holds another goes as a whole.
    for some in _batches(sorted(wanted, key=len, reverse=True)):
        body = _in_shown(re.compile("|".join(map(re.escape, some))), sign, body)
    return body


def _in_shown(found: re.Pattern[str], sign: str, body: str) -> str:
    return _SHOWN.sub(lambda shown: found.sub(sign, shown[0]), body)


def _batches(texts: list[str], size: int = 2_000) -> Iterable[list[str]]:
    return (texts[start : start + size] for start in range(0, len(texts), size))


def texts_of(task: Task) -> Iterable[str]:
    """Id, question, answers and context of a task, whole and line by line."""
    for one in (task.id, task.question, task.context, task.answer or "", task.solution, *task.aliases, *task.choices):
        yield one
        yield from (line.strip() for line in one.splitlines())
