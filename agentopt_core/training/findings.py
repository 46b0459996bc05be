"""What a person should look at in a proposal: found by reading the code, never by running it.

A finding is a question to the reviewer. That nothing is found says nothing about what the code does: the sandbox is
what protects this machine.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from agentopt_core.actions import Update
from agentopt_core.config import ApprovalConfig
from agentopt_core.evaluation.compare import Paired
from agentopt_core.functions import Function
from agentopt_core.reviews import Finding, FindingKind
from agentopt_core.rollouts import Evaluation

_MODULES: dict[str, FindingKind] = {
    **dict.fromkeys(
        ("socket", "ssl", "urllib", "http", "ftplib", "smtplib", "poplib", "imaplib", "telnetlib", "socketserver",
         "xmlrpc", "requests", "httpx", "aiohttp", "urllib3", "websockets", "paramiko"), "network",
    ),
    **dict.fromkeys(
        ("os", "pathlib", "shutil", "tempfile", "glob", "fileinput", "mmap", "zipfile", "tarfile", "sqlite3",
         "shelve", "dbm"), "files",
    ),
    **dict.fromkeys(
        ("subprocess", "multiprocessing", "pty", "signal", "ctypes", "threading", "concurrent"), "processes",
    ),
    **dict.fromkeys(
        ("importlib", "runpy", "pickle", "marshal", "code", "codeop", "builtins", "inspect"), "dynamic_code",
    ),
}  # fmt: skip
"""What a module that is imported stands for."""
_CALLS: dict[str, FindingKind] = {
    "open": "files",
    "eval": "dynamic_code",
    "exec": "dynamic_code",
    "compile": "dynamic_code",
    "__import__": "dynamic_code",
    "globals": "dynamic_code",
}
_METHODS: dict[str, FindingKind] = {
    **dict.fromkeys(
        ("read_csv", "read_excel", "read_json", "read_parquet", "read_html", "to_csv", "to_excel"), "files"
    ),
    **dict.fromkeys(("loadtxt", "genfromtxt", "savetxt", "fromfile", "tofile", "write_text", "write_bytes"), "files"),
    **dict.fromkeys(("system", "popen", "fork", "spawn"), "processes"),
}
_WORDS: dict[FindingKind, str] = {
    "network": "uses the network",
    "files": "uses files",
    "processes": "starts or steers processes",
    "dynamic_code": "builds code while it runs",
}


def findings(update: Update, accepted: Evaluation, config: ApprovalConfig) -> tuple[Finding, ...]:
    """What is noticed about an update on the accepted set, whose histories tell what the tasks rely on."""
    found: list[Finding] = []
    for action in update.actions:
        if action.op != "remove":
            found += function_findings(action.function, config.long_code_lines)
        if action.name in accepted.functions:
            found += _relied_on(action.name, action.op == "remove", accepted, config.relied_on_share)
    return tuple(found)


def function_findings(function: Function, long_code_lines: int) -> list[Finding]:
    """What is noticed in one function's code, each kind once per line."""
    found = list(_in_code(function))
    lines = function.code.rstrip().count("\n") + 1
    if lines > long_code_lines:
        found.append(Finding(kind="long_code", function=function.name, text=f"{lines} lines, unusually long."))
    return found


def weak_evidence(pair: Paired, weak_p: float) -> list[Finding]:
    """A gain that chance alone would often give."""
    if pair.p_value < weak_p:
        return []
    text = (
        f"{pair.fixed_count} fixed, {pair.broken_count} broken of {pair.n} tasks: chance alone gives as much in "
        f"{100 * pair.p_value:.0f} of 100 cases (exact p = {pair.p_value:.2g})."
    )
    return [Finding(kind="weak_evidence", text=text)]


def _relied_on(name: str, removed: bool, accepted: Evaluation, share: float) -> list[Finding]:
    users = sum(any(call.tool == name for call in rollout.calls) for rollout in accepted.rollouts)
    if not users or users < share * len(accepted.rollouts):
        return []
    what = "removed" if removed else "changed"
    text = f"{what}, and {users} of {len(accepted.rollouts)} tasks used it in evaluation {accepted.index}."
    return [Finding(kind="relied_on", function=name, text=text.capitalize())]


def _in_code(function: Function) -> Iterator[Finding]:
    try:
        tree = ast.parse(function.code)
    except (SyntaxError, ValueError, RecursionError):  # validated code parses; what does not is worth a look, too
        yield Finding(kind="dynamic_code", function=function.name, text="The code cannot be read.")
        return
    seen: set[tuple[FindingKind, int]] = set()
    for node in ast.walk(tree):
        for kind, what in _noticed(node):
            line = getattr(node, "lineno", 1)
            if (kind, line) not in seen:
                seen.add((kind, line))
                yield Finding(kind=kind, function=function.name, line=line, text=f"{what}: it {_WORDS[kind]}.")


def _noticed(node: ast.AST) -> Iterator[tuple[FindingKind, str]]:
    match node:
        case ast.Import(names=names):
            for alias in names:
                if (kind := _MODULES.get(alias.name.partition(".")[0])) is not None:
                    yield kind, f"imports {alias.name}"
        case ast.ImportFrom(module=str(module)):
            if (kind := _MODULES.get(module.partition(".")[0])) is not None:
                yield kind, f"imports from {module}"
        case ast.Call(func=ast.Name(id=name)) if name in _CALLS:
            yield _CALLS[name], f"calls {name}"
        case ast.Call(func=ast.Attribute(attr=name)) if name in _METHODS:
            yield _METHODS[name], f"calls {name}"
        case ast.Attribute(attr=name) if _is_inner(name):
            yield "dynamic_code", f"reaches for {name}"
        case _:
            pass


def _is_inner(name: str) -> bool:
    return name in {"__class__", "__subclasses__", "__globals__", "__builtins__", "__mro__", "__bases__", "__code__"}
