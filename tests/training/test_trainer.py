"""The loop of Algorithm 2, with a scripted evaluator and a scripted optimizer."""

import asyncio

import pytest

from agentopt_core.actions import Refusal, Update
from agentopt_core.config import TrainingConfig
from agentopt_core.errors import BudgetExhausted
from agentopt_core.events import EvaluationFinished, RolloutFinished
from agentopt_core.functions import FunctionSet
from agentopt_core.rollouts import Evaluation
from agentopt_core.testing import ListSink
from agentopt_core.training.control import Control
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.trainer import Trainer
from tests.builders import adds, functions, removes, rollout, tasks

TASKS = tasks(4)


class World:
    """Scores a set by how many good functions it has, less the harmful ones; keeps what was measured."""

    def __init__(self, sink: ListSink) -> None:
        self.sink = sink
        self.measured: list[tuple[str, ...]] = []

    async def measure(self, index, step, functions, tasks, split, recorded):
        self.measured.append(functions.names)
        solved = sum(name.startswith("good") for name in functions.names) - ("harmful" in functions) * 2
        rollouts = tuple(rollout(task.id, number < solved) for number, task in enumerate(tasks))
        for each in rollouts:
            self.sink.emit(RolloutFinished(evaluation=index, functions_digest=functions.digest, rollout=each))
        result = Evaluation(index=index, functions=functions, split=split, rollouts=rollouts)
        self.sink.emit(
            EvaluationFinished(
                evaluation=index, functions_digest=functions.digest, split=split, result=result.result, wall_s=0.0
            )
        )
        return result


class Proposals:
    """Gives the updates in order, then nothing; keeps what it was shown."""

    def __init__(self, *updates: Update | Exception) -> None:
        self.updates = list(updates)
        self.shown = []

    async def step(self, step, accepted, failure_record):
        self.shown.append((step, accepted, failure_record))
        update = self.updates.pop(0) if self.updates else Update()
        if isinstance(update, Exception):
            raise update
        return update


class Story:
    """One training with its parts at hand."""

    def __init__(self, *updates: Update | Exception, recorded: Recorded | None = None, **config: object) -> None:
        self.sink = ListSink()
        self.world = World(self.sink)
        self.proposals = Proposals(*updates)
        self.trainer = Trainer(
            evaluator=self.world,
            optimizer=self.proposals,
            tasks=TASKS,
            config=TrainingConfig(**{"epochs": 5, "patience": 1, **config}),
            sink=self.sink,
            control=Control(list, self.sink),
            recorded=recorded or Recorded(),
        )

    def train(self):
        self.result = asyncio.run(self.trainer.train())
        return self

    @property
    def verdicts(self) -> list[str]:
        return [event.verdict for event in self.sink.events if event.kind == "verdict_reached"]


def test_epoch_0_is_the_baseline_of_the_empty_set():
    story = Story().train()
    assert story.world.measured[0] == ()
    assert story.verdicts[0] == "baseline"


def test_improvements_are_kept_until_every_task_is_solved():
    story = Story(adds("good1", "good2"), adds("good3", "good4")).train()
    assert story.verdicts == ["baseline", "kept", "kept"]
    assert story.result.reason.kind == "perfect"
    assert story.result.state.best.functions.names == ("good1", "good2", "good3", "good4")


def test_after_a_roll_back_the_next_step_starts_from_the_accepted_set_and_its_histories():
    story = Story(adds("good1"), adds("harmful"), adds("good2")).train()
    (_, first, _), (_, second, _), (_, third, record) = story.proposals.shown[:3]
    assert third is second
    assert second is not first
    assert third.functions.names == ("good1",)
    assert [entry.functions.names for entry in record] == [("good1", "harmful")]


def test_a_candidate_is_always_evaluated_before_it_can_be_the_result():
    story = Story(adds("good1"), adds("good2"), epochs=2).train()
    assert story.result.state.best.functions.names in story.world.measured
    assert story.result.reason.kind == "epochs"


def test_an_empty_set_after_removal_is_evaluated_like_any_other():
    story = Story(adds("good1"), removes("good1"), adds("good2")).train()
    assert story.world.measured[:3] == [(), ("good1",), ()]
    assert story.verdicts[:3] == ["baseline", "kept", "rolled_back"]


def test_an_empty_set_after_a_roll_back_does_not_end_training():
    story = Story(adds("harmful"), adds("good1")).train()
    assert story.verdicts[:3] == ["baseline", "rolled_back", "kept"]


def test_more_than_c_withdrawals_in_a_row_stop_the_run():
    story = Story(adds("harmful"), adds("harmful"), adds("good1"), patience=1).train()
    assert story.verdicts == ["baseline", "rolled_back", "rolled_back"]
    assert story.result.reason.kind == "patience"


def test_an_optimizer_that_proposes_nothing_ends_the_run_by_early_stop_without_further_evaluations():
    story = Story(patience=2).train()
    assert story.verdicts == ["baseline", "unchanged", "unchanged", "unchanged"]
    assert story.world.measured == [()]


def test_an_update_whose_proposals_were_all_refused_says_which_and_why():
    refusal = Refusal(op="add_function", name="broken", code="syntax_error", reason="The code has an error.", attempt=4)
    story = Story(Update(refusals=(refusal,), ended="no_valid_action"), patience=0).train()
    assert "broken" in story.sink.events[-1].reason
    assert "The code has an error." in story.sink.events[-1].reason


def test_without_progressive_update_the_candidate_is_the_new_set_alone():
    whole = adds("good2", "good3").with_(from_scratch=True)
    story = Story(adds("good1"), whole).train()
    assert story.world.measured[2] == ("good2", "good3")


def test_without_roll_back_a_worse_candidate_becomes_the_set_the_next_step_starts_from():
    story = Story(adds("good1"), adds("harmful"), removes("harmful"), epochs=3, roll_back=False, patience=9).train()
    assert story.world.measured[3] == ("good1",)
    assert story.verdicts == ["baseline", "kept", "kept", "kept"]


def test_an_exhausted_budget_leaves_the_accepted_set_intact():
    story = Story(adds("good1"), BudgetExhausted("The budget of 10 requests is used up."))
    with pytest.raises(BudgetExhausted):
        story.train()
    assert story.trainer.state.best.functions.names == ("good1",)


def cut_after(events, kind):
    last = max(number for number, event in enumerate(events) if event.kind == kind)
    return events[: last + 1]


@pytest.mark.parametrize("kind", ["rollout_finished", "evaluation_finished", "update_proposed", "verdict_reached"])
def test_a_resumed_run_takes_over_what_is_recorded_and_ends_like_an_undisturbed_one(kind):
    script = [adds("good1"), adds("harmful"), adds("good2"), adds("good3", "good4")]
    whole = Story(*script).train()
    kept = cut_after(whole.sink.events, kind)
    steps_done = sum(event.kind == "update_proposed" for event in kept)
    resumed = Story(*script[steps_done:], recorded=Recorded(kept)).train()
    assert resumed.result.state.best == whole.result.state.best
    assert resumed.result.reason == whole.result.reason
    verdicts = [event.verdict for event in kept if event.kind == "verdict_reached"] + resumed.verdicts
    assert verdicts == whole.verdicts
    finished = sum(event.kind == "evaluation_finished" for event in kept)
    assert whole.world.measured[finished:] == resumed.world.measured


def test_training_can_start_from_a_given_set():
    story = Story()
    story.trainer = Trainer(
        evaluator=story.world,
        optimizer=story.proposals,
        tasks=TASKS,
        config=TrainingConfig(patience=0),
        sink=story.sink,
        control=Control(list, story.sink),
        recorded=Recorded(),
        initial=functions("good1"),
    )
    story.train()
    assert story.world.measured == [("good1",)]
    assert story.result.state.baseline.functions == FunctionSet(functions=functions("good1").functions)
