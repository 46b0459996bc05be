"""A Windows job object: holds a process and all it starts to limits, and ends them together.

Its kernel comes in through the constructor: a test can hand in a recording one. Not yet tried on Windows itself.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

from agentopt_core.errors import InfrastructureFault

MAX_PROCESSES = 64
"""Processes one call may have at a time."""
OUT_OF_TIME = 1816
"""Exit code (ERROR_NOT_ENOUGH_QUOTA) of a process whose job has used its CPU time."""
KILLED = 1
_END_S = 5.0

ACTIVE_PROCESS, JOB_TIME, JOB_MEMORY = 0x8, 0x4, 0x200
NO_CRASH_WINDOW, KILL_ON_JOB_CLOSE = 0x400, 0x2000
_ALWAYS = ACTIVE_PROCESS | NO_CRASH_WINDOW | KILL_ON_JOB_CLOSE
BASIC_ACCOUNTING, EXTENDED_LIMITS = 1, 9
_TICKS = 10_000_000
"""Of 100 nanoseconds, in a second."""
_TERMINATE, _SET_QUOTA, _QUERY = 0x1, 0x100, 0x1000


class BasicLimits(ctypes.Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION."""

    _fields_ = (
        ("PerProcessUserTimeLimit", ctypes.c_int64),
        ("PerJobUserTimeLimit", ctypes.c_int64),
        ("LimitFlags", ctypes.c_uint32),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", ctypes.c_uint32),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", ctypes.c_uint32),
        ("SchedulingClass", ctypes.c_uint32),
    )


class ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("BasicLimitInformation", BasicLimits),
        ("IoInfo", ctypes.c_uint64 * 6),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    )


class Accounting(ctypes.Structure):
    """JOBOBJECT_BASIC_ACCOUNTING_INFORMATION."""

    _fields_ = (
        ("Times", ctypes.c_int64 * 4),
        ("TotalPageFaultCount", ctypes.c_uint32),
        ("TotalProcesses", ctypes.c_uint32),
        ("ActiveProcesses", ctypes.c_uint32),
        ("TotalTerminatedProcesses", ctypes.c_uint32),
    )


class MemoryCounters(ctypes.Structure):
    """PROCESS_MEMORY_COUNTERS_EX."""

    _fields_ = (
        ("cb", ctypes.c_uint32),
        ("PageFaultCount", ctypes.c_uint32),
        ("Sizes", ctypes.c_size_t * 8),
        ("PrivateUsage", ctypes.c_size_t),
    )


class Kernel(Protocol):
    """The functions of kernel32 that a job needs; each gives 0 or None when it fails."""

    CreateJobObjectW: Callable[..., Any]
    OpenProcess: Callable[..., Any]
    SetInformationJobObject: Callable[..., Any]
    QueryInformationJobObject: Callable[..., Any]
    AssignProcessToJobObject: Callable[..., Any]
    TerminateJobObject: Callable[..., Any]
    K32GetProcessMemoryInfo: Callable[..., Any]
    CloseHandle: Callable[..., Any]


class Job:
    """The job of one process, which must not have begun anything yet. It ends at the latest with this process.

    Raises: InfrastructureFault when the system refuses it.
    """

    def __init__(self, kernel: Kernel, pid: int) -> None:
        self._kernel = kernel
        self._base: int | None = None
        self._process = self._job = None
        try:
            self._job = self._checked("CreateJobObject", kernel.CreateJobObjectW(None, None))
            self._limit(_ALWAYS)
            access = _TERMINATE | _SET_QUOTA | _QUERY
            self._process = self._checked("OpenProcess", kernel.OpenProcess(access, 0, pid))
            self._checked("AssignProcessToJobObject", kernel.AssignProcessToJobObject(self._job, self._process))
        except BaseException:
            self.close()
            raise

    def allow(self, cpu_s: float, memory_bytes: int) -> None:
        """From now on so many seconds of CPU in user mode, and so much memory beside what it uses at the first time.

        Raises: InfrastructureFault.
        """
        if self._base is None:
            counters = MemoryCounters(cb=ctypes.sizeof(MemoryCounters))
            got = self._kernel.K32GetProcessMemoryInfo(self._process, ctypes.byref(counters), counters.cb)
            self._checked("GetProcessMemoryInfo", got)
            self._base = int(counters.PrivateUsage)
        # The system adds what the job has used before to its limit of time.
        self._limit(_ALWAYS | JOB_TIME | JOB_MEMORY, round(cpu_s * _TICKS), self._base + memory_bytes)

    def end(self) -> None:
        """End all its processes and wait until they are gone, so that their folder can be removed."""
        if self._job is None:
            return
        self._kernel.TerminateJobObject(self._job, KILLED)
        deadline = time.monotonic() + _END_S
        while self._active() and time.monotonic() < deadline:
            time.sleep(0.001)

    def close(self) -> None:
        """Give it back; whatever still runs in it ends."""
        for handle in (self._process, self._job):
            if handle is not None:
                self._kernel.CloseHandle(handle)
        self._process = self._job = None

    def _limit(self, flags: int, ticks: int = 0, memory: int = 0) -> None:
        limits = ExtendedLimits(JobMemoryLimit=memory)
        limits.BasicLimitInformation.LimitFlags = flags
        limits.BasicLimitInformation.PerJobUserTimeLimit = ticks
        limits.BasicLimitInformation.ActiveProcessLimit = MAX_PROCESSES
        size = ctypes.sizeof(limits)
        done = self._kernel.SetInformationJobObject(self._job, EXTENDED_LIMITS, ctypes.byref(limits), size)
        self._checked("SetInformationJobObject", done)

    def _active(self) -> int:
        accounting = Accounting()
        size = ctypes.sizeof(accounting)
        asked = (self._job, BASIC_ACCOUNTING, ctypes.byref(accounting), size, None)
        return int(accounting.ActiveProcesses) if self._kernel.QueryInformationJobObject(*asked) else 0

    def _checked(self, name: str, answer: Any) -> Any:
        if not answer:
            raise InfrastructureFault(
                f"Windows refuses a job object ({name}), which limits what functions use.", "Use Windows 8 or newer."
            )
        return answer


def windows_kernel() -> Kernel:
    """kernel32 with the types of what is used here: handles are as wide as pointers. Raises: OSError elsewhere."""
    if sys.platform != "win32":
        raise OSError("There are job objects on Windows only.")
    else:
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        handle, number, pointer = ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p
        for name, gives, takes in (
            ("CreateJobObjectW", handle, (pointer, pointer)),
            ("OpenProcess", handle, (number, ctypes.c_int, number)),
            ("SetInformationJobObject", ctypes.c_int, (handle, ctypes.c_int, pointer, number)),
            ("QueryInformationJobObject", ctypes.c_int, (handle, ctypes.c_int, pointer, number, pointer)),
            ("AssignProcessToJobObject", ctypes.c_int, (handle, handle)),
            ("TerminateJobObject", ctypes.c_int, (handle, number)),
            ("K32GetProcessMemoryInfo", ctypes.c_int, (handle, pointer, number)),
            ("CloseHandle", ctypes.c_int, (handle,)),
        ):
            function = getattr(kernel, name)
            function.restype, function.argtypes = gives, takes
        return kernel
