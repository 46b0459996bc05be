"""What makes several proposals of one step differ: each but the first is told of the others and given an approach.

The first proposal's prompt is the one a step without search has. The text stands at the end of the prompt, so that what
comes before it is the same for all proposals and an endpoint that caches prefixes reads it once.
"""

from __future__ import annotations

from agentopt_core.chat import ChatReply, ChatRequest
from agentopt_core.prompts import PromptBook
from agentopt_core.rollouts import Evaluation
from agentopt_core.seams import ChatModel
from agentopt_core.tokens import cut_middle, estimate_tokens
from agentopt_core.words import digest

FOCUS_TOKENS = 400
"""Estimated tokens of the text, at most."""
_TASKS = 5
"""Failed tasks a proposal is pointed to, at most."""


def focus(number: int, proposals: int, accepted: Evaluation, prompts: PromptBook, seed: int) -> str:
    """What proposal `number` (from 1) of so many is told; empty for the first. Pure, deterministic.

    The failed tasks are dealt to the proposals by the seed; each has its own share of them.
    """
    if number == 1:
        return ""
    approaches = prompts.fill("optimizer_approaches").splitlines() or [""]
    failed = [task_id for task_id, solved in accepted.table().items() if not solved]
    dealt = sorted(failed, key=lambda task_id: digest([seed, task_id]))[number - 2 :: proposals - 1]
    named = ", ".join(cut_middle(" ".join(task_id.split()), 40).replace("\n", " ") for task_id in dealt[:_TASKS])
    text = prompts.fill(
        "optimizer_proposal",
        number=str(number),
        proposals=str(proposals),
        approach=approaches[(number - 2) % len(approaches)],
        tasks=named or "any",
    )
    return cut_middle(text, FOCUS_TOKENS)


def added_tokens(text: str) -> int:
    """Estimated tokens that the text adds to a request."""
    return estimate_tokens(f"\n\n{text}") + 1 if text else 0


class Focused:
    """A model whose requests end their first user message with a text."""

    def __init__(self, model: ChatModel, text: str) -> None:
        self._model = model
        self._text = text

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer the request with the text added to it. Raises: as `ChatModel.complete`."""
        if not self._text:
            return await self._model.complete(request)
        messages = list(request.messages)
        place = next((i for i, message in enumerate(messages) if message.get("role") == "user"), None)
        if place is not None:
            messages[place] = {**messages[place], "content": f"{messages[place].get('content') or ''}\n\n{self._text}"}
        return await self._model.complete(request.with_(messages=tuple(messages)))
