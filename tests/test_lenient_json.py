"""JSON as models write it is read by one reader, in one pass over any text."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentopt_core.lenient_json import MAX_CHARACTERS, MAX_DEPTH, NotJson, read_json, unfenced, well_formed

N = 50_000


def nested(levels: int) -> str:
    return '{"a": ' * levels + "1" + "}" * levels


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"x": 1.5}', {"x": 1.5}),
        (' {"x": 1}\n', {"x": 1}),
        ('\ufeff{"x": 1}', {"x": 1}),
        ("null", None),
        ("[1, true]", [1, True]),
        ('{"x": "a\nb"}', {"x": "a\nb"}),
        ('{"x": 1, "y": [2,],}', {"x": 1, "y": [2]}),
        ('{"x": 1, // one\n "y": 2 /* two */, /* end */}', {"x": 1, "y": 2}),
        ("{'x': [1, 2]},", {"x": [1, 2]}),
        ("42, ", 42),
        ('{"x": "http://a/b, ] /* kept */",}', {"x": "http://a/b, ] /* kept */"}),
        ('{"x": 1} and some words', {"x": 1}),
        ('{"x": 1}{"x": 1}', {"x": 1}),
        ('{"x": 1,} and some words', {"x": 1}),
    ],
)
def test_comments_trailing_commas_line_breaks_and_text_after_an_object_are_forgiven(text: str, expected: object):
    assert read_json(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        '```json\n{"x": 1}\n```',
        '```\n{"x": 1}\n```',
        '~~~json\r\n{"x": 1}\r\n~~~',
        '```json {"x": 1} ```',
        '```{"x": 1}```',
        '"{\\"x\\": 1}"',
        json.dumps('```json\n{"x": 1}\n```'),
        json.dumps(json.dumps('{"x": 1}')),
    ],
)
def test_fences_and_string_layers_around_the_value_are_taken_off(text: str):
    assert read_json(text) == {"x": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{'x': 1, 'y': None, 'z': True}", {"x": 1, "y": None, "z": True}),
        ("{'x': true, \"y\": null, 'z': false}", {"x": True, "y": None, "z": False}),
        ("{'x': 1, // one\n 'y': null}", {"x": 1, "y": None}),
        ("{'x': 1, # one\n 'y': (-2, +3.5)}", {"x": 1, "y": [-2, 3.5]}),
        ("{1: 'it\\'s', 'code': '''a\nb'''}", {"1": "it's", "code": "a\nb"}),
        ("{'x': {3, 1, 1}}", {"x": [3, 1, 1]}),
    ],
)
def test_python_literals_are_read_and_sets_keep_what_was_written(text: str, expected: object):
    assert read_json(text) == expected


@pytest.mark.parametrize("text", ["1,234", "1 + 2j", "b'x'", "...", "print(1)", "{**{}}", "{'x': y}", "{1: 2}[1]"])
def test_python_that_is_no_value_of_json_is_refused(text: str):
    with pytest.raises(NotJson):
        read_json(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value"),
        ('{"x": 1', "Expecting ',' delimiter at line 1, column 8"),
        ("x = 1", "Expecting value at line 1, column 1"),
        ('{"x": NaN}', "NaN is no JSON number"),
        ('{"x": -1e999}', "-Infinity is no JSON number"),
        ("{'x': 1e999}", "Expecting property name"),
        ('{"x": ' + "9" * 5000 + "}", "number that is too long"),
        ("{'x': 0x" + "f" * 5000 + "}", "Expecting property name"),
        (nested(MAX_DEPTH + 1), "nested too deeply"),
        ("[" * 100_000, "nested too deeply"),
        ('"' + " " * MAX_CHARACTERS + '"', "longer than"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(text: str, reason: str):
    with pytest.raises(NotJson, match=reason):
        read_json(text)


def test_the_deepest_value_allowed_is_read():
    assert json.dumps(read_json(nested(MAX_DEPTH))) == nested(MAX_DEPTH)


@pytest.mark.parametrize(("text", "left"), [('"```\\nParis\\n```"', "Paris"), ("{'x", "{'x"), ('" "', "")])
def test_a_refusal_holds_the_innermost_text(text: str, left: str):
    with pytest.raises(NotJson) as refused:
        read_json(text)
    assert refused.value.text == left


def test_a_value_that_is_no_text_is_brought_into_the_types_of_json():
    assert read_json({1: ("a\ud800", 2.5)}) == {"1": ["a?", 2.5]}
    for value in ({"x": float("nan")}, {"x": 10**5000}, {"x": object()}):
        with pytest.raises(NotJson):
            read_json(value)


def test_numbers_and_sets_may_stay_as_they_were_written():
    written = '{"x": [7.0, -1e400, 1E5, NaN]}'
    assert read_json(written, as_written=True) == {"x": ["7.0", "-1e400", "1E5", "NaN"]}
    assert read_json("{'x': [7.0, -2]}", as_written=True) == {"x": ["7.0", "-2"]}
    assert read_json("{'x': {7.0, 'a'}}", as_written=True) == {"x": "{7.0, a}"}


def test_a_lone_backslash_may_stand_for_itself():
    mixed = r'{"x": "\alpha \\sqrt{2} \\\\ \sum \" \u0041",} and words'
    assert read_json(mixed, lone_backslashes=True) == {"x": '\\alpha \\sqrt{2} \\\\ \\sum " A'}


def test_text_after_an_object_may_be_refused():
    assert read_json('{"x": 1} // a comment is no text', text_after=False) == {"x": 1}
    with pytest.raises(NotJson, match="Extra data"):
        read_json('{"x": 1} and some words', text_after=False)


def test_half_characters_become_question_marks():
    assert well_formed("a\ud800b") == "a?b"
    assert read_json('{"\\ud800": "\\udfff \ud800 \\ud83d\\ude00"}') == {"?": "? ? \U0001f600"}
    assert read_json("{'x': '\\ud800'}") == {"x": "?"}


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("```python\nprint(1)\n```", "print(1)"),
        ("```\na\n  b\n```", "a\n  b"),
        ("```json.loads(x)```", "json.loads(x)"),
        ("```a = 1\nb = 2```", "a = 1\nb = 2"),
        (" no fence ", "no fence"),
        ("```python\nprint(1)", "```python\nprint(1)"),
        ("```", "```"),
    ],
)
def test_a_code_fence_is_taken_off_with_its_language(text: str, inner: str):
    assert unfenced(text) == inner


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "' + '\\"' * N,
        '{"a": "' + '\\"' * N + "\\",
        "{'a': '" + "\\'" * N + "\\",
        '"' * N,
        "/*" * N,
        "{" + '"a":{' * N,
        "{'a': [" * N,
        "{'a': " * 199,
        "[" * 199,
        "-" * N + "1",
        "1+" * N + "1",
        "a." * N,
        "{" + ", " * N,
        "{," + " " * N,
        "```\n" + " " * N,
        "```" + " \t" * N + "```",
        "\ufeff" * N,
        "// " * N,
    ],
    ids=lambda text: repr(text[:20]),
)
def test_text_made_to_be_slow_is_read_in_one_pass(text: str):
    for options in ({}, {"as_written": True, "lone_backslashes": True}):
        with pytest.raises(NotJson):
            read_json(text, **options)


pieces = st.sampled_from([*"{}[]\"',:\\/*`~#-+.()\n\ud800\0", "1", "true", "None", "```json\n", "\\u", "1e999", "NaN"])


@given(st.one_of(st.text(), st.lists(pieces).map("".join)))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_value_that_can_be_written_or_is_refused(text: str):
    for options in ({}, {"as_written": True, "lone_backslashes": True, "text_after": False}):
        with contextlib.suppress(NotJson):
            json.dumps(read_json(text, **options), ensure_ascii=False, allow_nan=False).encode("utf-8")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.dictionaries(st.text(), v)))
@settings(max_examples=100, deadline=None)
def test_what_was_written_well_is_read_exactly(value: object):
    held = {"value": value}
    assert read_json(json.dumps(held)) == read_json(repr(held)) == held
