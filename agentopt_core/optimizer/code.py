"""Static checks of what proposed code uses. They save a try; the guarding is the sandbox's work, not theirs."""

from __future__ import annotations

import ast
import re

from pyflakes.checker import Checker
from pyflakes.messages import UndefinedName

from agentopt_core.optimizer.fault import InvalidProposal
from agentopt_core.optimizer.packages import distributions_of, is_standard
from agentopt_core.optimizer.source import FunctionNode, own_nodes
from agentopt_core.sandbox import usable_distributions

_NETWORK = frozenset({
    "socket", "socketserver", "urllib.request", "http.client", "http.server", "ftplib", "smtplib", "poplib",
    "imaplib", "telnetlib", "nntplib", "xmlrpc", "webbrowser", "requests", "urllib3", "httpx",
    "httpx2", "aiohttp", "websocket", "websockets", "wget", "pycurl", "paramiko",
})  # fmt: skip
_PROCESSES = frozenset({"subprocess", "pty", "pip", "ensurepip"})
_FORBIDDEN_CALLS = {
    "input": "nobody is there to type; take the value as an argument",
    "breakpoint": "there is no debugger",
    "exit": "it ends the process; return a value or raise an exception",
    "quit": "it ends the process; return a value or raise an exception",
    "sys.exit": "it ends the process; return a value or raise an exception",
    "os._exit": "it ends the process; return a value or raise an exception",
    "os.abort": "it ends the process; return a value or raise an exception",
    "exec": "write the code out instead",
}
_FORBIDDEN_OS = re.compile(r"\Aos\.(?:system|popen|fork\w*|exec\w+|spawn\w+|posix_spawn\w*|kill\w*)\Z")


def check_imports(tree: ast.Module, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """The distributions the code imports beside the standard library.

    Raises: InvalidProposal (`import_failed`, `forbidden_call`).
    """
    usable = usable_distributions(allowed)
    distributions: list[str] = []
    for module in _imported_modules(tree):
        if _is_within(module, _NETWORK):
            raise InvalidProposal("forbidden_call", f"It imports {module}, but functions have no network.")
        if _is_within(module, _PROCESSES):
            raise InvalidProposal("forbidden_call", f"It imports {module}, but functions may not start programs.")
        if module.startswith("."):
            raise InvalidProposal("import_failed", "A relative import has no package here. Put that code in this one.")
        top = module.split(".")[0]
        if is_standard(top):
            continue
        provided = [name for name in distributions_of(top) if name in usable]
        if not provided:
            names = ", ".join(sorted(usable)) or "none"
            raise InvalidProposal(
                "import_failed",
                f"The module {top!r} cannot be imported here. Beside the standard library there are: {names}.",
            )
        if provided[0] not in distributions:
            distributions.append(provided[0])
    return tuple(distributions)


def check_calls(tree: ast.Module) -> None:
    """Refuse calls that cannot work in the sandbox.

    Raises: InvalidProposal (`forbidden_call`).
    """
    origins = _import_origins(tree)
    bound = _bound_names(tree) - set(origins)
    for node in ast.walk(tree):
        path = _dotted(node.func) if isinstance(node, ast.Call) else None
        if not path:
            continue
        first, _, rest = path.partition(".")
        if first in bound:
            continue  # a name of its own, whatever it is called
        path = origins.get(first, first) + (f".{rest}" if rest else "")
        why = _FORBIDDEN_CALLS.get(path)
        if why is None and _FORBIDDEN_OS.match(path):
            why = "functions may not start or end processes"
        if why is None and _is_within(path, _NETWORK | _PROCESSES):
            why = "functions have no network and start no programs"
        if why:
            raise InvalidProposal("forbidden_call", f"Line {node.lineno} calls {path}(): {why}.")  # type: ignore[attr-defined]


def check_names(tree: ast.Module, known: tuple[str, ...]) -> None:
    """Refuse names that are bound nowhere; `known` are the other functions of the set, which cannot be called.

    Raises: InvalidProposal (`undefined_name`).
    """
    _drop_unevaluated_annotations(tree)
    try:
        messages = Checker(tree).messages
    except RecursionError:
        return  # too deep to read; loading it will tell
    for message in sorted(messages, key=lambda message: message.lineno):
        if isinstance(message, UndefinedName):
            name = message.message_args[0]
            cause = (
                "is another function of the list; functions cannot call each other, so copy its code into this one"
                if name in known
                else "is not defined there, only elsewhere in the code"
                if name in _bound_names(tree) | set(_import_origins(tree))
                else "is defined nowhere in the code"
            )
            raise InvalidProposal("undefined_name", f"Line {message.lineno} uses {name}, which {cause}.")


def _drop_unevaluated_annotations(tree: ast.Module) -> None:
    """Names in these need not exist: Python never looks them up.

    They are quoted ones, those of local names, and all where annotations are postponed.
    """
    none = ast.Constant(value=None, lineno=1, col_offset=0)
    postponed = any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(name.name == "annotations" for name in node.names)
        for node in tree.body
    )
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode):
            for inner in own_nodes(node):
                if isinstance(inner, ast.AnnAssign):
                    inner.annotation = none
            if postponed or isinstance(node.returns, ast.Constant):
                node.returns = None
        elif isinstance(node, ast.arg | ast.AnnAssign) and (postponed or isinstance(node.annotation, ast.Constant)):
            node.annotation = none


def _imported_modules(tree: ast.Module) -> list[str]:
    """Every module imported, dotted; what `from m import n` takes is `m.n`; relative ones begin with a dot.

    Imports that the code itself guards against an ImportError are left out: without the module it goes on.
    """
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Try) and any(_catches_import_error(handler) for handler in node.handlers)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    modules: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and id(node) not in guarded:
            modules.extend(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and id(node) not in guarded:
            origin = "." * node.level + (node.module or "")
            modules.extend(f"{origin}.{name.name}" for name in node.names)
    return modules


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    return not caught.isdisjoint({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def _import_origins(tree: ast.Module) -> dict[str, str]:
    """Local name -> dotted path, for everything imported."""
    origins: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                origins[name.asname or name.name.split(".")[0]] = name.name if name.asname else name.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                origins[name.asname or name.name] = f"{node.module}.{name.name}"
    return origins


def _bound_names(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, FunctionNode | ast.ClassDef):
            names.add(node.name)
    return names


def _dotted(node: ast.expr) -> str | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def _is_within(path: str, modules: frozenset[str]) -> bool:
    return any(path == module or path.startswith(f"{module}.") for module in modules)
