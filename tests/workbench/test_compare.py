"""Runs beside each other: who is better on the same tasks, and whether chance would do it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentopt_core.errors import NotFound
from agentopt_core.evaluation.compare import mcnemar_p
from agentopt_core.evaluation.intervals import paired_interval
from agentopt_core.reports.sentences import cautions, comparison_sentence, count_sentence, left_out_sentence
from agentopt_core.reports.settings import LABELS, settings
from agentopt_core.views import Place
from agentopt_core.workbench import Workbench
from tests.workbench.runs import sums, trained


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    opened = Workbench(tmp_path / "home", live=False)
    yield opened
    opened.close()


def best(folder) -> Place:
    return Place(run_id=folder.run_id, evaluation=1)


def test_two_runs_are_compared_on_the_tasks_that_both_scored(bench):
    first = trained(bench.home, "--------", "++--+-f-")
    second = trained(bench.home, "--------", "+-++--+f")
    pair = bench.compare(best(first), best(second))
    assert (pair.n, pair.fixed, pair.broken, pair.both_solved, pair.both_failed) == (6, 2, 2, 1, 1)
    assert pair.difference == 0.0
    assert pair.interval == paired_interval(1, 2, 2, 1)
    assert pair.p_value == mcnemar_p(2, 2)
    assert pair.left_out == {"not scored in one of them": 2}
    assert [(task.task_id, task.change) for task in pair.tasks] == [
        ("sum-0", "both"), ("sum-1", "broken"), ("sum-2", "fixed"), ("sum-3", "fixed"), ("sum-4", "broken"),
        ("sum-5", "neither"),
    ]  # fmt: skip
    assert pair.tasks[1].question == "What is 1 + 1?"
    assert "2 not scored in one of them" in left_out_sentence(pair)


def test_a_task_of_the_same_id_that_asks_something_else_is_left_out_and_counted(bench):
    first = trained(bench.home, "----", "++++", tasks=sums(4))
    other = sums(4)
    changed = other.tasks[1].with_(question="Something else?")
    regraded = other.tasks[2].with_(answer="5")
    second = trained(
        bench.home, "----", "++--", tasks=other.with_(tasks=(other.tasks[0], changed, regraded, *other.tasks[3:]))
    )
    pair = bench.compare(best(first), best(second))
    assert [task.task_id for task in pair.tasks] == ["sum-0", "sum-3"]
    assert pair.left_out == {"the same id, but another question or answer": 2}


def test_runs_on_different_tasks_say_that_they_cannot_be_paired(bench):
    first = trained(bench.home, "----", "++++", tasks=sums(4))
    second = trained(bench.home, "----", "+---", tasks=sums(4, words="Add {i} to itself."))
    pair = bench.compare(best(first), best(second))
    assert (pair.n, pair.difference, pair.interval, pair.p_value) == (0, None, None, None)
    assert "cannot be paired" in comparison_sentence(pair, "A", "B")
    runs = bench.compared([first.run_id, second.run_id])
    pairs = bench.compare_all(runs, "best")
    assert any("cannot be paired" in note for note in cautions(runs, pairs, "best"))
    assert count_sentence(pairs).startswith("0 comparisons")


def test_p_values_of_several_pairs_are_raised_for_their_number(bench):
    folders = [trained(bench.home, "--------", marks) for marks in ("--------", "++++++++", "++++++--")]
    pairs = bench.compare_all(bench.compared([folder.run_id for folder in folders]), "best")
    assert [(pair.fixed, pair.broken) for pair in pairs] == [(8, 0), (6, 0), (0, 2)]
    assert [pair.p_value for pair in pairs] == [mcnemar_p(8, 0), mcnemar_p(6, 0), mcnemar_p(0, 2)]
    assert [pair.holm for pair in pairs] == [3 * mcnemar_p(8, 0), 2 * mcnemar_p(6, 0), 0.5]
    assert "with all comparisons counted" in comparison_sentence(pairs[1], "A", "C")
    assert count_sentence(pairs).startswith("3 comparisons")


def test_the_held_out_test_compares_what_both_runs_chose(bench):
    first = trained(bench.home, "----", "++--", tasks=sums(4), test=("------", "++----"))
    second = trained(bench.home, "----", "++--", tasks=sums(4), test=("------", "++++--"))
    [pair] = bench.compare_all(bench.compared([first.run_id, second.run_id]), "test")
    assert (pair.before.place.split, pair.n, pair.fixed, pair.broken) == ("test", 6, 2, 0)


def test_where_training_chose_the_untrained_agent_its_one_test_stands_for_the_run(bench):
    folder = trained(bench.home, "----", "++--", tasks=sums(4), test=("++----", ""))
    [one] = bench.compared([folder.run_id])
    assert one.measured("test").place == Place(run_id=folder.run_id, evaluation=2, split="test")
    assert one.measured("test").result == one.run.held_out.chosen


def test_a_run_without_the_measurement_is_left_out_and_named(bench):
    first = trained(bench.home, "----", "++--", tasks=sums(4))
    second = trained(bench.home, "----", "++--", tasks=sums(4), test=("------", "++++--"))
    runs = bench.compared([first.run_id, second.run_id])
    assert bench.compare_all(runs, "test") == []
    assert "Held-out test was not measured: A: test split sealed." in cautions(runs, [], "test")


def test_test_tasks_that_many_runs_have_seen_bring_a_warning(bench):
    folders = [trained(bench.home, "----", "++--", tasks=sums(4), test=("------", "++----")) for _ in range(2)]
    once = bench.compared([folders[0].run_id])[0]
    assert once.looks == 4
    assert any("4 looks" in note for note in cautions([once], [], "test"))


def test_the_validation_split_is_a_measurement_of_its_own(bench):
    folder = trained(bench.home, "----", "++--", tasks=sums(4), validation="+-")
    found = {(one.place.evaluation, one.place.split): one for one in bench.compared([folder.run_id])[0].measurements}
    assert found[1, "train"].result.n == 4
    assert found[1, "val"].result.n == 2
    assert found[1, "train"].is_best
    assert not found[0, "train"].is_best


def test_a_measurement_that_does_not_exist_is_not_found(bench):
    folder = trained(bench.home, "----", "++--", tasks=sums(4))
    with pytest.raises(NotFound, match="no finished evaluation 7"):
        bench.compare(best(folder), Place(run_id=folder.run_id, evaluation=7))


def test_nothing_of_private_tasks_is_shown_beside_their_ids(bench):
    folders = [trained(bench.home, "----", "++--", tasks=sums(4, private=True)) for _ in range(2)]
    pair = bench.compare(best(folders[0]), best(folders[1]))
    assert {task.question for task in pair.tasks} == {""}


def test_settings_are_told_field_by_field_in_training_terms(bench):
    first = trained(bench.home, "--", "+-", tasks=sums(2, 0), config={"seed": 1, "training": {"epochs": 3}})
    second = trained(bench.home, "--", "+-", tasks=sums(2, 0), config={"seed": 1, "training": {"epochs": 5}})
    found = bench.settings([first.run_id, second.run_id])
    assert [(one.label, one.values) for one in found if one.differs] == [("Accepted epochs, at most (E)", ("3", "5"))]


def test_every_field_of_a_configuration_has_a_label(bench):
    folder = trained(bench.home, "--", "+-", tasks=sums(2, 0))
    judged = bench.config(folder.run_id)
    judged = judged.with_(grader=judged.grader.with_(kind="judge", judge={}))
    unnamed = {one.field for one in settings([bench.config(folder.run_id), judged])} - set(LABELS)
    assert {field for field in unnamed if not field.startswith("prompts.texts.")} == set()


def test_changed_prompts_and_grader_code_are_told_by_their_digest(bench):
    folder = trained(bench.home, "--", "+-", tasks=sums(2, 0))
    config = bench.config(folder.run_id)
    texts = {**config.prompts.texts, "agent_no_answer": "Say it."}
    found = settings([config, config.with_(prompts={"texts": texts})])
    [changed] = [one for one in found if one.differs]
    assert changed.label == "Prompt: agent_no_answer"
    assert all("digest" in value for value in changed.values)
