"""The promise of the evidence gate on a simulated noisy model; the benchmark measures it with more runs."""

from benchmarks.acceptance import accepts, false_accepts, false_accepts_after_a_gain, same

RUNS = 40


def test_a_bare_comparison_keeps_what_is_no_better_in_most_runs_of_ten_candidates():
    assert false_accepts("strict", same, RUNS, acceptance="strict").hits > RUNS / 2


def test_the_gate_keeps_what_is_no_better_within_its_budget():
    assert false_accepts("evidence", same, RUNS, acceptance="evidence").hits <= 0.05 * RUNS
    assert false_accepts_after_a_gain("after a gain", RUNS).hits <= 0.05 * RUNS


def test_the_gate_keeps_what_is_20_points_better_in_four_of_five_runs():
    assert accepts(1, RUNS).hits >= 0.8 * RUNS
