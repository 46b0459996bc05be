"""A run's journal as the result of a cell."""

from agentopt_core.config import RunConfig
from agentopt_core.history.journal import JournalWriter
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.studies.measured import cell_result, learned
from tests.studies.support import COST, cut, failed, finished, sums


def told(tmp_path, *scripts, test=4):
    """A run whose journal holds these scripts one after another."""
    folder = RunFolder.create(tmp_path, RunConfig(), sums(test=test))
    with JournalWriter(folder.journal) as journal:
        for script in scripts:
            for event in script(folder):
                journal.emit(event)
    return folder


def test_a_run_that_has_not_ended_has_no_result(tmp_path):
    assert cell_result(told(tmp_path)) is None
    assert cell_result(told(tmp_path, lambda folder: finished(folder)[:-1])) is None


def test_a_run_that_was_begun_again_after_it_failed_has_no_result_yet(tmp_path):
    assert cell_result(told(tmp_path, failed, lambda folder: finished(folder)[:1])) is None


def test_a_finished_run_is_measured_on_the_test_split(tmp_path):
    result = cell_result(told(tmp_path, failed, finished))
    assert result is not None
    assert (result.state, result.split, result.problem) == ("measured", "test", "")
    assert (sum(result.before.values()), sum(result.after.values()), len(result.after)) == (2, 3, 4)
    assert (result.usage, result.wall_s) == (COST, 2.0)


def test_a_fault_is_neither_right_nor_wrong(tmp_path):
    result = cell_result(told(tmp_path, lambda folder: finished(folder, before="f-++", after="++++")))
    assert result is not None
    assert (len(result.before), len(result.after)) == (3, 4)


def test_a_run_that_its_budget_or_a_person_ended_is_no_measurement(tmp_path):
    result = cell_result(told(tmp_path, cut))
    assert result is not None
    assert (result.state, result.problem, result.after) == ("cut", "Ended by budget.", {})
    stopped = cell_result(told(tmp_path, lambda folder: finished(folder, stop="stopped")))
    assert stopped is not None
    assert (stopped.state, stopped.after) == ("stopped", {})


def test_a_test_split_that_was_not_measured_to_the_end_is_no_measurement(tmp_path):
    def halfway(folder):
        return [one for one in finished(folder) if one.kind != "held_out_measured"]

    result = cell_result(told(tmp_path, halfway))
    assert result is not None
    assert result.state == "cut"
    assert "not measured to the end" in result.problem


def test_without_test_split_the_training_tasks_count_as_fit(tmp_path):
    def train_only(folder):
        return [one for one in finished(folder, "", "") if one.kind not in ("held_out_measured", "split_opened")]

    result = cell_result(told(tmp_path, train_only, test=0))
    assert result is not None
    assert (result.state, result.split, result.before) == ("measured", "train", {"t0": 0})


def test_the_learned_functions_know_their_run(tmp_path):
    folder = told(tmp_path, finished)
    initial = learned(folder)
    assert initial.functions.names == ("double",)
    assert (initial.origin.kind, initial.origin.run_id) == ("run", folder.run_id)
