"""The roll-back arithmetic of Algorithm 2."""

from agentopt_core.actions import Update, Withdrawn
from agentopt_core.training.state import Judged, TrainState, Verdict
from tests.builders import evaluation, functions

KEPT = Verdict("kept", "better", improved=True)
KEPT_ANYWAY = Verdict("kept", "roll-back is off")
ROLLED_BACK = Verdict("rolled_back", "worse")
UNCHANGED = Verdict("unchanged", "nothing proposed")


def step(verdict, candidate):
    return Judged(Update(), verdict, candidate, made=int(candidate is not None))


START = TrainState.start(evaluation("+--"))


def test_training_starts_at_epoch_0_with_the_baseline_as_the_accepted_set():
    assert START.best is START.baseline
    assert (START.epoch, START.withdrawn_in_a_row, START.step, START.evaluations) == (0, 0, 0, 1)


def test_a_kept_candidate_becomes_the_accepted_set_and_counts_as_an_epoch():
    candidate = evaluation("++-", ("a",), index=1)
    state = START.after(step(KEPT, candidate))
    assert state.best is candidate
    assert (state.epoch, state.step, state.evaluations) == (1, 1, 2)


def test_a_withdrawn_candidate_leaves_the_accepted_set_and_its_histories_as_they_were():
    state = START.after(step(ROLLED_BACK, evaluation("---", ("a",), index=1)))
    assert state.best is START.best
    assert (state.epoch, state.withdrawn_in_a_row, state.evaluations) == (0, 1, 2)


def test_a_withdrawn_candidate_enters_the_failure_record_with_its_whole_set_and_score():
    state = START.after(step(ROLLED_BACK, evaluation("+--", ("a", "b"), index=1)))
    (entry,) = state.failure_record
    assert entry.functions == functions("a", "b")
    assert (entry.accuracy, entry.n) == (1 / 3, 3)


def test_the_failure_record_is_ascending_by_score():
    state = START
    for pattern in ("+++", "---", "++-"):
        state = state.after(step(ROLLED_BACK, evaluation(pattern, ("a",))))
    assert [round(entry.accuracy, 2) for entry in state.failure_record] == [0.0, 0.67, 1.0]


def test_an_improvement_clears_the_failure_record_and_the_count_of_withdrawals():
    state = START.after(step(ROLLED_BACK, evaluation("---", ("a",)))).after(step(KEPT, evaluation("++-", ("b",))))
    assert state.failure_record == ()
    assert state.withdrawn_in_a_row == 0


def test_a_step_without_a_candidate_counts_as_withdrawn_but_costs_no_evaluation():
    state = START.after(step(UNCHANGED, None))
    assert (state.withdrawn_in_a_row, state.evaluations, state.step) == (1, 1, 1)
    assert state.failure_record == ()


def test_a_candidate_kept_without_being_better_still_counts_towards_early_stop():
    state = START.after(step(KEPT_ANYWAY, evaluation("---", ("a",))))
    assert (state.epoch, state.withdrawn_in_a_row) == (1, 1)


def test_what_a_person_rejected_unseen_enters_the_failure_record_before_everything_that_was_measured():
    entry = Withdrawn(functions=functions("b"), accuracy=None, n=0, reason="Rejected by Ada (reads files).")
    state = START.after(step(ROLLED_BACK, evaluation("---", ("a",))))
    state = state.after(Judged(Update(), Verdict("rejected", "Rejected by Ada."), rejected=(entry,)))
    assert [one.reason for one in state.failure_record] == [entry.reason, "worse"]
    assert (state.withdrawn_in_a_row, state.evaluations, state.step) == (2, 2, 2)


def test_a_change_by_hand_is_no_epoch_of_training_and_training_starts_afresh_from_it():
    by_hand = Verdict("kept", "Set by hand by Ada.", improved=True, by_hand=True)
    candidate = evaluation("---", ("a",), index=2)
    state = START.after(step(ROLLED_BACK, evaluation("---", ("b",)))).after(step(by_hand, candidate))
    assert state.best is candidate
    assert (state.epoch, state.withdrawn_in_a_row, state.failure_record) == (0, 0, ())
