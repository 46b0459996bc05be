"""The proposals of a step in the history, and what two versions solved of the same tasks."""

from pathlib import Path

from agentopt_core.history.merge_queries import common_results
from agentopt_core.history.queries import curve, updates
from agentopt_core.history.search_queries import screening, screenings
from agentopt_core.history.sentences import sentence
from tests.history.helpers import HALF, finished_run, history
from tests.history.searches import bracket, searched


def test_every_proposal_of_a_step_is_told_with_its_rounds_and_its_code(tmp_path: Path) -> None:
    run = searched(tmp_path)
    found = screening(history(tmp_path), run.run_id, 1)
    assert found is not None
    assert [one.screened.fate for one in found.proposals] == ["dropped", "chosen", "duplicate"]
    assert (found.samples, found.rollouts, found.written) == ((2,), 4, 3)
    assert [(view.op, view.after) for view in found.proposals[0].actions] == [("add", HALF)]
    assert found.proposals[2].actions == ()


def test_the_winner_and_what_its_figure_is_worth_are_said_in_words(tmp_path: Path) -> None:
    run = searched(tmp_path)
    found = screening(history(tmp_path), run.run_id, 1)
    assert found is not None
    assert "Proposal 2 went on: 100.0 % (95 % interval 34.2–100.0 %, n = 2) against 0.0 %" in found.summary
    assert "evaluated afresh on all training tasks" in found.summary


def test_a_step_of_one_proposal_has_no_screening(tmp_path: Path) -> None:
    run = finished_run(tmp_path)
    store = history(tmp_path)
    assert screening(store, run.run_id, 1) is None
    assert screenings(store, run.run_id) == {}


def test_a_screening_is_no_evaluation_of_the_curve(tmp_path: Path) -> None:
    run = searched(tmp_path)
    store = history(tmp_path)
    assert [point.evaluation for point in curve(store, run.run_id)] == [0, 1, 2, 3]
    first = updates(store, run.run_id)[0]
    assert first.candidate is not None
    assert (first.candidate.correct, first.candidate.n) == (1, 4)
    assert first.fixed == ("t0",)


def test_the_log_says_who_went_on_and_why() -> None:
    said = sentence(bracket())
    assert said is not None
    assert said.text == (
        "Step 1: of 3 proposals proposal 2 goes on to the whole evaluation: 100.0 % (2 of 2) in the screening, "
        "0.0 % (0 of 2) before (2 fixed, 0 broken)."
    )


def test_common_results_count_tasks_scored_under_both_versions_and_those_that_called_the_function(
    tmp_path: Path,
) -> None:
    run = searched(tmp_path)
    everywhere, used = common_results(history(tmp_path), run.run_id, 2, 3, ("double", "half"))
    assert everywhere == (2, 2, 4)
    assert used == {"double": (2, 2, 4), "half": (0, 0, 0)}
    everywhere, used = common_results(history(tmp_path), run.run_id, 0, 2, ("double",))
    assert (everywhere, used["double"]) == ((0, 2, 4), (0, 2, 4))
