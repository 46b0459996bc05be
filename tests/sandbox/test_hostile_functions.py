import asyncio

import pytest

from .conftest import cell, function

FRAME = """
import json, os, struct
def frame(text):
    data = text.encode()
    return struct.pack('>I', len(data)) + data
"""


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("import sys; sys.exit(3)", "SystemExit"),
        ("exit()", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise BaseException('all the way up')", "BaseException"),
        ("raise type('Odd', (BaseException,), {'__str__': lambda self: 1 / 0})()", "Odd"),
        ("return f()", "RecursionError"),
        ("raise ExceptionGroup('two', [ValueError(1), TypeError(2)])", "ExceptionGroup"),
        ("raise ValueError('x' * 10**6)", "ValueError"),
        ("raise type('x' * 10**5, (Exception,), {})", "x" * 100),
        ("raise ValueError('half a character \\ud800')", "ValueError"),
        ("input()", "EOFError"),
    ],
)
def test_whatever_is_raised_comes_back_as_an_error_with_its_line(run, body, kind):
    result = run(f"def f():\n    {body}")
    assert not result.ok
    assert result.error.type == kind
    assert result.error.line == 2
    assert len(result.error.message) <= 4000
    result.model_dump_json().encode()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("import os; os._exit(0)", "exit code 0"),
        ("import os; os._exit(7)", "exit code 7"),
        ("import os; os.kill(os.getpid(), 9)", "SIGKILL"),
        ("import os; os.abort()", "SIGABRT"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("import os; os.closerange(0, 256)", "exit code"),
        ("import builtins; builtins.__dict__.clear()", "exit code"),
    ],
)
def test_a_function_that_ends_its_process_is_killed_and_told_how(run, body, said):
    result = run(f"def f():\n    {body}")
    assert (result.ok, result.error.type) == (False, "Killed")
    assert said in result.error.message


def test_a_function_that_ends_its_whole_group_ends_alone(run_loose):
    result = run_loose("import os\ndef f(): os.killpg(0, 15)")
    assert result.error.type == "Killed"
    assert "SIGTERM" in result.error.message


def test_a_crash_names_the_line(run):
    assert run("import ctypes\ndef f():\n    x = 1\n    ctypes.string_at(0)").error.line == 4


@pytest.mark.parametrize(
    "body",
    [
        "return float('nan')",
        "return {'a': [float('inf')]}",
        "x = []; x.append(x); return x",
        "x = {}; x['x'] = x; return x",
        "return open",
        "return (n for n in range(3))",
        "return b'bytes'",
        "return {(1, 2): 3}",
        "return {1: 'a', '1': 'b'}",
        "return 10 ** 5000",
        "x = 1\n    for _ in range(5000): x = [x]\n    return x",
        "return lambda: 1",
        "return object()",
    ],
)
def test_a_result_without_a_json_form_says_what_to_return(run, body):
    result = run(f"x = 0\ndef f():\n    {body}")
    assert (result.ok, result.error.type, result.error.line) == (False, "BadResult", 2)
    assert "eturn" in result.error.message


def test_a_result_with_a_hostile_repr_cannot_do_harm(run, sandbox):
    hostile = "class R:\n    def __repr__(self):\n        raise SystemExit('no')\n    __str__ = __repr__\n"
    assert run(f"{hostile}def f(): return R()").error.type == "BadResult"
    assert cell(sandbox, f"{hostile}R()").error.type == "SystemExit"
    tricky = (
        "class T(str):\n    def __len__(self): return -1\n    def __str__(self): return 1\ndef f(): return T('text')"
    )
    assert run(tricky).value == "text"


def test_prints_cannot_fake_a_result(run):
    result = run(f"{FRAME}def f():\n    os.write(1, frame('{{\"value\": 666}}'))\n    return 1")
    assert result.value == 1


@pytest.mark.parametrize(
    "written",
    [
        "b'garbage' * 1000",
        "frame('{')",
        "frame('[]')",
        "frame('{\"value\": NaN}')",
        'frame(\'{"value": 1, "ok": true}\')',
        'frame(\'{"error": {"type": 1, "message": 2, "line": 3}}\')',
        'frame(\'{"value": "\\\\ud800"}\')',
        "frame('[' * 30000)",
        "frame('{\"value\": ' + '[' * 400 + ']' * 400 + '}')",
        "b'\\xff' * 200_000",
        "frame('x') + b'\\xff\\xff'",
    ],
)
def test_garbage_in_every_descriptor_is_a_bad_result_and_the_next_call_is_untouched(run, written):
    code = (
        f"{FRAME}def f():\n    for fd in range(3, 256):\n        try:\n            data = {written}\n"
        "            while data: data = data[os.write(fd, data):]\n        except OSError: pass\n    return 1"
    )
    result = run(code)
    assert (result.ok, result.error.type) == (False, "BadResult")
    assert run("def f(): return 2").value == 2


def test_a_function_can_lie_about_its_own_result_only_within_bounds(run):
    lie = '{"error": {"type": "' + "T" * 500 + '", "message": "' + "m" * 9000 + '", "line": 99, "lines": [99]}}'
    result = run(f"{FRAME}def f():\n    os.write(3, frame({lie!r}))\n    os._exit(0)")
    assert (len(result.error.type), len(result.error.message), result.error.line) == (100, 4000, None)


def test_a_function_that_kills_its_worker_is_told_so_and_others_go_on(loose):
    killer = function("import os, time\ndef f():\n    os.kill(os.getppid(), 9)\n    time.sleep(60)")
    result = asyncio.run(loose.call(killer, {}))
    assert (result.error.type, result.error.message) == ("Killed", "It ended the process that runs functions.")
    assert asyncio.run(loose.call(function("def f(): return 1"), {})).value == 1


def test_calls_beside_one_that_kills_the_zygote_are_repeated_and_succeed(make_sandbox):
    sandbox = make_sandbox(wall_s=60, workers=2)
    kill_all = function(
        "import os, time\ndef f():\n    worker = os.getppid()\n    with open(f'/proc/{worker}/stat') as file:\n"
        "        zygote = int(file.read().split()[3])\n    os.kill(zygote, 9)\n    time.sleep(60)"
    )
    peaceful = function("def f(x): return x")

    async def scene():
        calls = [sandbox.call(peaceful, {"x": x}) for x in range(10)]
        return await asyncio.gather(sandbox.call(kill_all, {}), *calls)

    killed, *others = asyncio.run(scene())
    assert killed.error.type == "Killed"
    assert [result.value for result in others] == list(range(10))


def test_output_that_is_no_text_is_shown_as_far_as_it_is(run):
    assert run("import os\ndef f():\n    os.write(1, b'a\\xffb')").stdout == "a\ufffdb"
    assert run("def f():\n    print('\\ud800')").stdout == "\\ud800\n"
