"""Which update brought each line of a function: its accepted versions compared one after the other. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from agentopt_core.views import Blame, BlameLine, FunctionVersion, UpdateView


def blame(version: FunctionVersion, versions: Sequence[FunctionVersion], updates: Sequence[UpdateView]) -> Blame:
    """The lines of a version with the step each came from.

    `versions` are all of the run: those of the same name that were accepted before count. A function that was removed
    and added again begins anew. A version without code has no lines.
    """
    if version.function is None:
        return Blame(lines=())
    lines: list[BlameLine] = []
    for one in _before(version, versions):
        lines = _carried(lines, one) if one.function else []
    lines = _carried(lines, version)
    steps = {line.step for line in lines}
    told = [update for update in updates if update.step in steps]
    return Blame(
        lines=tuple(lines),
        fixed={update.step: update.fixed for update in told},
        broken={update.step: update.broken for update in told},
    )


def _before(version: FunctionVersion, versions: Sequence[FunctionVersion]) -> list[FunctionVersion]:
    accepted = ("baseline", "kept")
    return [
        one for one in versions
        if one.name == version.name and one.status in accepted and one.step < version.step
    ]  # fmt: skip


def _carried(lines: list[BlameLine], version: FunctionVersion) -> list[BlameLine]:
    """The lines of a version: those that stand in the one before keep their step."""
    assert version.function is not None
    texts = version.function.code.splitlines()
    result = [BlameLine(text=text, step=version.step, by=version.by) for text in texts]
    matcher = SequenceMatcher(None, [line.text for line in lines], texts, autojunk=False)
    for old, new, size in matcher.get_matching_blocks():
        result[new : new + size] = lines[old : old + size]
    return result
