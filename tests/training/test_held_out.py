"""The test split: sealed in training, opened once for two sets."""

import asyncio

from agentopt_core.actions import Update
from agentopt_core.events import FunctionsDropped, HeldOutMeasured, SplitOpened
from agentopt_core.functions import FunctionSet
from agentopt_core.testing import ListSink
from agentopt_core.training.held_out import HeldOut
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.state import Judged, TrainState, Verdict
from tests.builders import evaluation, functions, tasks
from tests.training.health import use
from tests.training.test_trainer import World

TEST = tuple(task.with_(id=f"u{task.id}", split="test") for task in tasks(5))
GOOD = Judged(Update(), Verdict("kept", "", True), evaluation("+---", ("good",), 1), made=1)
KEPT = TrainState.start(evaluation("----")).after(GOOD)


def measured(state, recorded=None, of=TEST, drop=False):
    sink = ListSink()
    world = World(sink)
    held_out = HeldOut(evaluator=world, tasks=of, sink=sink, recorded=recorded or Recorded(), drop_unsuccessful=drop)
    asyncio.run(held_out.measure(state))
    return world, sink.events


def test_the_untrained_agent_and_the_chosen_set_are_measured_and_each_opening_is_recorded():
    world, events = measured(KEPT)
    assert world.measured == [(), ("good",)]
    opened = [event for event in events if isinstance(event, SplitOpened)]
    assert [(event.subject, event.evaluation, event.n) for event in opened] == [("baseline", 2, 5), ("chosen", 3, 5)]
    result = events[-1]
    assert isinstance(result, HeldOutMeasured)
    assert (result.baseline.correct, result.chosen.correct, result.fixed) == (0, 1, ("ut1",))
    assert (result.p_value, result.candidates) == (1.0, 1)


def test_a_split_is_opened_before_the_first_of_its_tasks_is_run():
    _, events = measured(KEPT)
    assert events[0].kind == "split_opened"
    assert [event.kind for event in events].index("rollout_finished") > 0


def test_where_training_chose_the_baseline_the_split_is_opened_once():
    world, events = measured(TrainState.start(evaluation("--")))
    assert world.measured == [()]
    assert sum(isinstance(event, SplitOpened) for event in events) == 1
    assert events[-1].baseline == events[-1].chosen


def test_what_the_journal_holds_is_not_opened_again():
    _, events = measured(KEPT)
    world, again = measured(KEPT, Recorded(events))
    assert world.measured == []
    assert again == []


def test_a_measurement_that_was_cut_off_goes_on_without_another_opening():
    _, events = measured(KEPT)
    cut = next(place for place, event in enumerate(events) if event.kind == "evaluation_finished") - 1
    world, again = measured(KEPT, Recorded(events[:cut]))
    assert world.measured == [(), ("good",)]
    assert [event.subject for event in again if isinstance(event, SplitOpened)] == ["chosen"]


def test_without_test_tasks_nothing_is_opened_or_said():
    world, events = measured(KEPT, of=())
    assert world.measured == []
    assert events == []


def test_the_sets_compared_are_the_accepted_one_and_the_one_the_run_began_with():
    state = KEPT.after(
        Judged(Update(), Verdict("rolled_back", "worse"), evaluation("----", ("good", "harmful"), 2), made=1)
    )
    world, _ = measured(state)
    assert world.measured == [FunctionSet().names, functions("good").names]


def used(*names, ok=True):
    """A kept evaluation with `good`, `bad` and `idle` in which these were called."""
    kept = evaluation("+---", ("good", "bad", "idle"), 1)
    calls = [rollout.with_(calls=tuple(use(name, ok) for name in names)) for rollout in kept.rollouts[:1]]
    calls += [rollout.with_(calls=(use("bad", ok=False),)) for rollout in kept.rollouts[1:2]]
    kept = kept.with_(rollouts=(*calls, *kept.rollouts[2:]))
    return TrainState.start(evaluation("----")).after(Judged(Update(), Verdict("kept", "", True), kept, made=1))


def test_what_never_succeeded_is_left_out_of_the_test_run_where_the_run_asks_for_it():
    world, events = measured(used("good"), drop=True)
    assert world.measured == [(), ("good",)]
    dropped = events[0]
    assert isinstance(dropped, FunctionsDropped)
    assert dropped.functions.names == ("good",)
    assert dropped.reasons["bad"] == "1 call, none with success, in evaluation 1 (4 training tasks)"
    assert dropped.reasons["idle"].startswith("never called")


def test_by_default_the_accepted_set_is_tested_whole():
    world, events = measured(used("good"))
    assert world.measured == [(), ("good", "bad", "idle")]
    assert not any(isinstance(event, FunctionsDropped) for event in events)


def test_where_nothing_is_left_the_split_is_opened_once_for_the_agent_without_functions():
    world, events = measured(used(), drop=True)
    assert world.measured == [()]
    assert events[-1].chosen == events[-1].baseline


def test_a_resumed_run_says_once_what_it_left_out():
    _, events = measured(used("good"), drop=True)
    world, again = measured(used("good"), Recorded(events), drop=True)
    assert (world.measured, again) == ([], [])
