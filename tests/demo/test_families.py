"""What the demo model can and cannot do with the sample tasks."""

import json

import pytest

from agentopt_core.grading import StandardGrader
from agentopt_core.llm.demo.families import FAMILIES, by_head, recognise
from agentopt_core.llm.demo.family import Draft, Family, Slots
from agentopt_core.llm.demo.tools import best_fit, fill
from agentopt_core.rollouts import Answer
from agentopt_core.tasks import Task

from .requests import function_of
from .runs import SETS, tasks_of, text_of

TASKS = [task for name in SETS for task in tasks_of(name)]
GRADER = StandardGrader()


def right(task: Task, answer: object) -> bool:
    return GRADER.judge(task, Answer(text=str(answer), source="tool")).correct


def read(task: Task) -> tuple[Family, Slots]:
    known = recognise(text_of(task))
    assert known is not None, task.question
    return known


def run(draft: Draft, slots: Slots, family: Family) -> object:
    names: dict[str, object] = {}
    exec(draft.code, names)
    try:
        return names[draft.name](**(fill(family, slots, draft.parameters) or {}))  # type: ignore[operator]
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def test_each_family_of_the_sample_sets_is_recognised_as_one_kind() -> None:
    kinds = {task.subject: {read(t)[0].name for t in TASKS if t.subject == task.subject} for task in TASKS}
    assert all(len(names) == 1 for names in kinds.values())
    assert len({name for names in kinds.values() for name in names}) == len(kinds) == len(FAMILIES)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_the_last_version_of_a_function_solves_every_task_of_its_family(task: Task) -> None:
    family, slots = read(task)
    assert right(task, run(family.drafts[-1], slots, family))


@pytest.mark.parametrize("family", [f for f in FAMILIES if len(f.drafts) > 1], ids=lambda family: family.name)
def test_a_first_version_solves_some_tasks_and_its_bug_shows_in_others(family: Family) -> None:
    own = [(task, read(task)[1]) for task in TASKS if task.split == "train" and read(task)[0] is family]
    solved = {task.level for task, slots in own if right(task, run(family.drafts[0], slots, family))}
    failed = {task.level for task, slots in own if not right(task, run(family.drafts[0], slots, family))}
    assert "medium" in solved
    assert failed == {"hard"}


@pytest.mark.parametrize("family", [f for f in FAMILIES if f.overreach], ids=lambda family: family.name)
def test_an_overreaching_function_draws_the_calls_of_its_family_and_solves_none_but_easy_tasks(family: Family) -> None:
    broad = family.overreach
    assert broad is not None
    tools = {draft.name: function_of(draft).as_tool()["function"] for draft in (family.drafts[-1], broad)}
    for task in TASKS:
        if task.level != "easy" and read(task)[0] is family:
            fit = best_fit(family, read(task)[1], tools)  # type: ignore[arg-type]
            assert fit is not None
            assert fit[0] == broad.name
            assert not right(task, run(broad, read(task)[1], family))


def test_by_head_easy_tasks_come_out_right_and_others_wrong() -> None:
    share = {}
    for levels in (("easy",), ("medium", "hard")):
        tasks = [(task, text_of(task)) for task in TASKS if task.level in levels]
        answers = [right(task, by_head(seed, text, *read(task))) for task, text in tasks for seed in range(5)]
        share[levels] = sum(answers) / len(answers)
    assert share["easy",] > 0.9
    assert share["medium", "hard"] < 0.1


def test_a_wrong_answer_by_head_still_has_the_form_of_an_answer() -> None:
    for task in TASKS:
        family, slots = read(task)
        assert family.sensible(by_head(1, text_of(task), family, slots))


def test_the_demo_model_holds_no_text_of_a_sample_task() -> None:
    known = json.dumps([[d.code for d in f.drafts] for f in FAMILIES])
    assert not [
        task.id for task in TASKS if task.question in known or (len(task.answer or "") > 6 and task.answer in known)
    ]  # type: ignore[operator]
