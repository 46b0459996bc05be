"""The answer out of the arguments of a `final_answer` call, as models really write them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from agentopt_core.lenient_json import NotJson, read_json, unfenced

_ESCAPED_LATEX = re.compile(r"[\x08\x0c](?=[a-zA-Z])|\t(?=ext|imes|heta|frac|an\b)|\r(?=ight|ho\b)")
_LETTER_OF = {"\x08": "\\b", "\x0c": "\\f", "\t": "\\t", "\r": "\\r"}
_NAMED = re.compile(r"answer\s*[:=]\s*(\S.*)", re.DOTALL | re.IGNORECASE)


def final_answer_of(arguments_text: str) -> str | None:
    """The answer a `final_answer` call holds, or None when it holds none (a reply worth telling the model).

    Wanted is `{"answer": "..."}`. Forgiven is what `read_json` forgives, LaTeX with single backslashes, and a bare
    value instead of the object, since the call has only one parameter. Numbers stay as they were written; a list
    becomes its elements joined by ", ".
    """
    return answer_in(_decoded(arguments_text))


def answer_in(value: object) -> str | None:
    """The answer in arguments that are decoded already."""
    if isinstance(value, Mapping):
        given = {str(key).strip().casefold(): item for key, item in value.items()}
        value = given.get("answer")
    text = _ESCAPED_LATEX.sub(lambda found: _LETTER_OF[found[0]], _as_text(value))
    return text.strip() or None


def _as_text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return ", ".join(filter(None, (_as_text(item) for item in value)))
        case dict():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            return str(value)


def _decoded(text: str) -> object:
    """The arguments as a value; text that is no attempt at JSON is its own value, a broken attempt is None."""
    try:
        return read_json(text, as_written=True, lone_backslashes=True)
    except NotJson as error:
        if unfenced(text).startswith(("{", "[")):
            return None
        named = _NAMED.fullmatch(error.text)
        return named[1] if named else error.text
