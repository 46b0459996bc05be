"""Which files a call may touch, held by the kernel: see landlock(7). Needs no privilege and no namespace.

It does not cover everything: names, sizes and times of files can be asked for, modes and owners changed; the filter on
system calls refuses the changes.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from contextlib import suppress

from .kernel import LIBC, KernelRefused, no_new_privileges

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG, _REFER, _TRUNCATE = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 13, 1 << 14
_RIGHTS_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many of the rights on files each version knows; a right that is not handled is not restricted."""
COVERS_TRUNCATION = 3
"""The version from which a file that may only be read cannot be emptied either."""
_ALL_NETWORK = 3
_ALL_SCOPES = 3

LIST = _READ_DIR
READ = _READ_FILE | _READ_DIR
WRITE = READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER | _TRUNCATE
_ON_FILES = _READ_FILE | _WRITE_FILE | _TRUNCATE


def version() -> int:
    """The kernel's Landlock version; 0 where there is none or it is switched off."""
    if LIBC is None:
        return 0
    return max(0, int(LIBC.syscall(_CREATE, None, 0, _VERSION_FLAG)))


class Ruleset:
    """What may be touched. `rules` are paths with LIST, READ or WRITE; a path that does not exist is left out.

    Raises: KernelRefused.
    """

    def __init__(self, rules: Iterable[tuple[str, int]]) -> None:
        assert LIBC is not None
        known = version()
        handled = (1 << _RIGHTS_BY_VERSION.get(known, 16)) - 1
        parts = [handled, _ALL_NETWORK if known >= 4 else 0, _ALL_SCOPES if known >= 6 else 0]
        attributes = struct.pack("=QQQ", *parts)[: 8 if known < 4 else 16 if known < 6 else 24]
        self.fd = int(LIBC.syscall(_CREATE, attributes, len(attributes), 0))
        if self.fd < 0:
            raise KernelRefused("Landlock", ctypes.get_errno())
        try:
            for path, rights in rules:
                with suppress(FileNotFoundError, NotADirectoryError):
                    self._add(path, rights & handled)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self.fd)

    def _add(self, path: str, rights: int) -> None:
        assert LIBC is not None
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(place).st_mode):
                rights &= _ON_FILES
            rule = struct.pack("=Qi", rights, place)
            if rights and LIBC.syscall(_ADD, self.fd, _PATH_BENEATH, rule, 0) != 0:
                raise KernelRefused("Landlock", ctypes.get_errno())
        finally:
            os.close(place)


def restrict(ruleset: int) -> None:
    """Restrict this thread by the ruleset of that descriptor, for good. Raises: KernelRefused."""
    assert LIBC is not None
    no_new_privileges()
    if LIBC.syscall(_RESTRICT, ruleset, 0) != 0:
        raise KernelRefused("Landlock", ctypes.get_errno())
