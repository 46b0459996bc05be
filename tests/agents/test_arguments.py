from __future__ import annotations

import pytest

from agentopt_core.agents.arguments import BadArguments, read_arguments, schema_problems

INTEGER = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"x": 1}', {"x": 1}),
        ('"\\"{\\\\\\"x\\\\\\": 1}\\""', {"x": 1}),
        ("{'x': 1, 'y': None, 'z': True,}", {"x": 1, "y": None, "z": True}),
        ('{"x": 1}{"x": 1}', {"x": 1}),
        ("{}", {}),
        ("", {}),
        ('" "', {}),
        ("```json\n\n```", {}),
        ("null", {}),
    ],
)
def test_arguments_are_read_through_the_quirks_of_models_and_may_be_left_out(text: str, expected: object) -> None:
    assert read_arguments(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", r"^they are not valid JSON \(Expecting .* at line 1, column 2\)$"),
        ("x = 1", "not valid JSON"),
        ('"x = 1"', "not valid JSON"),
        ("[1, 2]", "^they are a JSON array, not a JSON object$"),
        ("7", "number"),
        ("true", "boolean"),
        ('{"x": NaN}', "NaN"),
        ('{"x": 1e999}', "Infinity"),
        ('{"x": ' + "9" * 5000 + "}", "too long"),
        ("[" * 100_000, "too deeply"),
        ("{" + "'a': [" * 5000, "not valid JSON"),
    ],
)
def test_what_is_no_json_object_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(BadArguments, match=reason):
        read_arguments(text)


def test_fitting_arguments_have_no_problems() -> None:
    assert schema_problems(INTEGER, {"x": 1}) == ""


def test_a_problem_names_the_parameter_and_what_is_expected() -> None:
    nested = {"type": "object", "properties": {"rows": {"type": "array", "items": {"type": "number"}}}}
    assert schema_problems(nested, {"rows": [1, "two"]}) == "rows[1]: 'two' is not of type 'number'"
    assert schema_problems(INTEGER, {}) == "'x' is a required property"
    closed = {**INTEGER, "additionalProperties": False}
    assert "'y' was unexpected" in schema_problems(closed, {"x": 1, "y": 2})


def test_problems_are_bounded_however_large_the_arguments() -> None:
    many = {f"p{n}": {"type": "integer"} for n in range(100)}
    told = schema_problems({"type": "object", "properties": many}, {name: "word " * 10_000 for name in many})
    assert len(told) < 1500


def test_a_schema_cannot_hang_the_agent_with_a_regular_expression() -> None:
    bomb, fuse = "(a+)+$", "a" * 40 + "!"
    value = {"type": "object", "properties": {"x": {"type": "string", "pattern": bomb}}}
    names = {"type": "object", "patternProperties": {bomb: {}}, "additionalProperties": False}
    hidden = {"type": "object", "allOf": [{"patternProperties": {bomb: {}}}], "unevaluatedProperties": False}
    assert schema_problems(value, {"x": fuse}) == ""
    assert schema_problems(names, {fuse: 1}) == ""
    assert schema_problems(hidden, {fuse: 1}) == ""


@pytest.mark.parametrize("reference", ["http://127.0.0.1:9/schema", "#", "#/nowhere"])
def test_a_schema_that_cannot_be_judged_forbids_nothing_and_is_never_fetched(reference: str) -> None:
    assert schema_problems({"$ref": reference}, {"x": 1}) == ""
