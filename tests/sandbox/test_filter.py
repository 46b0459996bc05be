"""The filter of system calls, run through a reader of its language: each call by number and arguments."""

import errno
import re
import struct
from pathlib import Path

import pytest

from agentopt_core.sandbox.zygote import seccomp
from agentopt_core.sandbox.zygote.syscalls import ALWAYS, AUDIT_ARCH, FILE_CHANGES, NUMBERS, UNKNOWN

HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
PID = 4711
REFUSED, UNKNOWN_CALL = f"errno {errno.EPERM}", f"errno {errno.ENOSYS}"
STRICT = seccomp.of_process(seccomp.program(may_open=False, may_change=False), PID)
OPEN = seccomp.of_process(seccomp.program(may_open=True, may_change=False), PID)
WRITING = seccomp.of_process(seccomp.program(may_open=True, may_change=True), PID)


def verdict(program: bytes, number: int, *arguments: int, arch: int = AUDIT_ARCH["x86_64"]) -> str:
    """What the kernel would do: the classic packet-filter machine, as far as these programs use it."""
    values = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("=IIQ6Q", number, arch, 0, *(value & (2**64 - 1) for value in values))
    code = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]
    accumulator, at = 0, 0
    while True:
        operation, yes, no, k = code[at]
        at += 1
        match operation:
            case 0x20:
                (accumulator,) = struct.unpack_from("=I", data, k)
            case 0x54:
                accumulator &= k
            case 0x15:
                at += yes if accumulator == k else no
            case 0x25:
                at += yes if accumulator > k else no
            case 0x35:
                at += yes if accumulator >= k else no
            case 0x45:
                at += yes if accumulator & k else no
            case 0x06:
                return {0x7FFF0000: "allow", 0x80000000: "kill"}.get(k, f"errno {k & 0xFFFF}")
            case _:
                raise AssertionError(f"no such operation: {operation:#x}")


def call(program: bytes, name: str, *arguments: int) -> str:
    return verdict(program, NUMBERS[name], *arguments)


@pytest.mark.skipif(not HEADER.exists(), reason="the kernel's header with the numbers is not installed")
def test_every_number_is_the_kernels():
    known = dict(re.findall(r"#define __NR_(\w+) (\d+)", HEADER.read_text()))
    assert {name: int(known[name]) for name in NUMBERS} == NUMBERS


def test_no_jump_leaves_a_program_and_every_way_ends_in_an_answer():
    for program in (STRICT, OPEN, WRITING):
        for number in (*range(480), 2**30, 2**31, 2**32 - 1):
            assert verdict(program, number)


def test_another_architecture_and_the_x32_numbers_are_killed():
    assert verdict(STRICT, NUMBERS["read"], arch=0x40000003) == "kill"
    assert verdict(STRICT, 0x40000000 | NUMBERS["read"]) == "kill"


def test_numbers_of_a_newer_kernel_are_unknown_so_that_libraries_fall_back():
    assert verdict(STRICT, 463) == verdict(STRICT, 5000) == UNKNOWN_CALL
    for name in UNKNOWN:
        assert call(WRITING, name) == UNKNOWN_CALL


def test_only_what_is_listed_is_allowed():
    allowed = {number for number in range(480) if verdict(WRITING, number) == "allow"}
    listed = {NUMBERS[name] for name in (*ALWAYS, *FILE_CHANGES, "open", "openat")}
    # With arguments of zero: the address of a message, the new limit and the signalled process are none.
    by_arguments = {NUMBERS[name] for name in ("fcntl", "sendto", "prlimit64")}
    assert allowed == listed | by_arguments


FORBIDDEN = """
    41 42 43 46 47 49 50 57 58 59 101 155 161 165 175 246 272 298 308 310 311 317 319 321 322 323 424 425 434 438 440
    442 444 445 446 90 91 92 94 132 133 188 235 259 280
"""
"""socket, connect, bind, fork, execve, ptrace, mount, bpf, io_uring, pidfd, Landlock, chmod, chown, mknod, ..."""


@pytest.mark.parametrize("number", [int(number) for number in FORBIDDEN.split()])
def test_sockets_programs_mounts_tracing_and_kernel_interfaces_are_refused(number):
    assert verdict(WRITING, number) == REFUSED


def test_threads_may_be_made_and_processes_and_namespaces_not():
    thread = 0x3D0F00  # what pthread_create asks for
    assert call(STRICT, "clone", thread) == "allow"
    for flags in (17, 0x4111, 0x100 | 0x800, thread | 0x10000000, thread | 0x40000000, thread | 0x80):
        assert call(STRICT, "clone", flags) == REFUSED


def test_signals_reach_the_process_itself_alone():
    for name in ("kill", "tgkill"):
        assert call(STRICT, name, PID) == "allow"
        for other in (1, 0, -1, -PID, PID + 1):
            assert call(STRICT, name, other) == REFUSED


def test_limits_can_be_read_and_only_memory_changed_and_only_its_own():
    assert call(STRICT, "prlimit64", 0, 7, 0, 1) == "allow"
    assert call(STRICT, "prlimit64", PID, 9, 1) == "allow"
    assert call(STRICT, "prlimit64", 0, 9, 2**32) == "allow"
    assert call(STRICT, "prlimit64", 0, 0, 1) == REFUSED  # more CPU
    assert call(STRICT, "prlimit64", 0, 0, 2**32) == REFUSED  # the same, with a pointer whose low half is zero
    assert call(STRICT, "prlimit64", 1, 9, 0) == REFUSED


def test_a_message_with_an_address_is_refused_so_a_pair_of_sockets_reaches_nobody_else():
    assert call(STRICT, "socketpair", 1, 1 | 0o2004000, 0) == "allow"
    assert call(STRICT, "socketpair", 1, 2, 0) == REFUSED
    assert call(STRICT, "socketpair", 2, 1, 0) == REFUSED
    assert call(STRICT, "sendto", 3, 1, 1, 0, 0) == "allow"
    for address in (1, 2**32):
        assert call(STRICT, "sendto", 3, 1, 1, 0, address) == REFUSED


@pytest.mark.parametrize("flags", [1, 2, 0o100, 0o1000, 0o1101, 0o20000002])
def test_opening_for_writing_is_refused_where_nothing_else_forbids_it(flags):
    for name, place in (("open", (0,)), ("openat", (-100, 0))):
        assert call(STRICT, name, *place, flags) == REFUSED
        assert call(STRICT, name, *place, 0o2000000) == "allow"
        assert call(OPEN, name, *place, flags) == "allow"


def test_files_are_changed_only_where_a_call_has_a_folder():
    for name in FILE_CHANGES:
        assert call(STRICT, name) == call(OPEN, name) == REFUSED
        assert call(WRITING, name) == "allow"


def test_descriptors_cannot_be_given_an_owner_that_is_signalled():
    assert call(STRICT, "fcntl", 3, 4, 0) == "allow"
    for command in (8, 10, 1024, 1025, 1026, 1031):
        assert call(STRICT, "fcntl", 3, command, 0) == REFUSED
    assert call(STRICT, "ioctl", 0, 0x5401) == "allow"
    for command in (0x8901, 0x5452, 0x5412):
        assert call(STRICT, "ioctl", 0, command) == f"errno {errno.ENOTTY}"


def test_the_filter_of_one_process_lets_no_other_be_signalled():
    other = seccomp.of_process(seccomp.program(may_open=False, may_change=False), 99)
    assert call(other, "kill", 99) == "allow"
    assert call(other, "kill", PID) == REFUSED
