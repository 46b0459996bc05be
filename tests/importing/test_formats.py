"""Sets in the layouts that researchers share, unchanged, and what becomes of their records."""

import io
import json

import pyarrow
import pyarrow.parquet
import pytest

from agentopt_core.errors import TaskSetError
from agentopt_core.importing import FORMATS
from agentopt_core.importing.formats.math import last_boxed
from tests.importing.archives import zipped
from tests.importing.helpers import (
    errors,
    jsonl,
    read,
    read_files,
    read_path,
    row_issues,
    shared,
    tasks_of,
)
from tests.test_image_files import picture

PNG = picture()


def problem(number, **fields):
    solution = rf"We add and find $\frac{{1}}{{2}}$, so \boxed{{{number}}}."
    return {"problem": f"Problem {number}?", "level": "Level 5", "type": "Algebra", "solution": solution, **fields}


def tabmwp(number, **fields):
    return {
        "question": f"How many pens in row {number}?", "choices": None, "answer": str(number), "unit": None,
        "table_title": "Pens", "table": f"Row | Pens\n{number} | {number}", "table_for_pd": {"Row": [str(number)]},
        "row_num": 2, "column_num": 2, "solution": "Look.", "ques_type": "free_text", "ans_type": "integer_number",
        "grade": 3, "split": "train", **fields,
    }  # fmt: skip


def gaia(number, **fields):
    return {
        "task_id": f"t{number}", "Question": f"Question {number}?", "Level": 1, "Final answer": str(number),
        "file_name": "", "Annotator Metadata": {"Steps": "1. think", "Tools": "none"}, **fields,
    }  # fmt: skip


def written(folder, files):
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


MATH = {
    f"{split}/{subject}/{number}.json": json.dumps(problem(number, problem=f"{split} {subject} {number}?")).encode()
    for split in ("train", "test")
    for subject in ("algebra", "number_theory")
    for number in (1, 2)
}


@pytest.mark.parametrize("above", ["", "MATH/"])
@pytest.mark.parametrize("as_zip", [False, True])
def test_math_comes_as_a_folder_or_zip_of_one_file_a_problem(tmp_path, above, as_zip):
    files = {f"{above}{name}": data for name, data in MATH.items()}
    draft = read_files({"MATH.zip": zipped(files)}) if as_zip else read_path(written(tmp_path / "MATH", files))
    assert (draft.format, draft.name, draft.left_out, draft.issues) == ("math", "MATH", 0, ())
    assert draft.profile.splits == {"train": 4, "test": 4}
    task = next(task for task in tasks_of(draft) if task.id == f"{above}train/algebra/2")
    assert (task.answer, task.level, task.subject, task.split, task.answer_type) == (
        "2",
        "5",
        "Algebra",
        "train",
        "math",
    )
    assert task.source.file == f"{above}train/algebra/2.json"


def test_math_files_dropped_flat_are_one_set():
    files = [(f"{number}.json", json.dumps(problem(number)).encode()) for number in range(3)]
    draft = read_files(dict(files))
    assert (draft.format, draft.profile.splits) == ("math", {"train": 3})


def test_a_broken_file_of_math_costs_only_itself(tmp_path):
    draft = read_path(
        written(tmp_path, {**MATH, "train/algebra/3.json": b'{"problem": ', "train/algebra/4.json": b"[1]"})
    )
    assert draft.profile.tasks == 8
    assert [issue.file for issue in errors(draft)] == ["train/algebra/3.json", "train/algebra/4.json"]


@pytest.mark.parametrize(
    ("solution", "gold"),
    [
        (r"so \boxed{\frac{1}{2}}.", r"\frac{1}{2}"),
        (r"first \boxed{1}, then \boxed{2}", "2"),
        (r"\boxed{\text{a \{ b}}", r"\text{a \{ b}"),
        (r"\fbox{7}", "7"),
        (r"thus $\boxed 5$.", "5"),
        (r"\boxed{1} and then \boxed{2", "1"),
        (r"\boxed{1} and then \boxed{}", "1"),
        ("no box", None),
        (r"\boxed{}", None),
    ],
)
def test_the_gold_of_math_is_the_last_box_whole(solution, gold):
    assert last_boxed(solution) == gold


def test_math_500_is_read_as_it_comes():
    rows = [
        problem(n, answer=str(n), subject="Algebra", level=n, unique_id=f"test/algebra/{n}.json") for n in (1, 2, 3)
    ]
    draft = read("test.jsonl", jsonl(*rows))
    assert (draft.format, draft.title, draft.issues) == ("prm800k", "MATH-500", ())
    task = tasks_of(draft)[1]
    assert (task.id, task.answer, task.level, task.subject) == ("test/algebra/2.json", "2", "2", "Algebra")
    assert draft.profile.splits == {"train": 3}, "a file alone has no other split to be kept apart from"


def test_files_named_after_splits_are_one_set_in_these_splits():
    row = {"question": "Q?", "answer": "Add.\n#### 3"}
    files = {
        f"{name}.jsonl": jsonl(*({**row, "question": f"{name} {n}"} for n in range(2))) for name in ("test", "train")
    }
    draft = read_files(files)
    assert (draft.format, draft.name, draft.files) == ("gsm8k", "GSM8K", ("train.jsonl", "test.jsonl"))
    assert [(task.id, task.split) for task in tasks_of(draft)] == [
        ("train-1", "train"), ("train-2", "train"), ("test-1", "test"), ("test-2", "test"),
    ]  # fmt: skip
    assert sum("as its name says" in issue.reason for issue in draft.issues) == 2


def test_the_notebooks_math_files_keep_float_answers_as_text_that_means_the_number():
    rows = b'{"question": "Q%d?", "answer": 7.0, "level": 5}\n'
    draft = read("algebra.jsonl", b"".join(rows % number for number in range(3)))
    assert (draft.format, row_issues(draft)) == ("table", [])
    assert [(task.answer, task.level) for task in tasks_of(draft)] == [("7.0", "5")] * 3
    assert draft.profile.kinds == {"numeric": 3}


TABMWP = {
    "problems_dev1k.json": json.dumps({"11": tabmwp(11, split="dev"), "12": tabmwp(12, split="dev")}).encode(),
    "problems_train.json": json.dumps(
        {
            "21": tabmwp(21, unit="pens", choices=["21", "22"], ques_type="multi_choice"),
            "22": tabmwp(22, table_title=None),
        }
    ).encode(),
}


def test_tabmwp_problems_in_several_files_are_one_set_with_their_tables_as_text(tmp_path):
    draft = read_path(written(tmp_path / "tabmwp", TABMWP))
    assert (draft.format, draft.issues) == ("tabmwp", ())
    assert draft.profile.splits == {"train": 2, "val": 2}
    first, second = tasks_of(draft)[:2]
    assert (first.id, first.context, first.level, first.subject) == (
        "21",
        "Pens\nRow | Pens\n21 | 21",
        "3",
        "integer_number",
    )
    assert (first.unit, first.choices, first.tags, first.answer_type) == (
        "pens",
        ("21", "22"),
        ("multi_choice",),
        "tabmwp",
    )
    assert second.context == "Row | Pens\n22 | 22"
    assert first.meta["table_for_pd"] == {"Row": ["21"]}


@pytest.mark.parametrize("place", ["tables/21.png", "21.png"])
def test_the_picture_of_a_table_is_attached_where_it_is_there_and_no_task_needs_it(tmp_path, place):
    draft = read_path(written(tmp_path, {**TABMWP, place: PNG}))
    (picture,) = tasks_of(draft)[0].attachments
    assert (picture.path, picture.role, picture.needed) == ("attachments/21.png", "prompt", False)
    (only,) = draft.issues
    assert only.reason.startswith("3 tasks came without the picture")
    assert draft.left_out == 0


GAIA = {
    "2023/validation/metadata.jsonl": jsonl(
        gaia(1), gaia(2, file_name="two.csv", Level="2"), gaia(3), gaia(4, file_name="gone.docx")
    ),
    "2023/validation/two.csv": b"question,answer\n1,2\n",
    "2023/test/metadata.jsonl": jsonl(gaia("0", task_id="0-0-0-0-0"), gaia(9, **{"Final answer": "?"})),
}


@pytest.mark.parametrize("as_zip", [False, True])
def test_gaia_is_read_with_its_attachments_and_its_hidden_answers(tmp_path, as_zip):
    draft = read_files({"gaia.zip": zipped(GAIA)}) if as_zip else read_path(written(tmp_path / "gaia", GAIA))
    assert (draft.format, draft.name, draft.left_out) == ("gaia", "gaia", 1)
    assert (draft.profile.splits, draft.scorable) == ({"val": 3, "test": 1}, 3)
    task = tasks_of(draft)[1]
    assert (task.id, task.level, task.answer, task.answer_type) == ("t2", "2", "2", "gaia")
    assert (task.attachments[0].path, task.attachments[0].media_type) == ("attachments/two.csv", "text/csv")
    assert "Steps" not in json.dumps(task.for_agent().model_dump(mode="json"))
    (error,) = errors(draft)
    assert (error.row, error.field) == (4, "file_name")
    reasons = " ".join(issue.reason for issue in draft.issues)
    assert "welcome row is no task" in reasons
    assert "part of no export" in reasons


def test_gaia_dropped_flat_finds_its_attachments_also_a_zip():
    inner = zipped({"stock.csv": b"item,price\npen,2\n"})
    rows = jsonl(gaia(1), gaia(2, file_name="two.zip"), gaia(3, file_name="red.png"))
    draft = read_files({"metadata.jsonl": rows, "two.zip": inner, "red.png": PNG})
    assert (draft.name, draft.left_out) == ("GAIA", 0)
    archive, picture = (task.attachments[0] for task in tasks_of(draft)[1:])
    assert (draft.folder / archive.path).read_bytes() == inner
    assert (archive.media_type, archive.role, picture.role) == ("application/zip", "workspace", "prompt")


def test_gaias_parquet_is_read_like_its_jsonl_and_beside_it_taken_for_a_copy(tmp_path):
    rows = [{**gaia(n, file_name=name), "Level": str(n)} for n, name in ((1, ""), (2, "two.csv"), (3, ""))]
    for row in rows:
        row["file_path"] = f"2023/validation/{row['file_name']}" if row["file_name"] else ""
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), buffer)
    files = {"2023/validation/metadata.parquet": buffer.getvalue(), "2023/validation/two.csv": b"x\n1\n"}
    draft = read_path(written(tmp_path / "parquet", files))
    assert (draft.format, draft.profile.attachments) == ("gaia", 1)
    assert tasks_of(draft)[0].solution == "1. think"
    moved = {"metadata.parquet": buffer.getvalue(), "2023/validation/two.csv": b"x\n1\n"}
    assert read_path(written(tmp_path / "moved", moved)).profile.attachments == 1, "file_path starts from the root"
    files["2023/validation/metadata.jsonl"] = jsonl(*rows)
    both = read_path(written(tmp_path / "both", files))
    assert both.files == ("2023/validation/metadata.jsonl",)
    assert any("copy of metadata.jsonl" in issue.reason for issue in both.issues)


def test_a_file_beside_the_others_that_cannot_be_read_is_named(tmp_path):
    files = {"train.csv": b"question,answer\nQ1,1\n", "test.csv": b"", "notes.txt": b"hello"}
    draft = read_path(written(tmp_path, files))
    assert [issue.reason for issue in draft.issues if issue.file == "test.csv"] == [
        "The file was not read: test.csv is empty."
    ]


def test_gaias_files_of_one_level_beside_the_whole_are_not_read_twice(tmp_path):
    rows = [{**gaia(number), "Level": str(number)} for number in (1, 2, 3)]
    files = {}
    for name, some in (("metadata", rows), ("metadata.level1", rows[:1]), ("metadata.level2", rows[1:2])):
        buffer = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(some), buffer)
        files[f"{name}.parquet"] = buffer.getvalue()
    draft = read_path(written(tmp_path / "all", files))
    assert (draft.files, draft.profile.tasks, draft.left_out) == (("metadata.parquet",), 3, 0)
    assert sum("a part of another one" in issue.reason for issue in draft.issues) == 2
    assert read("metadata.level1.parquet", files["metadata.level1.parquet"]).profile.tasks == 1


ATTACHED = b'[{"question": "Q1", "answer": "1", "attachments": ["a.csv", "data/b.txt"]}]'


def test_a_table_names_its_attachments_beside_it(tmp_path):
    rows = 'question,answer,attachments\nQ1,1,a.csv;data/b.txt\nQ2,2,a.csv | red.png\nQ3,3,"[""a.csv""]"\nQ4,4,\n'
    files = {"t/tasks.csv": rows.encode(), "t/a.csv": b"1", "t/data/b.txt": b"2", "t/red.png": PNG}
    draft = read_path(written(tmp_path, files))
    assert row_issues(draft) == []
    found = [[one.path for one in task.attachments] for task in tasks_of(draft)]
    assert found == [
        ["attachments/a.csv", "attachments/b.txt"], ["attachments/a.csv", "attachments/red.png"],
        ["attachments/a.csv"], [],
    ]  # fmt: skip
    assert tasks_of(read_files({"t.json": ATTACHED, "a.csv": b"1", "data/b.txt": b"2"}))[0].attachments[1].bytes == 1


def test_two_files_of_one_name_stay_two_files(tmp_path):
    files = {"t.csv": b"question,answer,files\nQ1,1,one/a.txt\nQ2,2,two/A.txt\n", "one/a.txt": b"1", "two/A.txt": b"2"}
    first, second = tasks_of(read_path(written(tmp_path, files)))
    assert (first.attachments[0].path, second.attachments[0].path) == ("attachments/a.txt", "attachments/A-2.txt")


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("gone.txt", "is not there"),
        ("../secret.txt", "does not lie beside"),
        ("/etc/passwd", "does not lie beside"),
        ("link.txt", "is not there"),
        ("nowhere/x", "is not there"),
        ("fake.png", "is no PNG"),
        ("huge.bin", "larger than 25 MB"),
        ("folder", "is not there"),
    ],
)
def test_an_attachment_that_cannot_be_had_costs_its_row_and_says_why(tmp_path, named, says):
    folder = written(
        tmp_path / "set",
        {
            "t.csv": f"question,answer,attachments\nQ1,1,\nQ2,2,{named}\n".encode(),
            "fake.png": b"<svg/>",
            "folder/x": b"",
        },
    )
    (tmp_path / "secret.txt").write_text("s")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    with (folder / "huge.bin").open("wb") as file:
        file.truncate(25 * 1024 * 1024 + 1)
    draft = read_path(folder)
    (error,) = errors(draft)
    assert (error.row, error.field, draft.profile.tasks) == (2, "attachments", 1)
    assert says in error.reason
    assert not list(draft.folder.glob("attachments/*")), "nothing of it is kept"


def test_our_own_tasks_come_back_with_their_files_and_a_changed_file_is_told(tmp_path):
    first = read_files({"t.json": ATTACHED, "a.csv": b"1", "data/b.txt": b"2"})
    again = read_path(first.folder)
    assert again.format == "tasks"
    assert [one.sha256 for one in tasks_of(again)[0].attachments] == [
        one.sha256 for one in tasks_of(first)[0].attachments
    ]
    (first.folder / "attachments" / "a.csv").write_bytes(b"changed")
    with pytest.raises(TaskSetError, match="not the file that the task was made for"):
        read_path(first.folder)


def test_what_a_file_is_is_told_from_its_keys_not_from_its_name():
    draft = read("gaia_metadata.jsonl", jsonl({"question": "Q?", "answer": "So it is.\n#### 3"}))
    assert draft.format == "gsm8k"
    assert "'question' and 'answer'" in draft.reason
    assert "####" in draft.reason


def test_the_format_can_be_chosen_and_a_wrong_choice_names_what_is_missing():
    data = jsonl(*({"question": f"Q{n}?", "answer": "So.\n#### 3"} for n in range(3)))
    assert read("a.jsonl", data, format="table").format == "table"
    assert read("a.jsonl", data, format="gsm8k").reason == "Read as GSM8K, as asked for."
    with pytest.raises(TaskSetError, match=r"as GAIA: it has no 'task_id', 'Question' and 'Final answer'") as caught:
        read("a.jsonl", data, format="gaia")
    assert caught.value.columns == ("question", "answer")
    with pytest.raises(TaskSetError, match="no format 'nonsense'"):
        read("a.jsonl", data, format="nonsense")
    with pytest.raises(TaskSetError, match="Only a table's columns"):
        read("a.jsonl", data, {"question": "question"}, format="gsm8k")


def test_every_format_has_a_name_of_its_own_and_a_sentence():
    assert len({one.name for one in FORMATS}) == len(FORMATS)
    assert all(one.title and one.sentence.endswith(".") for one in FORMATS)


def test_the_shared_gsm8k_files_are_one_set():
    draft = read_path(shared("gsm8k"))
    assert (draft.profile.splits, draft.left_out, draft.profile.leaks) == ({"train": 300, "test": 300}, 0, 0)


def test_the_shared_tabmwp_folder_is_one_set_with_its_60_pictures_however_it_comes():
    folder = shared("tabmwp")
    flat = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    archive = zipped({f"tabmwp/{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*.*")})
    for draft in (read_path(folder), read_files(flat), read_files({"tabmwp.zip": archive})):
        assert (draft.profile.splits, draft.left_out) == ({"val": 174, "test": 274}, 0)
        assert draft.profile.media == {"image/png": 60}
        assert any(issue.reason.startswith("388 tasks came without") for issue in draft.issues)
        assert not any(issue.field == "answer" for issue in draft.issues), "every gold is right against itself"


def test_the_shared_gaia_folder_is_one_set_with_its_attachments_however_it_comes():
    folder = shared("gaia_format_synthetic")
    flat = {path.name: path.read_bytes() for path in (folder / "2023/validation").iterdir()}
    archive = zipped({str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*")})
    folders = {"val": 10, "test": 1}
    assert read_path(folder).profile.splits == read_files({"gaia.zip": archive}).profile.splits == folders
    assert read_files(flat).profile.splits == {"train": 10}
    for draft, held in ((read_path(folder), 1), (read_files({"gaia.zip": archive}), 1), (read_files(flat), 0)):
        assert (draft.scorable, draft.profile.tasks, draft.left_out) == (10, 10 + held, 1)
        assert (draft.profile.attachments, draft.profile.media["image/png"]) == (8, 1)
        assert "docx" in errors(draft)[0].reason
