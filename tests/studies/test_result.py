"""From cells to the table, its sentences and its exports."""

import csv
import io
import re

import pytest

from agentopt_core.config import DEMO_LABEL
from agentopt_core.evaluation.intervals import holm
from agentopt_core.studies.export import accuracy, cells, change, counts, exported, headings
from agentopt_core.studies.folder import StudyFolder
from agentopt_core.studies.journal import CellEnded, CellResult, CellStarted, StudyMade
from agentopt_core.studies.paper import domain_of
from agentopt_core.studies.reading import answer, notes
from agentopt_core.studies.result import ALL, table_of
from agentopt_core.studies.view import summaries, view
from agentopt_core.tasks import Source
from tests.studies.support import COST, made, measured, study, sums

BOTH = study(arms=("full", "neither"))


def table(file, results, domain=""):
    return table_of(file, made(file, domain), results, {key: f"run-{number}" for number, key in enumerate(results)})


def of(found, arm, tasks=None):
    return next(row for row in found.rows if row.arm == arm and tasks in (None, row.tasks))


def everything(file, full="++++", neither="+---"):
    return {
        f"{arm} | {tasks} | {seed}": measured("----", after)
        for tasks in file.tasks
        for seed in file.seeds
        for arm, after in (("full", full), ("neither", neither))
    }


def test_a_row_has_before_after_and_gain_over_its_seeds():
    results = {"full | sums | 1": measured("--++", "-+++"), "full | sums | 2": measured("--++", "++++")}
    row = of(table(BOTH, results), "full")
    assert (row.before.share, row.after.share, row.after.n, row.after.tasks) == (0.5, 0.875, 8, 4)
    assert (row.gain.share, row.gain.fixed, row.gain.broken) == (0.375, 1.5, 0.0)
    assert (row.seeds, row.split, row.run_ids) == ((1, 2), "test", ("run-0", "run-1"))
    assert (row.requests, row.cost_usd, row.wall_s) == (10, pytest.approx(0.01), 2.0)


def test_arms_are_compared_with_the_first_on_the_same_tasks_and_seeds():
    results = everything(BOTH) | {"neither | sums | 1": CellResult(state="failed", problem="Down.")}
    found = table(BOTH, results)
    assert of(found, "full").is_reference
    assert of(found, "full").against is None
    row = of(found, "neither")
    assert (row.against.share, row.against.n) == (-0.75, 4)
    assert row.problems == ("seed 1: Down.",)
    assert counts(row) == "4 (4 tasks × 1 seed, 1 of 2 runs)"


def test_p_values_are_raised_for_all_rows_of_their_column():
    found = table(BOTH, everything(BOTH, "++++", "+++-"))
    gains = [row.gain for row in found.rows]
    assert [one.holm for one in gains] == holm([one.p for one in gains])
    assert (found.gains, found.comparisons) == (2, 1)


def test_several_task_sets_also_stand_together_and_first():
    file = study(arms=("full", "neither"), tasks=("a", "b"))
    found = table(file, everything(file))
    assert [row.tasks for row in found.rows] == [ALL, ALL, "a", "a", "b", "b"]
    assert (found.rows[0].after.tasks, found.rows[0].after.n) == (8, 16)


def test_a_seed_counts_for_all_sets_together_only_when_each_of_them_is_measured():
    file = study(arms=("full", "neither"), tasks=("a", "b"))
    results = everything(file)
    del results["full | b | 2"]
    assert of(table(file, results), "full", ALL).seeds == (1,)


def test_transferred_functions_are_compared_with_the_untrained_agent_and_with_training_on_the_same_tasks():
    file = study(kind="transfer", tasks=("a", "b"), seeds=(1,))
    results = {
        "a | a | 1": measured("----", "++++"),
        "b | b | 1": measured("---+", "++++"),
        "a | b | 1": measured("--++", "--++"),
    }
    row = of(table(file, results), "a", "b")
    assert row.title == "Trained on A"
    assert (row.before.share, row.after.share) == (0.25, 0.5)
    assert (row.gain.share, row.against.share) == (0.25, -0.5)
    assert of(table(file, results), "b", "b").is_reference


def test_without_a_test_split_the_figures_are_called_fit():
    results = {key: one.with_(split="train") for key, one in everything(BOTH).items()}
    found = table(BOTH, results)
    assert {row.split for row in found.rows} == {"train"}
    assert any("fit, no hold-out" in one for one in notes(BOTH, made(BOTH), found))


def test_an_unknown_price_is_no_cost_of_zero():
    results = everything(BOTH)
    results["full | sums | 1"] = results["full | sums | 1"].with_(usage=COST.with_(cost_usd=None))
    assert of(table(BOTH, results), "full").cost_usd is None


def test_the_order_that_the_mechanism_predicts_is_confirmed():
    found = table(BOTH, everything(BOTH))
    assert answer(BOTH, found)[0].startswith(
        "As the mechanism predicts, no arm ends above the full method (test split, n = 4 tasks): full method"
    )


def test_another_order_is_said_and_whether_chance_does_it():
    said = " ".join(answer(BOTH, table(BOTH, everything(BOTH, "+---", "++--"))))
    assert "here it does not" in said
    assert "Chance alone may do that" in said


def test_an_unfinished_study_says_that_the_figures_will_move():
    results = everything(BOTH)
    del results["neither | sums | 2"]
    assert "3 of 4 runs" in answer(BOTH, table(BOTH, results))[0]
    assert answer(BOTH, table(BOTH, {})) == ["Nothing is measured yet."]


@pytest.mark.parametrize(
    ("file", "results", "said"),
    [
        (
            study(kind="sweep", sweep={"training.epochs": (3, 1)}, seeds=(1,)),
            {"E = 3 | sums | 1": measured("----", "++++"), "E = 1 | sums | 1": measured("----", "+---")},
            "From 25.0 % (E = 1) to 100.0 % (E = 3), test split, n = 4 tasks.",
        ),
        (
            study(kind="models", agents=({"model": "small"}, {"model": "large"}), seeds=(1,)),
            {
                "agent small | sums | 1": measured("----", "+++-"),
                "agent large | sums | 1": measured("----", "++++", usage=COST.with_(cost_usd=9.0)),
            },
            "Cheapest whose interval overlaps with that one's: agent small, 75.0 % at $0.010 a run.",
        ),
        (
            study(kind="transfer", tasks=("a", "b"), seeds=(1,)),
            {
                "a | a | 1": measured("----", "++++"),
                "b | b | 1": measured("----", "+---"),
                "a | b | 1": measured("++--", "++--"),
                "b | a | 1": measured("+---", "+---"),
            },
            "best, or as good as the best, on 1 of 2 sets.",
        ),
        (
            study(kind="agents", arms=("react",), seeds=(1,)),
            {"react | sums | 1": measured("----", "++++")},
            "ReAct, Sums, test split: from 0.0 % to 100.0 %, +100.0 points",
        ),
    ],
    ids=["sweep", "models", "transfer", "agents"],
)
def test_every_kind_is_answered_in_a_sentence(file, results, said):
    assert said in " ".join(answer(file, table(file, results)))


def test_the_papers_figures_stand_beside_its_own_task_sets_alone():
    file = study(arms=("full", "neither", "no_early_stop"))
    theirs = table(file, everything(file), "Number Theory")
    assert of(theirs, "full").paper == "56.3 → 67.5 %"
    assert of(theirs, "neither").paper == "56.3 → 63.8 %"
    assert of(theirs, "no_early_stop").paper == ""
    assert all(row.paper == "" for row in table(file, everything(file)).rows)
    assert any("2402.11359" in one for one in notes(file, made(file, "Number Theory"), theirs))


def test_a_domain_is_told_by_where_the_tasks_were_imported_from():
    def imported(importer, subject):
        source = Source(file="f", row=1, importer=importer)
        tasks = tuple(task.with_(source=source, subject=subject) for task in sums().each())
        return domain_of(sums().with_(tasks=tasks))

    assert imported("math", "Number Theory") == "Number Theory"
    assert imported("prm800k", "Geometry") == "Geometry"
    assert imported("math", "something") == "MATH"
    assert imported("tabmwp", "") == "TabMWP"
    assert imported("table", "Number Theory") == domain_of(sums()) == ""


@pytest.fixture
def shown(tmp_path):
    """A study on disk with all its cells measured, and a name that is markup everywhere."""
    file = study(arms=("full", "neither"), name="=1+1 | *a* & 50 % <b> \\x_$")
    folder = StudyFolder.create(tmp_path, file, made(file))
    for number, (cell, result) in enumerate(everything(file).items()):
        folder.write(CellStarted(cell=cell, run_id=f"run-{number}"))
        folder.write(CellEnded(cell=cell, run_id=f"run-{number}", result=result))
    return tmp_path, folder


def test_every_cell_of_the_table_has_its_interval_and_every_row_its_n_and_split(shown):
    study_view = view(shown[1])
    row = dict(zip(headings(study_view), cells(study_view, study_view.table.rows[1]), strict=True))
    assert row["n"] == "8 (4 tasks × 2 seeds)"
    assert row["Split"] == "test"
    assert row["Before"] == "0.0 % [0.0, 49.0]"
    assert re.fullmatch(r"-75\.0 \[-[\d.]+, [+-][\d.]+\], p = 0\.25 \(Holm 0\.25\)", row["Against the reference"])


def test_a_measurement_that_does_not_exist_is_a_dash():
    assert (accuracy(None), change(None)) == ("—", "—")


def test_markdown_escapes_names_and_says_that_the_numbers_are_the_demo_models(shown):
    text = exported(view(shown[1]), "md").decode()
    assert r"\| \*a\* \& 50 % \<b\> \\x\_\$" in text
    assert "Demo model" in text
    table_lines = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in table_lines} == {len(headings(view(shown[1]))) + 1}


def test_latex_escapes_names(shown):
    text = exported(view(shown[1]), "latex").decode()
    assert r"\textbar{} *a* \& 50 \% \textless{}b\textgreater{} \textbackslash{}x\_\$" in text
    body = text.split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()
    assert len(body) == 2
    assert all(line.count(" & ") == len(headings(view(shown[1]))) - 1 for line in body)


def test_csv_has_a_number_a_cell_and_no_formula(shown):
    rows = list(csv.DictReader(io.StringIO(exported(view(shown[1]), "csv").decode())))
    assert [float(row["after"]) for row in rows] == [1.0, 0.25]
    assert rows[1]["against_reference_holm"] == "0.25"
    assert rows[0]["demo"] == "True"
    assert not any(value.startswith(("=", "+", "@")) for row in rows for value in row.values())


def test_the_demo_label_stands_with_the_notes(shown):
    assert view(shown[1]).notes[-1] == DEMO_LABEL


def test_a_damaged_study_is_listed_with_its_reason_and_hides_no_other(shown):
    home, folder = shown
    other = StudyFolder.create(home, study(), made(study()))
    other.journal.write_bytes(b"no json\n")
    listed = {one.study_id: one for one in summaries(home)}
    assert listed[folder.study_id].ended == 4
    assert "damaged at byte 0" in listed[other.study_id].reason
    assert listed[other.study_id].status is None


def test_a_new_line_in_the_journal_shows_at_once(tmp_path):
    file = study(arms=("full", "neither"), seeds=(1,))
    folder = StudyFolder.create(tmp_path, file, StudyMade.model_validate(made(file).model_dump()))
    assert view(folder).table.measured == 0
    folder.write(CellEnded(cell="full | sums | 1", run_id="r", result=measured("----", "++++")))
    assert view(folder).table.measured == 1
