import argparse
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentopt_core.cli import grade
from agentopt_core.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]


def command(*words):
    parser = argparse.ArgumentParser()
    grade.register(parser.add_subparsers())
    args = parser.parse_args(["grade", *map(str, words)])
    return args.run(args)


@pytest.fixture
def judged(tmp_path, capsys):
    """Judges lines (records or raw bytes); returns the exit code and what was printed."""

    def judge(*lines, words=()):
        path = tmp_path / "pairs.jsonl"
        path.write_bytes(b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines))
        code = command(path, *words)
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return judge


def pair(prediction, gold, **others):
    return {"prediction": prediction, "gold": gold, **others}


def test_each_line_gives_one_verdict_in_order(judged):
    code, printed = judged(
        pair(r"(x-1)(x+1)", "x^2-1", kind="math"),
        pair("6", "5"),
        pair("paris.", "Paris"),
        pair(r"\sqrt{12}", r"2\sqrt3"),
    )
    assert code == 0
    assert [one["verdict"] for one in printed] == [True, False, True, True]
    assert [one["method"] for one in printed] == ["math", "numeric", "text", "math"]
    assert all(list(one) == ["verdict", "method", "extracted", "reason", "ms"] for one in printed)
    assert printed[0]["extracted"] == "(x-1)(x+1)"
    assert "differs" in printed[1]["reason"]


def test_slow_pairs_do_not_change_the_order_of_the_printed_lines(judged):
    lines = [pair("x+1" if number % 3 else r"\int_0^1 x^{x}\sin(x^{x})\,dx", f"1+x+{number}-{number}", kind="math")
             for number in range(9)]  # fmt: skip
    code, printed = judged(*lines)
    assert code == 0
    assert [one["verdict"] for one in printed] == [bool(number % 3) for number in range(9)]


KINDS = [
    (pair("1/2", r"\frac12", kind="math"), "math"),
    (pair("$1,000", "1000", kind="numeric"), "numeric"),
    (pair("B", "no", kind="choice", choices=["yes", "no"]), "choice"),
    (pair("sea gull", "seagull", kind="gaia"), "gaia"),
    (pair("5", "5", kind="tabmwp"), "tabmwp"),
    (pair("new york", "New York", kind="text"), "text"),
    (pair("aB", "aB", kind="exact"), "exact"),
    (pair("a77", "a[0-9]+", kind="regex"), "regex"),
    (pair("So it is 41.\nAnswer: 42", "42", kind="message"), "numeric"),
    (pair("42", "42", kind="never heard of"), "numeric"),
    (pair("42", "42", kind=["odd"]), "numeric"),
    (pair("42", "42", kind="auto", note="unknown keys say nothing", expected=False), "numeric"),
]


def test_the_kind_says_how_a_pair_is_judged_and_unknown_kinds_are_auto(judged):
    code, printed = judged(*(line for line, _ in KINDS))
    assert code == 0
    assert [(one["verdict"], one["method"]) for one in printed] == [(True, method) for _, method in KINDS]


def test_one_grader_can_be_asked_for_all_pairs(judged):
    _, printed = judged(pair("5.0", "5", kind="numeric"), pair("5", "5"), words=("--grader", "exact"))
    assert [(one["verdict"], one["method"]) for one in printed] == [(False, "exact"), (True, "exact")]


@pytest.mark.parametrize("name", ["judge", "python", "best", ""])
def test_a_grader_that_needs_more_than_a_pair_is_refused(tmp_path, name):
    with pytest.raises(ConfigError, match="Name one of auto, exact"):
        command(tmp_path / "pairs.jsonl", "--grader", name)


def test_unit_tolerance_and_aliases_count(judged):
    _, printed = judged(
        pair("5 cows", "5", kind="numeric", unit="farms"),
        pair("5 farms", "5", kind="numeric", unit="farms"),
        pair("5.4", "5", kind="numeric", tolerance=0.5),
        pair("5.6", "5", kind="numeric", tolerance=0.5),
        pair("NYC", "New York", kind="text", aliases=["NYC"]),
        pair(r"2\sqrt{3}", "7", kind="math", aliases=["8", r"\sqrt{12}"]),
    )
    assert [one["verdict"] for one in printed] == [False, True, True, False, True, True]


def test_numbers_booleans_and_null_may_stand_for_texts(judged):
    _, printed = judged(
        pair("5", 5.0, kind="exact"), pair(5, "5"), pair(0.1, r"\frac{1}{10}"), pair(True, "true"), pair(None, "None"),
        b'{"prediction": "1e400", "gold": 1e400}', b'{"prediction": "1", "gold": NaN}',
    )  # fmt: skip
    assert [one["verdict"] for one in printed] == [True, True, True, True, False, True, False]
    assert printed[4]["reason"] == "No answer was given."


BROKEN = [
    (b"{", "not JSON"),
    (b"", "not JSON"),
    (b"[1]", "not a JSON object"),
    (b'"text"', "not a JSON object"),
    (b"[" * 100_000, "not JSON: it is nested too deeply"),
    (b'{"gold": "5"}', "no 'prediction'"),
    (b'{"prediction": "5"}', "no 'gold'"),
    (b'{"prediction": "\xff", "gold": "5"}', "not UTF-8 (byte 17)"),
    (b'{"prediction": {"a": 1}, "gold": "5"}', "'prediction' is a list or an object"),
    (b'{"prediction": "5", "gold": "5", "choices": "ab"}', "'choices' is no list"),
    (b'{"prediction": "5", "gold": "5", "choices": [[1]]}', "'choices' is a list or an object"),
    (b'{"prediction": "5", "gold": "5", "tolerance": -1}', "'tolerance' is no number"),
    (b'{"prediction": "5", "gold": "5", "tolerance": "x"}', "'tolerance' is no number"),
    (b'{"prediction": "5", "gold": "5", "unit": []}', "'unit' is a list or an object"),
    (b'{"prediction": "' + b"5" * 10_000_000 + b'", "gold": "5"}', "longer than 1,000,000 bytes"),
]


def test_broken_lines_are_said_in_their_places_and_the_others_are_judged(judged):
    code, printed = judged(pair("5", "5"), *(line for line, _ in BROKEN), pair("5", "5"))
    assert code == 1
    assert [one["verdict"] for one in printed] == [True, *(False for _ in BROKEN), True]
    for number, ((_, said), one) in enumerate(zip(BROKEN, printed[1:], strict=False), 2):
        assert one.pop("reason").startswith(f"line {number}: {said}")
        assert one == {"verdict": False, "method": "none", "extracted": "", "ms": 0.0}


def test_half_characters_nul_and_a_byte_order_mark_are_data(judged):
    code, printed = judged(
        b'\xef\xbb\xbf{"prediction": "5", "gold": "5"}',
        b'{"prediction": "\\ud800", "gold": "\\udfff5", "kind": "math"}',
        pair("\0\1", "5"),
        pair("\0", "\0", kind="exact"),
    )
    assert code == 0
    assert [one["verdict"] for one in printed] == [True, False, False, True]


def test_lines_are_held_up_to_the_limit_only():
    longest = b"x" * grade.MAX_LINE_BYTES
    file = io.BytesIO(longest + b"\n" + longest + b"\r\n" + longest + b"y\n" + b"a\n\n" + longest * 3 + b"\nend\n")
    assert list(grade.bounded_lines(file)) == [longest, None, None, b"a", b"", None, b"end"]
    assert list(grade.bounded_lines(io.BytesIO(longest))) == [longest]
    assert list(grade.bounded_lines(io.BytesIO(longest + b"y"))) == [None]
    assert list(grade.bounded_lines(io.BytesIO(b""))) == []


def test_a_pair_that_never_ends_is_stopped_and_the_next_is_judged(judged):
    endless = r"\int_0^1 \int_0^1 \frac{\sin(x^y)^{x}}{\log(x+y^{x})} dx dy"
    _, printed = judged(
        pair(endless, "5", kind="math", aliases=["6", "7"]), pair("x+1", "1+x", kind="math"), pair("5", "5")
    )
    assert [one["verdict"] for one in printed] == [False, True, True]
    assert all(one["ms"] < 3_000 for one in printed)


def test_pairs_come_from_standard_input_and_verdicts_leave_one_by_one():
    process = subprocess.Popen(
        [sys.executable, "-m", "agentopt_core", "grade", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    try:
        for gold in ("5", "é"):  # the answer to a line is there before the next line is written
            process.stdin.write(json.dumps(pair(gold, gold), ensure_ascii=False).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) | {"ms": 0} == {
                "verdict": True,
                "method": "numeric" if gold == "5" else "text",
                "extracted": gold,
                "reason": f"{gold} equals the gold {gold}.",
                "ms": 0,
            }
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, errors) == (0, b"")


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    found = subprocess.run(
        [sys.executable, "-m", "agentopt_core", "grade", tmp_path / "none.jsonl"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 2
    assert found.stderr.startswith("agentopt: No such file")
    assert "Traceback" not in found.stderr
