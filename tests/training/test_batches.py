"""Training in batches: which tasks a step works on, what is compared, and that a resumed run goes on alike."""

import asyncio

import pytest

from agentopt_core.config import TrainingConfig
from agentopt_core.testing import ListSink
from agentopt_core.training.batches import Batches
from agentopt_core.training.control import Control
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.trainer import Trainer
from tests.builders import adds, tasks
from tests.training.test_trainer import Proposals, World, cut_after

TEN = tasks(10)


def ids(batch) -> list[str]:
    return [task.id for task in batch]


def test_every_task_comes_once_before_any_comes_again():
    batches = Batches(TEN, 3, seed=1)
    a_round = [task_id for step in range(1, 5) for task_id in ids(batches.of(step))]
    assert sorted(a_round) == sorted(ids(TEN))
    assert [len(batches.of(step)) for step in range(1, 6)] == [3, 3, 3, 1, 3]


def test_rounds_are_drawn_by_the_seed_and_differ():
    one, again, other = (Batches(TEN, 10 - 1, seed) for seed in (1, 1, 2))
    assert ids(one.of(1)) == ids(again.of(1))
    assert ids(one.of(3)) != ids(one.of(1))
    assert ids(one.of(1)) != ids(other.of(1))


def test_a_batch_can_be_asked_for_in_any_order():
    batches = Batches(TEN, 4, seed=3)
    late = ids(batches.of(7))
    assert ids(batches.of(1)) == ids(Batches(TEN, 4, seed=3).of(1))
    assert ids(batches.of(7)) == late


@pytest.mark.parametrize("size", [None, 10, 99])
def test_without_batches_or_with_one_that_holds_all_a_step_works_on_all_tasks_in_order(size):
    batches = Batches(TEN, size)
    assert batches.of(1) == batches.of(5) == TEN
    assert not batches.are_parts


class Noting(World):
    """Also notes the tasks of each evaluation."""

    def __init__(self, sink: ListSink) -> None:
        super().__init__(sink)
        self.tasks_of: dict[int, list[str]] = {}

    async def measure(self, index, step, functions, tasks, split, recorded):
        self.tasks_of[index] = ids(tasks)
        return await super().measure(index, step, functions, tasks, split, recorded)


class Batched:
    """A training on batches of two of ten tasks."""

    def __init__(self, *updates, recorded=None, **config):
        self.sink = ListSink()
        self.world = Noting(self.sink)
        self.proposals = Proposals(*updates)
        self.batches = Batches(TEN, 2, seed=5)
        self.trainer = Trainer(
            evaluator=self.world,
            optimizer=self.proposals,
            tasks=self.batches,
            config=TrainingConfig(**{"epochs": 5, "patience": 1, **config}),
            sink=self.sink,
            control=Control(list, self.sink),
            recorded=recorded or Recorded(),
        )
        self.result = asyncio.run(self.trainer.train())

    @property
    def verdicts(self):
        return [(e.step, e.evaluation, e.verdict) for e in self.sink.events if e.kind == "verdict_reached"]


SCRIPT = (adds("good1"), adds("harmful"), adds("good2"))


def test_the_baseline_and_the_first_candidate_are_measured_on_the_first_batch():
    story = Batched(*SCRIPT)
    assert story.world.tasks_of[0] == story.world.tasks_of[1] == ids(story.batches.of(1))


def test_every_further_step_measures_the_accepted_set_and_its_candidate_on_the_same_fresh_batch():
    story = Batched(*SCRIPT)
    assert story.world.measured[:6] == [
        (),
        ("good1",),
        ("good1",),
        ("good1", "harmful"),
        ("good1",),
        ("good1", "good2"),
    ]
    assert story.world.tasks_of[2] == story.world.tasks_of[3] == ids(story.batches.of(2))
    assert story.world.tasks_of[4] == story.world.tasks_of[5] == ids(story.batches.of(3))
    assert ids(story.batches.of(2)) != ids(story.batches.of(1))


def test_the_optimizer_reads_the_histories_of_the_batch_of_its_step():
    story = Batched(*SCRIPT)
    read = [[one.task_id for one in accepted.rollouts] for _, accepted, _ in story.proposals.shown[:3]]
    assert read == [ids(story.batches.of(step)) for step in (1, 2, 3)]
    assert [accepted.index for _, accepted, _ in story.proposals.shown[:3]] == [0, 2, 4]


def test_the_accepted_set_on_a_new_batch_is_a_base_and_no_candidate():
    assert Batched(*SCRIPT).verdicts[:6] == [
        (None, 0, "baseline"),
        (1, 1, "kept"),
        (None, 2, "baseline"),
        (2, 3, "rolled_back"),
        (None, 4, "baseline"),
        (3, 5, "kept"),
    ]


def test_a_batch_that_is_solved_to_the_last_task_does_not_end_training():
    story = Batched(adds("good1", "good2"), patience=0)
    assert story.result.reason.kind == "patience"


def test_measuring_the_accepted_set_again_counts_as_no_candidate():
    state = Batched(*SCRIPT, epochs=2).result.state
    assert (state.evaluations, state.renewals, state.step) == (6, 2, 3)


@pytest.mark.parametrize("kind", ["rollout_finished", "evaluation_finished", "update_proposed", "verdict_reached"])
@pytest.mark.parametrize("share", [0.4, 0.7, 1.0])
def test_a_resumed_run_in_batches_ends_like_an_undisturbed_one(kind, share):
    whole = Batched(*SCRIPT)
    events = whole.sink.events
    kept = cut_after(events[: max(3, int(share * len(events)))], kind) if kind != "update_proposed" else events[:6]
    steps_done = sum(event.kind == "update_proposed" for event in kept)
    resumed = Batched(*SCRIPT[steps_done:], recorded=Recorded(kept))
    assert resumed.result.state == whole.result.state
    known = [(e.step, e.evaluation, e.verdict) for e in kept if e.kind == "verdict_reached"]
    assert known + resumed.verdicts == whole.verdicts
