"""A fork and a fresh interpreter keep the same promise; this is tested of both, side by side."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from agentopt_core.config import SandboxLimits
from agentopt_core.errors import InfrastructureFault
from agentopt_core.sandbox import ProcessSandbox
from agentopt_core.sandbox.fresh import FreshPool
from agentopt_core.sandbox.jail import Jail
from agentopt_core.sandbox.pool import Pool
from agentopt_core.tasks import Attachment

from .conftest import cell, descendants, function, runner
from .test_lifecycle import ROOT, wait_for_end, wait_for_file

WAYS = pytest.mark.parametrize("way", [Pool, FreshPool], ids=["fork", "fresh interpreter"], scope="module")


@pytest.fixture(scope="module")
def make(request, tmp_path_factory):
    made = []

    def make_with(way, **limits):
        files = tmp_path_factory.mktemp("files")
        (files / "table.csv").write_text("a,b\n1,2\n")
        limits = {"wall_s": 60, "cpu_s": 60, "memory_mb": 256, "output_kb": 4, "result_kb": 64, "workers": 2} | limits
        made.append(ProcessSandbox(SandboxLimits(**limits), "limits", files, notebooks=2, make_pool=way))
        return made[-1]

    yield make_with
    for sandbox in made:
        asyncio.run(sandbox.close())


@pytest.fixture(scope="module")
def sandbox(make, way):
    return make(way)


@pytest.fixture(scope="module")
def hasty(make, way):
    return make(way, wall_s=0.5, cpu_s=60)


@WAYS
def test_a_call_gives_its_value_and_what_it_printed(sandbox):
    result = runner(sandbox)("def f(a, b=2):\n    print('adding', a)\n    return a + b", a=1)
    assert (result.ok, result.value, result.stdout, result.level) == (True, 3, "adding 1\n", "limits")


@WAYS
@pytest.mark.parametrize(
    ("code", "kind", "line"),
    [
        ("def f():\n    x = 0\n    return 1 / x", "ZeroDivisionError", 3),
        ("def f():\n    return (1\n", "SyntaxError", 2),
        ("def f(x):\n    return x", "BadArguments", None),
        ("def f():\n    return f", "BadResult", 1),
        ("def f():\n    return 'x' * 70_000", "BadResult", 1),
        ("import os\ndef f():\n    os.write(3, b'garbage')\n    os._exit(0)", "BadResult", None),
        ("import os\ndef f():\n    os._exit(3)", "Killed", None),
        ("import os\ndef f():\n    os.kill(os.getpid(), 9)", "Killed", None),
        ("import os\ndef f():\n    os.abort()", "Killed", 3),
        ("import surely_not_installed\ndef f(): pass", "ModuleNotFoundError", 1),
        ("def f():\n    return bytes(10**9)", "MemoryLimit", 2),
    ],
)
def test_what_goes_wrong_has_a_kind_and_where_it_is_known_a_line(sandbox, code, kind, line):
    result = runner(sandbox)(code)
    assert (result.ok, result.error.type, result.error.line) == (False, kind, line)


@WAYS
def test_the_exit_code_of_a_call_that_ends_its_process_is_told(sandbox):
    assert "exit code 3" in runner(sandbox)("import os\ndef f(): os._exit(3)").error.message
    assert "SIGKILL" in runner(sandbox)("import os\ndef f(): os.kill(os.getpid(), 9)").error.message


@WAYS
@pytest.mark.parametrize("body", ["time.sleep(60)", "sum(range(10**12))"])
def test_a_call_out_of_time_keeps_what_it_printed_and_names_its_line(hasty, body):
    result = runner(hasty)(f"import time\ndef f():\n    print('before')\n    {body}")
    assert (result.error.type, result.error.line, result.stdout) == ("Timeout", 4, "before\n")


@WAYS
def test_cpu_time_is_limited_apart_from_wall_clock(make, way):
    result = runner(make(way, cpu_s=1))("def f():\n    while True: pass")
    assert (result.error.type, result.error.line) == ("Timeout", 2)
    assert "CPU" in result.error.message


@WAYS
def test_output_beyond_the_limit_is_cut_and_counted(sandbox):
    result = runner(sandbox)("def f():\n    for _ in range(50):\n        print('é' * 4999)\n    return 1")
    assert result.value == 1
    assert f"{50 * 9999 - 4096} more bytes" in result.stdout


@WAYS
def test_the_environment_is_empty_and_nothing_of_the_host_is_open(sandbox, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-1234")
    result = runner(sandbox)(
        "import os, sys\ndef f():\n    with open('/proc/self/environ') as file:\n"
        "        return [dict(os.environ), file.read(), '' in sys.path, sys.stdin.read()]"
    )
    assert result.value == [{}, "PYTHONHASHSEED=0\0", False, ""]


@WAYS
def test_equal_calls_give_equal_results(sandbox):
    code = (
        "import random, numpy.random\nseen = []\ndef f():\n    seen.append(1)\n"
        "    return [seen, random.random(), numpy.random.random(), [str(x) for x in {'a', 'b', 'c', 'd'}]]"
    )
    assert runner(sandbox)(code).value == runner(sandbox)(code).value


@WAYS
def test_a_call_starts_in_an_empty_folder_that_is_gone_afterwards(sandbox):
    folder = runner(sandbox)(
        "import os\ndef f():\n    assert os.listdir() == []\n    os.makedirs('a/b')\n    os.chmod('a', 0)\n"
        "    os.symlink('/', 'link')\n    return os.getcwd()"
    ).value
    assert os.path.isabs(folder)
    assert not os.path.lexists(folder)


@WAYS
def test_a_tasks_files_are_found_by_their_names(sandbox):
    shown = (Attachment(path="table.csv", media_type="text/csv", sha256="0" * 64, bytes=8),)
    code = "def f():\n    with open('attachments/table.csv') as file:\n        return file.read()"
    assert asyncio.run(sandbox.call(function(code), {}, shown)).value == "a,b\n1,2\n"


@WAYS
def test_loading_runs_the_source_but_not_the_function(sandbox):
    result = asyncio.run(sandbox.load(function("print('loading')\ndef f():\n    print('called')")))
    assert (result.ok, result.value, result.stdout) == (True, None, "loading\n")


@WAYS
def test_the_cells_of_a_notebook_share_variables_and_print_for_themselves(sandbox):
    assert cell(sandbox, "print('one')\nx = 1", "print('two')\nx + 1").model_dump(include={"value", "stdout"}) == {
        "value": 2,
        "stdout": "two\n",
    }
    many = cell(sandbox, "print('x' * 10_000)", "print('y' * 10_000)").stdout
    assert many.startswith("y" * 4096)
    assert f"{10_001 - 4096} more bytes" in many


@WAYS
@pytest.mark.parametrize("end", ["import time\ntime.sleep(60)", "import os\nos._exit(3)"])
def test_a_cell_that_ends_its_process_takes_the_variables_with_it_and_the_next_one_says_so(hasty, end):
    result = cell(hasty, "x = 1", end, "'x' in globals()")
    assert result.value is False
    assert "lost" in result.stdout


@WAYS
def test_each_cell_has_the_whole_cpu_time(make, way):
    use = "import time\nbegin = time.process_time()\nwhile time.process_time() - begin < 0.7: pass"
    result = cell(make(way, cpu_s=1), *[use] * 3, "round(time.process_time()) >= 2")
    assert (result.error, result.value) == (None, True)


@WAYS
def test_each_of_many_concurrent_calls_gets_its_own_answer(sandbox):
    async def scene():
        square = function("def f(x):\n    print(x)\n    return x * x")
        return await asyncio.gather(*(sandbox.call(square, {"x": x}) for x in range(8)))

    assert [(result.value, result.stdout) for result in asyncio.run(scene())] == [(x * x, f"{x}\n") for x in range(8)]


SLEEPER = (
    "import os, time\ndef f(file):\n    os.fork()\n    with open(file, 'a') as out:\n"
    "        out.write(f'{os.getpid()}\\n')\n    time.sleep(600)"
)


@WAYS
def test_close_ends_calls_and_notebooks_that_run_and_leaves_no_process(way, tmp_path):
    file = tmp_path / "started"
    before = descendants(os.getpid())

    async def scene():
        sandbox = ProcessSandbox(SandboxLimits(wall_s=600, workers=2), "limits", make_pool=way)
        await sandbox.notebook().run("x = 1")
        call = asyncio.create_task(sandbox.call(function(SLEEPER), {"file": str(file)}))
        while not file.exists():
            await asyncio.wait({call}, timeout=0.02)
            assert not call.done()
        await sandbox.close()
        with pytest.raises(InfrastructureFault, match="closed"):
            await call
        with pytest.raises(InfrastructureFault, match="closed"):
            await sandbox.call(function(SLEEPER), {"file": str(file)})

    asyncio.run(scene())
    assert descendants(os.getpid()) - before == set()


HOST = f"""
import asyncio, sys
from agentopt_core.config import SandboxLimits
from agentopt_core.functions import Function
from agentopt_core.sandbox import ProcessSandbox
from agentopt_core.sandbox.fresh import FreshPool
from agentopt_core.sandbox.pool import Pool
async def main(pool, file):
    sandbox = ProcessSandbox(SandboxLimits(wall_s=600, workers=2), "limits", make_pool=globals()[pool])
    await sandbox.notebook().run('x = 1')
    await sandbox.call(Function(name='f', description='', parameters={{}}, code={SLEEPER!r}), {{'file': file}})
asyncio.run(main(*sys.argv[1:]))
"""


@WAYS
def test_a_host_killed_hard_leaves_no_process_and_no_folder(way, tmp_path):
    scratch, file = tmp_path / "scratch", tmp_path / "started"
    scratch.mkdir()
    environment = {"TMPDIR": str(scratch), "PYTHONPATH": str(ROOT)}
    host = subprocess.Popen([sys.executable, "-c", HOST, way.__name__, str(file)], env=environment)
    try:
        wait_for_file(file, host)
        pids = descendants(host.pid)
        assert len(pids) >= 3  # a notebook, a call, and what it forked
    finally:
        host.send_signal(signal.SIGKILL)
        host.wait()
    assert wait_for_end(pids) == set()
    assert list(scratch.iterdir()) == []


def test_a_fresh_interpreter_is_refused_at_any_level_but_limits():
    sandbox = ProcessSandbox(SandboxLimits(workers=1), "seccomp", make_pool=FreshPool)
    with pytest.raises(InfrastructureFault, match="'seccomp' forks its processes"):
        sandbox.start()


class BrokenJail(Jail):
    """One whose interpreter says why it does not start, and ends."""

    def make_fresh(self, modules, mark):
        return [sys.executable, "-c", "import sys; sys.exit('no memory today')"]


def test_an_interpreter_that_does_not_start_is_a_fault_that_says_why_and_takes_no_place(make):
    pool = FreshPool(BrokenJail("limits", SandboxLimits(), None, 1), (), 1)
    sandbox = ProcessSandbox(SandboxLimits(workers=1), "limits", make_pool=lambda *_: pool)
    for _ in range(3):
        with pytest.raises(InfrastructureFault, match="no memory today"):
            asyncio.run(sandbox.call(function("def f(): return 1"), {}))
    asyncio.run(sandbox.close())
