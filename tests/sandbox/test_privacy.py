"""Processes that hold keys keep them from calls that could read this user's files."""

import subprocess
import sys
from pathlib import Path

import pytest

from agentopt_core.sandbox.zygote.kernel import LIBC

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from agentopt_core.sandbox.privacy import hide_from_calls
from agentopt_core.sandbox.zygote.kernel import LIBC
hide_from_calls(None if sys.argv[1] == "None" else sys.argv[1])
print(LIBC.prctl(3, 0, 0, 0, 0))
"""


@pytest.mark.skipif(LIBC is None, reason="only Linux shows processes in /proc")
@pytest.mark.parametrize(
    ("level", "readable"), [("limits", 0), ("seccomp", 0), ("landlock", 1), ("namespaces", 1), (None, 1)]
)
def test_environment_and_memory_can_be_read_only_where_calls_cannot_reach_them(level, readable):
    command = [sys.executable, "-c", PROGRAM, str(level)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) == readable
