"""Which tasks a model can be put to, and which images it is shown: decided before any file is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from agentopt_core.config import Endpoint
from agentopt_core.tasks import Attachment, Question, Task

SHOWABLE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/x-ms-bmp"})
"""Types of images that can be prepared for a model. What a file really is, its content decides when it is read."""
MAX_IMAGES = 20
"""Images of one task that are shown at most; among today's endpoints it is a usual limit of a request."""


def out_of_reach(task: Question | Task, endpoint: Endpoint) -> str:
    """Why this endpoint's model cannot be put to the task, in words that follow "the task"; empty when it can.

    Files for the workspace never stand in the way, whatever their type: code reads them. Nor does what is not needed.
    """
    needed = [one for one in task.attachments if one.role == "prompt" and one.needed]
    for one in needed:
        if one.media_type not in SHOWABLE:
            return f"needs a file of type {one.media_type or 'unknown'} shown, and no model can be shown one"
    if needed and not endpoint.vision:
        return "needs an image shown; the model is not marked as taking images"
    if len(needed) > MAX_IMAGES:
        return f"needs more images shown than the {MAX_IMAGES} that one request takes"
    return ""


def within_reach(tasks: Iterable[Task], endpoint: Endpoint) -> tuple[tuple[Task, ...], dict[str, int]]:
    """The tasks this endpoint's model can be put to, in order, and how many are left out for which reason."""
    kept: list[Task] = []
    reasons: Counter[str] = Counter()
    for task in tasks:
        reason = out_of_reach(task, endpoint)
        if reason:
            reasons[reason] += 1
        else:
            kept.append(task)
    return tuple(kept), dict(reasons)


def shown_images(attachments: Iterable[Attachment], endpoint: Endpoint) -> tuple[Attachment, ...]:
    """The images that go into the prompt, in the task's order; where there are too many, needed ones come first."""
    if not endpoint.vision:
        return ()
    images = [one for one in attachments if one.role == "prompt" and one.media_type in SHOWABLE]
    chosen = sorted(images, key=lambda one: not one.needed)[:MAX_IMAGES]
    return tuple(one for one in images if one in chosen)
