from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from agentopt_core.importing.splits import SplitPlan, assign, stratum_field
from agentopt_core.importing.survey import Survey, facts_of
from agentopt_core.tasks import Task

HALF = SplitPlan(train=0.5, val=0.25, test=0.25)


def facts(n, **fields):
    return [
        facts_of(Task(id=f"t{k}", question=f"Question {k}?", answer=str(k), **{f: v(k) for f, v in fields.items()}))
        for k in range(n)
    ]


def counts(splits):
    return dict(Counter(splits))


def test_the_shares_are_met_to_the_task():
    assert counts(assign(facts(40), HALF)) == {"train": 20, "val": 10, "test": 10}


def test_the_same_seed_draws_the_same_splits_and_another_seed_others():
    tasks = facts(40)
    assert assign(tasks, HALF) == assign(tasks, HALF)
    assert assign(tasks, HALF) != assign(tasks, HALF.with_(seed=1))


def test_the_order_of_the_tasks_does_not_matter():
    tasks = facts(40, level=lambda k: str(k % 3))
    there = dict(zip((one.id for one in tasks), assign(tasks, HALF), strict=True))
    back = list(reversed(tasks))
    assert dict(zip((one.id for one in back), assign(back, HALF), strict=True)) == there


def test_every_level_is_spread_over_the_splits_in_the_same_shares():
    tasks = facts(60, level=lambda k: f"Level {k % 3}")
    splits = assign(tasks, HALF)
    for level in range(3):
        here = [split for one, split in zip(tasks, splits, strict=True) if one.level == f"Level {level}"]
        assert counts(here) == {"train": 10, "val": 5, "test": 5}


def test_levels_with_one_task_each_still_fill_every_split():
    splits = counts(assign(facts(40, level=lambda k: f"Level {k}"), HALF.with_(by="level")))
    assert abs(splits["train"] - 20) <= 1
    assert abs(splits["val"] - 10) <= 1


def test_tasks_of_one_group_stay_in_one_split():
    tasks = facts(60, group=lambda k: f"g{k % 12}")
    splits = assign(tasks, HALF)
    for group in range(12):
        assert len({split for one, split in zip(tasks, splits, strict=True) if one.group == f"g{group}"}) == 1


def test_tasks_that_ask_the_same_stay_in_one_split():
    twice = [
        facts_of(Task(id=f"t{k}", question=f"Question {k // 2}?" if k % 2 else f"question  {k // 2}", answer="1"))
        for k in range(40)
    ]
    splits = assign(twice, HALF)
    assert all(splits[k] == splits[k + 1] for k in range(0, 40, 2))


def test_groups_and_same_questions_chain_tasks_together():
    tasks = [
        facts_of(Task(id="a", question="One?", answer="1", group="g")),
        facts_of(Task(id="b", question="Two?", answer="1", group="g")),
        facts_of(Task(id="c", question="two", answer="1", group="h")),
        facts_of(Task(id="d", question="Three?", answer="1", group="h")),
    ]
    assert len(set(assign([*tasks, *facts(8)], HALF)[:4])) == 1


def test_tasks_without_answer_do_not_use_up_the_share_of_a_split():
    scored = facts(20)
    blank = [facts_of(Task(id=f"b{k}", question=f"Blank {k}?")) for k in range(20)]
    splits = assign([*scored, *blank], HALF)
    assert counts(splits[:20]) == {"train": 10, "val": 5, "test": 5}


def test_a_split_without_a_share_stays_empty():
    assert counts(assign(facts(10), SplitPlan(train=0.7, val=0, test=0.3))) == {"train": 7, "test": 3}


@pytest.mark.parametrize("shares", [{"train": 0.5, "val": 0.2, "test": 0.2}, {"train": 0, "val": 0.5, "test": 0.5}])
def test_shares_that_make_no_whole_or_leave_nothing_to_train_on_are_refused(shares):
    with pytest.raises(ValidationError):
        SplitPlan(**shares)


def test_levels_are_preferred_to_subjects_and_neither_is_used_where_it_says_nothing():
    assert stratum_field(facts(9, level=lambda k: str(k % 3), subject=lambda k: str(k % 2)), "auto") == "level"
    assert stratum_field(facts(9, subject=lambda k: str(k % 2)), "auto") == "subject"
    assert stratum_field(facts(99, level=str), "auto") == "none"
    assert stratum_field(facts(9), "auto") == "none"


@settings(derandomize=True, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.booleans()), max_size=40),
    st.sampled_from([HALF, SplitPlan(), SplitPlan(train=1, val=0, test=0)]),
)
def test_whatever_the_tasks_every_one_gets_a_split_and_no_question_two(rows, plan):
    tasks = [
        Task(id=str(k), question=f"Q{q}", level=str(level), answer="1" if scored else None)
        for k, (q, level, scored) in enumerate(rows)
    ]
    found = assign([facts_of(task) for task in tasks], plan)
    assert len(found) == len(tasks)
    survey = Survey()
    for task, split in zip(tasks, found, strict=True):
        survey.add(task.with_(split=split))
    assert survey.profile().leaks == 0
