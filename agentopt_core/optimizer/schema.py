"""The `arguments` field: any spelling of a JSON schema that models use becomes one normal form.

The normal form is `{"type": "object", "properties": {...}, "required": [...]}` in the schema's own order.
"""

from __future__ import annotations

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import JsonValue

from agentopt_core.lenient_json import NotJson, read_json
from agentopt_core.optimizer.fault import InvalidProposal
from agentopt_core.optimizer.source import Signature
from agentopt_core.words import JsonObject

_TYPES = {
    "int": "integer", "long": "integer", "float": "number", "double": "number", "decimal": "number",
    "str": "string", "text": "string", "bool": "boolean", "list": "array", "tuple": "array", "set": "array",
    "dict": "object", "none": "null", "nonetype": "null",
}  # fmt: skip
_KNOWN_TYPES = ("string", "number", "integer", "boolean", "array", "object", "null")
_KEYWORDS = frozenset({
    "type", "properties", "required", "additionalProperties", "description", "title", "$schema", "$id",
    "$defs", "definitions", "strict", "default", "examples", "minProperties", "maxProperties",
})  # fmt: skip
_EXAMPLE = '{"type": "object", "properties": {"x": {"type": "number", "description": "..."}}, "required": ["x"]}'


def read_schema(value: JsonValue, signature: Signature) -> JsonObject:
    """The normal form of an `arguments` field; the signature says what is required and settles odd spellings.

    Raises: InvalidProposal (`bad_schema`).
    """
    properties, required, definitions = _parts(_decoded(value), signature)
    normal: JsonObject = {}
    for name, entry in properties.items():
        if not isinstance(entry, dict):
            raise _bad(f"The property {name!r} is {entry!r:.60}, not a schema of its own.")
        normal[name] = _normal(entry)
    needed = [name for name in normal if name in required or name in signature.needed]
    schema: JsonObject = {"type": "object", "properties": normal, "required": [*needed]}
    schema |= _normal(definitions)
    try:
        Draft202012Validator.check_schema(schema)
    except (SchemaError, RecursionError) as error:
        where = "/".join(str(part) for part in getattr(error, "path", ()))
        message = str(getattr(error, "message", error))[:160]
        raise _bad(f"It is no valid JSON schema{f' at {where}' if where else ''}: {message}.") from error
    return schema


def check_signature(schema: JsonObject, signature: Signature, name: str) -> None:
    """Refuse a schema that the function cannot be called by: arguments are passed by keyword.

    Raises: InvalidProposal (`schema_signature_mismatch`).
    """
    properties = schema["properties"]
    offered = set(properties) if isinstance(properties, dict) else set()
    unknown = sorted(offered - set(signature.passable)) if not signature.takes_any else []
    missing = [parameter for parameter in signature.needed if parameter not in offered]
    faults = []
    if unknown:
        faults.append(f"the schema has {', '.join(unknown)}, which {name} does not take by keyword")
    if missing:
        faults.append(f"{name} needs {', '.join(missing)}, which the schema does not have")
    unpassable = [
        parameter for parameter in signature.needed if parameter not in signature.passable and parameter in offered
    ]
    if unpassable and not unknown:
        faults.append(f"{name} takes {', '.join(unpassable)} by position only")
    if faults:
        taken = ", ".join(signature.passable) or "nothing"
        raise InvalidProposal(
            "schema_signature_mismatch",
            f"Schema and signature differ: {'; '.join(faults)}. By keyword it takes: {taken}. Make the names equal.",
        )


def _decoded(value: JsonValue) -> JsonObject:
    if value is None or (isinstance(value, str) and value.strip().lower() in ("", "none", "null", "{}")):
        return {}
    try:
        schema = read_json(value)
    except NotJson as error:
        raise _bad(f"It is no JSON: {error}.") from error
    if schema is None or schema == "":
        return {}
    if not isinstance(schema, dict):
        raise _bad(f"It is a {type(schema).__name__}, not an object.")
    return schema


def _parts(schema: JsonObject, signature: Signature) -> tuple[JsonObject, list[str], JsonObject]:
    """Properties, the names given as required, and definitions, whichever way the schema is wrapped."""
    inner = schema.get("function") if schema.get("type") == "function" else None
    if isinstance(inner, dict):
        schema = inner
    wrapped = schema.get("parameters")
    if isinstance(wrapped, dict) and isinstance(schema.get("name"), str) and "properties" not in schema:
        schema = wrapped
    kind = schema.get("type")
    if isinstance(kind, str | list) and not _is_object(kind):
        raise _bad(f"Its top-level type is {kind!r}; it must be 'object' with one property for each parameter.")
    listed = schema.get("properties")
    if isinstance(listed, dict) and (_is_object(kind) or _lacks_its_type(schema, signature)):
        entries = listed
        definitions = {key: schema[key] for key in ("$defs", "definitions") if isinstance(schema.get(key), dict)}
    else:  # the properties without the object around them
        if _is_object(kind) and listed is not None:
            raise _bad("Its 'properties' must be an object: parameter name -> schema.")
        definitions = {}
        entries = {
            name: entry
            for name, entry in schema.items()
            if isinstance(entry, dict) or name not in _KEYWORDS or name in signature.passable
        }
    required = schema.get("required")
    names = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
    return entries, names, definitions


def _is_object(kind: JsonValue) -> bool:
    return isinstance(kind, str) and kind.strip().lower() in ("object", "dict")


def _lacks_its_type(schema: JsonObject, signature: Signature) -> bool:
    """`{"properties": {...}}` without a type, unless `properties` is a parameter of the function."""
    properties = schema.get("properties")
    return (
        isinstance(properties, dict)
        and "type" not in schema
        and "properties" not in signature.passable
        and set(schema) <= _KEYWORDS
        and all(isinstance(entry, dict) for entry in properties.values())
    )


def _normal(schema: JsonObject) -> JsonObject:
    """One schema with the types' right names, arrays with items, and no `required` that is no list; all levels."""
    normal: JsonObject = {}
    for key, value in schema.items():
        if key == "type":
            normal[key] = [_type(kind) for kind in value] if isinstance(value, list) else _type(value)
        elif key == "required" and not isinstance(value, list):
            continue
        elif key in ("properties", "$defs", "definitions", "patternProperties") and isinstance(value, dict):
            normal[key] = {name: _normal(entry) if isinstance(entry, dict) else entry for name, entry in value.items()}
        elif key in ("items", "additionalProperties", "not", "contains") and isinstance(value, dict):
            normal[key] = _normal(value)
        elif key in ("anyOf", "oneOf", "allOf", "prefixItems") and isinstance(value, list):
            normal[key] = [_normal(entry) if isinstance(entry, dict) else entry for entry in value]
        elif key == "items":
            normal[key] = {"type": _type(value)} if isinstance(value, str) else {}
        else:
            normal[key] = value
    kinds = normal.get("type")
    if (kinds == "array" or (isinstance(kinds, list) and "array" in kinds)) and "items" not in normal:
        normal["items"] = {}
    return normal


def _type(kind: JsonValue) -> JsonValue:
    if not isinstance(kind, str):
        return kind
    plain = kind.strip().lower()
    plain = _TYPES.get(plain, plain)
    if plain not in _KNOWN_TYPES:
        raise _bad(f"{kind!r} is no type of JSON schema; the types are {', '.join(_KNOWN_TYPES)}.")
    return plain


def _bad(reason: str) -> InvalidProposal:
    return InvalidProposal("bad_schema", f"`arguments` cannot be used. {reason} Write it like {_EXAMPLE}.")
