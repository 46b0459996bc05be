"""The filter on system calls that a call puts on itself: written in the kernel's packet-filter machine language.

Refused calls fail with EPERM, so that code gets an exception with a line instead of dying; unknown ones with ENOSYS,
so that libraries fall back. Code of another architecture is killed: its numbers mean something else.
See seccomp(2), and `syscalls` for what is allowed.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Iterable

from .kernel import LIBC, KernelRefused, no_new_privileges
from .shell_calls import OF_PROGRAMS
from .syscalls import ALWAYS, AUDIT_ARCH, FILE_CHANGES, LAST_KNOWN, NUMBERS, UNKNOWN, X32_BIT

ALLOW = 0x7FFF0000
REFUSE = 0x00050000 | errno.EPERM
UNKNOWN_CALL = 0x00050000 | errno.ENOSYS
NO_TERMINAL = 0x00050000 | errno.ENOTTY
KILL = 0x80000000

_LOAD, _EQUAL, _GREATER, _GREATER_EQUAL, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x25, 0x35, 0x45, 0x54, 0x06
_NR, _ARCH, _ARGS = 0, 4, 16
_SET_SECCOMP, _MODE_FILTER = 22, 2
_INSTRUCTION = struct.Struct("=HBBI")

_CLONE_THREAD = 0x00010000 | 0x00000100 | 0x00000800  # THREAD, VM, SIGHAND
_CLONE_NEW = 0x7E020080  # every new namespace
# Any access but reading; O_CREAT, O_TRUNC, and the bit of O_TMPFILE that is no O_DIRECTORY. Other flags of `open` have
# other bits on aarch64 (O_DIRECTORY, O_NOFOLLOW, O_DIRECT, O_LARGEFILE); these, and all numbers here, are the same.
_WRITING = 0o3 | 0o100 | 0o1000 | 0o20000000
_IOCTL = (0x5401, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS (is it a terminal?), FIONREAD, FIONBIO, close-on-exec
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032)  # copies, flags and locks; no owner, lease or pipe size
_PRCTL = (15, 16, 0x53564D41)  # names of threads and of memory
_RLIMIT_AS = 9
_ANY_PID = 0x7E1D7E1D
"""Stands for a process in a program; larger than any process number or system call."""
_AF_UNIX, _SOCK_STREAM, _SOCK_FLAGS = 1, 1, 0o2004000

Code = list[tuple[int, int, int, int]]


def is_supported() -> bool:
    """This machine's system calls have a table here."""
    return LIBC is not None and platform.machine() in AUDIT_ARCH


def program(*, may_open: bool, may_change: bool, may_start: bool = False, machine: str | None = None) -> bytes:
    """The filter of a process that is yet to come, see `of_process`; built once, since calls are many.

    `may_open`: files can be opened for writing where Landlock or the mounts allow it; `may_change`: the same for
    making, renaming and removing them. `may_start`: processes and programs can be started, for a shell alone, which has
    a jail of its own with nothing else in it. `machine`: this one, unless it is named.
    """
    machine = machine or platform.machine()
    numbers = NUMBERS[machine]

    def when(name: str, body: Code) -> Code:
        """Run the body, which ends in a return, for this call; go on behind it for others, or where it is not there."""
        return [(_LOAD, 0, 0, _NR), (_EQUAL, 0, len(body), numbers[name]), *body] if name in numbers else []

    code: Code = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, KILL),
        (_LOAD, 0, 0, _NR),
    ]
    if machine == "x86_64":
        code += [(_GREATER_EQUAL, 0, 1, X32_BIT), (_RETURN, 0, 0, KILL)]
    code += [(_GREATER, 0, 1, LAST_KNOWN), (_RETURN, 0, 0, UNKNOWN_CALL)]
    for name in (*ALWAYS, *(FILE_CHANGES if may_change else ())):
        code += when(name, [(_RETURN, 0, 0, ALLOW)])
    if may_start:
        for number in OF_PROGRAMS[machine].values():
            code += [(_LOAD, 0, 0, _NR), (_EQUAL, 0, 1, number), (_RETURN, 0, 0, ALLOW)]
        code += when("kill", [(_RETURN, 0, 0, ALLOW)])
        code += when("clone", _has_none(0, _CLONE_NEW))
    for name in UNKNOWN:
        code += when(name, [(_RETURN, 0, 0, UNKNOWN_CALL)])
    code += when("clone", _has_all(0, _CLONE_THREAD, _has_none(0, _CLONE_NEW)))
    for name, flags in (("open", 1), ("openat", 2)):
        code += when(name, [(_RETURN, 0, 0, ALLOW)] if may_open else _has_none(flags, _WRITING))
    code += when("kill", _is_one_of(0, (_ANY_PID,)))
    code += when("tgkill", _is_one_of(0, (_ANY_PID,)))
    code += when("fcntl", _is_one_of(1, _FCNTL))
    code += when("prctl", _is_one_of(0, _PRCTL))
    code += when("ioctl", _is_one_of(1, _IOCTL, otherwise=NO_TERMINAL))
    # asyncio wakes itself through a pair of sockets; a message with an address could reach another one.
    code += when("socketpair", _is_one_of(0, (_AF_UNIX,), then=_masked(1, ~_SOCK_FLAGS, _SOCK_STREAM)))
    code += when("sendto", _is_null(4))
    own = _is_one_of(0, (0, _ANY_PID), then=_is_null(2, otherwise=_is_one_of(1, (_RLIMIT_AS,))))
    code += when("prlimit64", own)
    code.append((_RETURN, 0, 0, REFUSE))
    return b"".join(_INSTRUCTION.pack(*instruction) for instruction in code)


def of_process(instructions: bytes, pid: int) -> bytes:
    """The program for the process of that number: it may send signals to itself alone."""
    return instructions.replace(struct.pack("=I", _ANY_PID), struct.pack("=I", pid))


def apply(instructions: bytes) -> None:
    """Put the filter on this process, for good.

    Raises: KernelRefused.
    """
    no_new_privileges()
    buffer = ctypes.create_string_buffer(instructions, len(instructions))
    header = struct.pack("@HP", len(instructions) // _INSTRUCTION.size, ctypes.addressof(buffer))
    assert LIBC is not None
    if LIBC.prctl(_SET_SECCOMP, _MODE_FILTER, header, 0, 0) != 0:
        raise KernelRefused("seccomp", ctypes.get_errno())


def _low(index: int) -> tuple[int, int, int, int]:
    return (_LOAD, 0, 0, _ARGS + 8 * index)


def _high(index: int) -> tuple[int, int, int, int]:
    return (_LOAD, 0, 0, _ARGS + 8 * index + 4)


def _is_one_of(index: int, values: Iterable[int], then: Code | None = None, otherwise: int = REFUSE) -> Code:
    # The kernel reads these arguments as 32 bits, so the upper half decides nothing.
    after = then or [(_RETURN, 0, 0, ALLOW)]
    tests = list(values)
    code: Code = [_low(index)]
    for left, value in zip(range(len(tests), 0, -1), tests, strict=True):
        code.append((_EQUAL, left, 0, value & 0xFFFFFFFF))
    return [*code, (_RETURN, 0, 0, otherwise), *after]


def _has_none(index: int, bits: int) -> Code:
    return [_low(index), (_ANY_BIT, 0, 1, bits), (_RETURN, 0, 0, REFUSE), (_RETURN, 0, 0, ALLOW)]


def _has_all(index: int, bits: int, then: Code) -> Code:
    return [_low(index), (_AND, 0, 0, bits), (_EQUAL, 1, 0, bits), (_RETURN, 0, 0, REFUSE), *then]


def _masked(index: int, mask: int, value: int) -> Code:
    masked = (_AND, 0, 0, mask & 0xFFFFFFFF)
    return [_low(index), masked, (_EQUAL, 1, 0, value), (_RETURN, 0, 0, REFUSE), (_RETURN, 0, 0, ALLOW)]


def _is_null(index: int, otherwise: Code | None = None) -> Code:
    other = otherwise or [(_RETURN, 0, 0, REFUSE)]
    return [_high(index), (_EQUAL, 0, 3, 0), _low(index), (_EQUAL, 0, 1, 0), (_RETURN, 0, 0, ALLOW), *other]
