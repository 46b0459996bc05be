"""A function's parameters as a JSON schema, told by its signature: annotations, defaults, what may be left out."""

from __future__ import annotations

import ast

from pydantic import JsonValue

from agentopt_core.optimizer.source import FunctionNode, signature_of
from agentopt_core.words import JsonObject

_TYPES = {
    "int": "integer", "float": "number", "complex": "number", "Decimal": "number", "Fraction": "number",
    "str": "string", "bool": "boolean", "None": "null",
    "list": "array", "List": "array", "tuple": "array", "Tuple": "array", "set": "array", "Set": "array",
    "frozenset": "array", "Sequence": "array", "Iterable": "array", "Collection": "array",
    "dict": "object", "Dict": "object", "Mapping": "object",
}  # fmt: skip
_PLAIN = ("string", "integer", "number", "boolean", "null")


def parameters_of(function: FunctionNode) -> JsonObject:
    """The schema of a call by keyword. A parameter whose annotation says nothing that JSON knows may be anything."""
    given = function.args
    signature = signature_of(function)
    positional = [*given.posonlyargs, *given.args]
    defaults = dict(
        zip((arg.arg for arg in positional[len(positional) - len(given.defaults) :]), given.defaults, strict=True)
    )
    defaults |= {arg.arg: value for arg, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value}
    properties: JsonObject = {}
    for arg in (*given.args, *given.kwonlyargs):
        schema = schema_of(arg.annotation)
        default = _value(defaults.get(arg.arg))
        if default is not None:
            schema = {**schema, "default": default}
        properties[arg.arg] = schema
    return {"type": "object", "properties": properties, "required": [*signature.needed]}


def schema_of(annotation: ast.expr | None) -> JsonObject:
    """One annotation as a schema; empty where it says nothing that JSON knows."""
    match annotation:
        case ast.Constant(value=None):
            return {"type": "null"}
        case ast.Constant(value=str() as quoted):
            return _quoted(quoted)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            kind = _TYPES.get(name)
            return {} if kind is None else {"type": "array", "items": {}} if kind == "array" else {"type": kind}
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _either([left, right])
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
            return _generic(name, [*inner.elts] if isinstance(inner, ast.Tuple) else [inner])
    return {}


def _generic(name: str, inner: list[ast.expr]) -> JsonObject:
    if name == "Optional":
        return _either([*inner, ast.Constant(value=None)])
    if name == "Union":
        return _either(inner)
    if name == "Annotated":
        return schema_of(inner[0])
    if name == "Literal":
        values = [_value(value) for value in inner]
        return {"enum": values} if values and all(value is not None for value in values) else {}
    kind = _TYPES.get(name)
    if kind == "array":
        alike = name not in ("tuple", "Tuple") or len({ast.dump(one) for one in inner if not _is_rest(one)}) == 1
        return {"type": "array", "items": schema_of(inner[0]) if alike else {}}
    return {"type": "object"} if kind == "object" else {}


def _is_rest(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def _either(parts: list[ast.expr]) -> JsonObject:
    schemas = [schema_of(part) for part in parts]
    if any(not schema for schema in schemas):
        return {}
    if all(set(schema) == {"type"} and schema["type"] in _PLAIN for schema in schemas):
        return {"type": list(dict.fromkeys(schema["type"] for schema in schemas))}
    flat: list[JsonValue] = []
    for schema in schemas:
        inner = schema.get("anyOf")
        flat += inner if isinstance(inner, list) else [schema]
    return {"anyOf": flat}


def _quoted(text: str) -> JsonObject:
    try:
        return schema_of(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}


def _value(node: ast.expr | None) -> JsonValue:
    """A literal that JSON can say; None for everything else."""
    if node is None:
        return None
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
    return value if isinstance(value, str | bool | int) or (isinstance(value, float) and value == value) else None
