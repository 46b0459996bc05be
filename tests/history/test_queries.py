from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentopt_core.actions import AddFunction, Update
from agentopt_core.commands import Command
from agentopt_core.config import Endpoint, RunConfig
from agentopt_core.errors import NotFound
from agentopt_core.events import CommandObeyed, RunFailed, SplitOpened, UpdateProposed
from agentopt_core.functions import FunctionSet
from agentopt_core.history import (
    accepted_functions,
    curve,
    events,
    function_versions,
    openings,
    progress,
    rollout,
    rollouts,
    run,
    runs,
    updates,
    usage_by_role,
)
from agentopt_core.history.ingest import Ingestor
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.history.store import HistoryStore
from agentopt_core.rollouts import Proportion
from agentopt_core.tasks import Task

from .helpers import (
    BASELINE,
    BETTER,
    BETTER_ROLLOUTS,
    DOUBLE,
    HALF,
    NONE,
    REFUSAL,
    WITH_DOUBLE,
    began,
    decided,
    finished_run,
    history,
    measured,
    new_run,
    proposed,
    request,
    share,
    story,
    task_set,
    write,
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[HistoryStore, str]:
    home = tmp_path_factory.mktemp("home")
    folder = finished_run(home, name="My run", training={"epochs": 5, "patience": 1})
    return history(home), folder.run_id


def live(home: Path, upto: int) -> tuple[HistoryStore, RunFolder]:
    """A run that has reported the first `upto` events of the story."""
    folder = new_run(home)
    write(folder, story(folder)[:upto])
    return history(home), folder


def index(kind: str, number: int = 0) -> int:
    folder = RunFolder(Path("x"))
    return [place for place, event in enumerate(story(folder)) if event.kind == kind][number]


def test_the_list_shows_what_a_run_has_reached(told: tuple[HistoryStore, str]) -> None:
    store, run_id = told
    [found] = runs(store)
    assert found == run(store, run_id)
    assert (found.name, found.task_set, found.train_tasks) == ("My run", "Sums", 4)
    assert (found.status, found.stop_kind, found.stop_reason) == ("finished", "patience", "patience is spent")
    assert (found.baseline, found.best) == (Proportion(correct=1, n=4), Proportion(correct=3, n=4))
    assert (found.best_evaluation, found.evaluations, found.functions) == (1, 3, 1)
    assert (found.epoch, found.max_epochs, found.withdrawn_in_a_row, found.patience) == (1, 5, 2, 1)
    assert (found.level, found.is_demo, found.wall_s) == ("limits", True, 10.0)


def test_the_latest_run_comes_first(tmp_path: Path) -> None:
    ids = sorted((finished_run(tmp_path).run_id for _ in range(3)), reverse=True)
    assert [found.run_id for found in runs(history(tmp_path))] == ids


def test_an_unknown_run_is_not_found(told: tuple[HistoryStore, str]) -> None:
    with pytest.raises(NotFound):
        run(told[0], "nope")


def test_a_cost_is_unknown_as_soon_as_one_price_is(told: tuple[HistoryStore, str]) -> None:
    store, run_id = told
    total = run(store, run_id).usage
    assert (total.requests, total.prompt_tokens, total.cost_usd) == (17, 1700, None)
    roles = usage_by_role(store, run_id)
    assert roles["agent"].cost_usd is None
    assert roles["optimizer"].cost_usd == pytest.approx(0.03)
    assert roles["agent"] + roles["optimizer"] == total


def test_the_curve_has_a_point_per_evaluation_with_its_verdict_and_the_cost_so_far(
    told: tuple[HistoryStore, str],
) -> None:
    points = curve(*told)
    assert [(point.evaluation, point.epoch, point.step, point.verdict) for point in points] == [
        (0, 0, None, "baseline"),
        (1, 1, 1, "kept"),
        (2, 1, 2, "rolled_back"),
    ]
    assert [point.result for point in points] == [share(BASELINE), share(BETTER_ROLLOUTS), points[2].result]
    assert points[2].result == Proportion(correct=2, n=3, faults=1)
    assert [point.best.correct for point in points] == [1, 3, 3]
    assert [point.functions for point in points] == [(), ("double",), ("double", "half")]
    assert [point.usage.requests for point in points] == [5, 10, 15]
    assert points[1].usage.cost_usd == pytest.approx(0.009 + 0.01)


def test_an_evaluation_without_a_verdict_is_pending_and_leaves_the_best_as_it_was(tmp_path: Path) -> None:
    store, folder = live(tmp_path, index("verdict_reached", 1))
    last = curve(store, folder.run_id)[-1]
    assert (last.verdict, last.best, last.epoch) == ("pending", Proportion(correct=1, n=4), 0)


def test_an_update_shows_code_before_and_after_and_the_tasks_it_fixed_and_broke(told: tuple[HistoryStore, str]) -> None:
    first, second, third = updates(*told)
    assert (first.fixed, first.broken) == (("t1", "t2"), ())
    assert first.refusals == (REFUSAL,)
    assert [(view.op, view.name, view.before, view.after) for view in second.actions] == [
        ("revise", "double", DOUBLE, BETTER),
        ("add", "half", None, HALF),
    ]
    assert (second.verdict, second.evaluation) == ("rolled_back", 2)
    assert (second.base, second.candidate) == (Proportion(correct=3, n=4), Proportion(correct=2, n=3, faults=1))
    assert (second.fixed, second.broken) == (("t3",), ("t0",)), "a fault is neither fixed nor broken"
    assert (third.verdict, third.evaluation, third.actions, third.candidate) == ("unchanged", None, (), None)


def test_only_the_last_try_of_a_step_counts_after_a_kill(told: tuple[HistoryStore, str]) -> None:
    store, run_id = told
    assert updates(store, run_id)[1].refusals == ()
    assert any("'lost'" in line.text for line in events(store, run_id)), "the log keeps the first try"


def test_a_step_still_at_work_is_pending(tmp_path: Path) -> None:
    store, folder = live(tmp_path, index("step_started") + 1)
    [view] = updates(store, folder.run_id)
    assert (view.verdict, view.evaluation, view.actions) == ("pending", None, ())


def test_a_whole_new_set_also_removes_what_it_leaves_out(tmp_path: Path) -> None:
    folder = new_run(tmp_path)
    step = proposed(1, 0)
    step[-1] = UpdateProposed(
        step=1, update=Update(actions=(AddFunction(function=HALF),), from_scratch=True), seconds=1
    )
    write(folder, [*measured(0, None, WITH_DOUBLE, BASELINE), *step])
    [view] = updates(history(tmp_path), folder.run_id)
    assert [(action.op, action.name) for action in view.actions] == [("add", "half"), ("remove", "double")]


def test_versions_tell_what_became_of_every_function(told: tuple[HistoryStore, str]) -> None:
    found = [(v.name, v.version, v.op, v.status, v.step) for v in function_versions(*told)]
    assert found == [
        ("bad name", 0, "add", "refused", 1),
        ("double", 1, "add", "kept", 1),
        ("double", 2, "revise", "rolled_back", 2),
        ("half", 1, "add", "rolled_back", 2),
    ]


def test_versions_count_the_calls_of_their_own_evaluation(told: tuple[HistoryStore, str]) -> None:
    found = {(v.name, v.version): (v.calls, v.succeeded) for v in function_versions(*told)}
    assert found["double", 1] == (4, 3)
    assert found["double", 2] == (1, 1)


def test_functions_a_run_began_with_are_versions_of_the_baseline(tmp_path: Path) -> None:
    folder = new_run(tmp_path)
    write(folder, measured(0, None, WITH_DOUBLE, BETTER_ROLLOUTS))
    [version] = function_versions(history(tmp_path), folder.run_id)
    assert (version.name, version.version, version.status, version.step) == ("double", 1, "baseline", 0)
    assert (version.calls, version.succeeded) == (4, 3)


def test_the_accepted_functions_are_those_of_the_last_kept_candidate(told: tuple[HistoryStore, str]) -> None:
    assert accepted_functions(*told) == WITH_DOUBLE


def test_functions_keep_the_order_in_which_they_were_learned(tmp_path: Path) -> None:
    learned = FunctionSet(functions=(HALF, DOUBLE))
    folder = new_run(tmp_path)
    write(folder, measured(0, None, learned, BASELINE))
    assert accepted_functions(history(tmp_path), folder.run_id).names == ("half", "double")


def test_nothing_is_accepted_before_the_first_verdict(tmp_path: Path) -> None:
    store, folder = live(tmp_path, 1)
    assert accepted_functions(store, folder.run_id) == NONE
    assert run(store, folder.run_id).best is None
    assert progress(store, folder.run_id) is None


@pytest.mark.parametrize(
    ("upto", "phase", "evaluation", "done", "correct", "faults"),
    [
        (index("evaluation_started") + 1, "evaluating", 0, 0, 0, 0),
        (index("rollout_finished", 2) + 1, "evaluating", 0, 3, 1, 1),
        (index("rollout_finished", 4) + 1, "evaluating", 0, 4, 1, 0),
        (index("verdict_reached") + 1, "idle", 0, 4, 1, 0),
        (index("step_started") + 1, "optimizing", 0, 4, 1, 0),
        (index("update_proposed") + 1, "idle", 0, 4, 1, 0),
        (index("run_started", 2) + 1, "evaluating", 2, 2, 1, 0),
        (index("run_finished") + 1, "idle", 2, 4, 2, 1),
    ],
)
def test_progress_counts_each_task_once(
    tmp_path: Path, upto: int, phase: str, evaluation: int, done: int, correct: int, faults: int
) -> None:
    store, folder = live(tmp_path, upto)
    found = progress(store, folder.run_id)
    assert found is not None
    assert (found.phase, found.evaluation, found.total) == (phase, evaluation, 4)
    assert (found.done, found.correct, found.faults) == (done, correct, faults)


def test_a_rollout_that_replaced_a_fault_is_the_one_shown(told: tuple[HistoryStore, str]) -> None:
    store, run_id = told
    rows = rollouts(store, run_id, 0)
    assert [(row.task_id, row.ended, row.correct) for row in rows] == [
        ("t0", "answered", True),
        ("t1", "answered", False),
        ("t3", "answered", False),
        ("t2", "answered", False),
    ]
    assert rollout(store, run_id, 0, "t2") == BASELINE[-1]


def test_a_row_counts_calls_and_a_whole_rollout_has_them_all(told: tuple[HistoryStore, str]) -> None:
    store, run_id = told
    row = rollouts(store, run_id, 1)[2]
    assert (row.calls, row.failed_calls, row.turns, row.usage.requests) == (2, 1, 1, 1)
    assert [rollout(store, run_id, 1, each.task_id) for each in BETTER_ROLLOUTS] == [*BETTER_ROLLOUTS]


def test_a_fault_is_not_scored(told: tuple[HistoryStore, str]) -> None:
    store, run_id = told
    [row] = [row for row in rollouts(store, run_id, 2) if row.task_id == "t2"]
    assert (row.ended, row.correct, row.reason) == ("fault", None, "the endpoint was down")


def test_a_rollout_that_was_not_run_is_not_found(told: tuple[HistoryStore, str]) -> None:
    with pytest.raises(NotFound, match="t9"):
        rollout(*told, evaluation=0, task_id="t9")


def test_the_event_log_pages_back_without_gap_or_overlap(told: tuple[HistoryStore, str]) -> None:
    store, run_id = told
    whole = events(store, run_id, 1000)
    paged = events(store, run_id, 5)
    while page := events(store, run_id, 5, paged[-1].offset):
        paged += page
    assert paged == whole
    assert len({line.offset for line in whole}) == len(whole)


def test_the_event_log_speaks_in_sentences(told: tuple[HistoryStore, str]) -> None:
    lines = {line.kind: line for line in events(*told, limit=1000)}
    assert lines["update_proposed"].text == "Step 1 proposes: add 'double'; 1 refused."
    assert lines["run_finished"].text.endswith("from 25.0 % (1 of 4) to 75.0 % (3 of 4).")
    assert lines["run_finished"].severity == "good"
    assert lines["request_finished"].severity == "warning"
    assert "too long" in lines["request_finished"].text


def test_a_run_held_by_a_trainer_is_running_paused_and_running_again(tmp_path: Path) -> None:
    folder = new_run(tmp_path)
    write(folder, [began(folder)])
    with folder.hold():
        assert status(tmp_path) == "running"
        write(folder, [CommandObeyed(command_id="1", command="pause", by="dashboard")])
        assert status(tmp_path) == "paused"
        assert str(os.getpid()) in runs(history(tmp_path))[0].status_reason
        write(folder, [CommandObeyed(command_id="2", command="resume", by="dashboard")])
        assert status(tmp_path) == "running"
    assert status(tmp_path) == "interrupted"


def test_a_run_is_not_called_interrupted_while_its_end_is_still_being_read(tmp_path: Path) -> None:
    folder = new_run(tmp_path)
    write(folder, story(folder)[:-1])
    store = history(tmp_path)
    assert runs(store)[0].status == "interrupted"
    write(folder, story(folder)[-1:])
    os.utime(folder.journal, (2e9, 2e9))
    assert runs(store)[0].status == "running"
    os.utime(folder.journal, (1.0, 1.0))
    assert runs(store)[0].status == "interrupted"
    Ingestor(store).catch_up()
    assert runs(store)[0].status == "finished"


def test_a_trainer_that_goes_on_after_a_pause_is_running(tmp_path: Path) -> None:
    folder = new_run(tmp_path)
    pause = CommandObeyed(command_id="1", command="pause", by="dashboard")
    write(folder, [began(folder), pause, began(folder, resumed=True)])
    with folder.hold():
        assert status(tmp_path) == "running"


def test_a_failed_run_that_is_resumed_runs_again(tmp_path: Path) -> None:
    folder = new_run(tmp_path)
    write(folder, [began(folder), RunFailed(message="The key is wrong.", hint="Set OPENAI_API_KEY.")])
    [found] = runs(history(tmp_path))
    assert (found.status, found.status_reason, found.hint) == ("failed", "The key is wrong.", "Set OPENAI_API_KEY.")
    write(folder, [began(folder, resumed=True)])
    with folder.hold():
        [found] = runs(history(tmp_path))
        assert (found.status, found.stop_reason, found.stop_kind) == ("running", "", "")


def test_a_trainer_that_died_before_its_first_event_shows_the_end_of_its_log(tmp_path: Path) -> None:
    folder = new_run(tmp_path)
    folder.commands.append(Command(kind="start", at=1.0))
    folder.log_path.write_text("lots of lines\nImportError: no module named openai\n")
    [found] = runs(history(tmp_path))
    assert found.status == "failed"
    assert "no module named openai" in found.status_reason


def test_a_run_just_launched_is_starting(tmp_path: Path) -> None:
    new_run(tmp_path).commands.append(Command(kind="start"))
    assert status(tmp_path) == "starting"


def test_models_come_from_the_settings(tmp_path: Path) -> None:
    other = Endpoint(kind="openai", model="big")
    config = RunConfig()
    config = config.with_(
        agent=config.agent.with_(endpoint=other), optimizer=config.optimizer.with_(endpoint=other.with_(model="bigger"))
    )
    RunFolder.create(tmp_path, config, task_set())
    [found] = runs(history(tmp_path))
    assert (found.agent_model, found.optimizer_model, found.is_demo) == ("big", "bigger", False)


def test_without_roll_back_the_last_candidate_is_the_accepted_one(tmp_path: Path) -> None:
    folder = new_run(tmp_path)
    worse, better = share(BASELINE), share(BETTER_ROLLOUTS)
    write(
        folder,
        [
            began(folder),
            *measured(0, None, NONE, BETTER_ROLLOUTS),
            decided(None, 0, "baseline", 0, 0, better),
            *proposed(1, 0, AddFunction(function=HALF)),
            *measured(1, 1, FunctionSet(functions=(HALF,)), BASELINE),
            decided(1, 1, "kept", 1, 0, worse, worse),
            request(),
        ],
    )
    store = history(tmp_path)
    assert run(store, folder.run_id).best == worse
    assert accepted_functions(store, folder.run_id).names == ("half",)


def status(home: Path) -> str:
    [found] = runs(history(home))
    return found.status


# The test split -------------------------------------------------------------------------------------------------------


def test_a_run_shows_what_its_functions_do_on_the_test_split(tmp_path: Path) -> None:
    folder = finished_run(tmp_path)
    found = run(history(tmp_path), folder.run_id)
    assert found.held_out is not None
    assert (found.held_out.baseline.correct, found.held_out.chosen.correct, found.held_out.chosen.n) == (1, 4, 6)
    assert (len(found.held_out.fixed), len(found.held_out.broken), found.held_out.candidates) == (4, 1, 2)
    assert found.best is not None
    assert found.best.n == 4


def test_every_opening_of_a_test_split_is_found_by_its_task_set(tmp_path: Path) -> None:
    first, second = finished_run(tmp_path), finished_run(tmp_path)
    seen = openings(history(tmp_path), "sums")
    assert [(one.run_id, one.subject, one.n) for one in seen if one.run_id == first.run_id] == [
        (first.run_id, "baseline", 6),
        (first.run_id, "chosen", 6),
    ]
    assert {one.run_id for one in seen} == {first.run_id, second.run_id}
    assert openings(history(tmp_path), "other") == []


def test_a_look_at_the_same_test_tasks_under_another_name_is_found_too(tmp_path: Path) -> None:
    held = tuple(Task(id=f"h{k}", question=f"Is it {k}?", answer=str(k), split="test") for k in range(3))
    one = task_set().with_(tasks=(*task_set().tasks, *held))
    copy = one.with_(id="sums-again", tasks=(*task_set(2).tasks, *reversed(held)))
    fewer = one.with_(id="fewer", tasks=(*task_set().tasks, *held[:2]))
    for each in (one, fewer):
        folder = RunFolder.create(tmp_path, RunConfig(), each)
        write(folder, [began(folder), SplitOpened(evaluation=1, subject="baseline", functions_digest="d", n=3)])
    store = history(tmp_path)
    assert [opening.subject for opening in openings(store, copy.id, copy.test_digest)] == ["baseline"]
    assert openings(store, "untested", task_set().test_digest) == []


def test_a_test_split_that_was_opened_and_not_measured_is_neither_sealed_nor_held_out(tmp_path: Path) -> None:
    folder = new_run(tmp_path)
    end = story(folder)[-1]
    begun = began(folder).with_(test_tasks=6)
    write(folder, [begun, *measured(0, None, NONE, BASELINE)])
    assert run(history(tmp_path), folder.run_id).hold_out == "sealed"
    write(folder, [SplitOpened(evaluation=1, subject="baseline", functions_digest=NONE.digest, n=6), end])
    found = run(history(tmp_path), folder.run_id)
    assert (found.status, found.hold_out, found.held_out, found.openings) == ("finished", "opened", None, 1)
    assert found.can_resume
    whole = finished_run(tmp_path)
    assert run(history(tmp_path), whole.run_id).can_resume is False


def test_the_curve_is_of_the_training_split_alone(tmp_path: Path) -> None:
    folder = new_run(tmp_path)
    on_test = [event.with_(split="test") for event in measured(1, None, NONE, BASELINE) if hasattr(event, "split")]
    write(folder, [began(folder), *measured(0, None, NONE, BASELINE), *on_test])
    store = history(tmp_path)
    assert [point.evaluation for point in curve(store, folder.run_id)] == [0]
    assert run(store, folder.run_id).evaluations == 1


def test_skipped_tasks_are_known_by_their_reason(tmp_path: Path) -> None:
    folder = new_run(tmp_path)
    write(folder, [began(folder).with_(train_tasks=3, test_tasks=2, skipped={"needs an image shown": 1})])
    found = run(history(tmp_path), folder.run_id)
    assert (found.train_tasks, found.test_tasks, found.skipped) == (3, 2, {"needs an image shown": 1})
    assert not found.sealed
