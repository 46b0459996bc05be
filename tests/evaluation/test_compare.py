from __future__ import annotations

import pytest

from agentopt_core.evaluation import paired
from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Evaluation, Rollout, Score
from agentopt_core.significance import mcnemar_p


def evaluation(index: int, marks: str) -> Evaluation:
    """`+` solved, `-` failed, `f` a fault; `.` not in it."""

    def rollout(name: str, mark: str) -> Rollout:
        if mark == "f":
            return Rollout(task_id=name, ended="fault")
        score = Score(correct=mark == "+", method="", extracted="", rule="", reason="")
        return Rollout(task_id=name, score=score)

    rollouts = tuple(rollout(f"t{n}", mark) for n, mark in enumerate(marks) if mark != ".")
    return Evaluation(index=index, functions=FunctionSet(), split="train", rollouts=rollouts)


def test_tasks_are_compared_one_by_one() -> None:
    pair = paired(evaluation(0, "++--+-"), evaluation(1, "+-++--"))
    assert pair.fixed == ("t2", "t3")
    assert pair.broken == ("t1", "t4")
    assert (pair.both_solved, pair.both_failed, pair.n) == (1, 1, 6)
    assert (pair.correct_before, pair.correct_after) == (3, 3)
    assert (pair.fixed_count, pair.broken_count) == (2, 2)
    assert pair.difference == 0.0


def test_only_tasks_scored_in_both_count() -> None:
    pair = paired(evaluation(0, "f-+-."), evaluation(1, "++f+-"))
    assert pair.fixed == ("t1", "t3")
    assert pair.n == 2
    assert (pair.before.accuracy, pair.after.accuracy, pair.difference) == (0.0, 1.0, 1.0)


def test_without_common_tasks_there_is_no_difference() -> None:
    pair = paired(evaluation(0, "ff"), evaluation(1, "++"))
    assert (pair.n, pair.difference, pair.before.accuracy, pair.p_value) == (0, None, None, 1.0)


@pytest.mark.parametrize(
    ("fixed", "broken", "p"),
    [(6, 0, 0.03125), (5, 0, 0.0625), (8, 1, 0.0390625), (1, 8, 0.0390625), (0, 0, 1.0), (3, 3, 1.0), (1, 0, 1.0)],
)
def test_the_p_value_is_the_exact_mcnemar_test(fixed: int, broken: int, p: float) -> None:
    assert mcnemar_p(fixed, broken) == p


@pytest.mark.parametrize(
    ("fixed", "broken", "p"),
    [(18, 16, 0.8641662404406816), (40, 22, 0.030015864349067285), (2000, 1900, 0.11289365225934829)],
)
def test_the_p_value_agrees_with_a_statistics_library_also_for_large_counts(fixed: int, broken: int, p: float) -> None:
    assert mcnemar_p(fixed, broken) == pytest.approx(p)  # scipy.stats.binomtest(fixed, fixed + broken).pvalue
