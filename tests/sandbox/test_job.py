"""Job objects, against a kernel that records what it is told. None of this has been run on Windows."""

import asyncio
import ctypes
import os
import signal
import sys
from contextlib import suppress

import pytest

from agentopt_core.config import SandboxLimits
from agentopt_core.errors import InfrastructureFault
from agentopt_core.sandbox import ProcessSandbox, job
from agentopt_core.sandbox.fresh import FreshPool
from agentopt_core.sandbox.job import Job

from .conftest import cell, function

JOB, PROCESS = 0x7FFF_FFFF_0001, 0x7FFF_FFFF_0002
"""Handles are as wide as pointers."""


class RecordingKernel:
    """Does what kernel32 does, as far as a job's one process group goes."""

    def __init__(self, refuses=(), lingering=0, ends_processes=False):
        self.told = []
        self.limits = []
        self._refuses = refuses
        self._lingering = lingering
        self._ends_processes = ends_processes
        self._pid = None

    def _answer(self, name, answer=1):
        self.told.append(name)
        return 0 if name in self._refuses else answer

    def CreateJobObjectW(self, security, name):
        assert (security, name) == (None, None)
        return self._answer("create", JOB)

    def OpenProcess(self, access, inherits, pid):
        # terminate, set quota, query (limited)
        assert (access, inherits) == (0x1 | 0x100 | 0x1000, 0)
        self._pid = pid
        return self._answer("open", PROCESS)

    def SetInformationJobObject(self, handle, kind, limits, size):
        assert (handle, kind, size) == (JOB, 9, 144)
        basic = limits._obj.BasicLimitInformation
        self.limits.append(
            (basic.LimitFlags, basic.PerJobUserTimeLimit, limits._obj.JobMemoryLimit, basic.ActiveProcessLimit)
        )
        return self._answer("limit")

    def AssignProcessToJobObject(self, handle, process):
        assert (handle, process) == (JOB, PROCESS)
        return self._answer("assign")

    def K32GetProcessMemoryInfo(self, process, counters, size):
        assert (process, size, counters._obj.cb) == (PROCESS, 80, 80)
        counters._obj.PrivateUsage = 50 << 20
        return self._answer("measure")

    def TerminateJobObject(self, handle, code):
        assert handle == JOB
        if self._ends_processes:
            with suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)
        return self._answer(f"terminate with {code}")

    def QueryInformationJobObject(self, handle, kind, accounting, size, length):
        assert (handle, kind, size, length) == (JOB, 1, 48, None)
        accounting._obj.ActiveProcesses = self._lingering
        self._lingering = max(0, self._lingering - 1)
        return self._answer("count")

    def CloseHandle(self, handle):
        return self._answer({JOB: "close job", PROCESS: "close process"}[handle])


ALWAYS = 0x8 | 0x400 | 0x2000  # active processes, die on unhandled exception, kill on job close
JOB_TIME, JOB_MEMORY = 0x4, 0x200


@pytest.fixture
def kernel():
    return RecordingKernel()


def test_the_structures_have_the_sizes_they_have_on_64_bit_windows():
    sizes = [ctypes.sizeof(kind) for kind in (job.BasicLimits, job.ExtendedLimits, job.Accounting, job.MemoryCounters)]
    assert sizes == [64, 144, 48, 80]


def test_a_process_is_put_into_a_job_that_already_has_limits(kernel):
    Job(kernel, 1234)
    assert kernel.told == ["create", "limit", "open", "assign"]
    assert kernel.limits == [(ALWAYS, 0, 0, 64)]


def test_cpu_time_is_in_ticks_and_memory_comes_on_top_of_what_the_interpreter_uses(kernel):
    Job(kernel, 1234).allow(1.5, 256 << 20)
    assert kernel.told[4:] == ["measure", "limit"]
    assert kernel.limits[-1] == (ALWAYS | JOB_TIME | JOB_MEMORY, 15_000_000, (50 + 256) << 20, 64)


def test_a_later_cell_gets_cpu_time_anew_but_no_more_memory(kernel):
    held = Job(kernel, 1234)
    held.allow(1, 256 << 20)
    held.allow(1, 256 << 20)
    assert kernel.told.count("measure") == 1
    assert kernel.limits[-1] == kernel.limits[-2]


def test_ending_a_job_waits_until_none_of_its_processes_is_left():
    kernel = RecordingKernel(lingering=2)
    held = Job(kernel, 1234)
    held.end()
    held.close()
    assert kernel.told[4:] == ["terminate with 1", "count", "count", "count", "close process", "close job"]


def test_a_closed_job_has_nothing_to_end_or_close(kernel):
    held = Job(kernel, 1234)
    held.close()
    told = list(kernel.told)
    held.close()
    held.end()
    assert kernel.told == told


@pytest.mark.parametrize(
    ("step", "left"),
    [
        ("create", []),
        ("limit", ["close job"]),
        ("open", ["close job"]),
        ("assign", ["close process", "close job"]),
    ],
)
def test_what_windows_refuses_is_a_fault_and_no_handle_is_left(step, left):
    kernel = RecordingKernel(refuses={step})
    with pytest.raises(InfrastructureFault, match="Windows refuses a job object"):
        Job(kernel, 1234)
    assert kernel.told[kernel.told.index(step) + 1 :] == left


@pytest.mark.skipif(sys.platform == "win32", reason="there it is there")
def test_there_is_no_kernel32_elsewhere():
    with pytest.raises(OSError, match="Windows only"):
        job.windows_kernel()


def test_a_call_begins_when_its_job_has_its_limits_and_ends_with_its_job():
    kernels = []

    def tree(pid):
        kernels.append(RecordingKernel(ends_processes=True))
        return Job(kernels[-1], pid)

    def make_pool(jail, modules, slots):
        return FreshPool(jail, modules, slots, tree)

    sandbox = ProcessSandbox(SandboxLimits(workers=1, cpu_s=2, memory_mb=100), "limits", make_pool=make_pool)
    assert asyncio.run(sandbox.call(function("def f(): return 1"), {})).value == 1
    assert kernels[0].limits[-1] == (ALWAYS | JOB_TIME | JOB_MEMORY, 20_000_000, (50 + 100) << 20, 64)
    one = ["create", "limit", "open", "assign", "measure", "limit", "terminate with 1", "count"]
    assert kernels[0].told == [*one, "close process", "close job"]
    assert cell(sandbox, "x = 1", "x + 1").value == 2
    assert kernels[1].told == [*one[:6], "limit", *one[6:], "close process", "close job"]
    asyncio.run(sandbox.close())


def test_a_process_that_gets_no_job_is_ended_and_told_as_a_fault():
    def make_pool(jail, modules, slots):
        return FreshPool(jail, modules, slots, lambda pid: Job(RecordingKernel(refuses={"assign"}), pid))

    sandbox = ProcessSandbox(SandboxLimits(workers=1), "limits", make_pool=make_pool)
    for _ in range(2):
        with pytest.raises(InfrastructureFault, match="AssignProcessToJobObject"):
            asyncio.run(sandbox.call(function("def f(): return 1"), {}))
    asyncio.run(sandbox.close())
