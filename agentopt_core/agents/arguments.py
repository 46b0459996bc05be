"""The arguments of a tool call: read as tolerantly as is safe, then held against the function's schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from pydantic import JsonValue
from referencing import Registry

from agentopt_core.lenient_json import NotJson, read_json
from agentopt_core.words import JsonObject

MAX_PROBLEMS = 3
MAX_PROBLEM_CHARACTERS = 200


class BadArguments(ValueError):
    """The text is no JSON object; `str()` says why in words a model can act on."""


def read_arguments(text: str, *, text_after: bool = True) -> JsonObject:
    """The JSON object of a call's arguments, read as `read_json` does; nothing at all stands for `{}`.

    Text after the object is dropped, or refused without `text_after`. Raises: BadArguments.
    """
    try:
        value = read_json(text, text_after=text_after)
    except NotJson as error:
        if not error.text:
            return {}
        raise BadArguments(f"they are not valid JSON ({error})") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadArguments(f"they are a JSON {_kind(value)}, not a JSON object")
    return value


def schema_problems(parameters: JsonObject, arguments: JsonObject) -> str:
    """What is wrong with the arguments by the function's schema, in words a model can act on; empty when they fit.

    Regular expressions of a schema are not applied: a model wrote them, and one can take for ever. A schema that
    cannot be judged (a reference to elsewhere, an endless one) forbids nothing; then the call itself will tell.
    """
    try:
        found = islice(_Validator(parameters, registry=Registry()).iter_errors(arguments), MAX_PROBLEMS)
        return "; ".join(_sentence(error) for error in found)
    except Exception:
        return ""


def _kind(value: JsonValue) -> str:
    match value:
        case bool():
            return "boolean"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "number"


def _sentence(error: ValidationError) -> str:
    message = error.message
    if len(message) > MAX_PROBLEM_CHARACTERS:
        half = MAX_PROBLEM_CHARACTERS // 2
        message = f"{message[:half]} ... {message[-half:]}"
    place = error.json_path.removeprefix("$").removeprefix(".")[:MAX_PROBLEM_CHARACTERS]
    return f"{place}: {message}" if place else message


Keyword = Callable[[Any, Any, Any, Any], "Iterator[ValidationError] | None"]


def _not_applied(_validator: Any, _value: Any, _instance: Any, _schema: Any) -> Iterator[ValidationError]:
    return iter(())


def _unless_patterns(keyword: Keyword) -> Keyword:
    def apply(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError] | None:
        return None if "patternProperties" in schema else keyword(validator, value, instance, schema)

    return apply


_Validator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "pattern": _not_applied,
        "patternProperties": _not_applied,
        "unevaluatedProperties": _not_applied,
        "additionalProperties": _unless_patterns(Draft202012Validator.VALIDATORS["additionalProperties"]),
    },
)
