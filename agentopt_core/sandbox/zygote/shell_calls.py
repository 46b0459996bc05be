"""System calls that programs started by a shell make, beside those of `syscalls`: no function may make them.

They start and await programs, and change what the shell's own file systems hold: nothing outside its jail is mounted
for writing. Sockets, namespaces, tracing, mounts and all else that functions are refused are refused here, too.
"""

from __future__ import annotations

OF_PROGRAMS = {
    "x86_64": {
        "vfork": 58, "fork": 57, "execve": 59, "wait4": 61, "truncate": 76, "link": 86, "symlink": 88, "chmod": 90,
        "fchmod": 91, "setpgid": 109, "setsid": 112, "arch_prctl": 158, "getxattr": 191, "lgetxattr": 192,
        "listxattr": 194, "llistxattr": 195, "set_tid_address": 218, "waitid": 247,
        "linkat": 265, "symlinkat": 266, "fchmodat": 268, "utimensat": 280,
    },
    "aarch64": {
        "getxattr": 8, "lgetxattr": 9, "listxattr": 11, "llistxattr": 12, "symlinkat": 36, "linkat": 37,
        "truncate": 45, "fchmod": 52, "fchmodat": 53, "utimensat": 88, "waitid": 95, "set_tid_address": 96,
        "setpgid": 154, "setsid": 157, "execve": 221, "wait4": 260,
    },
}  # fmt: skip
"""Architecture -> name -> number."""
