"""The interval of a paired difference, against published tables and against what must hold for any."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentopt_core.evaluation.compare import Paired
from agentopt_core.evaluation.intervals import holm, paired_interval

counts = st.integers(0, 60)


def test_the_interval_is_newcombes_for_a_published_table() -> None:
    # Airway hyper-responsiveness before and after transplantation (Bentur 2009), the first example of Fagerland,
    # Lydersen and Laake, Statistics in Medicine 33 (2014) 2850-2875: -0.286 (-0.507 to -0.026).
    low, high = paired_interval(1, 1, 7, 12) or (0.0, 0.0)
    assert (low, high) == pytest.approx((-0.507, -0.026), abs=0.0005)


def test_without_tasks_there_is_no_interval() -> None:
    assert paired_interval(0, 0, 0, 0) is None
    assert Paired().interval is None


@given(counts, counts, counts, counts)
def test_the_interval_holds_the_difference_and_stays_within_what_is_possible(e: int, f: int, g: int, h: int) -> None:
    interval = paired_interval(e, f, g, h)
    if interval is None:
        assert e + f + g + h == 0
        return
    difference = (f - g) / (e + f + g + h)
    assert -1.0 <= interval[0] <= difference + 1e-12
    assert difference - 1e-12 <= interval[1] <= 1.0


@given(counts, counts, counts, counts)
def test_the_interval_turns_round_when_before_and_after_do(e: int, f: int, g: int, h: int) -> None:
    there, back = paired_interval(e, f, g, h), paired_interval(e, g, f, h)
    assert (there is None) == (back is None)
    if there and back:
        assert there == pytest.approx((-back[1], -back[0]))


def test_more_tasks_make_the_interval_narrower() -> None:
    few, many = paired_interval(5, 3, 1, 1), paired_interval(50, 30, 10, 10)
    assert few is not None
    assert many is not None
    assert many[1] - many[0] < (few[1] - few[0]) / 2


def test_several_comparisons_raise_each_p_value() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.02]) == [0.02]
    assert holm([]) == []
    assert holm([1.0, 0.9]) == [1.0, 1.0]
