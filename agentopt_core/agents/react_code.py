"""The code or command in an action's raw input: out of its fence, its quotes, a JSON object, tags or backticks."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings

from agentopt_core.lenient_json import NotJson, read_json, unfenced

_KEYS = frozenset({"code", "input", "script", "query", "python", "command", "cmd", "shell", "source", "arguments"})
_FENCED = re.compile(r"(`{3,}|~{3,})[ \t]*(?:\{?\.?[\w+.-]+\}?)?[ \t]*\n(.*?)(?:\n?[ \t]*\1|\Z)", re.DOTALL)
_ONE_LINE_FENCE = re.compile(r"(`{3,}|~{3,})(?:(?:python3?|py|bash|sh)[ \t]+)?(.+?)\1", re.DOTALL)
_LANGUAGE_LINE = re.compile(r"\A(?:python3?|py|bash|sh|shell|code)[ \t]*:?[ \t]*\n", re.IGNORECASE)
_LABEL = re.compile(r"\Acode[ \t]*:[ \t]*", re.IGNORECASE)
_TAGGED = re.compile(r"<(code|python|input|script|action_input|command)>(.*?)(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_PROSE = re.compile(r"\n[ \t]*\n(?=[A-Z][^\n=()\[\]{}#]*[.!?:…]?[ \t]*\Z)")
MAX_CHECKED = 100_000
"""Characters of code that are looked at as code; longer ones are run as they are."""


def code_in(name: str, text: str) -> str:
    """The code that the raw input of an action holds; empty where it holds none. Nothing is executed."""
    if text[:1] != "\n":  # what stands beside the label is not indented by its blank
        text = text.lstrip()
    text = text.strip("\n")
    if not text.strip() or text.strip().casefold() in ("none", "n/a", "null"):
        return ""
    code = _inside(text).strip("\n").rstrip()
    return _command(code) if name == "shell" else _repaired(code)


def looks_like_code(text: str) -> bool:
    """It parses as Python and is no single sentence of words."""
    return _parses(textwrap.dedent(text)) and not re.fullmatch(r"[\w\s.,']*", text)


def _inside(text: str) -> str:
    bare = text.strip()
    if (given := _of_json(bare)) is not None:
        return _inside(given) if given.strip().startswith(("```", "~~~")) else given
    if (found := _FENCED.search(text)) is not None:
        inner = textwrap.dedent(found[2])
        given = _of_json(inner.strip())
        return inner if given is None else given
    if (found := _ONE_LINE_FENCE.fullmatch(bare)) is not None:
        return found[2].strip()
    if (found := _TAGGED.match(bare)) is not None:
        return _inside(found[2].strip("\n"))
    if len(bare) > 2 and bare[0] == bare[-1] == "`" and "`" not in bare[1:-1]:
        return bare[1:-1]
    text = re.sub(r"\n[ \t]*(?:`{3,}|~{3,})[ \t]*\Z", "", text)  # the end of a fence around the whole reply
    return _LABEL.sub("", _LANGUAGE_LINE.sub("", text.lstrip("\n")))


def _of_json(text: str) -> str | None:
    """The code of {"code": "..."}, of code="...", or of a text that is one quoted string."""
    if text.startswith("{") or unfenced(text).startswith("{"):
        try:
            given = read_json(text)
        except NotJson:
            return None
        if isinstance(given, dict) and len(given) == 1:
            ((key, value),) = given.items()
            return value if key.casefold() in _KEYS and isinstance(value, str) else None
        return None
    if text[-1:] in "\"'" and len(text) <= MAX_CHECKED and (tree := _tree(text)) is not None:
        match tree.body:
            case [ast.Expr(ast.Constant(str(value)))]:
                return value
            case [ast.Assign([ast.Name(key)], ast.Constant(str(value)))] if key.casefold() in _KEYS:
                return value
    return None


def _repaired(code: str) -> str:
    """The code, or the first of some harmless readings of it that parses; the code itself where none does."""
    if len(code) > MAX_CHECKED or _parses(code):
        return code
    spaced = code.replace("\u00a0", " ")
    tries = [
        textwrap.dedent(code).strip("\n"),
        code.strip(),
        spaced,
        spaced.translate(str.maketrans("“”‘’", "\"\"''")),
        _PROSE.split(code)[0],
        code.replace("\\n", "\n") if "\n" not in code else code,
    ]
    return next((one for one in tries if one.strip() and _parses(one)), code)


def _command(command: str) -> str:
    return re.sub(r"^[ \t]*\$ ", "", textwrap.dedent(command), flags=re.MULTILINE).strip("\n")


def _parses(code: str) -> bool:
    return _tree(code) is not None


def _tree(code: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
