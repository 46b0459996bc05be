"""One rollout's messages: as they are recorded, and as they are sent."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue

from agentopt_core.agents.arguments import BadArguments
from agentopt_core.agents.replies import Reply
from agentopt_core.agents.toolbox import arguments_of
from agentopt_core.rollouts import Message, ToolCall
from agentopt_core.tokens import cut_middle
from agentopt_core.words import JsonObject

NOTHING_SAID = "(no text)"
"""Sent in the place of an empty reply: many endpoints refuse a history with an empty message in it."""


class Conversation:
    """Grows by what the model says and what it is told.

    The record holds replies as the model wrote them, thoughts apart. What is sent differs from it where endpoints
    are strict: no thoughts in the text, arguments that are valid JSON (an endpoint that parses the history refuses
    all of it for one broken call), no empty message, and the fields an endpoint wants to see again. Images are
    recorded by their paths and sent with their content.
    """

    def __init__(self, system: str, task: str, reasoning_tokens: int, images: Mapping[str, str] | None = None) -> None:
        """`images`: path of each image the task is shown with -> its data URL, in order."""
        self._reasoning_tokens = reasoning_tokens
        self._record: list[Message] = []
        self._sent: list[JsonObject] = []
        self._ids: set[str] = set()
        self._images = images or {}
        self._add(Message(role="system", content=system))
        self._add(Message(role="user", content=task, images=tuple(self._images)))

    @property
    def record(self) -> tuple[Message, ...]:
        """All messages for the rollout."""
        return tuple(self._record)

    @property
    def request(self) -> tuple[JsonObject, ...]:
        """All messages for the next request."""
        return tuple(self._sent)

    def add_reply(self, reply: Reply) -> tuple[ToolCall, ...]:
        """Add what the model said; returns its calls with ids that are unique in this conversation."""
        calls = tuple(call.with_(id=self._unique(call.id)) for call in reply.calls)
        reasoning = cut_middle(reply.reasoning, self._reasoning_tokens)
        message = Message(role="assistant", content=reply.text or reply.refusal, tool_calls=calls, reasoning=reasoning)
        self._record.append(message)
        sendable = message.with_(
            content=message.content or ("" if calls else NOTHING_SAID),
            tool_calls=tuple(call.with_(arguments=_valid_json(call)) for call in calls),
        )
        sent = {**sendable.as_request(), **reply.kept}
        entries = sent.get("tool_calls")
        for entry, kept in zip(entries if isinstance(entries, list) else (), reply.kept_of_calls, strict=False):
            if isinstance(entry, dict):
                entry.update(kept)
        self._sent.append(sent)
        return calls

    def add_action(self, reply: Reply, said: str, call: ToolCall | None) -> ToolCall | None:
        """Add a reply in a text protocol; returns its call with an id that is unique in this conversation.

        Recorded as the model wrote it, with the call that was read from it. Sent is only what it is held to have
        `said`, as text: an endpoint of that kind may know no calls.
        """
        call = call.with_(id=self._unique(call.id)) if call is not None else None
        self._record.append(
            Message(
                role="assistant",
                content=reply.text or reply.refusal,
                tool_calls=(call,) if call is not None else (),
                reasoning=cut_middle(reply.reasoning, self._reasoning_tokens),
            )
        )
        self._sent.append({"role": "assistant", "content": said or NOTHING_SAID})
        return call

    def observe(self, call: ToolCall | None, text: str) -> None:
        """Tell what came of an action, as its user; recorded as the answer to the call, where there was one."""
        if call is None:
            self.say(text)
            return
        self._record.append(Message(role="tool", content=text, tool_call_id=call.id))
        self._sent.append({"role": "user", "content": text})

    def answer_call(self, call: ToolCall, text: str) -> None:
        """Answer one call of the last reply."""
        self._add(Message(role="tool", content=text, tool_call_id=call.id))

    def say(self, text: str) -> None:
        """Tell the model something as its user."""
        self._add(Message(role="user", content=text))

    def note(self, text: str) -> None:
        """Add a note to the last message. A message of its own would break endpoints that want roles to alternate."""
        noted = f"{self._record[-1].content}\n\n{text}"
        self._record[-1] = self._record[-1].with_(content=noted)
        sent = self._sent.pop()
        parts = sent["content"]
        content: JsonValue = [{"type": "text", "text": noted}, *parts[1:]] if isinstance(parts, list) else noted
        self._sent.append({**sent, "content": content})

    def _add(self, message: Message) -> None:
        self._record.append(message)
        self._sent.append(self._with_images(message))

    def _with_images(self, message: Message) -> JsonObject:
        sent = message.as_request()
        if message.images:
            shown: list[JsonValue] = [
                {"type": "image_url", "image_url": {"url": self._images[path]}} for path in message.images
            ]
            sent["content"] = [{"type": "text", "text": message.content}, *shown]
        return sent

    def _unique(self, identity: str) -> str:
        # Ours have nine letters and digits, the only form every endpoint takes, and count up: nothing random.
        number = len(self._ids)
        while not identity or identity in self._ids:
            number += 1
            identity = f"call{number:05d}"
        self._ids.add(identity)
        return identity


def _valid_json(call: ToolCall) -> str:
    """The call's arguments as JSON: its own text where that is JSON already, `{}` where nothing can be read."""
    try:
        arguments = arguments_of(call)
    except BadArguments:
        return "{}"
    try:
        if isinstance(json.loads(call.arguments), dict):
            return call.arguments
    except (ValueError, RecursionError):
        pass
    return json.dumps(arguments, ensure_ascii=False)
