"""The histories in the optimizer's prompt: all of them where they fit, else a choice. Pure, deterministic.

The format is stable, since programs read it too: a history begins with `### Task <id>: failed` (or `solved`), followed
by `[user]`, `[assistant]`, `[assistant calls NAME] {...}` and `[tool]` lines with the texts below them. In a choice, a
failed one says why it failed in a `[cause]` line before its first turn.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from agentopt_core.optimizer.causes import MEANING
from agentopt_core.optimizer.choosing import Choice, SolvedElsewhere, choose
from agentopt_core.rollouts import Evaluation, Message, Rollout
from agentopt_core.seen import CauseCount
from agentopt_core.tokens import cut_middle, estimate_tokens, fits
from agentopt_core.words import Word

_LOOKS_LIKE_OURS = re.compile(r"^(?=#|\[(?:user|assistant|tool|cause|end|solved elsewhere)\b)", re.MULTILINE)
_HASH_FIRST = re.compile(r"^(?=#)", re.MULTILINE)
_LIMITS = ((2000, 8000), (1000, 4000), (500, 2000), (250, 1000), (120, 400), (50, 150))
"""Estimated tokens of a message and of a whole history, tried in this order."""
_WORTH_READING = (250, 1000)
"""Rather than cutting all histories below this, fewer are shown."""
_HEAD = 40
"""Estimated tokens of the line above the histories, on the high side."""
_HEAD_CAUSE = 40
"""And of what it says of one cause."""
_FEWEST = 3
"""Histories to show before detail is preferred to number."""
_MOST_CHARACTERS = 17
"""A token stands for so many characters at most (see tokens.py)."""
_ENDS = {"turn_cap": "it used up its turns without an answer", "refused": "the endpoint refused a request"}


class Histories(Word):
    """The section, and what stands in it."""

    text: str
    causes: tuple[CauseCount, ...] = ()
    """How many of each cause were shown, and of how many; solved ones last."""


def all_histories(evaluation: Evaluation, tokens: int, read: Sequence[Rollout] | None = None) -> Histories | None:
    """The conversations whole, failed tasks first; None where they do not fit.

    No more of them is written than is needed to tell: ten thousand are hundreds of megabytes. `read`: the rollouts to
    show, where they are a part of the evaluation's. A task that could not be scored (a fault) is left out.
    """
    rollouts = evaluation.rollouts if read is None else read
    everything = sorted((one for one in rollouts if not one.is_fault), key=lambda one: one.correct)
    if not everything:
        return Histories(text="There are none.")
    texts = [f"All {len(everything)} histories are shown, failed tasks first."]
    room = (tokens + 1) * _MOST_CHARACTERS
    for rollout in everything:
        texts.append(_history(rollout))
        room -= len(texts[-1])
        if room < 0:
            return None
    text = "\n\n".join(texts)
    if not fits(text, tokens):
        return None
    choices = choose(everything, evaluation.functions)
    return Histories(text=text, causes=_counts(choices, choices))


def chosen_histories(
    evaluation: Evaluation,
    tokens: int,
    read: Sequence[Rollout] | None = None,
    elsewhere: SolvedElsewhere | None = None,
) -> Histories:
    """Those that are most worth reading (see choosing.py), in at most `tokens`: for where not all fit whole.

    Long messages are cut head and tail before histories are left out.
    """
    choices = choose(evaluation.rollouts if read is None else read, evaluation.functions, elsewhere)
    n = sum(not choice.is_elsewhere for choice in choices)
    room = tokens - _HEAD - _HEAD_CAUSE * len({choice.cause for choice in choices})
    shown: list[Choice] = []
    texts: list[str] = []
    for limits in _LIMITS:
        shown, texts = _as_many_as_fit(choices, limits, room)
        own = sum(not choice.is_elsewhere for choice in shown)
        if own == n or (limits <= _WORTH_READING and own >= _FEWEST):
            break
    counts = _counts(choices, shown)
    text = cut_middle("\n\n".join([_head(shown, n, counts), *texts]), tokens)
    return Histories(text=text, causes=counts)


def _head(shown: Sequence[Choice], n: int, counts: Iterable[CauseCount]) -> str:
    own = sum(not choice.is_elsewhere for choice in shown)
    lines = [f"{own} of {n} histories are shown, failed tasks first; long messages are cut."]
    lines += [
        f"- {count.of} failed by {count.cause.replace('_', ' ')} ({MEANING[count.cause]}): {count.shown} shown."
        for count in counts
        if count.cause in MEANING
    ]
    if any(choice.is_elsewhere for choice in shown):
        lines.append("- One failed task is followed by another rollout that solved it.")
    return "\n".join(lines)


def _counts(everything: Iterable[Choice], shown: Iterable[Choice]) -> tuple[CauseCount, ...]:
    of = Counter(choice.cause or "solved" for choice in everything if not choice.is_elsewhere)
    seen = Counter(choice.cause or "solved" for choice in shown if not choice.is_elsewhere)
    ranked = sorted(of, key=lambda cause: (cause == "solved", -of[cause]))
    return tuple(CauseCount(cause=cause, shown=seen[cause], of=of[cause]) for cause in ranked)


def _as_many_as_fit(choices: Iterable[Choice], limits: tuple[int, int], tokens: int) -> tuple[list[Choice], list[str]]:
    shown: list[Choice] = []
    texts: list[str] = []
    for choice in choices:
        text = _history(choice.rollout, choice, *limits)
        tokens -= estimate_tokens(text) + 1
        if tokens < 0:
            break
        shown.append(choice)
        texts.append(text)
    return shown, texts


def _history(
    rollout: Rollout,
    choice: Choice | None = None,
    message_tokens: int | None = None,
    history_tokens: int | None = None,
) -> str:
    task = cut_middle(" ".join(rollout.task_id.split()), 40).replace("\n", " ")
    lines = [line for message in rollout.messages for line in _message(message, message_tokens)]
    if rollout.ended in _ENDS:
        lines.append(f"[end] {_ENDS[rollout.ended]}")
    text = "\n".join(lines)
    if history_tokens is not None:
        text = _HASH_FIRST.sub(" ", cut_middle(text, history_tokens))  # a cut may bring a # to the front
    head = f"### Task {task}: {'solved' if rollout.correct else 'failed'}"
    return "\n".join([head, *_remarks(choice), text])


def _remarks(choice: Choice | None) -> list[str]:
    if choice is None:
        return []
    if choice.is_elsewhere:
        return ["[solved elsewhere] Another rollout of the same task, which solved it."]
    if choice.cause is None:
        return []
    alike = f"; {choice.alike} more failures look like this one" if choice.alike else ""
    return [f"[cause] {choice.cause.replace('_', ' ')}{alike}"]


def _message(message: Message, tokens: int | None) -> list[str]:
    """A message as lines. The system prompt is the same for all tasks and left out."""
    if message.role == "system":
        return []

    def cut(text: str) -> str:
        return text if tokens is None else cut_middle(text, tokens)

    lines = [f"[{message.role}]", _escaped(cut(message.content))] if message.content or not message.tool_calls else []
    for call in message.tool_calls:
        lines.append(f"[assistant calls {' '.join(call.name.split())[:64]}] {_escaped(cut(call.arguments))}")
    return lines


def _escaped(text: str) -> str:
    """Lines that look like this prompt's own headings are moved by a blank, so that none can be forged."""
    return _LOOKS_LIKE_OURS.sub(" ", text)
