"""Keeping runs: what people write shows in every answer, and what is deleted is gone."""

import json

import pytest

from agentopt_core.errors import ConfigError, NotFound, RunBusy
from agentopt_core.history.schema import TABLES
from agentopt_core.views.keeping import MAX_TAGS, matching
from agentopt_core.views.runs import RunStatus
from agentopt_core.workbench import Workbench
from tests.history.helpers import finished_run, history

ALL: frozenset[RunStatus] = frozenset({"finished", "failed", "running", "damaged", "interrupted", "stopped"})


@pytest.fixture(params=[True, False], ids=["dashboard", "command line"])
def bench(tmp_path, request):
    opened = Workbench(tmp_path / "home", live=request.param)
    yield opened
    opened.close()


def test_name_tags_and_note_show_at_once_in_the_list_of_runs(bench):
    run_id = finished_run(bench.home, name="As configured").run_id
    assert bench.run(run_id).name == "As configured"
    bench.rename(run_id, "  Second \n try ", by="Ada")
    bench.tag(run_id, ["baseline", " Baseline ", "", "gpt x"], by="Ada")
    bench.note(run_id, "Look at **update 2**.\n", by="Ada")
    (run,) = bench.runs()
    assert (run.name, run.tags, run.note) == ("Second try", ("baseline", "gpt x"), "Look at **update 2**.")
    assert bench.result(run_id)["name"] == "Second try"
    bench.rename(run_id, "", by="Ada")
    assert bench.run(run_id).name == "As configured"


def test_notes_on_updates_are_kept_by_step_and_an_empty_one_removes_it(bench):
    run_id = finished_run(bench.home).run_id
    bench.note(run_id, "why?", by="Ada", step=2)
    bench.note(run_id, "sound", by="Bob", step=1)
    assert bench.about(run_id).update_notes == {1: "sound", 2: "why?"}
    bench.note(run_id, " ", by="Bob", step=2)
    assert bench.about(run_id).update_notes == {1: "sound"}
    assert bench.about(run_id).changes[-1].text == "note on update 2: removed"


def test_an_archived_run_says_so_and_comes_back(bench):
    run_id = finished_run(bench.home).run_id
    kept = bench.archive(run_id, by="Ada")
    assert (kept.before.archived, bench.run(run_id).archived) == (False, True)
    assert bench.unarchive(run_id, by="Bob").before.archived
    assert not bench.run(run_id).archived
    assert [(change.by, change.kind) for change in bench.about(run_id).changes] == [
        ("Ada", "archived"),
        ("Bob", "unarchived"),
    ]


def test_what_was_written_survives_a_rebuilt_history(bench):
    run_id = finished_run(bench.home).run_id
    bench.tag(run_id, ["kept"], by="Ada")
    bench.rebuild_history()
    assert bench.run(run_id).tags == ("kept",)


@pytest.mark.parametrize("tags", [["x" * 41], [str(number) for number in range(MAX_TAGS + 1)]])
def test_too_many_and_too_long_tags_are_refused_in_a_sentence(bench, tags):
    run_id = finished_run(bench.home).run_id
    with pytest.raises(ConfigError, match="Use at most"):
        bench.tag(run_id, tags, by="Ada")
    assert bench.about(run_id).changes == ()


def test_a_damaged_about_hides_nothing_of_the_run(bench):
    run = finished_run(bench.home, name="Whole")
    (run.path / "about.json").write_text("{")
    assert (bench.run(run.run_id).status, bench.run(run.run_id).name) == ("finished", "Whole")


def test_a_deleted_run_is_gone_from_disk_and_tables_and_the_home_remembers_who_did_it(bench):
    run, other = finished_run(bench.home, name="Wrong"), finished_run(bench.home)
    assert bench.run(run.run_id).run_id != bench.run(other.run_id).run_id
    bench.delete_run(run.run_id, by="Ada")
    assert [one.run_id for one in bench.runs()] == [other.run_id]
    assert [path.name for path in (bench.home / "runs").iterdir()] == [other.run_id]
    with pytest.raises(NotFound):
        bench.run(run.run_id)
    (line,) = (bench.home / "deleted.ndjson").read_text().splitlines()
    assert (json.loads(line)["by"], json.loads(line)["name"]) == ("Ada", "Wrong")


def test_no_table_holds_a_row_of_a_deleted_run(tmp_path):
    home = tmp_path / "home"
    run = finished_run(home)
    bench = Workbench(home)
    bench.run(run.run_id)
    bench.delete_run(run.run_id, by="Ada")
    with bench._history() as store:
        left = {table: store.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in TABLES}
    bench.close()
    assert set(left.values()) == {0}


def test_a_run_that_a_trainer_holds_is_not_deleted(bench):
    run = finished_run(bench.home)
    with run.hold(), pytest.raises(RunBusy, match="is being trained"):
        bench.delete_run(run.run_id, by="Ada")
    assert bench.run(run.run_id).status == "finished"


def test_a_person_is_named_in_one_bounded_line(bench):
    run_id = finished_run(bench.home).run_id
    bench.archive(run_id, by="A\nda " + "x" * 500)
    bench.archive(run_id, by=" ")
    first, second = bench.about(run_id).changes
    assert first.by.startswith("A da x")
    assert (len(first.by), second.by) == (80, "someone")


def test_the_sample_run_is_loaded_once_under_a_fresh_id_and_can_be_loaded_again_after_it_was_deleted(bench):
    assert bench.sample_run() is None
    run_id = bench.load_sample_run(by="Ada")
    assert bench.load_sample_run(by="Bob") == run_id
    run = bench.run(run_id)
    assert (run.status, run.is_demo, run.sample, "sample run" in run.tags) == ("finished", True, True, True)
    bench.delete_run(run_id, by="Ada")
    assert bench.load_sample_run(by="Ada") != run_id
    assert len(bench.runs()) == 1


def test_best_curves_say_what_was_accepted_after_every_verdict(bench):
    run_id = bench.run(finished_run(bench.home).run_id).run_id
    assert bench.best_curves([run_id]) == {run_id: [25.0, 75.0, 75.0, 75.0]}
    assert bench.best_curves([]) == {}


def test_runs_are_found_by_words_tags_status_and_whether_they_are_put_away(tmp_path):
    home = tmp_path / "home"
    bench = Workbench(home, live=False)
    first, second = finished_run(home, name="Long division").run_id, finished_run(home, name="Sums").run_id
    bench.tag(first, ["Paper"], by="Ada")
    bench.note(second, "uses fractions", by="Ada")
    runs = bench.runs()
    found = lambda **asked: [run.run_id for run in matching(runs, ALL, **asked)]  # noqa: E731
    assert set(found()) == {first, second}
    assert found(text="DIVISION paper") == [first]
    assert found(text="fractions") == [second]
    assert found(text="division fractions") == []
    assert found(tags=["paper"]) == [first]
    assert found(archived=True) == []
    assert matching(runs, {"failed"}) == []
    bench.archive(first, by="Ada")
    assert [run.run_id for run in matching(bench.runs(), ALL, archived=True)] == [first]
    bench.close()


def test_the_history_of_others_is_the_same_with_and_without_notes(tmp_path):
    run = finished_run(tmp_path)
    before = history(tmp_path).rows("SELECT * FROM verdicts")
    bench = Workbench(tmp_path, live=False)
    bench.note(run.run_id, "x", by="Ada")
    bench.close()
    assert history(tmp_path).rows("SELECT * FROM verdicts") == before
