"""The few kernel calls that Python's standard library does not offer, through the C library."""

from __future__ import annotations

import ctypes
import os
import sys

LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

_SET_KEEPCAPS = 8
_CAPBSET_DROP = 24
_NO_NEW_PRIVS = 38
_CAP_VERSION_3 = 0x20080522
_DAC_READ_SEARCH = 2
_LAST_CAP = 40


class KernelRefused(OSError):
    """The kernel does not do what isolation needs; the call must not start."""

    def __init__(self, what: str, number: int) -> None:
        super().__init__(number, f"{what}: {os.strerror(number)}")


def no_new_privileges() -> None:
    """From now on no program started by this process gains rights. Raises: KernelRefused."""
    assert LIBC is not None
    if LIBC.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise KernelRefused("no_new_privs", ctypes.get_errno())


def may_keep_reading() -> bool:
    """This process has the right that `become` can keep; root in a container often has not."""
    try:
        with open("/proc/self/status", "rb") as file:
            line = next(line for line in file if line.startswith(b"CapEff:"))
    except (OSError, StopIteration):
        return False
    return bool(int(line.split()[1], 16) >> _DAC_READ_SEARCH & 1)


def become(uid: int, *, read_anywhere: bool) -> None:
    """Give up root for good: another user and group, no other groups, no capabilities.

    `read_anywhere` keeps the one right to read what file modes forbid, for an interpreter that lies where only root
    may look. Landlock must then say what may be read.
    Raises: OSError.
    """
    assert LIBC is not None
    for capability in range(_LAST_CAP + 1):
        LIBC.prctl(_CAPBSET_DROP, capability, 0, 0, 0)
    if read_anywhere:
        LIBC.prctl(_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    kept = 1 << _DAC_READ_SEARCH if read_anywhere else 0
    header = (ctypes.c_uint32 * 2)(_CAP_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)(kept, kept, 0, 0, 0, 0)
    if LIBC.capset(header, data) != 0:
        raise KernelRefused("capset", ctypes.get_errno())
