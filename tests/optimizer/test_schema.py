"""The `arguments` field in every spelling, and whether the function can be called by it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.optimizer.helpers import AREA_SCHEMA, add, read

ONE = "def f(x):\n    return x\n"
NONE = "def f():\n    return 1\n"


def parameters_of(arguments: Any, code: str = ONE) -> Any:
    reading = read(add(name="f", arguments=arguments, code=code))
    assert reading.verdict == "accept", reading.refusals
    return reading.actions[0].function.parameters


def code_of(arguments: Any, code: str = ONE) -> str | None:
    return read(add(name="f", arguments=arguments, code=code)).reason_code


X = {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}


@pytest.mark.parametrize(
    "arguments",
    [
        X,
        json.dumps(X),
        json.dumps(json.dumps(X)),
        repr(X),
        f"```json\n{json.dumps(X)}\n```",
        '{"type": "object", /* one */ "properties": {"x": {"type": "number",},}, // that is all\n}',
        {"x": {"type": "number"}},
        json.dumps({"x": {"type": "number"}}),
        {"x": {"type": "number"}, "required": ["x"]},
        {"type": "object", "x": {"type": "number"}},
        {"properties": {"x": {"type": "number"}}},
        {"properties": {"x": {"type": "number"}}, "required": ["x"]},
        {**X, "required": []},
        {**X, "required": True},
        {**X, "required": ["x", "y"]},
        {**X, "additionalProperties": False, "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "F"},
        {"name": "f", "description": "d", "parameters": X},
        {"type": "function", "function": {"name": "f", "parameters": X}},
        {"type": "object", "properties": {"x": {"type": "float"}}},
        {"type": "object", "properties": {"x": {"type": "Number"}}},
        {"type": "object", "properties": {"x": {"type": "number", "required": True}}},
        {"type": "dict", "properties": {"x": {"type": "number"}}},
    ],
)
def test_a_schema_has_one_normal_form(arguments: Any) -> None:
    assert parameters_of(arguments) == X


@pytest.mark.parametrize(
    "arguments", ["", "{}", {}, None, "null", "None", {"type": "object"}, {"type": "object", "properties": {}}]
)
def test_no_parameters_may_be_said_in_many_ways(arguments: Any) -> None:
    assert parameters_of(arguments, NONE) == {"type": "object", "properties": {}, "required": []}


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ({"type": "int"}, {"type": "integer"}),
        ({"type": "str"}, {"type": "string"}),
        ({"type": "bool"}, {"type": "boolean"}),
        ({"type": "dict"}, {"type": "object"}),
        ({"type": "list"}, {"type": "array", "items": {}}),
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"type": ["list", "null"]}, {"type": ["array", "null"], "items": {}}),
        ({"type": "array", "items": {"type": "array"}}, {"type": "array", "items": {"type": "array", "items": {}}}),
        ({"type": "array", "items": "int"}, {"type": "array", "items": {"type": "integer"}}),
        (
            {"type": "object", "properties": {"type": {"type": "str", "required": False}}},
            {"type": "object", "properties": {"type": {"type": "string"}}},
        ),
        (
            {"anyOf": [{"type": "int"}, {"type": "list"}]},
            {"anyOf": [{"type": "integer"}, {"type": "array", "items": {}}]},
        ),
        ({"description": "anything"}, {"description": "anything"}),
    ],
)
def test_types_get_their_json_names_at_every_level(given: Any, normal: Any) -> None:
    assert parameters_of({"x": given})["properties"]["x"] == normal


@pytest.mark.parametrize("name", ["type", "properties", "required", "items", "name", "parameters", "description"])
def test_a_parameter_may_be_named_like_a_keyword_of_schemas(name: str) -> None:
    code = f"def f({name}):\n    return {name}\n"
    for arguments in ({name: {"type": "string"}}, {"type": "object", "properties": {name: {"type": "string"}}}):
        assert list(parameters_of(arguments, code)["properties"]) == [name]


@pytest.mark.parametrize(
    ("signature", "given", "required"),
    [
        ("a, b", [], ["a", "b"]),
        ("a, b=1", [], ["a"]),
        ("a, b=1", ["b"], ["a", "b"]),
        ("*, a, b=1", [], ["a"]),
        ("a=1, b=2", [], []),
        ("**given", ["b"], ["b"]),
        ("a, **given", ["unknown"], ["a"]),
        ("a, *more, b=1", [], ["a"]),
    ],
)
def test_what_is_required_follows_from_the_signature_too(signature: str, given: list[str], required: list[str]) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "number"}}, "required": given}
    assert parameters_of(schema, f"def f({signature}):\n    return 1\n")["required"] == required


@pytest.mark.parametrize(
    "arguments",
    [
        "x: number",
        "a number x",
        ["x"],
        [{"name": "x", "type": "number"}],
        {"type": "array", "items": {"type": "number"}},
        {"type": "string"},
        {"x": {"type": "matrix"}},
        {"x": "a number"},
        {"type": "object", "properties": ["x"]},
        {"type": "object", "properties": {"x": ["number"]}},
        {"x": {"type": "string", "enum": "a, b"}},
        {"x": {"type": 3}},
        {"x": {"type": "string", "minLength": "two"}},
        7,
    ],
)
def test_what_is_no_schema_is_refused(arguments: Any) -> None:
    assert code_of(arguments) == "bad_schema"


@pytest.mark.parametrize(
    "signature",
    [
        "width, height, depth",
        "width",
        "",
        "size",
        "*args",
        "width, height, /",
        "width, /, height",
        "self, width, height",
    ],
)
def test_a_schema_the_function_cannot_be_called_by_is_refused(signature: str) -> None:
    reading = read(add(code=f"def area({signature}):\n    return 1\n"))
    assert reading.reason_code == "schema_signature_mismatch"


@pytest.mark.parametrize(
    "signature",
    [
        "width, height, digits=2",
        "height, width",
        "width, *, height",
        "**values",
        "width, height, *rest",
        "width, **more",
        "digits=2, /, *, width, height",
    ],
)
def test_a_schema_the_function_can_be_called_by_is_accepted(signature: str) -> None:
    assert read(add(code=f"def area({signature}):\n    return 1\n")).verdict == "accept"


def test_the_reason_names_the_parameters_that_differ() -> None:
    reason = read(add(code="def area(width, depth):\n    return 1\n")).refusals[0].reason
    assert "height" in reason
    assert "depth" in reason


def test_the_order_of_the_schema_is_kept() -> None:
    schema = {"type": "object", "properties": {"height": {}, "width": {}}, "required": ["width", "height"]}
    parameters: Any = read(add(arguments=schema)).actions[0].function.parameters
    assert list(parameters["properties"]) == ["height", "width"]
    assert parameters["required"] == ["height", "width"]


def test_an_enormous_schema_is_refused() -> None:
    huge = {**AREA_SCHEMA, "properties": {**AREA_SCHEMA["properties"], "unit": {"enum": list(range(10_000))}}}  # type: ignore[dict-item]
    assert read(add(arguments=huge, code="def area(width, height, unit=1):\n    return 1\n")).reason_code == "too_large"


def test_references_keep_their_definitions() -> None:
    schema = {
        "type": "object",
        "properties": {"x": {"$ref": "#/$defs/side"}},
        "$defs": {"side": {"type": "float"}},
    }
    assert parameters_of(schema)["$defs"] == {"side": {"type": "number"}}
