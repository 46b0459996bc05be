"""What is left when the process that called a hostile function is killed: nothing, and nobody waits for it."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentopt_core.sandbox.levels import obstacle
from agentopt_core.sandbox.probe import probe

from .processes import depths

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_S = 60
_HOST = """
import asyncio, sys
from agentopt_core.config import SandboxLimits
from agentopt_core.functions import Function
from agentopt_core.sandbox import ProcessSandbox
code = "import os, signal, time\\ndef attack():\\n  signal.pthread_sigmask(0, range(1, 65))\\n  "
code += "os.write(1, b'x' * 10)\\n  time.sleep(600)"
async def main():
    sandbox = ProcessSandbox(SandboxLimits(wall_s=600, workers=1, packages=()), sys.argv[1], notebooks=1)
    notebook = sandbox.notebook()
    await notebook.run("1")
    print("ready", flush=True)
    await sandbox.call(Function(name="attack", description="", parameters={"type": "object"}, code=code), {})
asyncio.run(main())
"""


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files that the sandbox's own user may enter, too, unlike those of pytest."""
    folder = Path(tempfile.mkdtemp(prefix="agentopt-attacks-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("level", ["namespaces", "landlock"])
def test_after_the_host_is_killed_every_process_ends_and_no_pipe_stays_open(temporary: Path, level):
    if wrong := obstacle(level) or probe(level):
        pytest.skip(wrong)
    host = subprocess.Popen(
        [sys.executable, "-c", _HOST, level],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(temporary), "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with host:
        assert host.stdout is not None
        assert host.stderr is not None
        assert host.stdout.readline() == b"ready\n"
        started = [os.pidfd_open(pid) for pid in depths(host.pid)]
        assert started
        host.kill()
        for stream in (host.stdout, host.stderr):
            assert select.select([stream], [], [], _PATIENCE_S)[0], "somebody keeps the host's output open"
            assert stream.read() == b""
    for process in started:
        assert select.select([process], [], [], _PATIENCE_S)[0], "a process outlives its host"
        os.close(process)
    assert not [path for path in temporary.rglob("*/*") if not path.name.isdigit()], "a call's files are left"
