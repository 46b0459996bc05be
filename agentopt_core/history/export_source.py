"""Learned functions as one module of plain Python, each behaving as it did alone."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence

from agentopt_core.functions import Function

_OWN = "something of its own"
_RESERVED = {*dir(builtins), "_learned"}
_MODULE_WORDS = {"globals", "vars", "locals", "dir", "__name__", "__file__", "__import__"}

_LEARNED = '''

def _learned(name, source):
    """The function of that name, defined in a module of its own, since it shares names with another one here."""
    import linecache
    import sys
    import types

    module = types.ModuleType(f"{__name__}_{name}")
    module.__file__ = f"<{name}>"
    sys.modules[module.__name__] = module
    linecache.cache[module.__file__] = (len(source), None, source.splitlines(keepends=True), module.__file__)
    exec(compile(source, module.__file__, "exec"), module.__dict__)
    return getattr(module, name)
'''


def module_source(functions: Sequence[Function], header: Sequence[str]) -> str:
    """A module that defines the functions, after `header` as comments.

    In a run every function has a module to itself. Here they share one as long as that changes nothing: no name is
    defined twice (but for the same import), none hides a builtin, and nothing concerns the module as a whole. A
    function that would not be alone in this way keeps its code as a text that is run as a module of its own.
    """
    alone = _to_isolate(functions)
    parts = ["".join(f"# {line}\n" if line else "#\n" for line in map(comment, header))]
    if alone:
        parts.append(_LEARNED)
    for function in functions:
        title = f"\n\n# {'-' * 100}\n# {comment(function.name)}: {comment(function.description)}\n\n"
        if function.name in alone:
            parts.append(f"{title}{function.name} = _learned({function.name!r}, {text_literal(function.code)})\n")
        else:
            parts.append(f"{title}{_lines(function.code).strip()}\n")
    parts.append(f"\n\n__all__ = {[function.name for function in functions]!r}\n")
    return "".join(parts)


def comment(text: str, limit: int = 300) -> str:
    """Any text on one printable line, so that it cannot leave the comment it is put in."""
    line = " ".join(text.split())
    return "".join(letter if letter.isprintable() else "?" for letter in line)[:limit]


def text_literal(text: str) -> str:
    """A Python literal of exactly this text, as readable as it can be."""
    for quotes in ('"""', "'''"):
        literal = f"r{quotes}\n{text}{quotes}"
        if _value(literal) == f"\n{text}":
            return f"{literal}[1:]"
    return repr(text)


def _value(literal: str) -> object:
    try:
        return ast.literal_eval(literal)
    except (SyntaxError, ValueError):
        return None


def _to_isolate(functions: Sequence[Function]) -> set[str]:
    bindings = {function.name: _bindings(function) for function in functions}
    alone = set()
    for name, bound in bindings.items():
        # One that stands alone still takes its own name.
        others = [theirs or {other: _OWN} for other, theirs in bindings.items() if other != name]
        if bound is None or any(_clash(bound, theirs) for theirs in others):
            alone.add(name)
    return alone


def _clash(bound: dict[str, str], theirs: dict[str, str]) -> bool:
    return any(name in theirs and (theirs[name] != meaning or meaning == _OWN) for name, meaning in bound.items())


def _bindings(function: Function) -> dict[str, str] | None:
    """Top-level name -> what it stands for, or None when the code is not at home beside other code."""
    try:
        tree = ast.parse(_lines(function.code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    bound: dict[str, str] = {}
    for statement in tree.body:
        match statement:
            case ast.ImportFrom(module=module, names=names):
                if module == "__future__" or any(alias.name == "*" for alias in names):
                    return None
                bound |= {alias.asname or alias.name: f"import {module}.{alias.name}" for alias in names}
            case ast.Import(names=names):
                for alias in names:
                    root = alias.name.partition(".")[0]
                    bound[alias.asname or root] = f"import {alias.name if alias.asname else root}"
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                bound[name] = _OWN
            case ast.Expr(value=ast.Constant()):
                continue
            case ast.Assign(targets=targets) if all(isinstance(target, ast.Name) for target in targets):
                bound |= {target.id: _OWN for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                bound[name] = _OWN
            case _:
                return None
    nodes = list(ast.walk(tree))
    changed = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
    bound |= dict.fromkeys(changed - set(bound), _OWN)
    words = {node.id for node in nodes if isinstance(node, ast.Name)}
    if words & _MODULE_WORDS or any(isinstance(node, ast.NamedExpr) for node in nodes):
        return None
    return None if any(name in _RESERVED or name.startswith("__") for name in bound) else bound


def _lines(code: str) -> str:
    return code.replace("\r\n", "\n").replace("\r", "\n")
