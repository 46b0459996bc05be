"""What careful graders of MATH, GSM8K, TabMWP and GAIA would say, pair by pair."""

import json
from pathlib import Path

import pytest

from agentopt_core.cli.grade import pair_of
from agentopt_core.grading import MathPool, StandardGrader

from .shared import records

PAIRS = [
    json.loads(line) for line in (Path(__file__).parent / "pairs.jsonl").read_text(encoding="utf-8").split("\n") if line
]
LIMIT_MS = 3_000


@pytest.fixture(scope="module")
def grader():
    with MathPool(workers=1) as pool:
        yield StandardGrader(math=pool)


def judged(grader, record):
    pair = pair_of(json.dumps(record).encode())
    return grader.judge(pair.task, pair.answer)


@pytest.mark.parametrize(
    "record", PAIRS, ids=lambda one: ascii(f"{one['kind']}: {one['gold']} | {one['prediction']}")[:80]
)
def test_a_pair_is_judged_as_a_careful_grader_would(grader, record):
    score = judged(grader, record)
    assert score.correct == record["expected"], score.reason
    assert score.ms < LIMIT_MS


def test_the_labelled_pairs_are_judged_right_but_where_graders_differ_by_policy(grader):
    cases = [case for case in records("grader_cases.jsonl") if "policy" not in case["note"]]
    scores = [(case, judged(grader, case)) for case in cases]
    assert len(cases) > 50
    assert [(case["id"], score.reason) for case, score in scores if score.correct != case["expected"]] == []
