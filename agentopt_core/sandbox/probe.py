"""What an isolated call can really do here: a harmless function tries, and the host looks."""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from agentopt_core.config import SandboxLimits
from agentopt_core.errors import InfrastructureFault
from agentopt_core.functions import Function
from agentopt_core.rollouts import ExecutionResult, SandboxLevel
from agentopt_core.sandbox.process import ProcessSandbox

_LIMITS = SandboxLimits(wall_s=10, memory_mb=256, workers=1, packages=())
_CODE = '''
import os
import socket

def probe(canary, folder, port, pid):
    """Try, harmlessly, what must not work; returns what did."""
    def read():
        open(canary).read()

    def write():
        open(os.path.join(folder, "written"), "w").close()

    def network():
        socket.create_connection(("127.0.0.1", port), 1).close()

    def processes():
        if os.fork() == 0:
            os._exit(0)
        os.wait()

    def signals():
        os.kill(pid, 0)

    attempts = [read, write, network]
    if hasattr(os, "fork"):  # without it there is Windows, where that signal would be Ctrl+C, for this program too
        attempts += [processes, signals]
    done = []
    for attempt in attempts:
        try:
            attempt()
            done.append(attempt.__name__)
        except OSError:
            pass
    return done
'''
_PROBE = Function(name="probe", description="", parameters={"type": "object"}, code=_CODE)
_ALLOWED: dict[SandboxLevel, frozenset[str]] = {
    "namespaces": frozenset(),
    "landlock": frozenset(),
    "seccomp": frozenset({"read"}),
    "limits": frozenset({"read", "write", "network", "processes", "signals"}),
}
"""What a call may be able to do at each level."""


def probe(level: SandboxLevel) -> str | None:
    """Start a sandbox at that level and try it: None when it holds, else what is wrong in a sentence.

    Blocks for about half a second. Leaves nothing behind.
    """
    with tempfile.TemporaryDirectory(prefix="agentopt-probe-") as name, socket.socket() as listening:
        folder = Path(name)
        canary = folder / "canary"
        canary.write_text("a canary")
        # Open to all, so that nothing but the isolation keeps a call away from them.
        folder.chmod(0o777)
        canary.chmod(0o644)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        arguments = {"canary": str(canary), "folder": name, "port": listening.getsockname()[1], "pid": os.getpid()}
        try:
            with ThreadPoolExecutor(1) as thread:  # the caller may be inside an event loop
                result = thread.submit(lambda: asyncio.run(_call(level, arguments))).result()
        except InfrastructureFault as fault:
            return fault.message
        except OSError as error:
            return f"It cannot be started: {error}."
    if result.error is not None:
        return f"A call fails: {result.error.type}: {result.error.message}."
    done = result.value if isinstance(result.value, list) else ["lie"]
    beyond = [str(what) for what in done if what not in _ALLOWED[level]]
    return f"A call is not kept from: {', '.join(beyond)}." if beyond else None


async def _call(level: SandboxLevel, arguments: dict[str, str | int]) -> ExecutionResult:
    sandbox = ProcessSandbox(_LIMITS, level, notebooks=0)
    try:
        return await sandbox.call(_PROBE, dict(arguments))
    finally:
        await sandbox.close()
