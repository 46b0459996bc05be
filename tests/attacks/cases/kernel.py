"""System calls that change the system or other processes.

Each is made so that it does nothing where it is let through: with null pointers, descriptors that are none, or numbers
that mean nothing. The kernel's answer tells whether it got that far: an invalid argument, not a refusal.
"""

from ..case import AtLimits, Case

GROUP = "kernel"
_NEEDS_RIGHTS = "is stopped"
"""The kernel looks at the rights first, so that an ordinary user gets no further than the filter."""

_CALLS: list[tuple[str, str, AtLimits]] = [
    ("be traced by its parent", "101, 0, 0, 0, 0", "gets through"),
    ("trace another process", "101, 0x4206, w['victim'], 0, 0", "gets through"),
    ("read another process's memory", "310, w['victim'], 0, 0, 0, 0, 0", "gets through"),
    ("write another process's memory", "311, w['victim'], 0, 0, 0, 0, 0", "gets through"),
    ("advise on another process's memory", "440, -1, 0, 0, 0, 0", "gets through"),
    ("release another process's memory", "448, -1, 0", "gets through"),
    ("compare itself with another process", "312, w['victim'], os.getpid(), 1, 0, 0", "gets through"),
    ("take a descriptor of another process", "438, -1, 0, 0", "gets through"),
    ("move its pages between processors", "256, 0, 0, 0, 0", "gets through"),
    ("mount a file system", "165, 0, 0, 0, 0, 0", "gets through"),
    ("unmount a file system", "166, 0, 0x80000000", "gets through"),
    ("change the root", "161, 0", "gets through"),
    ("exchange the root", "155, 0, 0", _NEEDS_RIGHTS),
    ("open a file system", "430, 0, 0xffff", _NEEDS_RIGHTS),
    ("configure a file system", "431, -1, 99, 0, 0, 0", "gets through"),
    ("choose a file system", "433, -1, 0, 0xffff", _NEEDS_RIGHTS),
    ("copy a mount", "428, -1, 0, 0", "gets through"),
    ("move a mount", "429, -1, 0, -1, 0, 0", _NEEDS_RIGHTS),
    ("change a mount", "442, -1, 0, 0, 0, 0", "gets through"),
    ("leave its namespaces", "272, 1", "gets through"),
    ("make a namespace of users", "272, 0x10000000", "not run"),
    ("enter another namespace", "308, -1, 0", "gets through"),
    ("make a ring of calls", "425, 0, 0", "not run"),
    ("enter a ring of calls", "426, -1, 0, 0, 0, 0, 0", "gets through"),
    ("register with a ring of calls", "427, -1, 0, 0, 0", "gets through"),
    ("use the kernel's keys", "250, 999, 0, 0, 0, 0", "gets through"),
    ("add a key", "248, 0, 0, 0, 0, 0", "gets through"),
    ("ask for a key", "249, 0, 0, 0, 0", "gets through"),
    ("load a program into the kernel", "321, 999, 0, 0", "not run"),
    ("handle its own page faults", "323, 0x7fffffff", "gets through"),
    ("measure the processor", "298, 0, 0, 0, 0, 0", "gets through"),
    ("change its personality", "135, 0xffffffff", "gets through"),
    ("load another kernel", "246, 0, 0, 0, 0", _NEEDS_RIGHTS),
    ("load another kernel from a file", "320, -1, -1, 0, 0, 0xffff", _NEEDS_RIGHTS),
    ("load a module", "175, 0, 0, 0", _NEEDS_RIGHTS),
    ("load a module from a file", "313, -1, 0, 0xffff", _NEEDS_RIGHTS),
    ("remove a module", "176, 0, 0", _NEEDS_RIGHTS),
    ("restart the machine", "169, 0, 0, 0, 0", _NEEDS_RIGHTS),
    ("swap into a file", "167, 0, 0", _NEEDS_RIGHTS),
    ("stop swapping", "168, 0", _NEEDS_RIGHTS),
    ("set the clock", "227, 0, 0", "gets through"),
    ("set the time of day", "164, 1, 0", "gets through"),
    ("adjust the clock", "159, 0", "gets through"),
    ("set the host's name", "170, 0, 1", _NEEDS_RIGHTS),
    ("set the domain's name", "171, 0, 1", _NEEDS_RIGHTS),
    ("set disk quotas", "179, 0xffffffff, 0, 0, 0", "not run"),
    ("watch all files", "300, 0xffffffff, 0", "is stopped"),
    ("watch files", "294, 0", "gets through"),
    ("watch files the old way", "253", "gets through"),
    ("use ports of the processor", "172, 99", "gets through"),
    ("use a range of ports", "173, 0, 0, 0", "gets through"),
    ("change the processor's tables", "154, 0, 0, 0", "gets through"),
    ("keep secrets in memory", "447, 0xffff", "not run"),
    ("make a file in memory", "319, 0, 0", "gets through"),
    ("make shared memory", "29, 0, 0, 0o1600", "gets through"),
    ("attach shared memory", "30, -1, 0, 0", "gets through"),
    ("make semaphores", "64, 0, 0, 0o1600", "gets through"),
    ("make a queue of messages", "68, 0x7ffffffe, 0", "gets through"),
    ("open a queue of messages", "240, 0, 0, 0, 0", "gets through"),
    ("ask for a file's handle", "303, -100, 0, 0, 0, 0", "gets through"),
    ("open a file by its handle", "304, -1, 0, 0", "not run"),
    ("make rules of Landlock", "444, 0, 0, 1", "gets through"),
    ("add rules of Landlock", "445, -1, 1, 0, 0", "gets through"),
    ("put more filters on itself", "317, 1, 0, 0", "gets through"),
    ("put filters on itself the old way", "157, 22, 2, 0, 0, 0", "gets through"),
    ("ask about filters", "317, 3, 0, 0", "gets through"),
    ("become root", "105, 0", _NEEDS_RIGHTS),
    ("become root in all ways", "117, 0, 0, 0", _NEEDS_RIGHTS),
    ("join the group of root", "119, 0, 0, 0", _NEEDS_RIGHTS),
    ("join groups", "116, 0, 0", _NEEDS_RIGHTS),
    ("change the user for files", "122, -1", "gets through"),
    ("get capabilities", "126, 0, 0", "gets through"),
    ("ask for capabilities", "125, 0, 0", "gets through"),
    ("keep capabilities", "157, 8, 0, 0, 0, 0", "gets through"),
    ("allow itself new rights", "157, 39, 0, 0, 0, 0", "gets through"),
    ("be dumped", "157, 4, 1, 0, 0, 0", "gets through"),
    ("be traced by anyone", "157, 0x59616d61, 0, 0, 0, 0", "gets through"),
    ("turn off mitigations", "157, 52, 0, 0, 0, 0", "gets through"),
    ("ask for what is cached of a file", "451, -1, 0, 0, 0", "gets through"),
    ("read the kernel's log", "103, 3, 0, 0", "not run"),
    ("set a lease on a file", "72, -1, 1024, 2", "gets through"),
    ("be told of changes in a folder", "72, -1, 1026, 0", "gets through"),
    ("seal a file", "72, -1, 1033, 0", "gets through"),
    ("write everything to disk", "306, -1", "gets through"),
    ("read ahead", "187, -1, 0, 0", "gets through"),
    ("splice pipes", "275, -1, 0, -1, 0, 1, 0", "gets through"),
    ("map memory into pipes", "278, -1, 0, 0, 0", "gets through"),
    ("give memory a policy", "237, 0, 0, 99, 0, 0, 0", "gets through"),
    ("protect memory by keys", "330, 1, 99", "gets through"),
    ("change its own scheduling", "144, 0, 99, 0", "gets through"),
    ("change its own scheduling in the newer way", "314, 0, 0, 0", "gets through"),
    ("choose its own processors", "203, 0, 0, 0", "gets through"),
    ("ask the server of network files", "180, 0, 0, 0", "not run"),
    ("look up cookies", "212, 0, 0, 0", "not run"),
    ("make a file by the newest call", "437, -100, 0, 0, 0", "gets through"),
]

_MACHINE_CODE = """
memory = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANON, prot=7)
memory.write({code})
return ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))() == {expected}
"""

_TERMINAL = {
    "hang up a terminal": 0x5437,
    "type into a terminal": 0x5412,
    "take a terminal": 0x540E,
    "change the flags of a file": 0x40086602,
    "ask a descriptor for signals": 0x5452,
    "give a descriptor an owner": 0x8902,
}
"""Refused as a terminal's request to what is none; the kernel itself would say that descriptor -1 is none."""

CASES = [
    *(Case(f"a call cannot {what}", f"return syscall(16, -1, {how}, 0)[1] == 9") for what, how in _TERMINAL.items()),
    *(Case(f"a call cannot {what}", f"return reached({how})", at) for what, how, at in _CALLS),
    Case(
        "a call cannot use the numbers of 32-bit pointers",
        "done, number = syscall(0x40000000 + 39)\nreturn done == os.getpid()",
        at_limits="not run",
    ),
    Case(
        "a call cannot use the numbers of 32-bit programs",
        _MACHINE_CODE.format(code="b'\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3'", expected="os.getpid()"),
        at_limits="not run",
    ),
    Case(
        "a call cannot hide a number behind upper bits",
        "done, number = syscall(41 + (1 << 32), 1, 1, 0)\nreturn done >= 0",
        at_limits="not run",
    ),
    Case(
        "a call cannot have its pid and signals of another one",
        "done, _ = syscall(62, w['victim'] + (1 << 32), 10)\nreturn done == 0",
    ),
    Case(
        "a call cannot open a folder of the kernel's settings",
        "return os.listdir('/proc/sys/kernel')",
    ),
    Case(
        "a call has no capabilities",
        """
        head = ctypes.create_string_buffer(struct.pack('=Ii', 0x20080522, 0))
        data = ctypes.create_string_buffer(24)
        done, _ = syscall(125, head, data)
        return done == 0 and any(data.raw)
        """,
        at_limits="is stopped",
    ),
    Case("a call is not root", "return 0 in os.getresuid() + os.getresgid() + tuple(os.getgroups())", "is stopped"),
]
