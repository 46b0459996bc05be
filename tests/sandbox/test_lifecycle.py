import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from agentopt_core.config import SandboxLimits
from agentopt_core.errors import InfrastructureFault
from agentopt_core.sandbox import ProcessSandbox

from .conftest import descendants, function, wait_for_end

ROOT = Path(__file__).resolve().parents[2]
DAEMON = """
import os, time
{imports}
def f(file):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            with open(file + '.part', 'w') as out:
                out.write('running')
            os.rename(file + '.part', file)
        time.sleep(600)
    time.sleep(600)
"""
HOST = f"""
import asyncio, sys
from agentopt_core.config import SandboxLimits
from agentopt_core.functions import Function
from agentopt_core.sandbox import ProcessSandbox
async def main():
    sandbox = ProcessSandbox(SandboxLimits(wall_s=600, workers=2, packages=('sympy',)), 'limits')
    def start(imports, file):
        code = {DAEMON!r}.format(imports=imports)
        return sandbox.call(Function(name='f', description='', parameters={{}}, code=code), {{'file': file}})
    await asyncio.gather(start('', sys.argv[1]), start('import sympy', sys.argv[2]))
asyncio.run(main())
"""


def wait_for_file(path, process):
    while not path.exists():
        assert process.poll() is None, "the host ended early"
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)


def test_a_host_killed_hard_leaves_no_process_and_no_folder(tmp_path):
    scratch, files = tmp_path / "scratch", (tmp_path / "a", tmp_path / "b")
    scratch.mkdir()
    environment = {"TMPDIR": str(scratch), "PYTHONPATH": str(ROOT)}
    host = subprocess.Popen([sys.executable, "-c", HOST, *map(str, files)], env=environment)
    try:
        for file in files:
            wait_for_file(file, host)
        pids = descendants(host.pid)
        assert len(pids) >= 10  # two zygotes, a worker each, and three processes a call
    finally:
        host.send_signal(signal.SIGKILL)
        host.wait()
    assert wait_for_end(pids) == set()
    assert list(scratch.iterdir()) == []


def test_close_leaves_no_process_and_ends_calls_that_run(tmp_path):
    file = tmp_path / "started"
    before = descendants(os.getpid())

    async def scene():
        sandbox = ProcessSandbox(SandboxLimits(wall_s=600, workers=2), "limits")
        call = asyncio.create_task(sandbox.call(function(DAEMON.format(imports="")), {"file": str(file)}))
        while not file.exists():
            await asyncio.wait({call}, timeout=0.02)
            assert not call.done()
        await sandbox.close()
        with pytest.raises(InfrastructureFault, match="closed"):
            await call

    asyncio.run(scene())
    assert descendants(os.getpid()) - before == set()


def test_a_closed_sandbox_refuses_calls_and_may_be_closed_twice():
    async def scene():
        sandbox = ProcessSandbox(SandboxLimits(workers=1), "limits")
        await sandbox.close()
        await sandbox.close()
        with pytest.raises(InfrastructureFault, match="closed"):
            await sandbox.call(function("def f(): return 1"), {})

    asyncio.run(scene())


def test_lost_workers_and_zygotes_are_replaced(make_sandbox):
    sandbox = make_sandbox(workers=1)
    family = function(
        "import os\ndef f():\n    worker = os.getppid()\n    with open(f'/proc/{worker}/stat') as file:\n"
        "        return [worker, int(file.read().split()[3])]"
    )
    worker, zygote = asyncio.run(sandbox.call(family, {})).value
    os.kill(worker, signal.SIGKILL)
    assert wait_for_end([worker]) == set()
    second_worker, same_zygote = asyncio.run(sandbox.call(family, {})).value
    assert second_worker != worker
    assert same_zygote == zygote
    os.kill(zygote, signal.SIGKILL)
    assert wait_for_end([zygote, second_worker]) == set()
    third_worker, second_zygote = asyncio.run(sandbox.call(family, {})).value
    assert third_worker not in (worker, second_worker)
    assert second_zygote != zygote


def test_one_sandbox_serves_many_event_loops(run):
    assert [run("def f(x): return x", x=x).value for x in range(3)] == [0, 1, 2]
