"""Credit, unsolved tasks, what was left out and looks at the test split, as the history tells them."""

from pathlib import Path

import pytest

from agentopt_core.events import FunctionsDropped, SplitOpened
from agentopt_core.history import run
from agentopt_core.history.export import export_files
from agentopt_core.history.health_queries import answered, credits, looks_at_test, never_solved
from agentopt_core.history.sentences import sentence
from agentopt_core.rollouts import Proportion
from tests.history.helpers import (
    BASELINE,
    NONE,
    WITH_BOTH,
    WITH_DOUBLE,
    began,
    decided,
    fault,
    finished_run,
    history,
    measured,
    new_run,
    rollout,
    share,
    story,
    write,
)  # fmt: skip


@pytest.fixture
def store_and_run(tmp_path: Path):
    found = finished_run(tmp_path)
    store = history(tmp_path)
    yield store, found.run_id
    store.close()


def test_credit_is_told_with_both_shares_its_interval_and_whether_the_set_is_in_use(store_and_run):
    (found,) = credits(*store_and_run)
    assert (found.function, found.evaluation, found.in_use, found.used, found.control) == ("double", 1, True, 2, True)
    assert (found.with_function, found.without) == (Proportion(correct=2, n=2), Proportion(correct=0, n=2))
    assert (found.difference, found.interval, found.p_value) == (1.0, (-0.1, 1.0), 0.5)
    assert found.helped == ("t1", "t2")


def test_credit_that_was_measured_again_is_told_once(tmp_path: Path):
    found = new_run(tmp_path)
    events = story(found)
    credit = next(event for event in events if event.kind == "credit_measured")
    write(found, [*events, credit.with_(p_value=0.25)])
    with_both = history(tmp_path)
    assert [one.p_value for one in credits(with_both, found.run_id)] == [0.25]
    with_both.close()


def test_the_log_says_credit_with_n_and_interval(tmp_path: Path):
    credit = next(event for event in story(new_run(tmp_path)) if event.kind == "credit_measured")
    said = sentence(credit).text
    assert "100.0 % (2 of 2) with it, 0.0 % (0 of 2) without it on 2 training tasks that used it" in said
    assert "(95 %: -10.0 to +100.0 points, exact p = 0.5)" in said


def test_tasks_that_no_version_solved_are_listed_with_their_last_try(tmp_path: Path):
    found = new_run(tmp_path)
    first = (rollout("t0", False), rollout("t1", True), fault("t2"), rollout("t3", False))
    second = (rollout("t0", False), rollout("t1", False), fault("t2"), rollout("t3", True))
    write(found, [began(found), *measured(0, None, NONE, first), *measured(1, 1, WITH_DOUBLE, second)])
    store = history(tmp_path)
    unsolved = never_solved(store, found.run_id)
    assert (unsolved.never, unsolved.scored) == (1, 3)  # a fault is neither solved nor failed
    (task,) = unsolved.tasks
    assert (task.task_id, task.scored, task.evaluation, task.extracted) == ("t0", 2, 1, "7")
    assert never_solved(store, found.run_id, offset=1).tasks == ()
    assert never_solved(store, found.run_id, split="val").scored == 0
    store.close()


def test_each_look_at_the_test_split_is_told_with_its_moment(store_and_run):
    looks = looks_at_test(*store_and_run)
    assert [(one.subject, one.n) for one in looks] == [("baseline", 6), ("chosen", 6)]
    assert looks[0].at > 0


def test_a_question_for_credit_is_open_until_it_is_answered(store_and_run):
    assert answered(*store_and_run) == frozenset()


def dropped_run(tmp_path: Path):
    """`double` and `half` are accepted; `half` never succeeded and is left out at the end."""
    found = new_run(tmp_path)
    better = (rollout("t0", True), rollout("t1", True), rollout("t2", True), rollout("t3", False))
    write(
        found,
        [
            began(found),
            *measured(0, None, NONE, BASELINE),
            decided(None, 0, "baseline", 0, 0, share(BASELINE)),
            *measured(1, 1, WITH_BOTH, better),
            decided(1, 1, "kept", 1, 0, share(better), share(better)),
            FunctionsDropped(evaluation=1, reasons={"half": "never called in evaluation 1"}, functions=WITH_DOUBLE),
            SplitOpened(evaluation=2, subject="baseline", functions_digest=NONE.digest, n=6),
        ],
    )
    return found


def test_what_was_left_out_is_part_of_the_runs_summary(tmp_path: Path):
    found = dropped_run(tmp_path)
    store = history(tmp_path)
    assert run(store, found.run_id).dropped == {"half": "never called in evaluation 1"}
    store.close()


def test_what_was_left_out_of_another_set_says_nothing_of_the_accepted_one(store_and_run):
    assert run(*store_and_run).dropped == {}


def test_an_export_holds_the_set_that_was_tested_and_says_what_it_leaves_out(tmp_path: Path):
    found = dropped_run(tmp_path)
    store = history(tmp_path)
    files = export_files(store, found.run_id)
    source, manifest = files["functions.py"].decode(), files["manifest.json"].decode()
    assert "def double" in source
    assert "def half" not in source
    assert "# That was with half, too, which is left out: never called in evaluation 1." in source
    assert '"dropped"' in manifest
    store.close()


def test_an_export_names_the_split_of_its_accuracy_whatever_was_measured_beside(tmp_path: Path):
    found = new_run(tmp_path)
    events = story(found)
    begun = next(event for event in events if event.kind == "evaluation_started" and event.evaluation == 1)
    write(found, [*events, begun.with_(split="val", n=2)])
    store = history(tmp_path)
    assert "Accuracy on the train tasks" in export_files(store, found.run_id)["functions.py"].decode()
    store.close()
