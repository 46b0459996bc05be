"""Rollouts in little memory: what is put there comes back, what is too much goes, what solved a task is found."""

from agentopt_core.events import RolloutFinished
from agentopt_core.rollouts import Message
from agentopt_core.training.shelf import Shelf, SolvedBefore
from tests.builders import rollout

LONG = rollout("t1", True).with_(messages=(Message(role="user", content="How many? " * 500),))


def finished(one, split="train"):
    return RolloutFinished(evaluation=0, functions_digest="d", split=split, rollout=one)


def test_a_rollout_comes_back_as_it_was_put():
    shelf = Shelf()
    shelf.put(LONG)
    assert shelf["t1"] == LONG
    assert ("t1" in shelf, "t2" in shelf, list(shelf)) == (True, False, ["t1"])


def test_the_later_rollout_of_a_task_takes_the_place_of_the_earlier_one():
    shelf = Shelf()
    shelf.put(LONG)
    shelf.put(rollout("t1", False))
    assert not shelf["t1"].correct
    assert len(shelf) == 1


def test_a_rollout_on_the_shelf_takes_a_small_part_of_its_text():
    shelf = Shelf()
    shelf.put(LONG)
    assert shelf.bytes < len(LONG.model_dump_json()) / 5


def test_beyond_its_limit_the_oldest_go():
    shelf = Shelf(limit_bytes=2_000)
    for number in range(100):
        shelf.put(rollout(f"t{number}", True))
    assert shelf.bytes <= 2_000
    assert list(shelf) == [f"t{number}" for number in range(100 - len(shelf), 100)]


def test_half_characters_of_a_model_s_output_do_not_end_the_run():
    solved = SolvedBefore()
    solved.emit(finished(rollout("t1", True).with_(messages=(Message(role="user", content="half \ud83d"),))))
    found = solved.find("t1")
    assert found is not None
    assert found.correct


def test_only_solved_rollouts_of_training_tasks_are_found():
    solved = SolvedBefore()
    events = [
        finished(rollout("solved", True)),
        finished(rollout("failed", False)),
        finished(rollout("sealed", True), split="test"),
    ]
    assert list(solved.passing(events)) == events
    assert [solved.find(task) is not None for task in ("solved", "failed", "sealed")] == [True, False, False]


def test_a_later_failure_does_not_hide_the_rollout_that_solved_the_task():
    solved = SolvedBefore()
    solved.emit(finished(rollout("t1", True)))
    solved.emit(finished(rollout("t1", False)))
    assert solved.find("t1") == rollout("t1", True)
