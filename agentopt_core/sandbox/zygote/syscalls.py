"""Linux system calls by number, and which of them code that a model wrote may make.

The list allows; what is not on it is refused. It holds what Python, numpy, pandas, scipy and sympy need inside one
process, and nothing that starts a program or a process, opens a socket, reaches another process or changes the system.
"""

from __future__ import annotations

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""Architectures with a checked table. Another one needs a table of its own, so no filter is promised there."""
X32_BIT = 0x40000000
"""In the numbers of programs with 32-bit pointers, which x86_64 alone has beside its own."""
LAST_KNOWN = 462
"""Numbers above it are unknown here and answered as an older kernel would, so that libraries fall back. From 424 on
every architecture has the same ones."""

_X86_64 = {
    "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7, "lseek": 8,
    "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14,
    "rt_sigreturn": 15, "ioctl": 16, "pread64": 17, "pwrite64": 18, "readv": 19, "writev": 20, "access": 21,
    "pipe": 22, "select": 23, "sched_yield": 24, "mremap": 25, "msync": 26, "madvise": 28,
    "dup": 32, "dup2": 33, "pause": 34, "nanosleep": 35, "getitimer": 36, "alarm": 37, "setitimer": 38,
    "getpid": 39, "sendfile": 40, "sendto": 44, "recvfrom": 45, "shutdown": 48, "getsockname": 51, "socketpair": 53,
    "getsockopt": 55, "clone": 56, "exit": 60, "kill": 62, "uname": 63, "fcntl": 72, "flock": 73, "fsync": 74,
    "fdatasync": 75, "ftruncate": 77, "getdents": 78, "getcwd": 79, "chdir": 80, "fchdir": 81,
    "rename": 82, "mkdir": 83, "rmdir": 84, "creat": 85, "unlink": 87, "readlink": 89, "umask": 95,
    "gettimeofday": 96, "getrlimit": 97, "getrusage": 98, "sysinfo": 99, "times": 100, "getuid": 102, "getgid": 104,
    "geteuid": 107, "getegid": 108, "getppid": 110, "getpgrp": 111, "getgroups": 115,
    "getresuid": 118, "getresgid": 120, "getpgid": 121, "getsid": 124, "rt_sigpending": 127,
    "rt_sigtimedwait": 128, "rt_sigsuspend": 130, "sigaltstack": 131, "statfs": 137, "fstatfs": 138,
    "getpriority": 140, "sched_getparam": 143, "sched_getscheduler": 145, "prctl": 157, "gettid": 186,
    "time": 201, "futex": 202, "sched_getaffinity": 204, "epoll_create": 213, "getdents64": 217,
    "restart_syscall": 219, "fadvise64": 221, "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230,
    "exit_group": 231, "epoll_wait": 232, "epoll_ctl": 233, "tgkill": 234, "openat": 257, "mkdirat": 258,
    "newfstatat": 262,
    "unlinkat": 263, "renameat": 264, "readlinkat": 267, "faccessat": 269, "pselect6": 270, "ppoll": 271,
    "set_robust_list": 273, "get_robust_list": 274, "epoll_pwait": 281, "eventfd": 284, "fallocate": 285,
    "eventfd2": 290, "epoll_create1": 291, "dup3": 292, "pipe2": 293, "preadv": 295, "pwritev": 296,
    "prlimit64": 302, "getcpu": 309, "renameat2": 316, "getrandom": 318, "membarrier": 324,
    "copy_file_range": 326, "preadv2": 327, "pwritev2": 328, "statx": 332, "rseq": 334, "close_range": 436,
    "clone3": 435, "openat2": 437, "faccessat2": 439, "epoll_pwait2": 441,
}  # fmt: skip

_AARCH64 = {
    "getcwd": 17, "eventfd2": 19, "epoll_create1": 20, "epoll_ctl": 21, "epoll_pwait": 22, "dup": 23, "dup3": 24,
    "fcntl": 25, "ioctl": 29, "flock": 32, "mkdirat": 34, "unlinkat": 35, "renameat": 38, "statfs": 43,
    "fstatfs": 44, "ftruncate": 46, "fallocate": 47, "faccessat": 48, "chdir": 49, "fchdir": 50, "openat": 56,
    "close": 57, "pipe2": 59, "getdents64": 61, "lseek": 62, "read": 63, "write": 64, "readv": 65, "writev": 66,
    "pread64": 67, "pwrite64": 68, "preadv": 69, "pwritev": 70, "sendfile": 71, "pselect6": 72, "ppoll": 73,
    "readlinkat": 78, "newfstatat": 79, "fstat": 80, "fsync": 82, "fdatasync": 83, "exit": 93, "exit_group": 94,
    "futex": 98, "set_robust_list": 99, "get_robust_list": 100, "nanosleep": 101, "getitimer": 102,
    "setitimer": 103, "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115, "sched_getscheduler": 120,
    "sched_getparam": 121, "sched_getaffinity": 123, "sched_yield": 124, "restart_syscall": 128, "kill": 129,
    "tgkill": 131, "sigaltstack": 132, "rt_sigsuspend": 133, "rt_sigaction": 134, "rt_sigprocmask": 135,
    "rt_sigpending": 136, "rt_sigtimedwait": 137, "rt_sigreturn": 139, "getpriority": 141, "getresuid": 148,
    "getresgid": 150, "times": 153, "getpgid": 155, "getsid": 156, "getgroups": 158, "uname": 160, "getrlimit": 163,
    "getrusage": 165, "umask": 166, "prctl": 167, "getcpu": 168, "gettimeofday": 169, "getpid": 172, "getppid": 173,
    "getuid": 174, "geteuid": 175, "getgid": 176, "getegid": 177, "gettid": 178, "sysinfo": 179, "socketpair": 199,
    "getsockname": 204, "sendto": 206, "recvfrom": 207, "getsockopt": 209, "shutdown": 210, "brk": 214,
    "munmap": 215, "mremap": 216, "clone": 220, "mmap": 222, "fadvise64": 223, "mprotect": 226, "msync": 227,
    "madvise": 233, "prlimit64": 261, "renameat2": 276, "getrandom": 278, "membarrier": 283, "copy_file_range": 285,
    "preadv2": 286, "pwritev2": 287, "statx": 291, "rseq": 293, "clone3": 435, "close_range": 436, "openat2": 437,
    "faccessat2": 439, "epoll_pwait2": 441,
}  # fmt: skip
"""The numbers every newer architecture has. The oldest calls (open, stat, poll, pipe, fork, ...) are not there: the C
library makes them of newer ones."""

NUMBERS = {"x86_64": _X86_64, "aarch64": _AARCH64}


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ALWAYS = _names("""
    read close stat fstat lstat poll lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn pread64
    readv access pipe select sched_yield mremap msync madvise dup dup2 pause nanosleep getitimer alarm
    setitimer getpid sendfile recvfrom shutdown getsockname getsockopt exit uname getdents getcwd chdir fchdir
    readlink umask gettimeofday getrlimit getrusage sysinfo times getuid getgid geteuid getegid getppid getpgrp
    getgroups getresuid getresgid getpgid getsid rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack statfs
    fstatfs getpriority sched_getparam sched_getscheduler gettid time futex sched_getaffinity epoll_create
    getdents64 restart_syscall fadvise64 clock_gettime
    clock_getres clock_nanosleep exit_group epoll_wait epoll_ctl newfstatat readlinkat faccessat pselect6 ppoll
    set_robust_list get_robust_list epoll_pwait eventfd eventfd2 epoll_create1 dup3 pipe2 preadv getcpu getrandom
    membarrier preadv2 statx rseq close_range faccessat2 epoll_pwait2
    write writev pwrite64 pwritev pwritev2
""")
"""Without a look at their arguments. Writing is among them: what may be written is decided where a file is opened."""

FILE_CHANGES = _names("""
    flock fsync fdatasync ftruncate rename mkdir rmdir creat unlink mkdirat unlinkat renameat renameat2 fallocate
    copy_file_range
""")
"""Only where a call has a folder of its own and Landlock keeps it there. Modes, owners, times, links, devices and
truncation by path stay refused even there: Landlock does not cover all of them, on all kernels."""

UNKNOWN = ["clone3", "openat2"]
"""Answered as unknown, so that the C library falls back to calls whose arguments a filter can see."""
