"""The arguments of a tool call: read as tolerantly as is safe, then held against the function's schema."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NoReturn

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from pydantic import JsonValue
from referencing import Registry

from agentopt_core.words import JsonObject

MAX_DECODINGS = 4
"""Times a JSON text may be wrapped in a JSON string: some models encode their arguments twice."""
MAX_LITERAL = 20_000
"""Characters of a Python literal that are read where JSON was meant."""
MAX_PROBLEMS = 3
MAX_PROBLEM_CHARACTERS = 200

_FENCED = re.compile(r"\A```[\w-]*[ \t]*\n(.*?)\n?[ \t]*```\Z", re.DOTALL)


class BadArguments(ValueError):
    """The text is no JSON object; `str()` says why in words a model can act on."""


def read_arguments(text: str) -> JsonObject:
    """The JSON object of a call's arguments.

    Accepted beside plain JSON: nothing at all, a code fence around it, a JSON string that holds it, raw line breaks
    inside strings, and a Python dict literal. Raises: BadArguments.
    """
    value: JsonValue = text
    for _ in range(MAX_DECODINGS):
        if not isinstance(value, str):
            break
        value = _decode(unfenced(value))
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadArguments(f"they are a JSON {_kind(value)}, not a JSON object")
    return value


def unfenced(text: str) -> str:
    """The text without blanks and a code fence around it."""
    text = text.strip()
    fenced = _FENCED.match(text)
    return fenced[1].strip() if fenced else text


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


def whole(text: str) -> str:
    """The text with half characters (lone surrogates), which no request can carry, replaced by `?`."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _decode(text: str) -> JsonValue:
    if not text:
        return {}
    try:
        # Half characters may come out of escapes; nothing downstream could encode them.
        value = json.loads(text, strict=False, parse_constant=_refuse_constant)
        return json.loads(whole(json.dumps(value, ensure_ascii=False)), parse_constant=_refuse_constant)  # type: ignore[no-any-return]
    except json.JSONDecodeError as error:
        literal = _python_literal(text)
        if literal is None:
            where = f"line {error.lineno}, column {error.colno}"
            raise BadArguments(f"they are not valid JSON ({error.msg} at {where})") from None
        return literal
    except RecursionError:
        raise BadArguments("they are nested too deeply") from None
    except BadArguments:
        raise
    except ValueError:
        raise BadArguments("they hold a number that is too long") from None


def _python_literal(text: str) -> JsonObject | None:
    if not text.startswith("{") or len(text) > MAX_LITERAL:
        return None
    try:
        value = json.loads(whole(json.dumps(ast.literal_eval(text), ensure_ascii=False, allow_nan=False)))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _refuse_constant(name: str) -> NoReturn:
    raise BadArguments(f"they hold {name}, which is no JSON number")


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
