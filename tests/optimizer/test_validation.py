"""Names, fields and several calls: each judged against the functions as changed so far."""

from __future__ import annotations

from typing import Any

import pytest

from agentopt_core.actions import apply_action
from tests.optimizer.helpers import AREA_CODE, add, fields, functions, read

REVISE = ("revise_function", fields())
REMOVE = ("remove_function", {"name": "area"})


@pytest.mark.parametrize("name", ["area", " area ", "`area`", "area()", "`area()`", '"area"', "area\n"])
def test_dress_around_a_name_is_taken_off(name: str) -> None:
    assert read(add(name=name)).actions[0].name == "area"
    assert read(("remove_function", {"name": name}), known=("area",)).actions[0].name == "area"


@pytest.mark.parametrize("name", ["side-length", "side length"])
def test_a_name_with_blanks_or_hyphens_is_the_one_the_code_defines(name: str) -> None:
    code = AREA_CODE.replace("area", "side_length")
    assert read(add(name=name, code=code)).actions[0].name == "side_length"
    assert read(add(name=name)).reason_code == "bad_name"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("2area", "bad_name"),
        ("class", "bad_name"),
        ("None", "bad_name"),
        ("a" * 65, "bad_name"),
        ("fläche", "bad_name"),
        ("a.b", "bad_name"),
        ("a(b)", "bad_name"),
        ("a;b", "bad_name"),
        ("python", "reserved_name"),
        ("final_answer", "reserved_name"),
        ("", "missing_field"),
        ("  ", "missing_field"),
        (None, "missing_field"),
        (3, "missing_field"),
        (["a", "b"], "missing_field"),
        (..., "missing_field"),
    ],
)
def test_a_name_that_no_tool_can_have_is_refused(name: Any, code: str) -> None:
    assert read(add(name=name)).reason_code == code


@pytest.mark.parametrize(
    "changes",
    [{"code": ...}, {"code": None}, {"code": 3}, {"description": ...}, {"description": None}, {"arguments": ...}],
)
def test_a_call_without_all_its_fields_is_refused(changes: dict[str, Any]) -> None:
    assert read(add(**changes)).reason_code == "missing_field"


@pytest.mark.parametrize("description", ["", "   ", []])
def test_without_a_description_the_docstring_is_taken(description: Any) -> None:
    assert read(add(description=description)).actions[0].function.description == "Area of a rectangle."
    bare = "def area(width, height):\n    return 1\n"
    assert read(add(description=description, code=bare)).reason_code == "empty_description"


def test_a_very_long_description_is_cut() -> None:
    assert len(read(add(description="word " * 1000)).actions[0].function.description) == 1024


@pytest.mark.parametrize("tool", ["area", "python", "create_function", "add_functions", "", "final_answer"])
def test_a_tool_the_optimizer_does_not_have_is_refused(tool: str) -> None:
    assert read((tool, fields()), known=("area",)).reason_code == "unknown_tool"


@pytest.mark.parametrize(
    ("call", "known", "code"),
    [
        (add(), ("area",), "name_exists"),
        (REVISE, (), "name_unknown"),
        (REMOVE, (), "name_unknown"),
        (("remove_function", {"name": "Area"}), ("area",), "name_unknown"),
        (("remove_function", {}), ("area",), "missing_field"),
        (("remove_function", {"name": "python"}), ("area",), "reserved_name"),
    ],
)
def test_an_action_must_fit_the_set(call: tuple[str, Any], known: tuple[str, ...], code: str) -> None:
    assert read(call, known=known).reason_code == code


@pytest.mark.parametrize(
    ("calls", "known", "codes"),
    [
        ([add(), add()], (), [None, "duplicate_in_reply"]),
        ([add(code="x ="), add()], (), ["syntax_error", None]),
        ([add(), REVISE], (), [None, None]),
        ([REMOVE, add()], ("area",), [None, None]),
        ([REMOVE, REMOVE], ("area",), [None, "name_unknown"]),
        ([REMOVE, REVISE], ("area",), [None, "name_unknown"]),
        ([add(), REMOVE, add()], (), [None, None, None]),
        ([REVISE, REVISE], ("area",), [None, None]),
        ([add(), ("python", {"code": "1"})], (), [None, "unknown_tool"]),
    ],
)
def test_several_calls_are_judged_in_order(calls: list[Any], known: tuple[str, ...], codes: list[str | None]) -> None:
    reading = read(*calls, known=known)
    assert [judged.refusal and judged.refusal.code for judged in reading.calls] == codes
    current = functions(*known)
    for action in reading.actions:
        current = apply_action(current, action)
    assert len(current.names) == len(set(current.names))


def test_calls_beyond_the_room_are_refused_visibly() -> None:
    second = add(name="side", code=AREA_CODE.replace("area", "side"))
    reading = read(add(), second, room=1)
    assert [action.name for action in reading.actions] == ["area"]
    assert reading.refusals[0].code == "too_many_actions"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "2a", "packages": "$x", "code": "("}, "bad_name"),
        ({"packages": "$x", "code": "("}, "bad_packages"),
        ({"code": "(", "arguments": 3}, "syntax_error"),
        ({"code": "import geometry_toolbox\ndef area(width, height):\n    x = y\n"}, "import_failed"),
        ({"code": "def area(width, height):\n    x = y\n", "arguments": 3}, "undefined_name"),
        ({"code": "def area(width):\n    pass\n", "arguments": 3}, "no_return"),
        ({"code": "def area(width):\n    return 1\n", "arguments": 3, "description": ""}, "bad_schema"),
        ({"code": "def area(width):\n    return 1\n", "description": ""}, "schema_signature_mismatch"),
    ],
)
def test_the_first_fault_in_the_documented_order_is_the_reason(changes: dict[str, Any], code: str) -> None:
    assert read(add(**changes)).reason_code == code


def test_a_function_more_than_the_set_may_hold_is_refused_with_the_way_out():
    reading = read(add(name="third"), known=("one", "two"), max_functions=2)
    (refused,) = reading.refusals
    assert refused.code == "too_many_functions"
    assert "revise_function" in refused.reason
    assert "remove_function" in refused.reason


def test_in_a_full_set_a_removal_makes_room_for_a_function_of_the_same_reply():
    reading = read(("remove_function", {"name": "one"}), add(name="third"), known=("one", "two"), max_functions=2)
    assert [action.op for action in reading.actions] == ["remove", "add"]


def test_a_full_set_can_still_be_revised():
    reading = read(("revise_function", fields(name="area")), known=("area", "two"), max_functions=2)
    assert [action.op for action in reading.actions] == ["revise"]
