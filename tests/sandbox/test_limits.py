import asyncio
import os

import pytest

from .conftest import descendants, function, runner


def test_a_sleeping_function_is_ended_and_names_the_line_it_was_in(run_hasty):
    result = run_hasty("import time\ndef f():\n    print('before')\n    time.sleep(60)\n    print('after')")
    assert (result.ok, result.error.type, result.error.line) == (False, "Timeout", 4)
    assert "0.5 s" in result.error.message
    assert result.stdout == "before\n"


@pytest.mark.parametrize("body", ["while True: pass", "return sum(range(10**12))", "return 10 ** 10**9"])
def test_an_endless_computation_is_ended(run_hasty, body):
    result = run_hasty(f"def f():\n    {body}")
    assert (result.error.type, result.error.line) == ("Timeout", 2)


def test_a_function_cannot_refuse_to_be_ended(run_hasty):
    result = run_hasty(
        "import os, signal\nfor number in set(signal.Signals) - {9, 19}:\n    signal.signal(number, signal.SIG_IGN)\n"
        "def f():\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass"
    )
    assert result.error.type == "Timeout"


def test_children_end_with_their_call_even_in_a_session_of_their_own(loose):
    before = descendants(os.getpid())
    code = (
        "import os, time\ndef f():\n    for _ in range(3):\n        if os.fork() == 0:\n            os.setsid()\n"
        "            if os.fork() == 0:\n                os.setsid()\n            time.sleep(600)\n    return 1"
    )
    result = asyncio.run(loose.call(function(code), {}))
    assert result.value == 1
    left = descendants(os.getpid()) - before
    assert all("agentopt-sandbox-" in command_line(pid) for pid in left)
    assert len(left) <= 2 * (os.cpu_count() or 2) + 2  # workers and zygotes, none of the sleepers


def command_line(pid):
    with open(f"/proc/{pid}/cmdline") as file:
        return file.read()


def test_children_end_when_their_call_runs_out_of_time(hasty_loose, tmp_path):
    file = tmp_path / "pids"
    code = (
        f"import os, time\ndef f():\n    os.fork(); os.fork()\n    with open({str(file)!r}, 'a') as file:\n"
        "        file.write(f'{os.getpid()}\\n')\n    time.sleep(600)"
    )
    assert asyncio.run(hasty_loose.call(function(code), {})).error.type == "Timeout"
    pids = [int(line) for line in file.read_text().split()]
    assert pids
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)


def test_a_fork_bomb_is_ended(loose):
    before = len(descendants(os.getpid()))
    result = asyncio.run(loose.call(function("import os\ndef f():\n    while True:\n        os.fork()"), {}))
    assert result.error.type == "Killed"
    assert "too many processes" in result.error.message
    assert len(descendants(os.getpid())) <= before + 2
    assert asyncio.run(loose.call(function("def f(): return 1"), {})).value == 1


def test_cpu_time_is_limited_apart_from_wall_clock(make_sandbox):
    result = runner(make_sandbox(wall_s=120, cpu_s=1, workers=1))("def f():\n    while True: pass")
    assert (result.error.type, result.error.line) == ("Timeout", 2)
    assert "CPU" in result.error.message


@pytest.mark.parametrize("body", ["x = 'x' * 10**9", "x = [0] * 10**9", "x = [bytes(10**6) for _ in range(10**5)]"])
def test_a_memory_hog_is_a_memory_limit(run, body):
    result = run(f"def f():\n    {body}\n    return len(x)")
    assert (result.error.type, result.error.line) == ("MemoryLimit", 2)


def test_a_memory_hog_of_numpy_is_a_memory_limit(run):
    result = run("import numpy\ndef f():\n    return numpy.ones(10**9).sum()")
    assert result.error.type == "MemoryLimit"


def test_output_beyond_the_limit_is_cut_and_counted(run):
    result = run("def f():\n    for _ in range(200):\n        print('x' * 9999)\n    return 1")
    assert result.value == 1
    assert result.stdout.startswith("x" * 9999)
    assert len(result.stdout) < 66 * 1024
    assert f"{200 * 10_000 - 64 * 1024} more bytes" in result.stdout


def test_a_result_beyond_the_limit_is_a_bad_result_that_says_so(run):
    for body in ("'x' * 70_000", "list(range(50_000))", "range(10**12)", "'é' * 40_000"):
        result = run(f"def f():\n    return {body}")
        assert result.error.type == "BadResult"
        assert "64 KiB" in result.error.message


def test_a_large_result_within_the_limit_arrives_whole(run):
    assert run("def f(): return list(range(10_000))").value == list(range(10_000))
