"""Runs a command as a container would that grants no namespaces: a filter refuses what containers usually refuse.

python tests/sandbox/container.py [--without-landlock] COMMAND ...
"""

import ctypes
import errno
import os
import struct
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
ALLOW, REFUSE, UNKNOWN = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
CLONE, CLONE3, NEW_NAMESPACES = 56, 435, 0x7E020080
REFUSED = {272: REFUSE, 308: REFUSE, 165: REFUSE, 166: REFUSE, 155: REFUSE, CLONE3: UNKNOWN}
"""unshare, setns, mount, umount, pivot_root; clone3, whose flags a filter cannot see."""
LANDLOCK = {444: UNKNOWN, 445: UNKNOWN, 446: UNKNOWN}


def program(answers: dict[int, int]) -> bytes:
    """Load the number; for each refused one its answer; clone only without new namespaces; allow the rest."""
    code = [(0x20, 0, 0, 0)]
    for number, answer in answers.items():
        code += [(0x15, 0, 1, number), (0x06, 0, 0, answer)]
    code += [(0x15, 0, 3, CLONE), (0x20, 0, 0, 16), (0x45, 0, 1, NEW_NAMESPACES), (0x06, 0, 0, REFUSE)]
    code += [(0x06, 0, 0, ALLOW)]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def main(words: list[str]) -> None:
    answers = dict(REFUSED)
    if words[0] == "--without-landlock":
        answers |= LANDLOCK
        words = words[1:]
    instructions = program(answers)
    buffer = ctypes.create_string_buffer(instructions, len(instructions))
    header = struct.pack("@HP", len(instructions) // 8, ctypes.addressof(buffer))
    LIBC.prctl(38, 1, 0, 0, 0)
    if LIBC.prctl(22, 2, header, 0, 0) != 0:
        sys.exit(f"no filter: {os.strerror(ctypes.get_errno())}")
    os.execv(words[0], words)


if __name__ == "__main__":
    main(sys.argv[1:])
