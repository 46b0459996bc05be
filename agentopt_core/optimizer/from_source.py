"""A file of Python as functions: each public `def` at its top level, with the imports and helpers it needs.

The file is read, never imported or run. Every function it gives is held to the same checks as a proposal of a model;
those are no guard against hostile code, which is the sandbox's work.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from agentopt_core.actions import Refusal
from agentopt_core.errors import ConfigError
from agentopt_core.functions import FunctionSet
from agentopt_core.lenient_json import NotJson, read_json
from agentopt_core.optimizer.annotations import parameters_of
from agentopt_core.optimizer.by_hand import read_text
from agentopt_core.optimizer.carried import Carrier
from agentopt_core.optimizer.fault import InvalidProposal
from agentopt_core.optimizer.packages import distributions_of
from agentopt_core.optimizer.source import FunctionNode, find_function, parse, readable_code
from agentopt_core.reviews import FunctionText
from agentopt_core.words import JsonObject

MAX_BYTES = 1_000_000
"""Of a file."""
MAX_FUNCTIONS = 64
"""Functions of a file."""
_TITLE = re.compile(r"^# -{100}\n# (\w+): (.*)\n", re.MULTILINE)
"""What an export writes above each function."""
_LISTED = re.compile(r"^__all__ = .*\n?\Z", re.MULTILINE)


def functions_from_source(
    data: bytes, packages: tuple[str, ...], tools: bytes | None = None
) -> tuple[FunctionSet, tuple[Refusal, ...]]:
    """The functions of a .py file, and what of it cannot be used.

    `packages` are the distributions functions may import; `tools` is an export's tools.json, whose descriptions and
    schemas go before those that docstrings and annotations tell. Raises: ConfigError when the file as a whole cannot
    be read.
    """
    known = _tools(tools)
    found = FunctionSet()
    refusals: list[Refusal] = []
    for text in texts_from_source(data):
        tool = known.get(text.name, {})
        description = tool.get("description")
        schema = tool.get("parameters")
        if isinstance(description, str):
            text = text.with_(description=description)
        if isinstance(schema, dict):
            text = text.with_(arguments=json.dumps(schema, ensure_ascii=False))
        outcome = read_text(text, found, packages)
        if isinstance(outcome, Refusal):
            refusals.append(outcome)
        else:
            found = found.including(outcome.function)
    return found, tuple(refusals)


def texts_from_source(data: bytes) -> list[FunctionText]:
    """The functions of a .py file as they would be typed, not checked yet.

    Raises: ConfigError when it is too large, is no Python, or holds no public function.
    """
    if len(data) > MAX_BYTES:
        raise ConfigError(
            f"The file has {len(data):,} bytes; {MAX_BYTES:,} can be read.", "Leave out what is not code."
        )
    try:
        source = readable_code(data.decode("utf-8-sig"))
        tree = parse(source)
    except UnicodeDecodeError as error:
        raise ConfigError("The file is no UTF-8 text.", "Save it as UTF-8.") from error
    except (InvalidProposal, RecursionError) as error:
        reason = error.reason if isinstance(error, InvalidProposal) else "The code is nested too deeply to be read."
        raise ConfigError(
            f"The file is no Python that can be read. {reason}", "Mend it and upload it again."
        ) from error
    texts = list(_exported(source) or _written(source, tree))
    if not texts:
        raise ConfigError(
            "The file has no public function at its top level.", "Write `def name(...)` without a leading underscore."
        )
    if len(texts) > MAX_FUNCTIONS:
        raise ConfigError(f"The file has {len(texts)} functions; {MAX_FUNCTIONS} can be read.", "Split the file.")
    return texts


def schema_text(name: str, code: str) -> str:
    """The schema that a function's own annotations tell, as JSON; empty when the code cannot be read."""
    try:
        schema = parameters_of(find_function(parse(readable_code(code)), name))
    except (InvalidProposal, RecursionError):
        return ""
    return json.dumps(schema, ensure_ascii=False, indent=2)


def _written(source: str, tree: ast.Module) -> Iterator[FunctionText]:
    """The public functions of any module, each with what it needs of the rest."""
    carrier = Carrier(source, tree)
    listed = _listed(tree)
    for node in {node.name: node for node in tree.body if isinstance(node, FunctionNode)}.values():
        if (node.name in listed) if listed is not None else not node.name.startswith("_"):
            code = carrier.code_for(node)
            yield _text(node, code, ast.get_docstring(node) or _words(node.name))


def _exported(source: str) -> list[FunctionText] | None:
    """The functions of an export, each with its code as it was; None when the file is none (any more)."""
    titles = list(_TITLE.finditer(source))
    texts = []
    for title, after in zip_longest(titles, titles[1:]):
        name, description = title[1], title[2]
        part = source[title.end() : after.start() if after else len(source)]
        code = _LISTED.sub("", part).strip() + "\n"
        try:
            tree = parse(code)
            if (alone := _learned_code(tree, name)) is not None:
                code, tree = alone, parse(alone)
            node = find_function(tree, name)
        except (InvalidProposal, SyntaxError, ValueError, RecursionError):
            return None
        texts.append(_text(node, code, description).with_(name=name))
    return texts or None


def _learned_code(tree: ast.Module, name: str) -> str | None:
    """The code in `name = _learned(name, code)`, as which an export keeps functions that clash with others."""
    match tree.body:
        case [ast.Assign(targets=[ast.Name(id=bound)], value=ast.Call(func=ast.Name(id="_learned"), args=[_, text]))]:
            if bound != name:
                return None
            skipped = isinstance(text, ast.Subscript)  # r'''<newline>code'''[1:]
            literal = ast.literal_eval(text.value if isinstance(text, ast.Subscript) else text)
            return str(literal)[1:] if skipped else str(literal)
    return None


def _text(node: FunctionNode, code: str, description: str) -> FunctionText:
    schema = parameters_of(node)
    imported = _imported(code)
    return FunctionText(
        name=node.name[:200],
        description=description[:20_000],
        arguments=json.dumps(schema, ensure_ascii=False),
        packages=", ".join(imported),
        code=code[:200_000],
    )


def _imported(code: str) -> Sequence[str]:
    """Distributions that the code imports and this machine has; what it lacks is told by the checks."""
    tops = [
        name.split(".")[0]
        for node in ast.walk(parse(code))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    ]
    return list(dict.fromkeys(found for top in tops for found in distributions_of(top)[:1]))


def _listed(tree: ast.Module) -> set[str] | None:
    """The names in `__all__`, where it is a plain list."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List(elts=names) | ast.Tuple(elts=names)):
                return {name.value for name in names if isinstance(name, ast.Constant) and isinstance(name.value, str)}
    return None


def _words(name: str) -> str:
    return name.replace("_", " ").strip().capitalize() + "."


def _tools(data: bytes | None) -> dict[str, JsonObject]:
    """Function name -> its entry in a tools.json. Raises: ConfigError when it is something else."""
    if data is None:
        return {}
    try:
        tools = read_json(data[: MAX_BYTES + 1].decode("utf-8-sig"))
    except (UnicodeDecodeError, NotJson) as error:
        raise ConfigError(f"tools.json cannot be read: {error}.", "Leave it out, or export it again.") from error
    entries: dict[str, JsonObject] = {}
    for tool in tools if isinstance(tools, list) else []:
        function = tool.get("function") if isinstance(tool, dict) else None
        if isinstance(function, dict) and isinstance(name := function.get("name"), str):
            entries[name] = function
    return entries
