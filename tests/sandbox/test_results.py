import json

import pytest

from agentopt_core.config import SandboxLimits
from agentopt_core.errors import InfrastructureFault
from agentopt_core.sandbox.results import as_result
from agentopt_core.sandbox.workers import Reply

LIMITS = SandboxLimits(wall_s=2, cpu_s=3, result_kb=4, output_kb=5)

BAD_ANSWERS = (b"", b"x", b"1", b"{}", b'{"value":NaN}', b'{"value":1e999}', b'{"value":"\\udfff"}', b"\xff")


def reply(reason="result", answer=b'{"value": 1}', printed=b"", **header):
    return Reply({"reason": reason, "exit": 0, "line": None, "printed": len(printed), **header}, printed, answer)


def result(*args, **kwargs):
    return as_result(reply(*args, **kwargs), LIMITS, 10, "limits")


def test_a_value_is_a_success():
    assert result(printed=b"hi").model_dump() == {
        "ok": True,
        "value": 1,
        "stdout": "hi",
        "error": None,
        "ms": 0.0,
        "level": "limits",
    }


@pytest.mark.parametrize(
    ("reason", "code", "kind", "said"),
    [
        ("wall", None, "Timeout", "longer than 2 s"),
        ("cpu", -24, "Timeout", "3 s of CPU"),
        ("processes", -9, "Killed", "too many processes"),
        ("oversize", -9, "BadResult", "4 KiB"),
        ("garbage", 0, "BadResult", "pipe"),
        ("exit", -11, "Killed", "SIGSEGV"),
        ("exit", 3, "Killed", "exit code 3"),
    ],
)
def test_an_end_without_a_value_is_told_by_how_it_came(reason, code, kind, said):
    ended = result(reason, b"", exit=code, line=4)
    assert (ended.ok, ended.error.type, ended.error.line) == (False, kind, 4)
    assert said in ended.error.message


@pytest.mark.parametrize("answer", BAD_ANSWERS)
def test_a_message_that_is_not_strict_json_of_the_right_shape_is_a_bad_result(answer):
    assert result(answer=answer).error.type == "BadResult"


@pytest.mark.parametrize("line", [0, 11, -1, True, "3", 2.5, None, 10**30])
def test_a_line_outside_the_source_is_no_line(line):
    told = json.dumps({"error": {"type": "E", "message": "m", "line": line}}).encode()
    assert result(answer=told).error.line is None


def test_output_that_was_cut_says_how_much():
    header = {"reason": "result", "exit": 0, "line": None, "printed": 13}
    cut = as_result(Reply(header, b"abc", b'{"value": 1}'), LIMITS, 1, "limits")
    assert cut.stdout == "abc\n[10 more bytes of output were cut: 5 KiB are kept]"


def test_a_call_that_could_not_be_started_is_a_fault_of_the_infrastructure():
    with pytest.raises(InfrastructureFault, match="no space"):
        as_result(Reply({"fault": "no space left"}, b"", b""), LIMITS, 1, "limits")
