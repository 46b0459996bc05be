"""That attacks make the calls they mean, whichever the processor: by the kernel's own headers."""

import re
from pathlib import Path

import pytest

from .cases import GROUPS
from .numbers import AARCH64, ABSENT

X86_64 = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
GENERIC = Path("/usr/include/asm-generic/unistd.h")
COMMON = 424


@pytest.mark.skipif(not X86_64.exists() or not GENERIC.exists(), reason="the kernel's headers are not installed")
def test_each_number_is_the_one_of_the_same_call():
    names = {int(number): name for name, number in re.findall(r"#define __NR_(\w+) (\d+)", X86_64.read_text())}
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", GENERIC.read_text())
    generic = {name: int(number) for name, number in found}
    assert {number: generic.get(names[number], ABSENT) for number in AARCH64} == AARCH64


def test_every_call_that_an_attack_makes_by_number_has_one_there():
    bodies = [text for cases in GROUPS.values() for case in cases for text in (case.body, case.then)]
    used = {int(number) for text in bodies for number in re.findall(r"\b(?:syscall|reached)\((\d+)\b", text)}
    assert len(used) > 100
    assert {number for number in used if number < COMMON} <= AARCH64.keys() | set(AARCH64.values())
