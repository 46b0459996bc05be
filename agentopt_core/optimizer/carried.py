"""What one function of a module needs of the rest of it: imports, helpers, classes and constants, in their order."""

from __future__ import annotations

import ast
from collections import defaultdict

from agentopt_core.optimizer.source import FunctionNode


class Carrier:
    """Cuts functions out of a module with all they need. Reads the source; runs nothing.

    What a module does beside defining names (it prints, reads a file, calls a function for its effect) is left behind,
    but for changes made to a name that is carried, such as `TABLE["x"] = 1`.
    """

    def __init__(self, source: str, tree: ast.Module) -> None:
        self._lines = source.splitlines(keepends=True)
        self._body = tree.body
        self._bound: dict[str, list[int]] = defaultdict(list)
        self._changed: dict[str, list[int]] = defaultdict(list)
        for number, node in enumerate(self._body):
            for name in _bound_by(node):
                self._bound[name].append(number)
            for name in _changed_by(node):
                self._changed[name].append(number)

    def code_for(self, function: FunctionNode) -> str:
        """The function's source after everything at the module's top level that it uses, directly or through others."""
        wanted: set[int] = set()
        needed: set[str] = set()
        waiting = [self._body.index(function)]
        while waiting:
            number = waiting.pop()
            if number in wanted:
                continue
            wanted.add(number)
            for name in _used_by(self._body[number]) - needed:
                if name in self._bound:
                    needed.add(name)
                    waiting += self._bound[name]
                    waiting += self._changed[name] if name != function.name else []
        wanted |= {number for number, node in enumerate(self._body) if _is_future(node)}
        imports = [number for number in sorted(wanted) if isinstance(self._body[number], ast.Import | ast.ImportFrom)]
        rest = [number for number in sorted(wanted) if number not in imports]
        head = "".join(self._import(number, needed) for number in imports)
        parts = [self._source(number) for number in rest]
        code = head
        for number, part in zip(rest, parts, strict=True):
            apart = isinstance(self._body[number], FunctionNode | ast.ClassDef)
            code = (code.rstrip("\n") + ("\n\n\n" if apart else "\n") if code else "") + part
        return code.rstrip() + "\n"

    def _import(self, number: int, needed: set[str]) -> str:
        """An import with only the names that are needed."""
        node = self._body[number]
        assert isinstance(node, ast.Import | ast.ImportFrom)
        if _is_future(node) or any(alias.name == "*" for alias in node.names):
            return ast.unparse(node) + "\n"
        names = [alias for alias in node.names if (alias.asname or alias.name.split(".")[0]) in needed]
        if isinstance(node, ast.Import):
            return ast.unparse(ast.Import(names=names)) + "\n"
        return ast.unparse(ast.ImportFrom(module=node.module, names=names, level=node.level)) + "\n"

    def _source(self, number: int) -> str:
        """A statement as it is written, with its decorators and the comment right above it."""
        node = self._body[number]
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
        while first > 1 and self._lines[first - 2].startswith("#"):
            first -= 1
        lines = self._lines[first - 1 : node.end_lineno]
        return "".join(lines).rstrip() + "\n"


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _bound_by(node: ast.stmt) -> set[str]:
    """The names a top-level statement binds."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Import(names=imported) | ast.ImportFrom(names=imported):
            return {alias.asname or alias.name.split(".")[0] for alias in imported}
    names: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            names.add(inner.id)
        elif isinstance(inner, ast.Import | ast.ImportFrom):
            names |= _bound_by(inner)
        elif isinstance(inner, FunctionNode | ast.ClassDef):
            names.add(inner.name)
    return names


def _used_by(node: ast.stmt) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _changed_by(node: ast.stmt) -> set[str]:
    """The names whose objects a statement changes: an item or attribute is set, or a method called for its effect."""
    targets: list[ast.expr] = []
    match node:
        case ast.Assign(targets=given):
            targets = [*given]
        case ast.AugAssign(target=changed):
            targets = [changed]
        case ast.Expr(value=ast.Call(func=ast.Attribute() as method)):
            targets = [method]
    roots = set()
    for target in targets:
        root: ast.expr = target
        while isinstance(root, ast.Attribute | ast.Subscript):
            root = root.value
        if isinstance(root, ast.Name) and root is not target:
            roots.add(root.id)
    return roots
