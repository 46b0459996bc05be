"""A .py file becomes functions, without being imported or run."""

import json

import pytest

from agentopt_core.errors import ConfigError
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.history.export_source import module_source
from agentopt_core.optimizer.from_source import MAX_BYTES, functions_from_source, schema_text, texts_from_source

MODULE = '''"""Helpers for tables."""

from __future__ import annotations

import json, math
import re as regex
from collections import Counter, OrderedDict

UNITS = {"km": 1000}
UNITS["m"] = 1
OTHER = 5
print("side effect")


# How a number is read.
def _number(text: str) -> float:
    return float(regex.sub("[^0-9.]", "", text))


class Row:
    def __init__(self, cells):
        self.cells = cells


def metres(text: str, unit: str = "km") -> float:
    """Read a length and turn it into metres."""
    return math.floor(_number(text)) * UNITS[unit]


def commonest(rows: list[str], k: int | None = None) -> list:
    """The most common cells."""
    return Counter(Row(rows).cells).most_common(k)


if __name__ == "__main__":
    print(metres("3 km"))
'''


def read(text: str, **rest):
    return functions_from_source(text.encode(), (), **rest)


def ran(function: Function, *args):
    space: dict = {}
    exec(function.code, space)
    return space[function.name](*args)


def test_every_public_def_becomes_a_function_with_what_it_needs():
    found, refusals = read(MODULE)
    assert not refusals
    assert found.names == ("metres", "commonest")
    metres = found.get("metres")
    assert ran(metres, "3 km", "m") == 3
    assert ran(found.get("commonest"), ["a", "b", "a"], 1) == [("a", 2)]
    assert "Counter" not in metres.code
    assert "OTHER" not in metres.code
    assert "import json" not in metres.code
    assert 'UNITS["m"] = 1' in metres.code
    assert "# How a number is read." in metres.code
    assert "_number" not in found.get("commonest").code


def test_what_a_module_does_beside_defining_is_left_behind():
    found, _ = read(MODULE)
    assert all("print" not in function.code for function in found.each())


def test_description_and_parameters_come_from_docstring_and_signature():
    found, _ = read(MODULE)
    metres, commonest = found.each()
    assert metres.description == "Read a length and turn it into metres."
    assert metres.parameters == {
        "type": "object",
        "properties": {"text": {"type": "string"}, "unit": {"type": "string", "default": "km"}},
        "required": ["text"],
    }
    assert commonest.parameters["properties"] == {
        "rows": {"type": "array", "items": {"type": "string"}},
        "k": {"type": ["integer", "null"]},
    }
    assert commonest.parameters["required"] == ["rows"]


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        ("float", {"type": "number"}),
        ("'str'", {"type": "string"}),
        ("Optional[int]", {"type": ["integer", "null"]}),
        ("Union[str, list[int]]", {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}]}),
        ("Literal['a', 'b']", {"enum": ["a", "b"]}),
        ("dict[str, int]", {"type": "object"}),
        ("tuple[int, ...]", {"type": "array", "items": {"type": "integer"}}),
        ("tuple[int, str]", {"type": "array", "items": {}}),
        ("typing.Sequence[bool]", {"type": "array", "items": {"type": "boolean"}}),
        ("Matrix", {}),
    ],
)
def test_annotations_become_schemas(annotation, schema):
    code = f"def f(x: {annotation}):\n    return x\n"
    assert json.loads(schema_text("f", code))["properties"]["x"] == schema


def test_functions_that_are_not_valid_are_told_with_the_reason_and_the_others_kept():
    found, refusals = read("import socket\ndef good(x):\n    return x\ndef bad(x):\n    return socket.gethostname()\n")
    assert found.names == ("good",)
    assert [(one.name, one.code) for one in refusals] == [("bad", "forbidden_call")]


def test_all_says_which_functions_are_public():
    found, _ = read("__all__ = ['b']\ndef a(x):\n    return x\ndef b(x):\n    return a(x)\n")
    assert found.names == ("b",)
    assert ran(found.get("b"), 4) == 4


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"def f(:", "no Python"),
        (b"x = 1\n", "no public function"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"#" * (MAX_BYTES + 1), "can be read"),
        (b"\n".join(b"def f%d(x):\n    return x" % i for i in range(65)), "65 functions"),
        (b"(" * 5000 + b")" * 5000, "no Python"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(data, said):
    with pytest.raises(ConfigError, match=said):
        texts_from_source(data)


def test_an_upload_is_never_run(tmp_path):
    mark = tmp_path / "ran"
    source = f"open({str(mark)!r}, 'w')\ndef f(x=open({str(mark)!r}, 'w')):\n    return x\n"
    read(source)
    assert not mark.exists()


SCHEMA = {"type": "object", "properties": {"x": {"type": "number", "description": "Any."}}, "required": ["x"]}


def learned(name: str, description: str, code: str) -> Function:
    return Function(name=name, description=description, parameters=SCHEMA, code=code)


LEARNED = (
    learned("double", "Twice x: exactly", "import math\n\n\ndef double(x):\n    return 2 * x\n"),
    learned("half", "Half of x", "def _by(x):\n    return x / 2\n\n\ndef half(x):\n    return _by(x)\n"),
    learned("third", "A third", "def _by(x):\n    return x / 3\n\n\ndef third(x):\n    return _by(x)\n"),
    learned("quoted", "Odd", 'def quoted(x):\n    return """a\\n\\"""" + str(globals().get("y"))\n'),
)


def test_an_export_reads_back_to_the_same_functions():
    source = module_source(LEARNED, ["A run's functions", "made by a model"])
    tools = json.dumps(FunctionSet(functions=LEARNED).as_tools()).encode()
    found, refusals = read(source, tools=tools)
    assert not refusals
    assert found.functions == LEARNED


def test_an_export_without_its_tools_file_keeps_code_and_descriptions():
    found, _ = read(module_source(LEARNED, ["Header"]))
    assert [(one.name, one.description, one.code) for one in found.each()] == [
        (one.name, one.description, one.code) for one in LEARNED
    ]


def test_an_export_somebody_added_to_is_still_read():
    source = module_source(LEARNED[:1], ["Header"]) + "\n\ndef mine(x):\n    return double(x)\n"
    found, _ = read(source)
    assert "double" in found.names


def test_a_tools_file_that_is_no_json_is_said():
    with pytest.raises(ConfigError, match=r"tools\.json"):
        read("def f(x):\n    return x\n", tools=b"{nope")
