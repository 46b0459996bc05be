"""The filter of system calls, run through a reader of its language: each call by number and arguments."""

import errno
import re
import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from agentopt_core.sandbox.zygote import seccomp
from agentopt_core.sandbox.zygote.shell_calls import OF_PROGRAMS
from agentopt_core.sandbox.zygote.syscalls import ALWAYS, AUDIT_ARCH, FILE_CHANGES, NUMBERS, UNKNOWN

X86_64 = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
GENERIC = Path("/usr/include/asm-generic/unistd.h")
PID = 4711
REFUSED, UNKNOWN_CALL = f"errno {errno.EPERM}", f"errno {errno.ENOSYS}"


@dataclass(frozen=True)
class Machine:
    """The filters of one architecture. No process of it is needed to run them here."""

    name: str

    @property
    def numbers(self) -> dict[str, int]:
        return NUMBERS[self.name]

    def has(self, *names: str) -> list[str]:
        """Those of the calls that this architecture has."""
        return [name for name in names if name in self.numbers]

    def of(self, pid: int, *, may_open: bool, may_change: bool) -> bytes:
        return seccomp.of_process(
            seccomp.program(may_open=may_open, may_change=may_change, machine=self.name),
            pid,
        )

    @cached_property
    def strict(self) -> bytes:
        return self.of(PID, may_open=False, may_change=False)

    @cached_property
    def open(self) -> bytes:
        return self.of(PID, may_open=True, may_change=False)

    @cached_property
    def writing(self) -> bytes:
        return self.of(PID, may_open=True, may_change=True)

    def verdict(self, program: bytes, number: int, *arguments: int) -> str:
        return verdict(program, number, *arguments, arch=AUDIT_ARCH[self.name])

    def call(self, program: bytes, name: str, *arguments: int) -> str:
        return self.verdict(program, self.numbers[name], *arguments)


@pytest.fixture(params=list(NUMBERS))
def machine(request) -> Machine:
    return Machine(request.param)


def verdict(program: bytes, number: int, *arguments: int, arch: int) -> str:
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


def generic_numbers() -> dict[str, int]:
    """Of the header for all newer architectures, which leaves some to the size of a word: here, 64 bits."""
    text = GENERIC.read_text()
    known = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text))
    known["newfstatat"] = known["fstatat"]
    assert re.search(r"#define __NR_newfstatat __NR3264_fstatat\n", text)
    return {name: int(number) for name, number in known.items()}


def x86_64_numbers() -> dict[str, int]:
    known = re.findall(r"#define __NR_(\w+) (\d+)", X86_64.read_text())
    return {name: int(number) for name, number in known}


@pytest.mark.parametrize(
    ("name", "header", "read"), [("x86_64", X86_64, x86_64_numbers), ("aarch64", GENERIC, generic_numbers)]
)
def test_every_number_is_the_kernels(name, header, read):
    if not header.exists():
        pytest.skip("the kernel's header with the numbers is not installed")
    known = read()
    assert {call: known.get(call) for call in NUMBERS[name]} == NUMBERS[name]


def test_an_architecture_lacks_only_calls_that_are_older_than_it():
    named = {*ALWAYS, *FILE_CHANGES, *UNKNOWN, "open"}
    assert named <= NUMBERS["x86_64"].keys()
    assert NUMBERS["aarch64"].keys() <= NUMBERS["x86_64"].keys()
    assert NUMBERS["x86_64"].keys() - NUMBERS["aarch64"].keys() == set(OLDEST.split())


OLDEST = """
    open stat lstat poll access pipe select dup2 pause alarm getdents rename mkdir rmdir creat unlink readlink getpgrp
    time epoll_create epoll_wait eventfd
"""
"""Calls that architectures since 2012 no longer have; each has a newer one beside it in the table."""


def test_no_jump_leaves_a_program_and_every_way_ends_in_an_answer(machine):
    for program in (machine.strict, machine.open, machine.writing):
        for number in (*range(480), 2**30, 2**31, 2**32 - 1):
            assert machine.verdict(program, number)


def test_another_architecture_and_the_x32_numbers_are_killed(machine):
    for arch in {*AUDIT_ARCH.values(), 0x40000003, 0x40000028} - {AUDIT_ARCH[machine.name]}:
        assert verdict(machine.strict, machine.numbers["read"], arch=arch) == "kill"
    x32 = machine.verdict(machine.strict, 0x40000000 | machine.numbers["read"])
    assert x32 == ("kill" if machine.name == "x86_64" else UNKNOWN_CALL)


def test_numbers_of_a_newer_kernel_are_unknown_so_that_libraries_fall_back(machine):
    assert machine.verdict(machine.strict, 463) == machine.verdict(machine.strict, 5000) == UNKNOWN_CALL
    for name in UNKNOWN:
        assert machine.call(machine.writing, name) == UNKNOWN_CALL


def test_only_what_is_listed_is_allowed(machine):
    allowed = {number for number in range(480) if machine.verdict(machine.writing, number) == "allow"}
    listed = {machine.numbers[name] for name in machine.has(*ALWAYS, *FILE_CHANGES, "open", "openat")}
    # With arguments of zero: the address of a message, the new limit and the signalled process are none.
    by_arguments = {machine.numbers[name] for name in ("fcntl", "sendto", "prlimit64")}
    assert allowed == listed | by_arguments


FORBIDDEN = {
    "x86_64": """
        41 42 43 46 47 49 50 57 58 59 101 155 161 165 175 246 272 298 308 310 311 317 319 321 322 323 424 425 434 438
        440 442 444 445 446 90 91 92 94 132 133 188 235 259 280
    """,
    "aarch64": """
        198 203 202 211 212 200 201 221 117 41 51 40 105 104 97 241 268 270 271 277 279 280 281 282 424 425 434 438
        440 442 444 445 446 52 53 54 55 5 33 88
    """,
}
"""socket, connect, bind, fork, execve, ptrace, mount, bpf, io_uring, pidfd, Landlock, chmod, chown, mknod, ..."""


@pytest.mark.parametrize(("name", "number"), [(name, int(n)) for name in FORBIDDEN for n in FORBIDDEN[name].split()])
def test_sockets_programs_mounts_tracing_and_kernel_interfaces_are_refused(name, number):
    machine = Machine(name)
    assert machine.verdict(machine.writing, number) == REFUSED


def test_threads_may_be_made_and_processes_and_namespaces_not(machine):
    thread = 0x3D0F00  # what pthread_create asks for
    assert machine.call(machine.strict, "clone", thread) == "allow"
    for flags in (17, 0x4111, 0x100 | 0x800, thread | 0x10000000, thread | 0x40000000, thread | 0x80):
        assert machine.call(machine.strict, "clone", flags) == REFUSED


def test_signals_reach_the_process_itself_alone(machine):
    for name in ("kill", "tgkill"):
        assert machine.call(machine.strict, name, PID) == "allow"
        for other in (1, 0, -1, -PID, PID + 1):
            assert machine.call(machine.strict, name, other) == REFUSED


def test_limits_can_be_read_and_only_memory_changed_and_only_its_own(machine):
    assert machine.call(machine.strict, "prlimit64", 0, 7, 0, 1) == "allow"
    assert machine.call(machine.strict, "prlimit64", PID, 9, 1) == "allow"
    assert machine.call(machine.strict, "prlimit64", 0, 9, 2**32) == "allow"
    assert machine.call(machine.strict, "prlimit64", 0, 0, 1) == REFUSED  # more CPU
    assert (
        machine.call(machine.strict, "prlimit64", 0, 0, 2**32) == REFUSED
    )  # the same, with a pointer whose low half is zero
    assert machine.call(machine.strict, "prlimit64", 1, 9, 0) == REFUSED


def test_a_message_with_an_address_is_refused_so_a_pair_of_sockets_reaches_nobody_else(machine):
    assert machine.call(machine.strict, "socketpair", 1, 1 | 0o2004000, 0) == "allow"
    assert machine.call(machine.strict, "socketpair", 1, 2, 0) == REFUSED
    assert machine.call(machine.strict, "socketpair", 2, 1, 0) == REFUSED
    assert machine.call(machine.strict, "sendto", 3, 1, 1, 0, 0) == "allow"
    for address in (1, 2**32):
        assert machine.call(machine.strict, "sendto", 3, 1, 1, 0, address) == REFUSED


@pytest.mark.parametrize("flags", [1, 2, 0o100, 0o1000, 0o1101, 0o20000002])
def test_opening_for_writing_is_refused_where_nothing_else_forbids_it(machine, flags):
    for name, place in (("open", (0,)), ("openat", (-100, 0))):
        if not machine.has(name):
            continue
        assert machine.call(machine.strict, name, *place, flags) == REFUSED
        assert machine.call(machine.strict, name, *place, 0o2000000) == "allow"
        assert machine.call(machine.open, name, *place, flags) == "allow"


def test_files_are_changed_only_where_a_call_has_a_folder(machine):
    for name in machine.has(*FILE_CHANGES):
        assert machine.call(machine.strict, name) == machine.call(machine.open, name) == REFUSED
        assert machine.call(machine.writing, name) == "allow"


def test_descriptors_cannot_be_given_an_owner_that_is_signalled(machine):
    assert machine.call(machine.strict, "fcntl", 3, 4, 0) == "allow"
    for command in (8, 10, 1024, 1025, 1026, 1031):
        assert machine.call(machine.strict, "fcntl", 3, command, 0) == REFUSED
    assert machine.call(machine.strict, "ioctl", 0, 0x5401) == "allow"
    for command in (0x8901, 0x5452, 0x5412):
        assert machine.call(machine.strict, "ioctl", 0, command) == f"errno {errno.ENOTTY}"


def test_the_filter_of_one_process_lets_no_other_be_signalled(machine):
    other = machine.of(99, may_open=False, may_change=False)
    assert machine.call(other, "kill", 99) == "allow"
    assert machine.call(other, "kill", PID) == REFUSED


@pytest.mark.parametrize("name", ["execve", "fork", "vfork", "wait4"])
def test_only_the_shells_filter_lets_programs_start(machine, name):
    if name not in OF_PROGRAMS[machine.name]:
        pytest.skip("this architecture does not have it")
    number = OF_PROGRAMS[machine.name][name]
    starting = seccomp.program(may_open=True, may_change=True, may_start=True, machine=machine.name)
    assert machine.verdict(starting, number) == "allow"
    assert machine.verdict(machine.writing, number) == REFUSED


def test_the_shells_filter_refuses_new_namespaces_and_sockets(machine):
    starting = seccomp.program(may_open=True, may_change=True, may_start=True, machine=machine.name)
    assert machine.call(starting, "clone", 0x11) == "allow"  # a child that signals its end
    for flag in (0x00020000, 0x02000000, 0x10000000, 0x20000000, 0x40000000):
        assert machine.call(starting, "clone", 0x11 | flag) == REFUSED
    assert machine.verdict(starting, {"x86_64": 41, "aarch64": 198}[machine.name], 2, 1, 0) == REFUSED
    assert machine.verdict(starting, {"x86_64": 101, "aarch64": 117}[machine.name]) == REFUSED  # ptrace
    assert machine.verdict(starting, {"x86_64": 272, "aarch64": 97}[machine.name]) == REFUSED  # unshare
    assert machine.verdict(starting, {"x86_64": 165, "aarch64": 40}[machine.name]) == REFUSED  # mount


def test_every_number_of_the_shells_calls_is_the_kernels():
    for name, header, read in (("x86_64", X86_64, x86_64_numbers), ("aarch64", GENERIC, generic_numbers)):
        if not header.exists():
            pytest.skip("the kernel's header with the numbers is not installed")
        known = read()
        assert {call: known.get(call) for call in OF_PROGRAMS[name]} == OF_PROGRAMS[name]
