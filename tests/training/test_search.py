"""Several proposals a step: asked in parallel, screened, and the best one handed to the loop."""

import asyncio

import pytest

from agentopt_core.actions import Update, Withdrawn
from agentopt_core.chat import ChatRequest, Purpose
from agentopt_core.config import RunConfig, TrainingConfig, parse_config
from agentopt_core.errors import BudgetExhausted, ConfigError
from agentopt_core.events import EvaluationFinished, EvaluationStarted, RolloutFinished, StepStarted
from agentopt_core.rollouts import Evaluation
from agentopt_core.testing import InMemorySandbox, ListSink, ScriptedModel
from agentopt_core.training.control import Control
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.search import Search
from agentopt_core.training.trainer import Trainer
from tests.builders import adds, evaluation, functions, removes, rollout, tasks

TASKS = tasks(12)


class Lab:
    """Runs what is not recorded yet: a set solves as many tasks as it has good functions, in the order of the ids."""

    def __init__(self, sink: ListSink, budget: int = 10_000) -> None:
        self.sink = sink
        self.left = budget
        self.run: list[tuple[str, str]] = []

    async def measure(self, index, step, functions, tasks, split, recorded, series=""):
        self.sink.emit(
            EvaluationStarted(
                evaluation=index, step=step, functions=functions, split=split, n=len(tasks), series=series
            )
        )
        good = sum(3 if name.startswith("great") else 1 for name in functions.names if name[:2] in ("go", "gr"))
        done = dict(recorded)
        for task in tasks:
            if task.id in done:
                continue
            if self.left == 0:
                raise BudgetExhausted("The budget is used up.")
            self.left -= 1
            self.run.append((series, task.id))
            done[task.id] = rollout(task.id, int(task.id[1:]) <= 3 * good)
            self.sink.emit(
                RolloutFinished(
                    evaluation=index, functions_digest=functions.digest, series=series, rollout=done[task.id]
                )
            )
        measured = Evaluation(
            index=index, functions=functions, split=split, rollouts=tuple(done[task.id] for task in tasks)
        )
        self.sink.emit(
            EvaluationFinished(
                evaluation=index, functions_digest=functions.digest, split=split, series=series,
                result=measured.result, wall_s=0.0,
            )
        )  # fmt: skip
        return measured


class Story:
    """One step of a search, or a whole training with it. Proposal n is the n-th of `updates`."""

    def __init__(self, *updates: Update, recorded: Recorded | None = None, budget: int = 10_000, **search: object):
        self.sink = ListSink()
        self.lab = Lab(self.sink, budget)
        self.model = ScriptedModel(lambda _: "TERMINATE")
        self.recorded = recorded or Recorded()
        self.updates = updates
        self.opened = 0
        self.search = Search(
            open_optimizer=self.open,
            model=self.model,
            evaluator=self.lab,
            tasks=TASKS,
            config=RunConfig(search={"proposals": len(updates), "first_sample": 4, **search}),
            sandbox=InMemorySandbox(),
            sink=self.sink,
            recorded=self.recorded,
            next_evaluation=lambda: self.trainer.state.evaluations if self.trainer.state else 1,
        )
        self.opened = 0
        self.trainer = Trainer(
            evaluator=self.lab,
            optimizer=self.search,
            tasks=TASKS,
            config=TrainingConfig(epochs=1, patience=0),
            sink=self.sink,
            control=Control(list, self.sink),
            recorded=self.recorded,
        )

    def open(self, model, sink, spare):
        story = self

        class Optimizer:
            async def step(self, step, accepted, failure_record):
                await asyncio.sleep(0)
                sink.emit(StepStarted(step=step, accepted_evaluation=accepted.index))
                message = {"role": "user", "content": "Propose."}
                await model.complete(ChatRequest(purpose=Purpose(role="optimizer"), messages=(message,)))
                text = story.model.requests[-1].messages[0]["content"]
                number = int(text.partition("This is proposal ")[2][:1] or 1)
                return story.updates[number - 1]

        self.opened += 1
        return Optimizer()

    def step(self, accepted: Evaluation | None = None, *withdrawn: Withdrawn) -> Update:
        return asyncio.run(self.search.step(1, accepted or evaluation("-" * 12), withdrawn))

    def of(self, kind: str) -> list:
        return [event for event in self.sink.events if event.kind == kind]

    @property
    def fates(self) -> list[str]:
        (screened,) = self.of("proposals_screened")
        return [one.fate for one in screened.proposals]


def test_the_proposal_that_does_best_on_the_sample_is_handed_on():
    story = Story(adds("bad"), adds("great"), adds("good"))
    assert story.step() == story.updates[1]
    assert story.fates == ["dropped", "chosen", "dropped"]


def test_proposals_are_told_apart_in_their_prompts():
    story = Story(adds("a"), adds("b"), adds("c"))
    story.step()
    asked = [request.messages[0]["content"] for request in story.model.requests]
    assert len(set(asked)) == 3
    assert asked[0] == "Propose."


def test_a_step_of_several_proposals_begins_once():
    story = Story(adds("a"), adds("b"), adds("c"))
    story.step()
    assert len(story.of("step_started")) == 1
    assert [event.number for event in story.of("proposal_made")] == [1, 2, 3]


def test_with_one_proposal_the_step_is_the_optimizers_own():
    story = Story(adds("a"))
    assert story.step() == adds("a")
    assert story.lab.run == []
    assert {event.kind for event in story.sink.events} == {"step_started"}


def test_equal_proposals_are_screened_once_and_said():
    story = Story(adds("a"), adds("a"), adds("good"))
    assert story.step() == adds("good")
    (screened,) = story.of("proposals_screened")
    assert [(one.fate, one.same_as) for one in screened.proposals] == [
        ("dropped", None),
        ("duplicate", 1),
        ("chosen", None),
    ]
    assert {series for series, _ in story.lab.run} == {"screen-1-1", "screen-1-3"}


def test_the_only_proposal_that_changes_something_needs_no_screening():
    story = Story(Update(), adds("a"), Update())
    assert story.step() == adds("a")
    assert story.fates == ["unchanged", "chosen", "unchanged"]
    assert story.lab.run == []


def test_where_no_proposal_changes_anything_the_first_one_goes_on():
    story = Story(Update(rationale="Nothing."), Update())
    assert story.step() == Update(rationale="Nothing.")
    (screened,) = story.of("proposals_screened")
    assert screened.chosen is None


TRIED = Withdrawn(functions=functions("great"), accuracy=0.1, n=12, reason="It was worse.")


def test_a_set_that_was_withdrawn_already_is_not_run_again_while_there_is_another():
    story = Story(adds("great"), adds("good"), adds("bad"))
    assert story.step(None, TRIED) == adds("good")
    assert story.fates == ["repeated", "chosen", "dropped"]


def test_where_every_proposal_was_withdrawn_already_the_best_of_them_goes_on():
    story = Story(adds("great"), Update())
    assert story.step(None, TRIED) == adds("great")


def test_an_earlier_rounds_rollouts_are_kept_for_the_next_round():
    story = Story(adds("bad"), adds("great"), adds("good"))
    story.step()
    assert len(story.lab.run) == len(set(story.lab.run)) == 3 * 4 + 2 * 4


def test_only_tasks_that_were_scored_under_the_accepted_set_are_drawn():
    story = Story(adds("bad"), adds("good"), first_sample=12)
    story.step(evaluation("!!!---------"))
    assert {task for _, task in story.lab.run} == {f"t{number}" for number in range(4, 13)}


def test_the_winner_is_evaluated_afresh_on_every_training_task():
    story = Story(adds("bad"), adds("great"))
    asyncio.run(story.trainer.train())
    counted = [task for series, task in story.lab.run if series == ""]
    assert len(counted) == 12 + 12
    assert story.trainer.state.best.functions.names == ("great",)
    assert story.trainer.state.evaluations == 2


def test_sets_that_were_only_screened_count_as_tried():
    story = Story(adds("bad"), adds("great"), adds("good"))
    story.step()
    assert story.search.dropped == 2
    assert Recorded(story.sink.events).dropped_proposals == 2


def test_the_two_best_are_merged_for_the_last_round():
    story = Story(adds("good_a"), adds("good_b"), adds("bad"), merge=True)
    update = story.step()
    assert update.apply(functions()).digest == functions("good_a", "good_b").digest
    assert update.rationale.startswith("Proposal 1 and proposal 2 merged")
    assert story.fates == ["dropped", "dropped", "dropped", "chosen"]


def test_a_merged_set_that_is_no_new_one_is_said_and_not_run():
    story = Story(adds("good_a"), adds("good_a", "good_b"), merge=True)
    story.step()
    (screened,) = story.of("proposals_screened")
    assert (screened.proposals[2].fate, screened.proposals[2].same_as) == ("duplicate", 2)
    assert "screen-1-3" not in {series for series, _ in story.lab.run}


def test_a_merge_works_from_the_accepted_set_too():
    accepted = evaluation("-" * 12, ("old_a", "old_b"))
    story = Story(adds("good_a"), removes("old_a"), merge=True)
    assert story.step(accepted).apply(accepted.functions).names == ("old_a", "old_b", "good_a")
    assert story.fates == ["chosen", "dropped", "dropped"]


@pytest.mark.parametrize("budget", range(0, 45, 4))
def test_a_run_that_was_cut_off_anywhere_goes_on_without_paying_twice(budget):
    undisturbed = Story(adds("bad"), adds("great"), adds("good_a"), merge=True)
    asyncio.run(undisturbed.trainer.train())
    first = Story(*undisturbed.updates, merge=True, budget=budget)
    with pytest.raises(BudgetExhausted):
        asyncio.run(first.trainer.train())
    again = Story(*undisturbed.updates, merge=True, recorded=Recorded(first.sink.events))
    asyncio.run(again.trainer.train())
    assert again.trainer.state == undisturbed.trainer.state
    assert len(first.lab.run) + len(again.lab.run) == len(undisturbed.lab.run)
    assert len(first.model.requests) + len(again.model.requests) == 3
    events = [*first.sink.events, *again.sink.events]
    assert sum(event.kind == "proposals_screened" for event in events) == 1


def test_nobody_asked_to_see_code_before_it_runs_has_it_run_in_a_screening():
    with pytest.raises(ConfigError, match="ask after the evaluation"):
        parse_config({"search": {"proposals": 2}, "approval": {"mode": "risk", "when": "before"}})
    assert parse_config({"search": {"proposals": 2}, "approval": {"mode": "risk"}}).search.proposals == 2


def test_a_merge_needs_two_proposals():
    with pytest.raises(ConfigError, match="two proposals"):
        parse_config({"search": {"merge": True}})
