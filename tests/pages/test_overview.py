"""The Overview on real homes: every state, what waits for people, keeping runs, the sample run, presentation, names."""

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from agentopt_core.config import DEMO_LABEL
from agentopt_core.events import ReviewRequested
from agentopt_core.views.keeping import MAX_NOTE
from agentopt_core.workbench import Workbench
from pages.components.notes import safe_markdown
from pages.components.person import clean
from pages.components.run_list import FILTERS, runs_frame
from pages.components.shell import review_title
from tests.history.helpers import finished_run, new_run, story, write
from tests.pages.conftest import texts

HOSTILE = "<img src=x onerror=alert(1)> **b** $x^2$ :red[r] [l](http://e.test) \u202e 🙂 שלום " + "A" * 100_000


@pytest.fixture
def bench(tmp_path) -> Iterator[Workbench]:
    opened = Workbench(tmp_path / "home", live=False)
    yield opened
    opened.close()


def waiting_run(bench, name="Asks"):
    run = new_run(bench.home, name=name)
    events = story(run)
    asked = next(number for number, event in enumerate(events) if isinstance(event, ReviewRequested))
    write(run, events[: asked + 1])
    return run.run_id


def names(at):
    return list(at.dataframe[0].value["run"]) if at.dataframe else []


def test_an_empty_home_leads_in_three_steps_with_one_primary_button(page, bench):
    at = page(bench)
    assert [button.label for button in at.button if button.proto.type == "primary"] == ["Train on sample tasks"]
    assert all(step in texts(at) for step in ("1. Tasks", "2. Train", "3. Review"))
    assert DEMO_LABEL in texts(at)
    assert not at.dataframe


def test_the_sample_run_is_one_click_away_opens_at_once_and_is_labelled(page, bench):
    at = page(bench).button(key="load_sample").click().run()
    (run,) = bench.runs()
    assert at.query_params["run"] == run.run_id
    assert not at.exception
    overview = page(bench)
    assert names(overview) == ["Sample run, demo model"]
    assert DEMO_LABEL in texts(overview)
    page(bench).button(key="load_sample").click().run()
    assert len(bench.runs()) == 1


def test_updates_that_wait_come_first_each_with_a_link(page, bench):
    run_id = waiting_run(bench)
    waiting_run(bench, HOSTILE[:150])
    at = page(bench)
    assert not at.exception
    assert "2 updates wait for you" in texts(at)
    link = next(link for link in at.page_link if link.label.startswith("Update 1 of Asks"))
    assert (f"run={run_id}" in link.proto.query_string, "update=1" in link.proto.query_string) == (True, True)
    assert "wait for you" in at.markdown[0].value


@pytest.mark.parametrize("cut", [0, 1, 5, 20, 30])
def test_a_run_cut_off_anywhere_is_listed_with_its_status(page, bench, cut):
    run = new_run(bench.home, name="Cut off")
    write(run, story(run)[:cut])
    at = page(bench)
    assert not at.exception
    assert names(at) == ["Cut off"]


def test_a_damaged_run_is_listed_with_its_reason_not_hidden(page, bench):
    (finished_run(bench.home, name="Broken").path / "config.json").write_text("{")
    row = page(bench, show="attention").dataframe[0].value.iloc[0]
    assert row["status"] == ["Damaged"]
    assert "cannot be read" in row["reason"]


def test_every_number_of_a_row_has_its_split_interval_and_n(page, bench):
    finished_run(bench.home)
    row = page(bench).dataframe[0].value.iloc[0]
    assert (row["baseline"], row["best"], row["interval"], row["n"]) == (25.0, 75.0, "30.1–95.4 %", 4)
    assert (round(row["test"], 1), row["test_interval"], row["test_n"]) == (66.7, "30.0–90.3 %", 6)


def test_hostile_names_tags_and_notes_stay_text(page, bench):
    run_id = finished_run(bench.home, name=HOSTILE[:150]).run_id
    bench.tag(run_id, ["<b>x</b>", "$y$", ":red[z]"], by=HOSTILE)
    bench.note(run_id, HOSTILE[:MAX_NOTE], by="Ada")
    at = page(bench)
    assert not at.exception
    assert "\u202e" not in texts(at)
    edit = open_editor(page, bench, run_id)
    assert not edit.exception
    assert "Who changed what (2)" in [expander.label for expander in edit.expander]


def open_editor(page, bench, run_id, kind="edit"):
    at = page(bench)
    at.session_state["manage_open"] = (kind, (run_id,))
    return at.run()


def test_name_tags_and_note_are_edited_in_one_dialog_under_the_name_that_was_typed(page, bench):
    run_id = finished_run(bench.home, name="First").run_id
    at = page(bench)
    at.text_input(key="person_typed").set_value("Ada\u202e Lovelace").run()
    at.session_state["manage_open"] = ("edit", (run_id,))
    at.run()
    at.text_input(key=f"about_{run_id}_name").set_value("Second")
    at.text_area(key=f"about_{run_id}_note").set_value("**Good**")
    at.button(key=f"about_{run_id}_save").click().run()
    about = bench.about(run_id)
    assert (about.name, about.note) == ("Second", "**Good**")
    assert {change.by for change in about.changes} == {"Ada Lovelace"}
    assert any("Saved: name, note" in toast.value.replace("\\", "") for toast in at.toast)
    assert names(at) == ["Second"]
    at.button(key="manage_undo_button").click().run()
    assert bench.run(run_id).name == "First"


def test_who_writes_over_the_note_of_another_is_told(page, bench):
    run_id = finished_run(bench.home).run_id
    at = open_editor(page, bench, run_id)
    at.text_area(key=f"about_{run_id}_note").set_value("mine")
    bench.note(run_id, "hers", by="Grace")
    at.button(key=f"about_{run_id}_save").click().run()
    assert bench.about(run_id).note == "mine"
    assert any("Grace had changed it since you opened it" in toast.value for toast in at.toast)


def test_a_run_is_deleted_only_after_a_tick_and_the_dialog_names_it(page, bench):
    run_id = finished_run(bench.home, name="Wrong one").run_id
    at = open_editor(page, bench, run_id, "delete")
    assert "Wrong one" in texts(at)
    assert at.button(key="delete").disabled
    at.checkbox(key="delete_sure").check().run()
    at.button(key="delete").click().run()
    assert bench.runs() == []
    assert any("Deleted Wrong one" in toast.value for toast in at.toast)


def test_archived_runs_are_shown_by_their_filter_alone(page, bench):
    kept, away = finished_run(bench.home, name="Kept").run_id, finished_run(bench.home, name="Away").run_id
    bench.archive(away, by="Ada")
    assert names(page(bench)) == ["Kept"]
    assert names(page(bench, show="Archived")) == ["Away"]
    assert next(metric for metric in page(bench).metric if metric.label == "Runs").value == "1"
    assert kept != away


def test_the_search_and_the_tags_are_in_the_address(page, bench):
    first = finished_run(bench.home, name="Long division").run_id
    finished_run(bench.home, name="Sums")
    bench.tag(first, ["paper"], by="Ada")
    assert names(page(bench, q="division")) == ["Long division"]
    assert names(page(bench, tags="paper")) == ["Long division"]
    nothing = page(bench, q="nothing like it")
    assert not nothing.dataframe
    assert "Change the filters above" in texts(nothing)


def test_the_menu_of_a_row_offers_to_delete_only_what_is_not_trained(bench):
    finished_run(bench.home)
    (run,) = bench.runs()
    offered = [label.split(": ")[1] for label in runs_frame([run], {})["menu"][0]]
    assert offered == ["Name, tags, note", "Archive", "Delete"]
    live = runs_frame([run.with_(status="running", archived=True)], {})["menu"][0]
    assert [label.split(": ")[1] for label in live] == ["Name, tags, note", "Take out of the archive"]


def test_presentation_shows_fewer_columns_and_leaves_technical_parts_out(page, bench):
    finished_run(bench.home)
    usual, shown = page(bench), page(bench, present="1")
    every, few = (set(at.dataframe[0].proto.column_order) for at in (usual, shown))
    assert {"reason", "model", "menu"} <= every - few
    assert {"run", "best", "interval", "n", "test", "test_n"} <= few < every
    assert "Quick start" in texts(usual)
    assert "Quick start" not in texts(shown)


@pytest.mark.parametrize(
    ("name", "technical"),
    [
        ("compare", "Take it along"),
        ("functions", "New function"),
        ("traces", "Parquet"),
        ("review", "Updates of this run"),
    ],
)
def test_presentation_leaves_what_is_for_the_desk_out_of_every_page(page, bench, name, technical):
    run = finished_run(bench.home)
    address = {"runs": run.run_id} if name == "compare" else {"run": run.run_id}
    usual, shown = page(bench, name, **address), page(bench, name, **address, present="1")
    assert technical in words(usual)
    assert technical not in words(shown)


def words(at: AppTest) -> str:
    """What the page says, the labels of its downloads included."""
    return texts(at) + "\n".join(element.proto.label for element in at.get("download_button"))


def test_presentation_goes_on_over_the_pages_until_it_is_left(page, bench):
    finished_run(bench.home)
    at = page(bench)
    at.button(key="present_switch").click().run()
    assert at.query_params["present"] == "1"
    at.switch_page("pages/review.py").run()
    assert at.query_params["present"] == "1"
    at.button(key="present_switch").click().run()
    assert "present" not in at.query_params


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("  Ada \n Lovelace ", "Ada Lovelace"), ("\u202eevil\u200b", "evil"), ("x" * 500, "x" * 60), ("\x00", "")],
)
def test_a_persons_name_is_one_bounded_line_of_visible_text(typed, kept):
    assert clean(typed) == kept


def test_a_note_fetches_no_image():
    assert "![" not in safe_markdown("![a](http://e.test/a.png) ![b][c]\n\n[c]: http://e.test/c.png")
    assert safe_markdown("**bold** and `code`") == "**bold** and `code`"


def test_the_navigation_says_how_many_updates_wait():
    assert [review_title(waiting) for waiting in (0, 3)] == ["Review", "Review (3)"]


def test_every_status_is_in_the_filters():
    assert FILTERS["live"][1] | FILTERS["finished"][1] | FILTERS["attention"][1] == FILTERS["all"][1]


def test_a_note_on_an_update_is_written_where_it_is_shown(bench):
    run_id = finished_run(bench.home).run_id

    def draw(bench, run_id):
        from pages.components.notes import update_note

        update_note(bench, run_id, 2)

    at = AppTest.from_function(draw, args=(bench, run_id), default_timeout=20).run()
    at.text_area[0].set_value("**odd** ![x](http://e.test/x.png)").run()
    at.button(key=f"save_note_{run_id}_2").click().run()
    assert bench.about(run_id).update_notes == {2: "**odd** ![x](http://e.test/x.png)"}
    assert at.markdown[0].value == r"**odd** !\[x](http://e.test/x.png)"
