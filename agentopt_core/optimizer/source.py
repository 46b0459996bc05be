"""Reading a proposed function's source: repair it if need be, find the function in it, and how it can be called."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator
from typing import NamedTuple

from agentopt_core.optimizer.fault import InvalidProposal

_FENCE = re.compile(r"^[ \t]*(```|~~~)[^\n]*\n(.*?)(?:^[ \t]*\1|\Z)", re.DOTALL | re.MULTILINE)
_ODD_BLANKS = re.compile("[\u00a0\u202f\u2007\u3000]")
_STRAIGHT = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'"})
_ESCAPE = re.compile(r"""\\(["'\\nrt])""")
_ESCAPED = {"n": "\n", "r": "", "t": "\t"}

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


class Signature(NamedTuple):
    """What of a function's parameters matters for calls by keyword."""

    passable: tuple[str, ...]
    """Names that can be passed by keyword."""
    needed: tuple[str, ...]
    """Names without a default, positional-only ones included."""
    takes_any: bool
    """It has **kwargs."""


def readable_code(text: str) -> str:
    """The source as it is if it compiles, else the first of its usual repairs that does; line ends become LF.

    Repairs: common indentation, no-break spaces, a fence around the code, typographic quotes, escaped line ends.
    Raises: InvalidProposal (`syntax_error`).
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    for candidate in _repairs(text):
        if _syntax_fault(candidate) is None:
            inner = _only_a_string(candidate)
            return candidate if inner is None else readable_code(inner)
    raise InvalidProposal("syntax_error", f"The code does not compile: {_syntax_fault(text)}.")


def parse(code: str) -> ast.Module:
    """The tree of source that compiles, without what runs only as a script (`if __name__ == "__main__"`)."""
    tree = _quietly_parsed(code)
    tree.body = [node for node in tree.body if not _is_script_part(node)]
    return tree


def find_function(tree: ast.Module, name: str) -> FunctionNode:
    """The function of that name, the one that is assigned to it, or the only public one.

    The last two have another name of their own.

    Raises: InvalidProposal (`no_function`, `wrong_function_name`, `async_function`).
    """
    found = [node for node in tree.body if isinstance(node, FunctionNode)]
    meant = _name_behind(tree, name)
    named = [node for node in found if node.name == meant]
    public = {node.name: node for node in found if not node.name.startswith("_")}
    if not found or (not named and name in _top_level_names(tree)):
        raise InvalidProposal("no_function", f"The code has no `def {name}(...)` at its top level. Define it there.")
    if not named and len(public) != 1:
        others = ", ".join(node.name for node in found)
        raise InvalidProposal("wrong_function_name", f"The code defines {others}, but not {name}. Rename one of them.")
    function = named[-1] if named else next(iter(public.values()))
    if isinstance(function, ast.AsyncFunctionDef):
        raise InvalidProposal("async_function", f"{name} is an async function. Write it as a plain `def`.")
    return function


def check_returns(function: FunctionNode) -> None:
    """Refuse a function that can never return a value, and generators.

    Raises: InvalidProposal (`no_return`).
    """
    returns = False
    for node in own_nodes(function):
        if isinstance(node, ast.Yield | ast.YieldFrom):
            raise InvalidProposal("no_return", f"{function.name} is a generator. Return a list instead of yielding.")
        if isinstance(node, ast.Return) and node.value is not None:
            returns = returns or not (isinstance(node.value, ast.Constant) and node.value.value is None)
    if not returns:
        raise InvalidProposal(
            "no_return", f"{function.name} returns no value anywhere. Write the whole body and return the result."
        )


def signature_of(function: FunctionNode) -> Signature:
    """The function's parameters."""
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    with_default = {arg.arg for arg in positional[len(positional) - len(given.defaults) :]} if given.defaults else set()
    with_default |= {arg.arg for arg, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value}
    return Signature(
        passable=tuple(arg.arg for arg in (*given.args, *given.kwonlyargs)),
        needed=tuple(arg.arg for arg in (*positional, *given.kwonlyargs) if arg.arg not in with_default),
        takes_any=given.kwarg is not None,
    )


def own_nodes(function: FunctionNode) -> Iterator[ast.AST]:
    """The nodes of a function's body, not those of functions and classes inside it."""
    waiting: list[ast.AST] = [*function.body]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, FunctionNode | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(node))


def _repairs(text: str) -> Iterator[str]:
    fenced = sorted((found[2] for found in _FENCE.finditer(text)), key=len, reverse=True)
    plain = [
        repaired
        for base in (text, *fenced)
        for repaired in (base, textwrap.dedent(base), textwrap.dedent(_ODD_BLANKS.sub(" ", base)))
    ]
    yield from plain
    yield from (candidate.translate(_STRAIGHT) for candidate in plain)
    yield from (_ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), candidate) for candidate in plain)


def _syntax_fault(code: str) -> str | None:
    """Why source does not compile. `compile` finds more than `ast.parse`, such as a return outside a function."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(code, "<function>", "exec", dont_inherit=True)
            ast.parse(code)
    except SyntaxError as error:
        line = (error.text or "").strip()[:80]
        return f"line {error.lineno}: {error.msg}" + (f": {line}" if line else "")
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return str(error) or type(error).__name__
    return None


def _quietly_parsed(code: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(code)


def _only_a_string(code: str) -> str | None:
    """The text of source that is nothing but one string: code that was quoted once too often."""
    body = _quietly_parsed(code).body
    if len(body) == 1 and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        value = body[0].value.value
        return value if isinstance(value, str) and "def " in value else None
    return None


def _is_script_part(node: ast.stmt) -> bool:
    """`if __name__ == "__main__":`"""
    test = node.test if isinstance(node, ast.If) else None
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def _top_level_names(tree: ast.Module) -> set[str]:
    names = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def _name_behind(tree: ast.Module, name: str) -> str:
    """`g` where the code last binds the name by `name = g`, else the name itself."""
    for node in reversed(tree.body):
        if isinstance(node, FunctionNode) and node.name == name:
            return name
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in node.targets):
            return node.value.id if isinstance(node.value, ast.Name) else name
    return name
