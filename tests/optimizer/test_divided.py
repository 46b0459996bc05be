"""Divide and merge: parts are read at the same time, and their changes become one update."""

from __future__ import annotations

import asyncio

import pytest

from agentopt_core.actions import RemoveFunction, Update
from agentopt_core.config import OptimizerConfig
from agentopt_core.errors import BudgetExhausted, ConfigError
from agentopt_core.functions import FunctionSet
from agentopt_core.optimizer import AgentOptimizer
from agentopt_core.optimizer.divided import DividedOptimizer
from agentopt_core.optimizer.joining import Proposed, merge
from agentopt_core.optimizer.parts import WHOLE
from agentopt_core.prompts import default_prompts
from agentopt_core.testing import InMemorySandbox, ListSink, ScriptedModel, tool_message
from tests.builders import adds, functions, removes, revises
from tests.optimizer.helpers import AREA_CODE, PACKAGES, add, message_text
from tests.optimizer.test_choosing import MANY

OTHER = "def double(x):\n    return x + x\n"


def names(update: Update) -> list[str]:
    return [f"{action.op} {action.name}" for action in update.actions]


def merged(*updates: tuple[int, Update], accepted: FunctionSet | None = None) -> Update:
    proposed = [Proposed(number, failures, update) for number, (failures, update) in enumerate(updates, 1)]
    return merge(proposed, accepted or FunctionSet())


def test_changes_of_different_functions_are_all_taken() -> None:
    update = merged((5, adds("a", "b")), (9, adds("c")))
    assert sorted(names(update)) == ["add a", "add b", "add c"]
    assert not update.refusals


def test_the_same_function_from_two_parts_is_one_change() -> None:
    update = merged((5, adds("a")), (9, adds("a")))
    assert names(update) == ["add a"]
    assert not update.refusals


@pytest.mark.parametrize(("first", "second", "taken"), [(9, 5, 0), (5, 9, 1), (5, 5, 0)])
def test_of_two_versions_the_one_with_more_failures_behind_it_is_taken_and_the_other_stays_visible(
    first: int, second: int, taken: int
) -> None:
    versions = (revises("double", OTHER), revises("double", OTHER.replace("x + x", "3 * x")))
    update = merged((first, versions[0]), (second, versions[1]), accepted=functions("double"))
    assert update.actions == versions[taken].actions
    assert [(refusal.code, refusal.name) for refusal in update.refusals] == [("merge_conflict", "double")]
    assert f"part {2 - taken}" in update.refusals[0].reason
    assert "return" in update.refusals[0].proposal


@pytest.mark.parametrize(("removing", "revising"), [(9, 5), (5, 9)])
def test_a_function_that_another_part_revises_is_not_removed(removing: int, revising: int) -> None:
    update = merged((removing, removes("double")), (revising, revises("double", OTHER)), accepted=functions("double"))
    assert names(update) == ["revise double"]
    assert update.refusals[0].op == "remove_function"


def test_a_removal_that_nobody_speaks_against_is_taken() -> None:
    assert merged((5, removes("double")), (5, adds("a")), accepted=functions("double")).actions[-1].name == "a"
    both = merged((5, removes("double")), (6, removes("double")), accepted=functions("double"))
    assert both.actions == (RemoveFunction(name="double"),)
    assert not both.refusals


def test_what_a_part_took_back_itself_is_no_change() -> None:
    back_and_forth = Update(actions=(*adds("a").actions, *removes("a").actions))
    assert merged((5, back_and_forth), (3, adds("b"))).actions == adds("b").actions


def test_refusals_and_rationales_of_all_parts_are_kept() -> None:
    one = adds("a").with_(rationale="because of sums")
    two = adds("b").with_(rationale="because of areas")
    update = merged((5, one), (3, two))
    assert "Part 1 (5 failures): because of sums" in update.rationale
    assert "Part 2 (3 failures): because of areas" in update.rationale


class Optimizer:
    """Divide and merge over a scripted model, with all there is to see."""

    def __init__(self, script, size: int = 25, **config) -> None:
        self.model = ScriptedModel(script)
        self.sink = ListSink()
        inner = AgentOptimizer(
            self.model, InMemorySandbox(), OptimizerConfig(**config), default_prompts(), self.sink, PACKAGES
        )
        self.optimizer = DividedOptimizer(inner, size, self.sink)

    def step(self) -> Update:
        return asyncio.run(self.optimizer.step(4, MANY, ()))

    def events(self, kind: str) -> list:
        return [event for event in self.sink.events if event.kind == kind]


def test_each_part_reads_its_own_failures_under_the_whole_budget() -> None:
    run = Optimizer(lambda _: "TERMINATE", prompt_tokens=6_000)
    run.step()
    asked = run.events("optimizer_asked")
    assert sorted(event.part for event in asked) == [1, 2, 3, 4]
    assert all(event.tokens <= event.budget == 6_000 for event in asked)
    assert sum(count.of for event in asked for count in event.causes if count.cause != "solved") == 91
    prompts = [message_text(request.messages[1]) for request in run.model.requests]
    assert sum("### Task key-" in text for text in prompts) < len(prompts)


def test_a_divided_step_begins_once() -> None:
    run = Optimizer(lambda _: "TERMINATE")
    run.step()
    assert len(run.events("step_started")) == 1
    assert run.sink.events[0].kind == "step_started"


def test_every_part_may_take_max_actions() -> None:
    numbers = iter(range(100))

    def one_more(_request):
        name = f"f{next(numbers)}"
        return tool_message(add(name=name, code=AREA_CODE.replace("area", name)))

    assert len(Optimizer(one_more, max_actions=2).step().actions) == 8


def test_a_conflict_is_reported_as_it_is_merged() -> None:
    numbers = iter(range(100))

    def versions(_request):
        return tool_message(add(name="same", code=f"def same(width, height):\n    return {next(numbers)}\n"))

    run = Optimizer(versions, max_actions=1)
    assert names(run.step()) == ["add same"]
    assert [event.refusal.code for event in run.events("proposal_refused")] == ["merge_conflict"] * 3


def test_few_failures_are_read_as_a_whole() -> None:
    run = Optimizer(lambda _: "TERMINATE", size=91)
    run.step()
    assert [event.part for event in run.events("optimizer_asked")] == [WHOLE.number]


def test_an_exhausted_budget_ends_the_step_as_it_is() -> None:
    with pytest.raises(BudgetExhausted):
        Optimizer(lambda _: BudgetExhausted("The budget is used up.")).step()


def test_parts_cannot_be_merged_where_each_writes_a_whole_set() -> None:
    from agentopt_core.config import parse_config

    with pytest.raises(ConfigError, match="progressive"):
        parse_config({"optimizer": {"strategy": "divide_and_merge", "progressive": False}})
