"""An action's input as models write it: an object for a function, raw text for `python` and `shell`."""

from __future__ import annotations

import ast
import json
import re
import textwrap
import warnings
from collections.abc import Collection, Mapping
from typing import Literal

from pydantic import JsonValue

from agentopt_core.agents.arguments import BadArguments, read_arguments
from agentopt_core.agents.react_code import code_in, looks_like_code
from agentopt_core.lenient_json import NotJson, read_json, unfenced
from agentopt_core.words import JsonObject

Reason = Literal[
    "empty",
    "no_label",
    "unknown_action",
    "missing_input",
    "missing_argument",
    "bad_input",
    "empty_answer",
]
"""Why a reply asks for nothing."""
Schema = JsonObject | None
"""JSON schema of an action's arguments; None for raw text."""

CALL_KEYS = ("arguments", "action_input", "input", "args", "kwargs", "parameters", "params", "tool_input")
"""Keys under which models wrap the arguments once more."""
_NOTHING = frozenset({"", "none", "n/a", "null", "nil", "{}", "()", "[]", "-", "no input", "none needed", "empty"})
_FENCED = re.compile(r"(`{3,}|~{3,})[ \t]*[\w+.-]*[ \t]*\n(.*?)(?:\n[ \t]*\1|\Z)", re.DOTALL)
_TAG = re.compile(r"<([A-Za-z_][\w-]{0,60})>")
_MAX_TEXT = 100_000
"""Characters of an input that is no JSON; longer ones are not taken apart."""


class BadInput(ValueError):
    """The input cannot be used; `str()` says why in words a model can act on."""

    def __init__(self, reason: Reason, told: str) -> None:
        super().__init__(told)
        self.reason: Reason = reason


def input_of(name: str, schema: Schema, given: str | None, beside: str, *, is_call: bool) -> JsonObject | str:
    """The input of an action. `given` stands behind an input label, None where there is none; `beside` by the name.

    `is_call`: `beside` is what a call holds between its parentheses. Raises: BadInput.
    """
    if given is None and is_call:
        return _called(name, schema, beside)
    if given is None and not _is_input(schema, beside):
        if schema is not None and not _required(schema):
            return {}
        raise BadInput("missing_input", f"there is no 'Action Input' for {name}")
    text = beside if given is None else given
    if schema is None:
        code = code_in(name, text)
        if not code:
            raise BadInput("missing_argument", f"the input of {name} is empty")
        return code
    return _object(name, schema, text)


def object_in(given: JsonObject, keys: Collection[str]) -> JsonValue:
    """What a call's wrapper holds; None where there is none."""
    return next((given[key] for key in keys if key in given), None)


def as_text(value: JsonValue) -> str:
    """A value as an input would be written."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _is_input(schema: Schema, beside: str) -> bool:
    """Text below an action's name without a label is its input where it can be nothing else."""
    text = beside.strip()
    if text.startswith(("{", "```", "~~~", "`{")):
        return True
    return schema is None and bool(text) and looks_like_code(text)


def _required(schema: JsonObject) -> list[str]:
    listed = schema.get("required")
    return [str(name) for name in listed] if isinstance(listed, list) else []


def _properties(schema: JsonObject) -> JsonObject:
    known = schema.get("properties")
    return known if isinstance(known, dict) else {}


def _object(name: str, schema: JsonObject, text: str) -> JsonObject:
    given = _read(name, schema, text.strip())
    known = _properties(schema)
    while given and not set(given) & set(known):
        inner = object_in(given, [*CALL_KEYS, name])
        if not isinstance(inner, dict | str) or (isinstance(inner, str) and not inner.strip().startswith("{")):
            break
        given = _read(name, schema, as_text(inner))
    return _complete(name, schema, given)


def _complete(name: str, schema: JsonObject, given: JsonObject) -> JsonObject:
    missing = [parameter for parameter in _required(schema) if parameter not in given]
    if missing:
        raise BadInput("missing_argument", f"{name} also needs {', '.join(missing)}")
    return given


def _read(name: str, schema: JsonObject, text: str) -> JsonObject:
    text = _without_marks(text)
    if (call := re.fullmatch(rf"(?:dict|{re.escape(name)})[ \t]*(\(.*\))", text, re.DOTALL)) is not None:
        text = call[1]
    if text.strip("`*_ .").casefold() in _NOTHING:
        return {}
    try:
        return read_arguments(text)
    except BadArguments as error:
        problem = str(error)
    for attempt in _attempts(text):
        try:
            return read_arguments(attempt)
        except BadArguments:
            continue
    is_short = len(text) <= _MAX_TEXT
    if is_short and (found := _of_tags(text, schema) or _of_pairs(unfenced(text), schema)):
        return found
    required = _required(schema)
    if is_short and len(required) == 1 and not unfenced(text).startswith("{"):
        return {required[0]: _value(unfenced(text), _properties(schema).get(required[0]))}
    raise BadInput("bad_input", f"the input of {name} cannot be used: {problem}")


def _without_marks(text: str) -> str:
    """Without the backticks or asterisks around all of it, and without a code fence's rest around the whole reply."""
    text = text.strip()
    for mark in ("**", "`"):
        if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark) and text[len(mark)] != mark[0]:
            text = text[len(mark) : -len(mark)].strip()
    opened = len(re.findall(r"^[ \t]*(?:`{3,}|~{3,})", text, re.MULTILINE))
    return re.sub(r"\n[ \t]*(?:`{3,}|~{3,})[ \t]*\Z", "", text) if opened == 1 else text


def _attempts(text: str) -> list[str]:
    """Where else in the text an object may stand: in a fence, in tags, behind some words."""
    fenced = [found[2] for found in _FENCED.finditer(text)]
    tag = _TAG.search(text)
    inner = [text[tag.end() : end]] if tag and (end := text.rfind(f"</{tag[1]}>")) > 0 else []
    brace = text.find("{")
    behind = [text[brace:]] if brace > 0 and re.fullmatch(r"[^{}\[\]()\"=]*", text[:brace]) else []
    quotes = [text.translate(_STRAIGHT)] if "“" in text or "”" in text else []
    opened = [re.sub(r"\A(?:`{3,}|~{3,})[ \t]*[\w+.-]*[ \t]*\n?", "", text)] if text.startswith(("```", "~~~")) else []
    return [*fenced, *inner, *behind, *quotes, *opened]


_STRAIGHT = str.maketrans("“”‘’", "\"\"''")


def _of_tags(text: str, schema: JsonObject) -> JsonObject:
    """<width>3</width> <height>4</height>."""
    known = _properties(schema)
    found = re.findall(r"<([A-Za-z_]\w{0,60})>([^<]*)</\1>", text)
    return {name: _value(value, known[name]) for name, value in found if name in known}


def _of_pairs(text: str, schema: JsonObject) -> JsonObject:
    """width=3, height=4; also with colons, or a line each; also in parentheses."""
    known = _properties(schema)
    if not known:
        return {}
    text = text.strip()
    if text[:1] + text[-1:] in ("()", "{}"):
        text = text[1:-1]
    if text.startswith("{"):  # broken JSON is not guessed at
        return {}
    if (arguments := _keywords(text)) and set(arguments) <= set(known):
        return arguments
    names = "|".join(re.escape(name) for name in known)
    pair = re.compile(
        rf"(?:^|[,;\n])[ \t]*+(?:[-*][ \t]++)?[*\"'`]*+\b({names})\b[\"'`*]*+[ \t]*+(?:=(?!=)|[:：])[ \t]*+"
    )
    marks = list(pair.finditer(text))
    if not marks or text[: marks[0].start()].strip():
        return {}
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    return {
        mark[1]: _value(text[mark.end() : end].strip().rstrip(",;"), known[mark[1]])
        for mark, end in zip(marks, ends, strict=True)
    }


def _keywords(text: str) -> JsonObject:
    """The literal keyword arguments of a call; empty where it is none."""
    call = _parsed_call(text)
    if call is None or call.args:
        return {}
    return _literals({str(keyword.arg): keyword.value for keyword in call.keywords if keyword.arg}) or {}


def _literals(nodes: Mapping[str, ast.expr]) -> JsonObject | None:
    values: JsonObject = {}
    for name, node in nodes.items():
        try:
            values[name] = read_json(ast.unparse(node)) if not isinstance(node, ast.Constant) else _constant(node)
        except (NotJson, RecursionError):
            return None
    return values


def _constant(node: ast.Constant) -> JsonValue:
    if node.value is None or isinstance(node.value, bool | int | float | str):
        return node.value
    raise NotJson("it is no JSON value")


def _parsed_call(inner: str) -> ast.Call | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = ast.parse(f"f({textwrap.dedent(inner)})", mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    return parsed if isinstance(parsed, ast.Call) else None


def _called(name: str, schema: Schema, inner: str) -> JsonObject | str:
    """The input of f(a=1), f({"a": 1}), f(1, 2) and f[1, 2]."""
    if schema is None:
        code = code_in(name, inner)
        if not code:
            raise BadInput("missing_argument", f"the input of {name} is empty")
        return code
    if not inner.strip() or inner.strip().startswith("{"):
        return _object(name, schema, inner)
    call = _parsed_call(inner) if len(inner) <= _MAX_TEXT else None
    known = list(_properties(schema))
    if call is not None and len(call.args) <= len(known):
        nodes = dict(zip(known, call.args, strict=False))
        nodes |= {str(keyword.arg): keyword.value for keyword in call.keywords}
        if (values := _literals(nodes)) is None:
            raise BadInput("bad_input", f"the arguments of {name} are not all plain values; give them as JSON")
        return _complete(name, schema, values)
    return _object(name, schema, inner)


def _value(text: str, described: JsonValue) -> JsonValue:
    """A bare value: text stays text where the schema wants one, or where it is no JSON."""
    text = text.strip().strip("`").strip()
    kind = described.get("type") if isinstance(described, dict) else None
    if text[:1] in ("'", '"') and text[-1:] == text[:1] and (call := _parsed_call(text)) is not None:
        match call.args:
            case [ast.Constant(str(quoted))]:
                return quoted
    if kind == "string":
        return text
    try:
        return read_json(text, text_after=False)
    except NotJson:
        return text
