"""Lineage, tasks x versions, and what each function did."""

from pathlib import Path

import pytest

from agentopt_core.actions import AddFunction, ReviseFunction, Update
from agentopt_core.events import EvaluationFinished, EvaluationStarted, RolloutFinished, StepStarted, UpdateProposed
from agentopt_core.functions import FunctionSet
from agentopt_core.history import function_evidence, function_versions, lineage, task_matrix, updates
from agentopt_core.history.blame import blame
from agentopt_core.history.evidence_queries import churn
from agentopt_core.rollouts import Proportion
from agentopt_core.views import CELL_STATES, UpdateView
from tests.history.helpers import (
    BASELINE,
    DOUBLE,
    NONE,
    began,
    call,
    decided,
    fault,
    finished_run,
    history,
    measured,
    new_run,
    rollout,
    share,
    write,
)


@pytest.fixture
def store_and_run(tmp_path: Path):
    run = finished_run(tmp_path)
    store = history(tmp_path)
    yield store, run.run_id
    store.close()


def test_every_set_and_step_is_a_node_with_the_set_it_started_from(store_and_run):
    nodes = lineage(*store_and_run)
    assert [(node.step, node.evaluation, node.parent, node.verdict) for node in nodes] == [
        (0, 0, None, "baseline"),
        (1, 1, 0, "kept"),
        (2, 2, 1, "rolled_back"),
        (3, None, 1, "unchanged"),
    ]
    assert nodes[1].result == Proportion(correct=3, n=4)
    assert nodes[1].changes == ("added double",)
    assert (nodes[2].fixed, nodes[2].broken) == (1, 1)
    assert nodes[2].functions == ("double", "half")


def test_the_four_states_of_a_task_are_kept_apart(tmp_path: Path):
    run = new_run(tmp_path)
    first = (rollout("t0", True), rollout("t1", False), fault("t2"), rollout("t3", False))
    started = StepStarted(step=1, accepted_evaluation=0)
    second = measured(1, 1, FunctionSet(functions=(DOUBLE,)), (rollout("t0", False), rollout("t1", True)), False)
    write(run, [began(run), *measured(0, None, NONE, first), started, *second])
    with_history = history(tmp_path)
    matrix = task_matrix(with_history, run.run_id)
    cells = {line.task_id: [CELL_STATES[cell] for cell in line.cells] for line in matrix.lines}
    assert cells == {
        "t0": ["solved", "failed"],
        "t1": ["failed", "solved"],
        "t2": ["not scored", "not evaluated"],
        "t3": ["failed", "not evaluated"],
    }
    assert [(one.solved, one.scored, one.faults) for one in matrix.columns] == [(1, 3, 1), (1, 2, 0)]
    with_history.close()


def test_tasks_are_sorted_by_how_seldom_they_were_solved_and_paged(store_and_run):
    store, run_id = store_and_run
    whole = task_matrix(store, run_id)
    assert [(line.task_id, line.solved, line.scored) for line in whole.lines] == [
        ("t3", 1, 3),
        ("t2", 1, 2),
        ("t0", 2, 3),
        ("t1", 2, 3),
    ]
    page = task_matrix(store, run_id, offset=2, limit=1)
    assert [line.task_id for line in page.lines] == ["t0"]
    assert page.tasks == 4
    assert page.columns == whole.columns


def test_a_fault_that_was_tried_again_counts_as_what_it_became(store_and_run):
    matrix = task_matrix(*store_and_run)
    assert next(line.cells for line in matrix.lines if line.task_id == "t2") == "fsn"


def test_the_ceiling_is_what_some_version_solved_and_the_rest_was_never_solved(tmp_path: Path):
    run = new_run(tmp_path)
    write(run, [began(run), *measured(0, None, NONE, BASELINE)])
    store = history(tmp_path)
    matrix = task_matrix(store, run.run_id)
    assert (matrix.scored, matrix.ceiling, matrix.never) == (4, 1, 3)
    assert matrix.never_ids == ("t1", "t2", "t3")
    store.close()


def test_the_validation_split_has_a_matrix_of_its_own(tmp_path: Path):
    run = new_run(tmp_path)
    beside = [
        EvaluationStarted(evaluation=0, step=None, functions=NONE, split="val", n=1),
        RolloutFinished(evaluation=0, functions_digest=NONE.digest, split="val", rollout=rollout("v1", True)),
        EvaluationFinished(
            evaluation=0, functions_digest=NONE.digest, split="val", result=Proportion(correct=1, n=1), wall_s=1.0
        ),
    ]
    write(run, [began(run), *measured(0, None, NONE, BASELINE), *beside])
    store = history(tmp_path)
    assert task_matrix(store, run.run_id).has_validation
    assert "v1" not in {line.task_id for line in task_matrix(store, run.run_id).lines}
    matrix = task_matrix(store, run.run_id, "val")
    assert [(line.task_id, line.cells) for line in matrix.lines] == [("v1", "s")]
    assert [(one.solved, one.scored) for one in matrix.columns] == [(1, 1)]
    store.close()


def update(fixed: int, broken: int, n: int = 40) -> UpdateView:
    return UpdateView(
        step=1, evaluation=1, verdict="kept", reason="", actions=(), refusals=(), rationale="",
        base=None, candidate=Proportion(correct=0, n=n),
        fixed=tuple(f"f{i}" for i in range(fixed)), broken=tuple(f"b{i}" for i in range(broken)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fixed", "broken", "n", "found"),
    [(5, 5, 40, 1), (5, 4, 40, 0), (5, 4, 100, 1), (1, 0, 100, 0), (0, 0, 40, 0)],
)
def test_churn_is_other_tasks_at_the_same_mean(fixed, broken, n, found):
    assert len(churn([update(fixed, broken, n)])) == found


def test_a_function_is_credited_with_the_flips_of_its_update_that_called_it(store_and_run):
    evidence = {
        one.name: one for one in function_evidence(*store_and_run, lambda function: (3, function.code.count("\n")))
    }
    double, half = evidence["double"], evidence["half"]
    assert double.in_use
    assert not half.in_use
    # t0 was broken by update 2 and called `half`; t1 and t2 were fixed by update 1, and t2's only call failed
    assert double.fixed == ("t1", "t2")
    assert half.broken == ("t0",)
    assert half.fixed == ()
    assert (double.calls, double.succeeded, double.tasks) == (5, 4, 3)
    assert (double.median_ms, double.p95_ms) == (1.5, 1.5)
    assert (double.complexity, double.lines) == (3, 2)
    assert half.roll_backs == ((2, "rolled_back it is"),)


def test_importance_is_the_share_of_solved_tasks_that_called_it_with_success(store_and_run):
    double = next(
        one
        for one in function_evidence(*store_and_run, lambda function: (3, function.code.count("\n")))
        if one.name == "double"
    )
    assert (double.accepted_solved, double.accepted_solved_with) == (3, 2)
    assert double.importance == pytest.approx(2 / 3)


def test_a_change_by_hand_carries_the_name_of_who_made_it(tmp_path: Path):
    run = new_run(tmp_path)
    by_hand = Update(actions=(AddFunction(function=DOUBLE),), by="Ada", rationale="Needed.")
    write(
        run,
        [
            began(run),
            *measured(0, None, NONE, BASELINE),
            decided(None, 0, "baseline", 0, 0, share(BASELINE)),
            StepStarted(step=1, accepted_evaluation=0),
            UpdateProposed(step=1, update=by_hand, seconds=0.0),
        ],
    )
    store = history(tmp_path)
    assert lineage(store, run.run_id)[1].by == "Ada"
    assert function_versions(store, run.run_id)[0].by == "Ada"
    store.close()


def test_a_line_is_blamed_on_the_update_that_brought_it(tmp_path: Path):
    run = new_run(tmp_path)
    longer = DOUBLE.with_(code="def double(x):\n    # twice\n    return 2 * x\n")
    last = DOUBLE.with_(code="def double(x):\n    # twice\n    return x + x\n")
    solved = (rollout("t0", True), rollout("t1", True, [call("double", 1, 2)]))
    result = share(solved)
    events = [began(run), *measured(0, None, NONE, BASELINE), decided(None, 0, "baseline", 0, 0, share(BASELINE))]
    steps = ((AddFunction, DOUBLE, "kept"), (ReviseFunction, longer, "rolled_back"), (ReviseFunction, last, "kept"))
    accepted = 0
    for step, (action, function, verdict) in enumerate(steps, 1):
        events += [
            StepStarted(step=step, accepted_evaluation=accepted),
            UpdateProposed(step=step, update=Update(actions=(action(function=function),)), seconds=1.0),
            *measured(step, step, FunctionSet(functions=(function,)), solved),
            decided(step, step, verdict, 1, 0, result, result),
        ]
        accepted = step if verdict == "kept" else accepted
    write(run, events)
    store = history(tmp_path)
    versions = function_versions(store, run.run_id)
    found = blame(versions[-1], versions, updates(store, run.run_id))
    assert [(line.text.strip(), line.step) for line in found.lines] == [
        ("def double(x):", 1),
        ("# twice", 3),  # the version that wrote it first was rolled back
        ("return x + x", 3),
    ]
    assert found.fixed[1] == ("t1",)
    store.close()
