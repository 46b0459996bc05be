"""Requests as the chat completions API takes them, and its replies as they may really come."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass

from pydantic import JsonValue

from agentopt_core.chat import ChatRequest
from agentopt_core.config import Endpoint
from agentopt_core.llm.failures import Failure, error_fields, one_line
from agentopt_core.llm.image_tokens import image_tokens
from agentopt_core.tokens import estimate_tokens
from agentopt_core.words import JsonObject

_MOST_TOKENS = 10**9
"""A usage beyond this is no usage."""


@dataclass(frozen=True)
class Reply:
    """The first choice of a chat completion. Token counts are None where the endpoint told none."""

    message: JsonObject
    finish_reason: str
    model: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int
    """Of the prompt's tokens, those the endpoint had seen before and may charge less for."""


def compose(request: ChatRequest, endpoint: Endpoint, seed: int) -> JsonObject:
    """The whole body of a request; what the endpoint leaves open is left out."""
    body: JsonObject = {"model": endpoint.model, "messages": list(request.messages), "seed": seed % 2**31}
    if request.tools:
        body["tools"] = list(request.tools)
        if request.tool_choice is not None:
            body["tool_choice"] = _tool_choice(request.tool_choice)
        if request.parallel_tool_calls is not None:
            body["parallel_tool_calls"] = request.parallel_tool_calls
    if endpoint.temperature is not None:
        body["temperature"] = endpoint.temperature
    if endpoint.max_tokens is not None:
        body["max_tokens"] = endpoint.max_tokens
    return body


def _tool_choice(choice: str) -> JsonValue:
    return choice if choice in ("auto", "none", "required") else {"type": "function", "function": {"name": choice}}


def read_reply(data: JsonObject) -> Reply | Failure:
    """The reply in a 2xx answer, or what is wrong with it. Some gateways send errors with status 200."""
    choices = data.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    if not isinstance(first, dict) or not isinstance(message, dict):
        return _error_within(data) or Failure("malformed", "an answer without choices")
    usage = data.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    details = usage.get("prompt_tokens_details")
    prompt = _count(usage.get("prompt_tokens"))
    cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else None
    return Reply(
        message=message,
        finish_reason=_word(first.get("finish_reason")),
        model=_word(data.get("model")),
        prompt_tokens=prompt,
        completion_tokens=_count(usage.get("completion_tokens")),
        cached_tokens=min(cached or 0, prompt or 0),
    )


def model_names(data: JsonObject) -> list[str] | Failure:
    """The names in an answer to GET /models, or what is wrong with it."""
    entries = data.get("data")
    if not isinstance(entries, list):
        return _error_within(data) or Failure("malformed", "a list of models without models")
    return [_word(entry.get("id")) for entry in entries if isinstance(entry, dict) and _word(entry.get("id"))]


def _error_within(data: JsonObject) -> Failure | None:
    if "error" not in data:
        return None
    message, code, param = error_fields(json.dumps(data))
    status = int(code) if re.fullmatch(r"[45]\d\d", code) else 502
    return Failure("status", one_line(message), status=status, code=code, param=param, text=message)


def _count(value: JsonValue) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value) if 0 <= value <= _MOST_TOKENS else None


def _word(value: JsonValue) -> str:
    return value[:1000] if isinstance(value, str) else ""


def estimate(value: JsonValue, model: str = "") -> int:
    """Estimated tokens of messages, tools or a reply's message for a model; rather high than low."""
    if isinstance(value, str):
        return estimate_tokens(value)
    if isinstance(value, dict):
        if value.get("type") == "image_url":
            return image_tokens(_url(value), model)
        return sum(estimate(item, model) + 2 for item in value.values())
    if isinstance(value, list | tuple):
        return sum(estimate(item, model) + 2 for item in value)
    return 1


def _url(part: JsonObject) -> str:
    image = part.get("image_url")
    url = image.get("url") if isinstance(image, dict) else None
    return url if isinstance(url, str) else ""
