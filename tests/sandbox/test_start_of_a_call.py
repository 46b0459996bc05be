"""A call that cannot be confined runs nothing, and is a fault of the sandbox, not of its function."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import json, os, socket, sys
from agentopt_core.sandbox.zygote.call import Call
from agentopt_core.sandbox.zygote.watch import Wakeup, watch

class Confinement:
    def ruleset(self, files):
        return None
    def path_of(self, file):
        return file
    def filter(self):
        if sys.argv[2] == "refused":
            raise OSError(1, "the kernel does not")

limits = {"wall_s": 30, "cpu_s": 30, "memory_bytes": 1 << 32, "output_bytes": 999, "result_bytes": 999, "file_bytes": 0}
body = "__import__('os').write(5, b'x')" if sys.argv[2] == "writes" else "1"
code = f"def f(): return {body}"
request = {"kind": "call", "name": "f", "code": code, "source": "<source>", "arguments": {}, "files": {}}
request["limits"] = limits
ends = socket.socketpair()  # both ends stay: a host that is gone ends its calls
root = os.open(sys.argv[1], os.O_RDONLY)
call = Call(request, "call", root, Confinement(), 1 << 36, None)
try:
    ended = watch(call, Wakeup(), ends[0], request, None)
    print(json.dumps([ended.header["reason"], ended.result.decode()]))
except OSError as error:
    print(json.dumps(["fault", str(error)]))
"""


def started(folder: Path, how: str) -> list[str]:
    command = [sys.executable, "-c", PROGRAM, str(folder), how]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return json.loads(done.stdout or f'["broken", {json.dumps(done.stderr)}]')


def test_a_call_whose_confinement_is_refused_is_a_fault_with_the_reason(tmp_path):
    assert started(tmp_path, "refused") == ["fault", "PermissionError: [Errno 1] the kernel does not"]


def test_a_call_that_is_confined_gives_its_result(tmp_path):
    assert started(tmp_path, "confined") == ["result", '{"value":1}']


def test_hostile_code_cannot_pretend_that_its_call_never_began(tmp_path):
    reason, result = started(tmp_path, "writes")
    assert reason == "result"
    assert "Bad file descriptor" in result


@pytest.mark.parametrize("how", ["refused", "confined"])
def test_its_pipes_are_all_that_is_left_behind(tmp_path, how):
    started(tmp_path, how)
    assert [path.name for path in tmp_path.iterdir()] == ["call"]  # removed by `close`, which only its worker calls
