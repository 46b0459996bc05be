import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from .conftest import LEVELS_HERE, cell, function


def test_a_call_returns_the_functions_value_and_what_it_printed(run):
    result = run("def f(a, b=2):\n    print('adding', a)\n    return a + b", a=1)
    assert (result.ok, result.value, result.stdout, result.error) == (True, 3, "adding 1\n", None)
    assert result.level in LEVELS_HERE
    assert result.ms > 0


def test_an_error_comes_with_its_type_message_and_line_of_the_functions_source(run):
    result = run(
        "import math\n\ndef f(x):\n    y = x - 1\n    return helper(y)\n\ndef helper(y):\n    return 1 / y\n", x=1
    )
    assert not result.ok
    assert result.error.model_dump() == {
        "type": "ZeroDivisionError",
        "message": "division by zero",
        "line": 8,
        "lines": (5, 8),
    }


def test_an_error_inside_a_library_names_the_functions_line_that_called_it(run):
    result = run("import json\ndef f():\n    x = 1\n    return json.loads('{')\n")
    assert result.error.type == "JSONDecodeError"
    assert result.error.line == 4


def test_source_that_does_not_parse_comes_back_with_its_line(run):
    result = run("def f():\n    return (1\n")
    assert (result.error.type, result.error.line) == ("SyntaxError", 2)


@pytest.mark.parametrize("code", ["def f(): return 1\0", "def f(): return '\ud800'", "(" * 5000])
def test_source_that_cannot_be_read_at_all_is_an_error_not_a_fault(run, code):
    result = run(code)
    assert not result.ok
    assert result.error.type in {"ValueError", "SyntaxError", "UnicodeEncodeError", "MemoryLimit"}


def test_code_that_does_not_define_the_name_says_what_it_defines(run):
    result = run("def g(): pass\ndef h(): pass")
    assert result.error.type == "NameError"
    assert "'f'" in result.error.message
    assert "g, h" in result.error.message


def test_missing_and_unexpected_arguments_are_named_in_a_sentence(run):
    result = run("def f(width, height): return 1", width=1, depth=2)
    assert result.error.type == "BadArguments"
    assert result.error.message == "f() misses 'height' and does not take 'depth'. It takes 'width', 'height'."


def test_arguments_that_are_no_json_are_bad_arguments(sandbox):
    result = asyncio.run(sandbox.call(function("def f(x): return 1"), {"x": {1, 2}}))
    assert result.error.type == "BadArguments"


def test_an_async_function_is_awaited(run):
    assert run("import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    return 7").value == 7


def test_no_state_survives_from_one_call_to_the_next(run):
    code = (
        "import math, json\nseen = []\ndef f():\n    seen.append(math.pi)\n"
        "    math.pi = 3\n    json.dumps = None\n    return seen"
    )
    assert run(code).value == run(code).value == [3.141592653589793]


def test_equal_calls_give_equal_results_also_where_they_draw_random_numbers(run):
    code = "import random\ndef f(): return [random.random(), [str(x) for x in {'a', 'b', 'c', 'd'}]]"
    assert run(code).value == run(code).value
    code = "import numpy.random\ndef f(): return numpy.random.random(3)"
    assert run(code).value == run(code).value


def test_the_allowed_libraries_can_be_used(run):
    result = run(
        "import numpy, pandas, scipy.stats, sympy\ndef f(): return [m.__name__ for m in (numpy, pandas, sympy)]"
    )
    assert result.value == ["numpy", "pandas", "sympy"]


def test_data_classes_and_inspect_find_the_functions_module(run):
    code = (
        "from __future__ import annotations\nimport dataclasses, inspect\n"
        "@dataclasses.dataclass\nclass P:\n    x: int\n"
        "def f(): return [inspect.getsource(f).strip()[:7], dataclasses.asdict(P(1))]"
    )
    assert run(code).value == ["def f()", {"x": 1}]


def test_loading_runs_the_source_but_not_the_function(sandbox):
    code = "print('loading')\ndef f():\n    print('called')"
    result = asyncio.run(sandbox.load(function(code)))
    assert (result.ok, result.value, result.stdout) == (True, None, "loading\n")


@pytest.mark.parametrize("code", ["import surely_not_installed\ndef f(): pass", "f = 3", "assert False\ndef f(): pass"])
def test_loading_reports_failing_imports_top_level_checks_and_names_that_cannot_be_called(sandbox, code):
    assert not asyncio.run(sandbox.load(function(code))).ok


@pytest.mark.parametrize(
    ("code", "value", "stdout"),
    [
        ("x = 2\nprint(x)\nx + 1", 3, "2\n"),
        ("x = 2", None, ""),
        ("", None, ""),
        ("print('only')", None, "only\n"),
        ("[1, (2, 3)]", [1, [2, 3]], ""),
        ("object", "<class 'object'>", ""),
        ("float('nan')", "nan", ""),
        ("if __name__ == '__main__':\n    print('main')", None, "main\n"),
        ("def square(x):\n    return x * x\nsquare(4)", 16, ""),
    ],
)
def test_a_block_of_python_runs_like_a_notebook_cell(sandbox, code, value, stdout):
    result = cell(sandbox, code)
    assert (result.ok, result.value, result.stdout) == (True, value, stdout)


def test_a_block_that_fails_keeps_what_it_printed_and_names_the_line(sandbox):
    result = cell(sandbox, "print('before')\nx = []\nx[0]\n")
    assert (result.stdout, result.error.type, result.error.line) == ("before\n", "IndexError", 3)


def test_the_repr_of_a_blocks_value_is_bounded(sandbox):
    result = cell(sandbox, "list(range(10**6))")
    assert result.ok
    assert result.value.startswith("[0, 1, 2")
    assert len(result.value) < 64 * 1024


def test_calls_run_side_by_side_and_the_loop_goes_on_meanwhile(loose, tmp_path):
    # Each function waits for the other's file, and both for one the loop writes while they run.
    code = (
        "import os, time\ndef f(mine, other, third):\n    open(mine, 'w').close()\n"
        "    while not (os.path.exists(other) and os.path.exists(third)):\n        time.sleep(0.001)\n    return True"
    )
    a, b, third = (str(tmp_path / name) for name in ("a", "b", "third"))

    async def scene():
        calls = [
            asyncio.create_task(loose.call(function(code), {"mine": mine, "other": other, "third": third}))
            for mine, other in ((a, b), (b, a))
        ]
        await asyncio.sleep(0)
        assert not any(call.done() for call in calls)
        (tmp_path / "third").touch()
        return await asyncio.gather(*calls)

    assert [result.value for result in asyncio.run(scene())] == [True, True]


def test_calls_may_come_from_many_threads_each_with_a_loop_of_its_own(sandbox):
    square = function("def f(x): return x * x")
    with ThreadPoolExecutor(6) as threads:
        results = list(threads.map(lambda x: asyncio.run(sandbox.call(square, {"x": x})), range(24)))
    assert [result.value for result in results] == [x * x for x in range(24)]


def test_each_of_many_concurrent_calls_gets_its_own_answer(sandbox):
    async def scene():
        square = function("def f(x):\n    print(x)\n    return x * x")
        return await asyncio.gather(*(sandbox.call(square, {"x": x}) for x in range(60)))

    results = asyncio.run(scene())
    assert [(result.value, result.stdout) for result in results] == [(x * x, f"{x}\n") for x in range(60)]
