"""The agent's Python: variables stay between the cells of one rollout and go nowhere else."""

import asyncio
import os

import pytest

from agentopt_core.errors import InfrastructureFault

from .conftest import LEVELS_HERE, cell, descendants, wait_for_end


def test_variables_imports_and_functions_stay_from_cell_to_cell(sandbox):
    result = cell(sandbox, "import math\nx = 2", "def double(n):\n    return 2 * n", "double(x) + math.floor(0.5)")
    assert (result.ok, result.value) == (True, 4)


def test_a_cell_that_fails_leaves_the_variables_and_names_its_own_line(sandbox):
    assert cell(sandbox, "x = 1", "x = 2\n1 / 0", "x").value == 2
    result = cell(sandbox, "def f():\n    return 1 / 0\n", "y = 1\nf()")
    assert (result.error.type, result.error.line) == ("ZeroDivisionError", 2)


def test_what_a_cell_printed_belongs_to_it_alone(sandbox):
    assert cell(sandbox, "print('first')", "print('second')").stdout == "second\n"


def test_two_notebooks_share_nothing(sandbox):
    async def scene():
        one, other = sandbox.notebook(), sandbox.notebook()
        await one.run("import math\nsecret = 1\nmath.pi = 3\n__builtins__.leak = 2")
        result = await other.run("import math\n['secret' in globals(), math.pi > 3.1, hasattr(__builtins__, 'leak')]")
        await one.close()
        await other.close()
        third = sandbox.notebook()  # perhaps by the worker, and in the folder, of one that was closed
        again = await third.run("import os\n['secret' in globals(), os.listdir()]")
        await third.close()
        return result.value, again.value

    assert asyncio.run(scene()) == ([False, True, False], [False, []])


def test_a_cell_that_runs_out_of_time_takes_the_variables_along_and_the_next_one_says_so(hasty):
    async def scene():
        notebook = hasty.notebook()
        try:
            return [await notebook.run(code) for code in ("x = 1", "while True: pass", "'x' in globals()", "1")]
        finally:
            await notebook.close()

    first, late, after, last = asyncio.run(scene())
    assert first.ok
    assert (late.error.type, late.error.line) == ("Timeout", 1)
    assert after.value is False
    assert "lost" in after.stdout
    assert last.stdout == ""


def test_each_cell_has_its_own_time_so_many_short_ones_never_run_out(make_sandbox, level):
    busy = "import time\nbegin = time.process_time()\nwhile time.process_time() - begin < 0.3: pass\n1"
    assert cell(make_sandbox(level, wall_s=30, cpu_s=1, workers=1), *[busy] * 5).value == 1


def test_a_cell_cannot_hold_off_the_end_of_its_cpu_time(make_sandbox, level):
    busy = "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
    result = cell(make_sandbox(level, wall_s=60, cpu_s=1, workers=1), "x = 1", busy)
    assert result.error.type == "Timeout"
    assert "CPU" in result.error.message


def test_nothing_of_a_notebook_runs_between_its_cells(make_sandbox, level):
    ticking = (
        "import threading, time\nticks = []\n"
        "def tick():\n    while True:\n        ticks.append(1)\n        time.sleep(0)\n"
        "threading.Thread(target=tick, daemon=True).start()\n"
    )

    async def scene():
        sandbox = make_sandbox(level, workers=1, wall_s=30)
        notebook, other = sandbox.notebook(), sandbox.notebook()
        await notebook.run(ticking)
        # The process says itself how much it has worked, before and after other work was done.
        spent = "import time\ntime.process_time()"
        before = (await notebook.run(spent)).value
        for _ in range(20):
            await other.run("sum(range(200_000))")
        after = (await notebook.run(spent)).value
        elsewhere = (await other.run(spent)).value
        await notebook.close()
        await other.close()
        return after - before, elsewhere

    meanwhile, elsewhere = asyncio.run(scene())
    assert meanwhile < elsewhere


@pytest.mark.parametrize("level", LEVELS_HERE)
def test_a_notebook_leaves_no_process_when_it_or_its_sandbox_is_closed(make_sandbox, level):
    async def scene():
        before = descendants(os.getpid())
        sandbox = make_sandbox(level, workers=1)
        await sandbox.notebook().run("x = 1")  # left open
        with_one = descendants(os.getpid())
        notebook = sandbox.notebook()
        await notebook.run("x = 1")
        second = descendants(os.getpid()) - with_one
        await notebook.close()
        await notebook.close()
        assert len(second) == 2  # its process and its worker
        assert wait_for_end(second) == set()
        await sandbox.close()
        assert wait_for_end(with_one - before) == set()

    asyncio.run(scene())


def test_cells_asked_for_at_once_run_one_after_the_other_in_order(sandbox):
    async def scene():
        notebook = sandbox.notebook()
        try:
            await notebook.run("seen = []")
            await asyncio.gather(*(notebook.run(f"seen.append({n})") for n in range(5)))
            return (await notebook.run("seen")).value
        finally:
            await notebook.close()

    assert asyncio.run(scene()) == [0, 1, 2, 3, 4]


def test_more_notebooks_than_may_be_open_wait_while_calls_go_on(make_sandbox, level):
    async def scene():
        sandbox = make_sandbox(level, workers=1, notebooks=1)
        first, second = sandbox.notebook(), sandbox.notebook()
        await first.run("x = 1")
        waiting = asyncio.create_task(second.run("'second'"))
        assert (await first.run("x")).value == 1
        assert not waiting.done()
        await first.close()
        result = await waiting
        await second.close()
        return result.value

    assert asyncio.run(scene()) == "second"


def test_a_notebook_that_waits_in_vain_does_not_keep_a_place_when_it_is_cancelled(make_sandbox, level):
    async def scene():
        sandbox = make_sandbox(level, workers=1, notebooks=1)
        first, second, third = (sandbox.notebook() for _ in range(3))
        await first.run("1")
        waiting = asyncio.create_task(second.run("2"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await second.close()
        await first.close()
        result = await third.run("3")
        await third.close()
        return result.value

    assert asyncio.run(scene()) == 3


def test_a_notebook_closed_before_its_first_cell_keeps_no_place(make_sandbox, level):
    async def scene():
        sandbox = make_sandbox(level, workers=1, notebooks=1)
        early, later = sandbox.notebook(), sandbox.notebook()
        await early.close()
        with pytest.raises(InfrastructureFault, match="closed"):
            await early.run("1")
        result = await later.run("2")
        await later.close()
        return result.value

    assert asyncio.run(scene()) == 2


def test_a_closed_notebook_runs_nothing_more(loose):
    async def scene():
        notebook = loose.notebook()
        await notebook.run("1")
        await notebook.close()
        with pytest.raises(InfrastructureFault, match="closed"):
            await notebook.run("2")

    asyncio.run(scene())


def test_a_cell_can_lie_only_to_its_own_notebook(sandbox):
    lie = (
        "import os, struct\ndata = b'{\"value\": 666}'\n"
        "os.write(3, struct.pack('>I', len(data)) + data + struct.pack('>I', len(data)) + data)\n1"
    )
    assert cell(sandbox, lie, "2 + 2").value in (1, 4, 666)  # a lie within its own rollout
    assert cell(sandbox, "2 + 2").value == 4
