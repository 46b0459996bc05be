"""The Tasks page: looking at sets, uploading, splits."""

import re
from pathlib import Path

import pandas as pd
import pytest

from agentopt_core.errors import TaskSetError
from agentopt_core.importing import Draft, Issue, Profile
from agentopt_core.tasks import Attachment, Task, TaskSet
from agentopt_core.views import Opening
from pages.components.task_upload import issues_csv, issues_frame
from tests.pages.conftest import texts
from tests.pages.fakes import FakeWorkbench, N, profile_of_tasks, tasks

HOSTILE = "<img src=x onerror=alert(1)> **bold** :red[r] :material/home: `c` [l](http://example.test) \u202e "


# Task sets -----------------------------------------------------------------------------------------------------------


def test_a_task_set_is_previewed_with_questions_and_answers(page):
    shown = page(FakeWorkbench(), "tasks").dataframe[0].value
    assert len(shown) == N
    assert (shown["question"][3], shown["answer"][3]) == ("What is the sum of column 3?", "3")


def test_the_first_task_stands_beside_the_table_unasked(page):
    assert "What is the sum of column 0?" in texts(page(FakeWorkbench(), "tasks"))


def test_sample_sets_cannot_be_deleted_and_own_ones_can(page):
    bench = FakeWorkbench(own=(tasks("mine", 3),))
    assert "Delete" not in [button.label for button in page(bench, "tasks", set="tables").button]
    assert "Delete" in [button.label for button in page(bench, "tasks", set="mine").button]


def test_deleting_asks_in_a_dialog_that_names_the_set(page):
    bench = FakeWorkbench(own=(tasks("mine", 3),))
    at = page(bench, "tasks", set="mine").button(key="delete_set").click().run()
    assert "Delete **Mine** with its 3 tasks?" in texts(at)
    assert "mine" in bench.own


def test_an_unknown_task_set_in_the_address_is_said(page):
    assert "There is no task set gone." in texts(page(FakeWorkbench(), "tasks", set="gone"))


def test_training_on_a_set_opens_the_form_with_it(page):
    bench = FakeWorkbench(own=(tasks("mine", 3),))
    at = page(bench, "tasks", set="mine").button(key="train_on").click().run()
    assert at.selectbox(key="form_tasks").value == "mine"


def own(*of: Task) -> FakeWorkbench:
    return FakeWorkbench(own=(TaskSet(id="mine", name="Mine", tasks=of),))


def test_formulas_are_set_and_all_other_markup_of_a_question_stays_text(page):
    question = f"Simplify $\\sqrt{{48}}$. {HOSTILE}"
    shown = page(own(Task(id="a", question=question, answer="4\\sqrt{3}")), "tasks", set="mine")
    said = [element.value for element in shown.markdown]
    assert any("$\\sqrt{48}$" in text for text in said)
    assert any("$4\\sqrt{3}$" in text for text in said)
    assert not any(re.search(r"(?<!\\)<img|:red\[|\*\*bold|(?<!\\)\[l\]", text) for text in said)


def test_prices_are_no_formulas(page):
    shown = page(own(Task(id="a", question="A pen costs $5 and a pad $6. Both?", answer="$11")), "tasks", set="mine")
    assert any("\\$5 and a pad \\$6" in element.value for element in shown.markdown)


@pytest.mark.parametrize("formula", ["\\href{javascript:alert(1)}{x}", "\\def\\x{\\x\\x}\\x", "\\rule{9999em}{9999em}"])
def test_a_formula_that_could_do_more_than_be_read_stays_text(page, formula):
    shown = page(own(Task(id="a", question=f"What is ${formula}$?", answer="1")), "tasks", set="mine")
    assert not any(f"${formula}$" in element.value for element in shown.markdown)


def test_a_table_in_a_context_is_drawn_as_a_table(page):
    shown = page(
        own(Task(id="a", question="Sum?", answer="3", context="Fruit | n\nApple | 1\nPear | 2")), "tasks", set="mine"
    )
    table = shown.dataframe[1].value
    assert list(table.columns) == ["Fruit", "n"]
    assert table["n"].tolist() == ["1", "2"]


def test_pictures_are_shown_and_other_files_can_be_downloaded(page):
    picture = Attachment(path="attachments/a.png", media_type="image/png", sha256="a", bytes=70, role="prompt")
    note = Attachment(path="attachments/note.txt", media_type="text/plain", sha256="b", bytes=5)
    bench = own(Task(id="a", question="What?", answer="1", attachments=(picture, note)))
    bench.files = {picture.path: one_pixel(), note.path: b"hello"}
    shown = page(bench, "tasks", set="mine")
    assert not shown.exception
    assert len(shown.get("image")) == 1
    assert "note.txt" in texts(shown)
    assert "hello" in texts(shown)


def one_pixel() -> bytes:
    import io

    from PIL import Image

    data = io.BytesIO()
    Image.new("RGB", (2, 2)).save(data, "PNG")
    return data.getvalue()


def test_the_make_up_of_a_set_is_drawn_and_what_it_can_show_is_said(page):
    mixed = [
        Task(id=str(k), question=f"Question {k}?", answer=str(k), level=str(k % 3), split="test" if k < 10 else "train")
        for k in range(40)
    ]
    shown = page(own(*mixed), "tasks", set="mine", part="Make-up")
    said = texts(shown)
    assert not shown.exception
    assert len(shown.get("plotly_chart")) == 2
    assert "Answers compared as: number (40)" in said
    assert "10 test tasks: a gain of 44 points or more" in said.replace("**", "")
    assert "No question is asked twice" in said


def test_a_leak_between_splits_is_said_before_training(page):
    shown = page(
        own(Task(id="a", question="Same?", answer="1"), Task(id="b", question="same", answer="1", split="test")),
        "tasks", set="mine", part="Make-up",
    )  # fmt: skip
    assert "One question stands in more than one split" in texts(shown)
    assert shown.dataframe[0].value["tasks"].tolist() == ["a, b"]


def test_every_look_at_the_test_split_is_told(page):
    bench = own(Task(id="a", question="1?", answer="1"))
    assert "No run has opened the test split" in texts(page(bench, "tasks", set="mine", part="Make-up"))
    bench.openings = [
        Opening(run_id="r1", run_name="First", at=0.0, subject="baseline", n=12),
        Opening(run_id="r1", run_name="First", at=1.0, subject="chosen", n=12),
    ]
    shown = page(bench, "tasks", set="mine", part="Make-up")
    assert "One run has opened the test split of this set" in texts(shown)
    assert shown.dataframe[0].value["subject"].tolist() == ["at the start", "chosen functions"]


def test_drawing_the_splits_anew_makes_another_set(page):
    bench = FakeWorkbench(own=(tasks("mine", 20),))
    at = page(bench, "tasks", set="mine", part="Splits")
    assert "50 % train, 20 % val, 30 % test" in texts(at)
    at.slider[0].set_range(60, 60).run()
    assert "60 % train, 0 % val, 40 % test" in texts(at)
    at.button(key="resplit").click().run()
    assert bench.asked[-1][:2] == ("resplit", "mine")
    assert "train=0.6" in bench.asked[-1][2]
    assert at.query_params["set"] == "again"
    assert "mine" in bench.own


# Upload --------------------------------------------------------------------------------------------------------------


def draft(folder: Path, **changes: object) -> Draft:
    preview = tasks("upload", 2).tasks
    fields = {
        "folder": folder,
        "name": "mine",
        "format": "table",
        "title": "Table with mapped columns",
        "reason": "The columns Q and A were taken for question and answer.",
        "files": ("mine.csv",),
        "columns": ("Q", "A", "note"),
        "mapping": {"question": "Q", "answer": "A"},
        "profile": profile_of_tasks(preview),
        "preview": preview,
        "issues": (Issue(row=3, field="answer", reason="No answer."),),
        "left_out": 1,
    }
    return Draft.model_validate({**fields, **changes})


def uploaded(page, bench, *files):
    at = page(bench, "tasks", view="Upload")
    uploader = at.file_uploader(key="upload")
    for name, content in files or (("mine.csv", b"Q,A\n1,2\n"),):
        uploader.upload(name, content)
    return at.run()


def opened(at, tab):
    """The page with another part of the draft open."""
    at.session_state["draft_part"] = tab
    return at.run()


def test_without_a_file_the_page_says_what_can_be_read_and_offers_templates(page):
    at = page(FakeWorkbench(), "tasks", view="Upload")
    assert "GSM8K" in texts(at)
    assert [button.proto.label for button in at.get("download_button")] == [
        "tasks.csv",
        "tasks.jsonl",
        "tasks-with-files.zip",
    ]


def test_an_upload_shows_what_was_recognised_and_why_before_anything_is_saved(page, tmp_path):
    bench = FakeWorkbench()
    bench.draft = draft(tmp_path)
    at = uploaded(page, bench)
    assert not at.exception
    said = texts(at)
    assert "Table with mapped columns" in said
    assert "The columns Q and A were taken for question and answer." in said
    assert "1 row is left out" in said
    assert not bench.own


def test_a_click_does_not_read_the_files_again(page, tmp_path):
    bench = FakeWorkbench()
    bench.draft = draft(tmp_path)
    opened(opened(uploaded(page, bench), "Make-up"), "Columns")
    assert [asked[0] for asked in bench.asked] == ["read_upload"]


def test_several_files_are_read_together(page, tmp_path):
    bench = FakeWorkbench()
    bench.draft = draft(tmp_path)
    uploaded(page, bench, ("problems.json", b"{}"), ("1.png", b"x"))
    assert bench.asked[0][1] == "problems.json, 1.png"


def test_issues_are_listed_by_row_and_can_be_downloaded(page, tmp_path):
    bench = FakeWorkbench()
    bench.draft = draft(tmp_path)
    at = opened(uploaded(page, bench), "Issues (1)")
    assert list(at.dataframe[0].value["reason"]) == ["No answer."]
    assert any(button.proto.label == "Download issues" for button in at.get("download_button"))


def test_choosing_another_column_reads_the_file_again_and_forgets_the_first_draft(page, tmp_path):
    bench = FakeWorkbench()
    bench.draft = draft(tmp_path)
    at = opened(uploaded(page, bench), "Columns")
    next(box for box in at.selectbox if box.label == "Column with the answer").select("note").run()
    assert bench.asked[-2] == ("discard_draft", "mine")
    assert bench.asked[-1] == ("read_upload", "mine.csv", "", "[('answer', 'note'), ('question', 'Q')]")


def test_another_format_can_be_named(page, tmp_path):
    bench = FakeWorkbench()
    bench.draft = draft(tmp_path)
    at = opened(uploaded(page, bench), "Columns")
    at.selectbox(key="task_format").select("gsm8k").run()
    assert bench.asked[-1] == ("read_upload", "mine.csv", "gsm8k", "[]")


def test_saving_an_upload_opens_the_new_set(page, tmp_path):
    bench = FakeWorkbench()
    bench.draft = draft(tmp_path, issues=(), left_out=0)
    at = uploaded(page, bench)
    next(box for box in at.text_input if box.label == "Name").set_value("My sums")
    at.button(key="save_set").click().run()
    assert bench.own["own"].name == "My sums"
    assert ("save_task_set", "My sums", "None") in bench.asked
    assert at.query_params["set"] == "own"


def test_a_set_without_a_training_task_says_what_to_do_before_it_is_saved(page, tmp_path):
    preview = tuple(task.with_(split="test") for task in tasks("upload", 20).tasks)
    bench = FakeWorkbench()
    bench.draft = draft(tmp_path, preview=preview, profile=profile_of_tasks(preview))
    at = uploaded(page, bench)
    assert "Draw the splits anew" in at.warning[0].value


def test_splits_drawn_before_saving_are_saved(page, tmp_path):
    preview = tasks("upload", 20).tasks
    bench = FakeWorkbench()
    bench.draft = draft(tmp_path, preview=preview, profile=profile_of_tasks(preview))
    at = opened(uploaded(page, bench), "Splits")
    at.toggle[0].set_value(True).run()
    at.button(key="save_set").click().run()
    asked = next(asked for asked in bench.asked if asked[0] == "save_task_set")
    assert "train=0.5 val=0.2 test=0.3" in asked[2].replace("00000000000004", "").replace("0.19999999999999996", "0.2")


def test_a_file_that_cannot_be_read_is_said_once_with_the_next_move(page):
    class Refusing(FakeWorkbench):
        def read_upload(self, files, **_):
            self.asked.append(("read_upload",))
            raise TaskSetError("mine.csv is empty.", "Upload a file with questions and answers.")

    bench = Refusing()
    at = uploaded(page, bench)
    at.run()
    assert not at.exception
    assert "mine.csv is empty." in texts(at)
    assert bench.asked == [("read_upload",)]


def test_columns_that_were_not_recognised_can_be_named(page, tmp_path):
    class Strict(FakeWorkbench):
        def read_upload(self, files, *, mapping=None, **how):
            if not (mapping or {}).get("answer"):
                raise TaskSetError("mine.csv: no answer column.", "Map one to it.", ("Q", "note"))
            return super().read_upload(files, mapping=mapping, **how)

    bench = Strict()
    bench.draft = draft(tmp_path, issues=(), mapping={"question": "Q", "answer": "note"})
    at = uploaded(page, bench)
    assert "no answer column" in texts(at)
    next(box for box in at.selectbox if box.label == "Column with the answer").set_value("note").run()
    assert "Table with mapped columns" in texts(at)


def test_a_draft_without_a_single_task_can_not_be_saved(page, tmp_path):
    bench = FakeWorkbench()
    bench.draft = draft(tmp_path, preview=(), profile=Profile())
    at = uploaded(page, bench)
    assert "save_set" not in [button.key for button in at.button]
    assert list(at.dataframe[0].value["reason"]) == ["No answer."]


def test_downloaded_issues_hold_no_formula():
    frame = pd.DataFrame(
        [{"row": 1, "reason": "=HYPERLINK(1)"}, {"row": 2, "reason": "-3.5"}, {"row": 3, "reason": "-a"}]
    )
    assert issues_csv(frame).decode().splitlines() == ["row,reason", "1,'=HYPERLINK(1)", "2,-3.5", "3,'-a"]


def test_the_file_of_an_issue_is_named_where_there_are_several(tmp_path):
    two = tuple(Issue(row=1, field="", reason="Broken.", file=name) for name in ("a.json", "b.json"))
    assert list(issues_frame(draft(tmp_path, issues=two))["file"]) == ["a.json", "b.json"]
    assert "file" not in issues_frame(draft(tmp_path, issues=two[:1]))
