"""Is a proposed call a usable action? Pure and static: nothing is run here (see `trial` for what is).

Reason codes, in the order in which they are looked for, so that the first fault is the one reported:
`unknown_tool`, `bad_json` (or `truncated`), `missing_field`, `too_large`, `bad_name`, `reserved_name`, `name_exists`,
`name_unknown`, `duplicate_in_reply`, `too_many_functions`, `bad_packages`, `unknown_package`, `syntax_error`,
`no_function`, `wrong_function_name`, `async_function`, `import_failed`, `forbidden_call`, `undefined_name`,
`no_return`, `bad_schema`, `schema_signature_mismatch`, `empty_description`; then, from running it: `import_failed`,
`import_timeout`, `no_function`, `smoke_call_failed`. A reply without a usable call: `no_action`, `refused`,
`empty_reply`, `content_filter`, `truncated`. A call beyond the step's actions: `too_many_actions`.
"""

from __future__ import annotations

import ast
import json
import keyword
import re

from pydantic import JsonValue

from agentopt_core.actions import AddFunction, Refusal, RemoveFunction, ReviseFunction
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.lenient_json import well_formed
from agentopt_core.optimizer.code import check_calls, check_imports, check_names
from agentopt_core.optimizer.fault import InvalidProposal
from agentopt_core.optimizer.packages import read_packages
from agentopt_core.optimizer.replies import EDIT_TOOLS, ProposedCall
from agentopt_core.optimizer.schema import check_signature, read_schema
from agentopt_core.optimizer.source import (
    check_returns,
    find_function,
    parse,
    readable_code,
    signature_of,
)
from agentopt_core.tokens import cut_middle
from agentopt_core.words import JsonObject

RESERVED_NAMES = frozenset({"python", "final_answer"})
"""Tools every agent has."""
MAX_CODE = 30_000
"""Characters of a function's code."""
MAX_SCHEMA = 12_000
"""Characters of its schema as JSON."""
MAX_DESCRIPTION = 1024
"""Characters of its description, which is cut there: endpoints refuse longer ones."""
_SHOWN_PROPOSAL = 1000
"""Estimated tokens of a refused proposal that are kept."""
_MAX_NAME = 64
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_DRESS = " \t\r\n`'\""
_FIELDS = ("description", "arguments", "code")

Judgement = AddFunction | ReviseFunction | RemoveFunction | Refusal


def judge(
    call: ProposedCall,
    functions: FunctionSet,
    packages: tuple[str, ...],
    *,
    added: frozenset[str] = frozenset(),
    cut_off: bool = False,
    tools: tuple[str, ...] = EDIT_TOOLS,
    max_functions: int | None = None,
) -> Judgement:
    """The action a call stands for, or why it is refused.

    `functions` is the set as changed so far, `added` the names that earlier calls of the same reply added, `packages`
    the distributions functions may import, `cut_off` says that the reply ended at the token limit with this call,
    `max_functions` how many functions the set may have (None: no cap).
    """
    try:
        return _action(call, functions, packages, added, cut_off, tools, max_functions)
    except InvalidProposal as fault:
        return refusal(call, fault.code, fault.reason)
    except RecursionError:
        return refusal(call, "too_large", "The proposal is nested too deeply to be read. Make it simpler.")


def refusal(call: ProposedCall, code: str, reason: str) -> Refusal:
    """A refusal of one call, for its first try."""
    name = (call.arguments or {}).get("name")
    shown = str(name) if isinstance(name, str | int | float) else ""
    return Refusal(
        op=printable(call.tool)[:100],
        name=printable(shown)[:100],
        code=code,
        reason=printable(reason),
        attempt=1,
        proposal=cut_middle(printable(call.written), _SHOWN_PROPOSAL),
    )


def printable(text: str) -> str:
    """The text without half characters and control signs, which not every file, endpoint and screen can take."""
    return "".join(sign for sign in well_formed(text) if sign >= " " or sign in "\n\t")


def _action(
    call: ProposedCall,
    functions: FunctionSet,
    packages: tuple[str, ...],
    added: frozenset[str],
    cut_off: bool,
    tools: tuple[str, ...],
    max_functions: int | None,
) -> AddFunction | ReviseFunction | RemoveFunction:
    if call.tool not in tools:
        raise InvalidProposal("unknown_tool", f"There is no tool {call.tool!r:.80}. The tools are: {', '.join(tools)}.")
    if call.arguments is None:
        if cut_off:
            raise InvalidProposal("truncated", "The call was cut off at the token limit. Make it shorter.")
        raise InvalidProposal(
            "bad_json", f"The arguments are no JSON object: {call.fault}. Escape quotes and line ends inside strings."
        )
    fields = call.arguments
    name = _named(fields)
    if call.tool == "remove_function":
        return RemoveFunction(name=_removable(name, functions))
    code = _present(fields)
    name = _legal(name, functions, code)
    if call.tool == "add_function" and name in functions:
        if name in added:
            raise InvalidProposal("duplicate_in_reply", f"This reply already adds {name}. Add each function once.")
        raise InvalidProposal("name_exists", f"{name} exists already. Change it with revise_function, or rename.")
    if call.tool == "add_function" and max_functions is not None and len(functions) >= max_functions:
        raise InvalidProposal(
            "too_many_functions",
            f"The set holds {len(functions)} functions and may hold {max_functions}. Make one of them do this too with "
            "revise_function, or first take one away with remove_function.",
        )
    if call.tool == "revise_function" and name not in functions:
        raise _unknown(name, functions)
    function = _function(name, fields, code, functions, packages)
    return AddFunction(function=function) if call.tool == "add_function" else ReviseFunction(function=function)


def _function(
    name: str, fields: JsonObject, written: str, functions: FunctionSet, allowed: tuple[str, ...]
) -> Function:
    declared = read_packages(fields.get("packages"))
    code = readable_code(written)
    tree = parse(code)
    node = find_function(tree, name)
    imported = check_imports(tree, allowed)
    check_calls(tree)
    check_names(tree, functions.names)
    check_returns(node)
    signature = signature_of(node)
    schema = read_schema(fields.get("arguments"), signature)
    if len(json.dumps(schema)) > MAX_SCHEMA:
        raise InvalidProposal("too_large", f"The schema is longer than {MAX_SCHEMA:,} characters. Shorten it.")
    check_signature(schema, signature, name)
    if node.name != name:
        code = f"{code.rstrip()}\n\n\n{name} = {node.name}\n"
    return Function(
        name=name,
        description=_description(fields.get("description"), ast.get_docstring(node), name),
        parameters=schema,
        packages=tuple(dict.fromkeys((*declared, *imported))),
        code=code,
    )


def _named(fields: JsonObject) -> str:
    name = fields.get("name")
    if not isinstance(name, str) or not name.strip():
        given = "it is missing" if name is None else f"{name!r:.60} is none"
        raise InvalidProposal("missing_field", f"`name` must be the name of one function, as text; {given}.")
    return name


def _present(fields: JsonObject) -> str:
    """The code as text, when all fields are there; `packages` may be left out and `arguments` may be null."""
    missing = [field for field in _FIELDS if field not in fields or (field != "arguments" and fields[field] is None)]
    if missing:
        raise InvalidProposal("missing_field", f"Missing: {', '.join(missing)}. Give all five fields in one call.")
    code = fields["code"]
    if isinstance(code, list) and all(isinstance(line, str) for line in code):
        code = "\n".join(str(line).rstrip("\n") for line in code)
    if not isinstance(code, str):
        raise InvalidProposal("missing_field", "`code` must be the function's Python source, as text.")
    if len(code) > MAX_CODE:
        raise InvalidProposal("too_large", f"The code is longer than {MAX_CODE:,} characters. Shorten it.")
    return code


def _undressed(name: str) -> str:
    return name.strip(_DRESS).removesuffix("()").strip(_DRESS)


def _legal(name: str, functions: FunctionSet, code: str) -> str:
    plain = _undressed(name)
    joined = re.sub(r"[\s-]+", "_", plain[:_MAX_NAME])
    if joined != plain and re.search(rf"\bdef\s+{re.escape(joined)}\s*\(", code):
        plain = joined
    return _checked(plain)


def _removable(name: str, functions: FunctionSet) -> str:
    plain = _undressed(name)
    joined = re.sub(r"[\s-]+", "_", plain)
    plain = _checked(joined if joined in functions else plain)
    if plain not in functions:
        raise _unknown(plain, functions)
    return plain


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise InvalidProposal(
            "bad_name",
            f"{name!r:.100} is no legal name. Take at most 64 ASCII letters, digits and _, not a digit first and no "
            "word of Python's own.",
        )
    if name in RESERVED_NAMES:
        raise InvalidProposal("reserved_name", f"{name} is a tool of the agent's own. Choose another name.")
    return name


def _unknown(name: str, functions: FunctionSet) -> InvalidProposal:
    names = ", ".join(functions.names) or "none"
    return InvalidProposal("name_unknown", f"There is no function {name}. List B has: {names}.")


def _description(value: JsonValue, docstring: str | None, name: str) -> str:
    written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) if value else ""
    text = printable(written).strip() or printable(docstring or "").strip()
    if not text:
        raise InvalidProposal("empty_description", f"Say in `description` when to use {name} and what it returns.")
    return text[:MAX_DESCRIPTION]
