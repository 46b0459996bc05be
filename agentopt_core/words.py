"""What every word of this package is made of: a frozen, validated value that turns into JSON and back."""

from __future__ import annotations

import hashlib
import json
from typing import Self

from pydantic import BaseModel, ConfigDict, JsonValue

JsonObject = dict[str, JsonValue]
"""A JSON object as `json.loads` returns it."""


class Word(BaseModel):
    """A value that never changes; a change is a new value (`with_`). Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings", hide_input_in_errors=True)

    def with_(self, **changes: object) -> Self:
        """The same value with some fields changed, validated again."""
        return type(self).model_validate({**{name: getattr(self, name) for name in type(self).model_fields}, **changes})


def digest(value: object, length: int = 12) -> str:
    """A short name for a JSON-like value that depends on its content alone (SHA-256, `length` hex digits)."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]
