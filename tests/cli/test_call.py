import argparse
import json

import pytest

from agentopt_core.cli import call
from agentopt_core.sandbox import find_isolation

SOURCE = """
def area(width: float, height: float = 2) -> float:
    print("computing")
    return width * height

def root(x):
    return x ** 0.5 if x >= 0 else 1 / 0
"""
MIXED = {"a": {}, "b": {"type": "array"}, "c": {"type": "string"}, "d": {"type": "object"}}


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "functions.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


def command(*words):
    parser = argparse.ArgumentParser()
    call.register(parser.add_subparsers())
    args = parser.parse_args(["call", *map(str, words)])
    return args.run(args)


def test_a_call_prints_one_json_object_and_succeeds(source, capsys):
    assert command(source, "area", "--args", '{"width": 3}') == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed.pop("ms") > 0
    assert printed == {"ok": True, "value": 6, "stdout": "computing\n", "error": None, "level": find_isolation().level}


def test_each_line_of_an_arguments_file_is_a_call_and_one_failure_fails_the_command(source, tmp_path, capsys):
    lines = tmp_path / "args.jsonl"
    lines.write_text('{"x": 4}\n\n{"x": -1}\n{"y": 1}\n{"x": 9}\n')
    assert command(source, "root", "--args-file", lines) == 1
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [result["value"] for result in printed] == [2.0, None, None, 3.0]
    assert printed[1]["error"] == {"type": "ZeroDivisionError", "message": "division by zero", "line": 7, "lines": [7]}
    assert printed[2]["error"]["type"] == "BadArguments"


def test_source_that_does_not_parse_is_a_failed_call(tmp_path, capsys):
    path = tmp_path / "broken.py"
    path.write_text("def f(:\n")
    assert command(path, "f") == 1
    assert json.loads(capsys.readouterr().out)["error"]["type"] == "SyntaxError"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("missing.py", "f"), "missing.py cannot be read"),
        (("{source}", "area", "--args", "{x: 1}"), "--args is not JSON"),
        (("{source}", "area", "--args", "[1]"), "not a JSON object"),
        (("{source}", "area", "--args-file", "missing.jsonl"), "missing.jsonl cannot be read"),
        (("{source}", "area", "--args-file", "{empty}"), "holds no arguments"),
        (("{source}", "area", "--args-file", "{source}"), "line 2 is not JSON"),
        (("{latin}", "area"), "not UTF-8"),
    ],
)
def test_bad_usage_is_a_sentence_and_no_call(source, tmp_path, capsys, words, said):
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "latin.py").write_bytes(b"# \xe9\n")
    places = {"source": source, "empty": tmp_path / "empty.jsonl", "latin": tmp_path / "latin.py"}
    assert command(*(word if "{x" in word else word.format(**places) for word in words)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert "Traceback" not in captured.err


def test_the_help_has_an_example(capsys):
    with pytest.raises(SystemExit):
        command("--help")
    assert "python -m agentopt_core call functions.py area" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "properties", "required"),
    [
        (SOURCE, {"width": {"type": "number"}, "height": {"type": "number"}}, ["width"]),
        ("async def area(a, /, b: list[int], *, c: str, d: dict = {}): pass", MIXED, ["a", "b", "c"]),
        ("area = max", {}, []),
        ("def area(:", {}, []),
    ],
)
def test_a_bare_files_schema_is_read_off_the_signature(code, properties, required):
    schema = call.parameters_of(code, "area")
    assert schema == {"type": "object", "properties": properties, "required": required}
