"""The process of a study: each cell once, whatever happens to the process."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from agentopt_core.commands import Command
from agentopt_core.errors import RunBusy, TaskSetError
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.studies.arms import cells_of
from agentopt_core.studies.runner import StudyRunner
from agentopt_core.studies.state import StudyState, state_of
from tests.studies.support import COST, Over, begun, cut, failed, finished, made, runs, study, sums


class Killed(Exception):
    """Stands for a kill of the study's process."""


def states(folder):
    return [result.state for result in state_of(folder).results.values()]


def test_every_cell_becomes_one_run_with_its_settings(tmp_path):
    bench = runs(tmp_path)
    folder = begun(bench, study())
    ended = StudyRunner(folder, bench).run()
    assert ended.end == "done"
    assert len(bench.launched) == len(set(bench.launched)) == 10
    assert [(c.seed, c.training.roll_back, c.optimizer.progressive) for c in bench.configs[:5]] == [
        (1, True, True),
        (1, False, True),
        (1, True, True),
        (1, False, True),
        (1, True, False),
    ]
    result = state_of(folder).results["full | sums | 1"]
    assert (result.before, result.after) == ({"t4": 0, "t5": 0, "t6": 1, "t7": 1}, {"t4": 0, "t5": 1, "t6": 1, "t7": 1})
    assert (result.functions, result.stop, result.usage) == (1, "epochs", COST)


def test_a_killed_study_goes_on_and_repeats_nothing(tmp_path):
    bench = runs(tmp_path)
    folder = begun(bench, study())

    def die_after_four(line: object) -> None:
        if len(bench.launched) == 4:
            raise Killed

    with pytest.raises(Killed):
        StudyRunner(folder, bench, parallel=1, listen=die_after_four).run()
    assert state_of(folder).status(folder.holder())[0] == "interrupted"
    ended = StudyRunner(folder, bench, parallel=1).run()
    assert ended.end == "done"
    assert len(bench.launched) == 10
    assert len(state_of(folder).results) == 10


def test_a_run_that_ended_while_no_process_was_there_is_taken_as_it_is(tmp_path):
    bench = runs(tmp_path)
    folder = begun(bench, study(arms=("full", "neither"), seeds=(1,)))

    def die_at_once(line: object) -> None:
        if getattr(line, "kind", "") == "cell_ended":
            raise Killed

    with pytest.raises(Killed):
        StudyRunner(folder, bench, parallel=2, listen=die_at_once).run()
    assert states(folder) == ["measured"]
    StudyRunner(folder, bench).run()
    assert states(folder) == ["measured", "measured"]
    assert len(bench.launched) == 2


def test_a_trainer_still_at_work_is_waited_for_and_not_doubled(tmp_path):
    bench = runs(tmp_path)
    folder = begun(bench, study(arms=("full", "neither"), seeds=(1,)))
    with pytest.raises(Killed):
        StudyRunner(folder, bench, parallel=1, listen=_die_when("cell_started")).run()
    (first,) = (bench.folder(run_id) for run_id in state_of(folder).run_ids.values())
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(first.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    holder.stdout.readline()

    def let_go(seconds: float) -> None:
        if holder.poll() is None:
            bench.launch(first, "the trainer that still works")
            bench.launched.remove(first.run_id)
            holder.communicate("go\n")

    ended = StudyRunner(folder, bench, parallel=1, wait=let_go).run()
    assert ended.end == "done"
    assert first.run_id not in bench.launched
    assert states(folder) == ["measured", "measured"]


HOLD = """
import sys
from pathlib import Path
from agentopt_core.history.run_folder import RunFolder
with RunFolder(Path(sys.argv[1])).hold():
    print("held", flush=True)
    sys.stdin.readline()
"""


def _die_when(kind):
    def listen(line):
        if line.kind == kind:
            raise Killed

    return listen


def test_only_one_process_works_on_a_study(tmp_path):
    bench = runs(tmp_path)
    folder = begun(bench, study())
    with folder.hold(), pytest.raises(RunBusy, match=str(os.getpid())):
        StudyRunner(folder, bench).run()


def test_not_more_runs_work_at_the_same_time_than_allowed(tmp_path):
    bench = runs(tmp_path)
    at_work: list[RunFolder] = []
    seen = []

    class Trainer:
        def __init__(self, folder: RunFolder) -> None:
            self.folder = folder
            at_work.append(folder)
            seen.append(len(at_work))

        def poll(self) -> int | None:
            return None if self.folder in at_work else 0

    class Slow(type(bench)):
        def launch(self, folder, by):
            super().launch(folder, by)
            return Trainer(folder)

    slow = Slow(bench.home, bench.sets)
    ended = StudyRunner(begun(slow, study()), slow, parallel=3, wait=lambda _: at_work.clear()).run()
    assert ended.end == "done"
    assert max(seen) == 3


def test_failed_runs_are_named_and_gone_on_with_the_next_time(tmp_path):
    bench = runs(tmp_path)
    broken: Iterator[int] = iter(range(100))
    bench.script = lambda folder: failed(folder) if next(broken) == 1 else finished(folder)
    folder = begun(bench, study(seeds=(1,)))
    ended = StudyRunner(folder, bench, parallel=1).run()
    assert (ended.end, states(folder).count("failed")) == ("done", 1)
    assert "4 of 5" in ended.reason
    found = next(one for one in state_of(folder).results.values() if one.state == "failed")
    assert found.problem == "The endpoint is down. Start it."
    assert StudyRunner(folder, bench).run().end == "done"
    assert states(folder) == ["measured"] * 5
    assert len(bench.launched) == 6
    assert len(set(bench.launched)) == 5  # the failed run itself went on


def test_a_study_gives_up_when_three_runs_fail_one_after_another(tmp_path):
    bench = runs(tmp_path)
    bench.script = failed
    folder = begun(bench, study())
    ended = StudyRunner(folder, bench, parallel=1).run()
    assert ended.end == "failed"
    assert len(bench.launched) == 3


def test_a_trainer_that_dies_without_a_word_is_a_failed_run(tmp_path):
    bench = runs(tmp_path)
    bench.script = lambda folder: finished(folder)[:3]
    folder = begun(bench, study(arms=("full", "neither"), seeds=(1,)))
    StudyRunner(folder, bench).run()
    assert states(folder) == ["failed", "failed"]
    assert "ended without reporting" in next(iter(state_of(folder).results.values())).problem


def test_a_stopped_study_stops_its_runs_and_can_be_gone_on_with(tmp_path):
    bench = runs(tmp_path)
    folder = begun(bench, study())

    def stop(line):
        if line.kind == "cell_ended" and len(bench.launched) == 3:
            folder.commands.append(Command(kind="stop", by="Ada"))

    ended = StudyRunner(folder, bench, parallel=1, listen=stop).run()
    assert (ended.end, ended.reason) == ("stopped", "Stopped by Ada; run it again to go on.")
    assert len(bench.launched) < 10
    assert StudyRunner(folder, bench).run().end == "done"
    assert len(bench.launched) == 10


def test_a_command_reaches_the_runs_at_work(tmp_path):
    bench = runs(tmp_path)
    folder = begun(bench, study(arms=("full", "neither"), seeds=(1,)))
    ended_now: list[int] = []

    class Waiting(Over):
        def poll(self):
            return 0 if ended_now else None

    class Patient(type(bench)):
        def launch(self, folder, by):
            super().launch(folder, by)
            return Waiting()

    patient = Patient(bench.home, bench.sets)
    script = iter(["pause", "resume", "stop"])

    def command(seconds):
        kind = next(script, None)
        if kind is None:
            ended_now.append(1)
        else:
            folder.commands.append(Command(kind=kind, by="Ada"))

    ended = StudyRunner(folder, patient, parallel=1, wait=command).run()
    run = bench.folder(patient.launched[0])
    assert [one.kind for _, one in run.commands.read_from()] == ["pause", "resume", "stop"]
    assert ended.end == "stopped"


def test_while_paused_no_run_is_started(tmp_path):
    bench = runs(tmp_path)
    folder = begun(bench, study(arms=("full", "neither")))
    waited = []

    def pause(line):
        if line.kind == "cell_ended" and len(bench.launched) == 1:
            folder.commands.append(Command(kind="pause", by="Ada"))

    def wait(seconds):
        waited.append(len(bench.launched))
        if len(waited) == 5:
            folder.commands.append(Command(kind="resume", by="Ada"))

    assert StudyRunner(folder, bench, parallel=1, listen=pause, wait=wait).run().end == "done"
    assert len(set(waited[1:5])) == 1
    assert len(bench.launched) == 4


def test_a_budget_is_divided_and_what_is_left_over_goes_to_later_runs(tmp_path):
    bench = runs(tmp_path)
    folder = begun(bench, study(arms=("full", "neither"), budget={"requests": 100}))
    StudyRunner(folder, bench, parallel=1).run()
    assert [config.budget.requests for config in bench.configs] == [25, 30, 40, 70]


def test_a_study_ends_when_its_budget_is_used_up(tmp_path):
    bench = runs(tmp_path)
    folder = begun(bench, study(budget={"requests": 45}))
    ended = StudyRunner(folder, bench, parallel=1).run()
    assert ended.end == "budget"
    assert "were not made" in ended.reason
    assert len(bench.launched) < 10


def test_a_run_cut_by_its_part_of_the_budget_is_not_repeated(tmp_path):
    bench = runs(tmp_path)
    bench.script = cut
    folder = begun(bench, study(arms=("full", "neither"), seeds=(1,)))
    StudyRunner(folder, bench).run()
    StudyRunner(folder, bench).run()
    assert states(folder) == ["cut", "cut"]
    assert len(bench.launched) == 2


def test_transferred_functions_are_those_that_the_other_run_ended_with(tmp_path):
    bench = runs(tmp_path, "a", "b")
    folder = begun(bench, study(kind="transfer", tasks=("a", "b"), seeds=(1,)))
    assert StudyRunner(folder, bench).run().end == "done"
    assert [bool(one) for one in bench.initials] == [False, False, True, True]
    third = bench.initials[2]
    assert third is not None
    assert third.functions.names == ("double",)
    assert third.origin.run_id == state_of(folder).run_ids["a | a | 1"]
    measuring = bench.folder(state_of(folder).run_ids["a | b | 1"])
    kept = measuring.tasks()
    assert (len(kept.of("train")), len(kept.of("test"))) == (1, 4)
    assert measuring.manifest().test_digest == sums("b").test_digest


def test_functions_whose_training_failed_are_not_measured(tmp_path):
    bench = runs(tmp_path, "a", "b")
    bench.script = lambda folder: failed(folder) if folder.manifest().id == "a" else finished(folder)
    folder = begun(bench, study(kind="transfer", tasks=("a", "b"), seeds=(1,)))
    StudyRunner(folder, bench, parallel=1).run()
    results = state_of(folder).results
    assert "not finished" in results["a | b | 1"].problem
    bench.script = finished
    StudyRunner(folder, bench).run()
    assert states(folder) == ["measured"] * len(cells_of(folder.file()))


def test_tasks_that_changed_since_the_study_was_made_are_refused(tmp_path):
    bench = runs(tmp_path)
    folder = begun(bench, study(arms=("full", "neither"), seeds=(1,)))
    bench.sets = {"sums": sums("sums", test=5)}
    StudyRunner(folder, bench).run()
    assert "have changed" in next(iter(state_of(folder).results.values())).problem
    assert not bench.launched


def test_a_deleted_run_is_made_anew(tmp_path):
    bench = runs(tmp_path)
    bench.script = failed
    folder = begun(bench, study(arms=("full", "neither"), seeds=(1,)))
    StudyRunner(folder, bench).run()
    for run_id in bench.launched:
        bench.folder(run_id).path.rename(tmp_path / run_id)
    bench.script = finished
    assert StudyRunner(folder, bench).run().end == "done"
    assert states(folder) == ["measured", "measured"]


def test_two_names_for_the_same_tasks_are_refused(tmp_path):
    bench = runs(tmp_path)
    bench.sets = {"a": sums("sums"), "b": sums("sums")}
    with pytest.raises(TaskSetError, match="the same tasks"):
        begun(bench, study(tasks=("a", "b")))


def test_transfer_to_a_set_without_test_split_is_refused(tmp_path):
    bench = runs(tmp_path, "a")
    bench.sets = {"a": sums("a"), "b": sums("b", test=0)}
    with pytest.raises(TaskSetError, match="no test split"):
        begun(bench, study(kind="transfer", tasks=("a", "b")))


def test_a_study_that_was_just_launched_is_starting_and_later_not():
    state = StudyState(made=made(study()), last=100.0)
    assert state.status(None)[0] == "waiting"
    assert state.status(None, launched_at=101.0, now=110.0)[0] == "starting"
    assert state.status(None, launched_at=101.0, now=200.0)[0] == "waiting"
    assert state.status(None, launched_at=99.0, now=110.0)[0] == "waiting"
