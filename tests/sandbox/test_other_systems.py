"""Systems that these tests do not run on, emulated: what they lack is taken away before anything is imported.

This shows that nothing needs what is not there. That the rest behaves there as it does here, it cannot show.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentopt_core.sandbox.jail import environment

from .test_lifecycle import ROOT

WITHOUT_PROC = """
import builtins, os
def without_proc(function):
    def call(path=".", *more, **options):
        if str(path).startswith("/proc"):
            raise FileNotFoundError(path)
        return function(path, *more, **options)
    return call
builtins.open = without_proc(open)
os.listdir = without_proc(os.listdir)
"""
LIKE_WINDOWS = (
    """
import asyncio, faulthandler, os, select, signal, socket, subprocess, sys, tempfile  # their own needs are not ours
for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules[name] = None
for module, names in (
    (os, "fork forkpty setsid setpgid getpgid geteuid getuid wait4 wait3 waitid WNOWAIT pidfd_open O_DIRECTORY "
         "O_NOFOLLOW O_CLOEXEC sysconf statvfs fstatvfs fchdir closerange chown mkfifo"),
    (select, "poll epoll"),
    (socket, "send_fds recv_fds"),
    (signal, "SIGUSR1 SIGUSR2 SIGXCPU SIGCHLD SIGSTOP SIGCONT set_wakeup_fd"),
    (faulthandler, "register unregister"),
):
    for name in names.split():
        delattr(module, name)
os.supports_dir_fd = set()
def symlink(*_arguments):
    raise OSError("a required privilege is not held by the client")
os.symlink = symlink
"""
    + WITHOUT_PROC
)
LIKE_MACOS = (
    """
import os, resource, sys, asyncio, ctypes, subprocess, sysconfig, tempfile  # their own needs are not ours
sysconfig.get_config_vars()
sys.platform = "darwin"
del resource.prlimit, os.pidfd_open, os.waitid
class LibSystem:
    # Knows of memory what Linux knows of resident pages.

    look = staticmethod(open)

    def __init__(self, name):
        pass

    def proc_pid_rusage(self, pid, flavor, usage):
        with self.look(f"/proc/{pid}/statm") as file:
            usage[72:80] = (int(file.read().split()[1]) * 4096).to_bytes(8, sys.byteorder)
        return 0
ctypes.CDLL = LibSystem
set_limit = resource.setrlimit
def setrlimit(kind, limits):
    if kind == resource.RLIMIT_AS:
        raise ValueError("current limit exceeds maximum limit")
    set_limit(kind, limits)
resource.setrlimit = setrlimit
"""
    + WITHOUT_PROC
)
INSIDE = """
from agentopt_core.config import SandboxLimits
from agentopt_core.functions import Function
from agentopt_core.sandbox import ProcessSandbox
from agentopt_core.sandbox.jail import Jail
from agentopt_core.sandbox.process import own_pool
from agentopt_core.tasks import Attachment

class SameSystem(Jail):
    # What runs inside runs on the system that is emulated outside.

    def make_plan(self, *arguments):
        plan = super().make_plan(*arguments)
        return plan._replace(command=self.emulated(plan.command))

    def make_fresh(self, *arguments):
        return self.emulated(super().make_fresh(*arguments))

    def emulated(self, command):
        place = command.index("-c") + 1
        return [*command[:place], PREAMBLE + command[place], *command[place + 1 :]]

def function(code):
    return Function(name="f", description="", parameters={}, code=code)

def make_sandbox(folder, **limits):
    limits = SandboxLimits(workers=1, **limits)
    def make_pool(_jail, modules, slots):
        return own_pool()(SameSystem("limits", limits, folder, slots), modules, slots)
    return ProcessSandbox(limits, "limits", make_pool=make_pool)
"""
CALLS = """
async def main(folder):
    open(os.path.join(folder, "data.txt"), "w").close()
    print(own_pool().__name__)
    sandbox, hasty = make_sandbox(folder, wall_s=60, cpu_s=1), make_sandbox(folder, wall_s=0.5)
    shown = (Attachment(path="data.txt", media_type="text/plain", sha256="0" * 64, bytes=0),)
    for code in (
        "import os\\ndef f():\\n    print('said')\\n    return [os.listdir(), os.listdir('attachments')]",
        "def f():\\n    return 1 / 0",
        "import asyncio\\nasync def f():\\n    return 7",
    ):
        result = await sandbox.call(function(code), {}, shown)
        print(result.value, repr(result.stdout), result.error and (result.error.type, result.error.line))
    result = await hasty.call(function("import time\\ndef f():\\n    time.sleep(60)"), {})
    print(result.error.type, result.error.line)
    notebook = sandbox.notebook()
    use = "begin = time.process_time()\\nwhile time.process_time() - begin < 0.4: pass"
    for code in ("import time", *[use] * 3, "round(time.process_time()) >= 1"):
        result = await notebook.run(code)
    print(result.value, result.error)
    await notebook.close()
    await sandbox.close()
    await hasty.close()
    print(os.listdir(tempfile.gettempdir()))

asyncio.run(main(sys.argv[1]))
"""
ANSWERS = """
[['attachments'], ['data.txt']] 'said\\n' None
None '' ('ZeroDivisionError', 2)
7 '' None
Timeout 3
True None
[]
"""
MEMORY = """
async def main():
    sandbox = make_sandbox(None, wall_s=60, memory_mb=64)
    grow = "import time\\nrest = []\\nwhile len(rest) < {}:\\n    rest.append(bytearray(10**5))\\n    time.sleep(0.001)"
    code = grow.format("count") + "\\ndef f():\\n    return len(rest)"
    assert (await sandbox.call(function("count = 10\\n" + code), {})).value == 10
    print((await sandbox.call(function("count = 10**9\\n" + code), {})).error.type)
    notebook = sandbox.notebook()
    print((await notebook.run(grow.format("10**9"))).error.type)
    await notebook.close()
    await sandbox.close()

asyncio.run(main())
"""
EVERYTHING = """
import pkgutil, importlib, agentopt_core.sandbox
forking = set() if hasattr(os, "fork") else {"main", "worker", "watch", "call", "forked"}
for module in pkgutil.walk_packages(agentopt_core.sandbox.__path__, "agentopt_core.sandbox."):
    if module.name.rpartition(".")[2] not in forking:
        importlib.import_module(module.name)
        print(module.name)
"""


def program(preamble: str, rest: str, folder: Path, *arguments: str) -> str:
    """What such a program prints, on a system that the preamble makes."""
    scratch = folder / "scratch"
    scratch.mkdir()
    code = f"PREAMBLE = {preamble!r}\nexec(PREAMBLE)\n{rest}"
    environment = {"TMPDIR": str(scratch), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("preamble", [LIKE_WINDOWS, LIKE_MACOS], ids=["Windows", "macOS"])
def test_every_module_of_the_sandbox_but_the_forking_ones_can_be_imported_on_any_system(preamble, tmp_path):
    names = program(preamble, EVERYTHING, tmp_path).split()
    assert {"agentopt_core.sandbox.host", "agentopt_core.sandbox.zygote.once"} <= set(names)


@pytest.mark.parametrize(
    ("preamble", "pool"), [(LIKE_WINDOWS, "FreshPool"), (LIKE_MACOS, "Pool")], ids=["Windows", "macOS"]
)
def test_calls_and_notebooks_work_without_what_other_systems_lack(preamble, pool, tmp_path):
    (tmp_path / "files").mkdir()
    assert program(preamble, INSIDE + CALLS, tmp_path, str(tmp_path / "files")) == pool + ANSWERS


def test_on_macos_a_call_that_takes_too_much_memory_is_ended_by_its_worker(tmp_path):
    assert program(LIKE_MACOS, INSIDE + MEMORY, tmp_path) == "MemoryLimit\nMemoryLimit\n"


@pytest.mark.parametrize("preamble", [LIKE_WINDOWS, LIKE_MACOS], ids=["Windows", "macOS"])
def test_level_limits_is_found_on_any_system(preamble, tmp_path):
    find = (
        "from agentopt_core.sandbox import find_isolation\nsys.platform = sys.platform.replace('linux', 'other')\n"
        "print(find_isolation().level)"
    )
    assert program(preamble, find, tmp_path) == "limits\n"


def test_an_interpreter_is_told_no_key_but_on_windows_where_the_system_is():
    given = {"OPENAI_API_KEY": "sk-canary", "SystemRoot": r"C:\Windows", "PATH": "x"}
    assert environment(given, "posix") == {"PYTHONHASHSEED": "0"}
    on_windows = {"PYTHONHASHSEED": "0", "SystemRoot": r"C:\Windows", "__PYVENV_LAUNCHER__": sys.executable}
    assert environment(given, "nt") == on_windows
    assert environment(os.environ, os.name) == {"PYTHONHASHSEED": "0"}
