"""What an endpoint did instead of answering, and what that means: pure functions over a described failure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal

from pydantic import JsonValue

from agentopt_core.llm import strict_json
from agentopt_core.words import JsonObject

FailureKind = Literal["unreachable", "tls", "broken", "timeout", "status", "malformed", "too_large"]
"""`unreachable`: no connection; `tls`: no secure one; `broken`: cut off on the way; `status`: an HTTP status other than
2xx; `malformed`: an answer that is no chat completion."""

Meaning = Literal[
    "transient",
    "key",
    "payment",
    "model",
    "path",
    "tools",
    "no_images",
    "bad_image",
    "too_long",
    "filtered",
    "redirect",
    "refused",
    "foreign",
]
"""What a status means: `foreign` is no OpenAI-compatible endpoint, `refused` any other fault of this one request.

`no_images`: the model takes none; `bad_image`: it does not take this one.
"""


@dataclass(frozen=True)
class Failure:
    """One attempt without a usable reply. No text in it holds a key."""

    kind: FailureKind
    detail: str
    """At most some 300 characters, on one line."""
    status: int = 0
    code: str = ""
    param: str = ""
    text: str = ""
    """The error body, cut."""
    retry_after_s: float | None = None
    """Seconds the endpoint asks to wait."""

    @property
    def reached(self) -> bool:
        """The endpoint got the request."""
        return self.kind not in ("unreachable", "tls")

    @property
    def may_have_cost(self) -> bool:
        """The model may have worked on it, so it may be on the bill. A status other than 2xx comes before any work."""
        return self.kind in ("broken", "timeout", "malformed", "too_large")

    @property
    def is_rate_limit(self) -> bool:
        """Too many requests at this moment."""
        return self.status == 429 and meaning(self) == "transient"


_TRANSIENT = frozenset({408, 409, 425, 429})
_NO_CREDIT = re.compile(r"insufficient_quota|billing_hard_limit|insufficient[ _](credits|balance|funds)")
_TOO_LONG = re.compile(
    r"context_length|context length|context window|context size|exceed_context|maximum context|too many (input )?tokens"
    r"|(prompt|input|request|messages?)( is| are)? too (long|large)|reduce the length|string_above_max_length"
)
_FILTERED = re.compile(
    r"content[_ ]?(filter|policy|management)|responsible ?ai|moderation|flagged|safety system|guardrail"
)
_TOOLS = r"(?<!parallel )\b(tools|tool[ _]us(e|age)|tool[ _]call(s|ing)?|function[ _]call(s|ing)?|functions)\b"
_NO_TOOLS = re.compile(
    rf"(does not|doesn't|do not|don't|cannot|no endpoints found that) support\b[^.]{{0,20}}{_TOOLS}"
    rf"|{_TOOLS}[^.]{{0,30}}\b(not |un)(supported|available|enabled|permitted|allowed)"
    r"|enable-auto-tool-choice|tool-call-parser|tools param requires"
)
_IMAGES = r"(image[ _-]?(url|inputs?)?s?|vision|multi-?modal( (inputs?|content))?)"
_NO_IMAGES = re.compile(
    r"(does not|doesn't|do not|don't|cannot|no endpoints found that) (support|accept|take|process)\b"
    rf"[^.]{{0,20}}\b{_IMAGES}\b"
    rf"|\b{_IMAGES}\b[^.]{{0,30}}\b(not |un)(supported|available|enabled|permitted|allowed)\b"
    r"|image_url[`'\"]? is only supported by|unknown variant [`'\"]image_url|not a multimodal model|not multimodal"
    r"|at most 0 image|missing data required for image input|--mmproj|provide the mmproj"
)
_BAD_IMAGE = re.compile(
    r"invalid[ _]image|image[ _](parse|decode|format|data)[ _](error|invalid)|unsupported image|could not process image"
    r"|(fail(ed|ure)|unable|cannot|could not)( to)? (load|decode|process|download|parse|open|identify)[^.]{0,20} image"
    r"|image[^.]{0,40}\b(too (large|small|big|many)|exceeds)|too many images"
)
_NO_MODEL = re.compile(
    r"model_not_found|unknown_model|invalid_model|not a valid model|invalid model|unknown model|no such model"
    r"|model\b[^.]{0,120}\b(not found|does not exist|doesn't exist|not exist|not loaded)|try pulling it"
)
_CREDENTIAL = r"(api[ _-]?key|access token|credentials?)"
_BAD_KEY = re.compile(
    rf"{_CREDENTIAL}[^.]{{0,40}}\b(not valid|invalid|incorrect|missing|required|expired)"
    rf"|(invalid|incorrect|missing)[ _]{_CREDENTIAL}"
)


def meaning(failure: Failure) -> Meaning:
    """What a failure of kind `status` means; all other kinds are transient."""
    if failure.kind != "status":
        return "transient"
    status = failure.status
    text = f"{failure.code} {failure.detail} {failure.text}".lower()
    if status == 402 or (status in (403, 429) and _NO_CREDIT.search(text)):
        return "payment"
    if status >= 400 and status not in (401, 403, 429) and _NO_IMAGES.search(text):
        return "no_images"  # some servers say it with a status of 500
    if status in _TRANSIENT or (status >= 500 and status not in (501, 505)):
        return "transient"
    if 300 <= status < 400:
        return "redirect"
    if status == 401:
        return "key"
    if status == 403:
        return "filtered" if _FILTERED.search(text) else "key"
    if status in (405, 415, 501, 505) or status < 300:
        return "foreign"
    if failure.param == "tools" or (not failure.param and _NO_TOOLS.search(text)):
        return "tools"
    if _BAD_IMAGE.search(text):
        return "bad_image"
    if status == 413 or _TOO_LONG.search(text):
        return "too_long"
    if _NO_MODEL.search(text) or failure.param == "model":
        return "model"
    if status == 404:
        return "model" if "model" in text else "path"
    if _FILTERED.search(text):
        return "filtered"
    return "key" if _BAD_KEY.search(text) else "refused"


def one_line(text: str) -> str:
    """At most 300 printable characters of a text, on one line."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))[:300]


def error_fields(text: str) -> tuple[str, str, str]:
    """Message, code and parameter of an error body, in the forms that endpoints use; what is missing is empty."""
    try:
        data = strict_json.parse(text)
    except ValueError:
        return text, "", ""
    if isinstance(data, list) and data:
        data = data[0]
    if not isinstance(data, dict):
        return text, "", ""
    error = data.get("error", data)
    if isinstance(error, str):
        return error, "", ""
    if not isinstance(error, dict):
        return text, "", ""
    detail = error.get("detail")
    if isinstance(detail, list) and detail and isinstance(detail[0], dict):
        return _validation_fields(detail[0])
    message = error.get("message") or detail or error.get("error") or text
    code = error.get("code") or error.get("type") or ""
    param = error.get("param") or ""
    return _text(message), _text(code), _text(param)


def _validation_fields(fault: JsonObject) -> tuple[str, str, str]:
    """The first fault of a validation report, as servers built on FastAPI write them; it may repeat the request."""
    where = fault.get("loc")
    param = _text(where[-1]) if isinstance(where, list) and where else ""
    return f"{param}: {_text(fault.get('msg', ''))}", _text(fault.get("type", "")), param


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def retry_after_s(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds an answer asks to wait, or None if it says nothing.

    It may say `retry-after-ms`, or `retry-after` in seconds or as a date. `now`: seconds since 1970.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * unit
        except (KeyError, ValueError):
            continue
        if math.isfinite(seconds):
            return max(0.0, seconds)
    try:
        return max(0.0, parsedate_to_datetime(headers["retry-after"]).timestamp() - now)
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
