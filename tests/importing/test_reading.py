import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentopt_core.errors import TaskSetError
from agentopt_core.grading import check_gold
from agentopt_core.importing.limits import MAX_FIELD_BYTES, MAX_FILE_BYTES, MAX_ROWS
from agentopt_core.importing.names import slug
from agentopt_core.task_lines import to_lines
from agentopt_core.tasks import Task
from tests.importing.helpers import errors, jsonl, read, read_files, read_path, row_issues, shared, tasks_of


def answers(draft):
    return [task.answer for task in tasks_of(draft)]


def issue(draft):
    (only,) = row_issues(draft)
    return only.row, only.field, only.severity, only.reason


@pytest.mark.parametrize("part", ["train", "test"])
def test_gsm8k_is_imported_whole_and_every_gold_is_right_against_itself(part):
    draft = read_path(shared(f"gsm8k/{part}.jsonl"))
    assert (draft.format, draft.profile.tasks, draft.issues) == ("gsm8k", 300, ())
    assert sum(check_gold(task).correct for task in tasks_of(draft)) == 300


def test_a_gsm8k_answer_is_the_line_after_the_marks_and_the_rest_is_the_solution():
    draft = read("g.jsonl", jsonl({"question": "q", "answer": "1 + 1 = 2\nmore\n#### 1,234"}))
    (task,) = tasks_of(draft)
    assert (task.answer, task.solution) == ("1,234", "1 + 1 = 2\nmore")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", b'{"question": "Q1", "answer": "A1"}\n{"question": "Q2", "answer": "A2"}\n'),
        ("a.json", b'[{"question": "Q1", "answer": "A1"}, {"question": "Q2", "answer": "A2"}]'),
        ("a.json", b'{"1": {"question": "Q1", "answer": "A1"}, "2": {"question": "Q2", "answer": "A2"}}'),
        ("a.json", b'{"question": "Q1", "answer": "A1"}\n{"question": "Q2", "answer": "A2"}\n'),
        ("a.csv", b"question,answer\nQ1,A1\nQ2,A2\n"),
        ("a.csv", b"\xef\xbb\xbfquestion;answer\r\nQ1;A1\r\n\r\nQ2;A2\r\n"),
        ("a.tsv", b"question\tanswer\nQ1\tA1\nQ2\tA2"),
        ("a", b"question\tanswer\nQ1\tA1\nQ2\tA2"),
        ("a.txt", b'{"question": "Q1", "answer": "A1"}\n{"question": "Q2", "answer": "A2"}\n'),
        ("a.csv", "question,answer\nQ1,A1\nQ2,A2\n".encode("utf-16")),
    ],
)
def test_every_format_gives_the_same_tasks(name, data):
    draft = read(name, data)
    tasks = tasks_of(draft)
    assert [(task.id, task.question, task.answer, task.split) for task in tasks] == [
        ("1", "Q1", "A1", "train"),
        ("2", "Q2", "A2", "train"),
    ]
    assert row_issues(draft) == []


@pytest.mark.parametrize("question", ["question", "Prompt", "input", "problem", "QUERY"])
@pytest.mark.parametrize("answer", ["answer", "target", "Label", "expected", "output"])
def test_usual_column_names_are_recognised(question, answer):
    draft = read("a.csv", f"{question},{answer}\nQ,A\n".encode())
    assert draft.mapping == {"question": question, "answer": answer}


def test_a_mapping_overrules_the_guess():
    data = b"question,answer,id,hint\nQ,A,x,B\n"
    draft = read("a.csv", data, {"answer": "hint", "id": ""})
    (task,) = tasks_of(draft)
    assert (task.answer, task.id) == ("B", "1")
    with pytest.raises(TaskSetError, match="no column 'gold'"):
        read("a.csv", data, {"answer": "gold"})
    with pytest.raises(TaskSetError, match="no field 'price'"):
        read("a.csv", data, {"price": "hint"})


def test_optional_columns_fill_the_task_and_the_record_is_kept_whole():
    record = {
        "id": "t1", "question": "Q", "answer": "red", "split": "dev", "choices": ["red", "blue"], "unit": "cm",
        "context": "a table", "level": 5, "subject": "s", "answer_type": "choice", "aliases": ["Red!"],
        "tolerance": 0.5, "solution": "look", "group": "g", "tags": ["x"], "other": {"deep": [7.0]},
    }  # fmt: skip
    (task,) = tasks_of(read("a.jsonl", jsonl(record)))
    assert task.choices == ("red", "blue")
    assert (task.split, task.level, task.tolerance, task.aliases, task.tags) == ("val", "5", 0.5, ("Red!",), ("x",))
    assert (task.unit, task.context, task.subject, task.group, task.solution) == ("cm", "a table", "s", "g", "look")
    assert task.meta["other"] == {"deep": ["7.0"]}
    assert task.source is not None
    assert (task.source.file, task.source.row, task.source.importer) == ("a.jsonl", 1, "table")


def test_lists_in_a_table_are_json_or_parts_between_bars():
    data = b'question,answer,choices\nQ1,red,red|dark blue\nQ2,"1,000","[""1,000"", 2.50]"\n'
    tasks = tasks_of(read("a.csv", data))
    assert [task.choices for task in tasks] == [("red", "dark blue"), ("1,000", "2.50")]


def test_numbers_stay_the_text_they_were_written_as():
    lines = (f'{{"question": "Q {number}", "answer": {number}}}' for number in ("7.0", "1e5", "9" * 30))
    assert answers(read("a.jsonl", "\n".join(lines).encode())) == ["7.0", "1e5", "9" * 30]
    assert answers(read("a.csv", b"question,answer\na,007\nb,1e5\nc,NA\nd,7.0\n")) == ["007", "1e5", "NA", "7.0"]


def test_our_own_normalised_lines_come_back_as_they_were():
    task = Task(id="x", question="Q", answer="A", aliases=("B",), split="test", meta={"k": [1]}, tolerance=0.5)
    other = Task(id="y", question="Q2", answer="A")
    draft = read("tasks.jsonl", to_lines((task, other)))
    assert draft.format == "tasks"
    kept = tasks_of(draft)[0]
    assert (kept.id, kept.aliases, kept.split, kept.tolerance) == ("x", ("B",), "test", 0.5)


def test_a_broken_line_is_named_by_line_and_column_and_the_others_are_kept():
    draft = read(
        "a.jsonl", b'{"question": "Q1", "answer": "A"}\n{"question": "Q2",, }\n{"question": "Q3", "answer": "A"}\n'
    )
    assert [task.question for task in tasks_of(draft)] == ["Q1", "Q3"]
    row, _, severity, reason = issue(draft)
    assert (row, severity) == (2, "error")
    assert "Line 2, column 19" in reason


def test_only_a_line_feed_ends_a_line():
    data = '{"question": "one\u2028two\x85three", "answer": "A\u2029"}\n'.encode()
    (task,) = tasks_of(read("a.jsonl", data))
    assert (task.question, task.answer) == ("one\u2028two\x85three", "A\u2029")


GOOD = {"question": "Good?", "answer": "yes"}


@pytest.mark.parametrize(
    ("record", "field", "word"),
    [
        ({"question": "", "answer": "A"}, "question", "missing"),
        ({"answer": "A"}, "question", "missing"),
        ({"question": "Q", "answer": ["A"]}, "answer", "a list"),
        ({"question": {"a": 1}, "answer": "A"}, "question", "an object"),
        ({"question": "Q", "answer": "A", "split": "holdout"}, "split", "holdout"),
        ({"question": "Q", "answer": "A", "answer_type": "essay"}, "answer_type", "essay"),
        ({"question": "Q", "answer": "A", "tolerance": "nan"}, "tolerance", "nan"),
        ({"question": "Q", "answer": "A", "tolerance": -1}, "tolerance", "-1"),
        ({"question": "Q", "answer": "A", "note": "x" * (MAX_FIELD_BYTES + 1)}, "note", "larger"),
        ({"question": "Q", "answer": "A", "id": "x" * 201}, "id", "200"),
        ({"question": "Good?", "answer": "no"}, "answer", "Rows 1 and 2"),
        (["Q", "A"], "", "a list"),
        ("Q", "", "a single value"),
    ],
)
def test_a_bad_row_is_listed_with_field_and_reason_and_good_rows_are_kept(record, field, word):
    draft = read("a.jsonl", jsonl(GOOD, record))
    assert [task.question for task in tasks_of(draft)] == ["Good?"]
    row, at, severity, reason = issue(draft)
    assert (row, at, severity) == (2, field, "error")
    assert word in reason


def test_a_second_task_of_the_same_id_is_left_out_and_both_rows_are_named():
    draft = read("a.csv", b"id,question,answer\nx,Q1,1\ny,Q2,2\nx,Q3,3\n")
    assert [task.id for task in tasks_of(draft)] == ["x", "y"]
    assert "Rows 1 and 3" in issue(draft)[3]


def test_the_same_question_about_another_table_is_another_task():
    draft = read("a.csv", b"question,context,answer\nQ,one,1\nQ,two,2\n")
    assert (draft.profile.tasks, row_issues(draft)) == (2, [])


@pytest.mark.parametrize("answer", ["", "?", None])
def test_a_task_without_an_answer_is_kept_but_not_scored(answer):
    draft = read("a.jsonl", jsonl(GOOD, {"question": "Hidden", "answer": answer}))
    assert answers(draft) == ["yes", None]
    assert draft.scorable == 1
    assert issue(draft)[:3] == (2, "answer", "warning")


def test_a_gold_that_is_not_right_against_itself_is_flagged():
    draft = read("a.jsonl", jsonl(GOOD, {"question": "Q", "answer": "green", "choices": ["red", "blue"]}))
    assert draft.profile.tasks == 2
    row, field, severity, reason = issue(draft)
    assert (row, field, severity) == (2, "answer", "warning")
    assert "none of the choices" in reason


def test_golds_that_only_a_judge_can_compare_are_not_flagged():
    row = {"question": "Why?", "answer": "Because of the moon's pull.", "answer_type": "judge"}
    assert row_issues(read("a.jsonl", jsonl(row))) == []


def test_a_set_without_scorable_training_tasks_says_that_training_needs_some():
    draft = read("a.csv", b"question,answer,split\nQ1,A,test\nQ2,A,test\nQ3,A,val\n")
    (only,) = draft.issues
    assert "training needs some" in only.reason


def test_a_set_of_fewer_than_three_scorable_tasks_is_read_and_says_that_it_cannot_be_trained_on():
    draft = read("a.csv", b"question,answer\nQ1,A\nQ2,A\nQ3,?\n")
    assert (draft.profile.tasks, draft.scorable) == (3, 2)
    assert "training needs 3" in draft.issues[0].reason
    assert not any("training needs" in one.reason for one in read("a.csv", b"question,answer\n1,1\n2,2\n3,3\n").issues)


def test_text_that_is_not_utf_8_is_guessed_and_shown():
    draft = read("a.csv", "question,answer\nWo ist das Café?,Köln\n".encode("cp1252"))
    assert (answers(draft), draft.encoding) == (["Köln"], "windows-1252")
    assert "Caf\u00e9" in draft.issues[0].reason


def test_a_row_with_too_many_cells_or_broken_quotes_costs_only_itself():
    draft = read("a.csv", b'question,answer\nQ1,1\nQ2,2,3\n"Q3" x,3\nQ4,4\n')
    assert answers(draft) == ["1", "4"]
    assert [found.row for found in errors(draft)] == [2, 3]


def test_a_quote_that_is_never_closed_costs_the_rows_after_it_and_says_so():
    draft = read("a.csv", b'question,answer\nQ1,1\nQ2,"2\nQ3,3\n')
    assert answers(draft) == ["1"]
    row, _, _, reason = issue(draft)
    assert row == 2
    assert "never closed" in reason


def test_a_cell_over_the_limit_costs_only_its_row():
    draft = read("a.csv", b"question,answer\nQ1,1\nQ2," + b"x" * (MAX_FIELD_BYTES + 1) + b"\nQ3,3\n")
    assert answers(draft) == ["1", "3"]
    assert issue(draft)[0] == 2


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.jsonl", b"", "empty"),
        ("a.csv", b" \n \n", "empty"),
        ("a.json", b"[]", "no task"),
        ("a.csv", b"question,answer\n", "no task"),
        ("a.json", b'{"question": "Q"}', "wrong shape"),
        ("a.json", b"3", "wrong shape"),
        ("a.json", b'[{"question": ', "line 1, column 15"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
        ("a.jsonl", b"[" * 100_000, "nested too deeply"),
        ("a.jsonl", b"nonsense", "Line 1, column 1"),
        ("a.csv", b"question,reply\nQ,A\n", r"no answer column \(found: question, reply\)"),
        ("a.csv", b"text,answer\nQ,A\n", r"no question column \(found: text, answer\)"),
        ("a.csv", b"answer,question,answer\n1,2,3\n", "more than one column named answer"),
        ("a.csv", b"question,answer\n,A\n", "question is missing"),
        ("a.xlsx", b"PK\x03\x04", "xlsx"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\0\0", "not a text file"),
        ("a.csv", b"question,answer\n" + b"Q,A\n" * (MAX_ROWS + 1), "100,000 rows"),
        ("a.jsonl", b"{}\n" * (MAX_ROWS + 1), "100,000 rows"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason_and_the_next_move(name, data, says):
    with pytest.raises(TaskSetError, match=says) as caught:
        read(name, data)
    assert caught.value.message.startswith(name)
    assert caught.value.hint


def test_a_file_over_the_limit_is_refused_unread():
    class Huge(bytes):
        def __len__(self) -> int:
            return MAX_FILE_BYTES + 1

    with pytest.raises(TaskSetError, match="larger than 200 MB"):
        read("a.csv", Huge())


def test_thousands_of_bad_rows_are_counted_but_not_all_listed():
    draft = read("a.jsonl", jsonl(GOOD) + b"{\n" * 2_500)
    assert (draft.left_out, len(draft.issues)) == (2_500, 1_000)


HOSTILE = [
    '=HYPERLINK("x")',
    "<script>alert(1)</script>",
    "'; DROP TABLE tasks; --",
    "../../etc/passwd",
    "a\0b",
    "\u202eabc",
    "{{x}}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_survives_as_data(text):
    record = {"id": text, "question": text, "answer": text, "subject": text}
    (task,) = tasks_of(read("a.jsonl", jsonl(record)))
    assert (task.id, task.question, task.answer, task.subject) == (text, text, text, text)


def test_half_characters_are_replaced_since_no_file_can_hold_them():
    (task,) = tasks_of(read("a.jsonl", b'{"question": "a\\ud800b", "answer": "A"}'))
    assert task.question == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize("name", ["../../x/Café 1.csv", "C:\\files\\Café 1.csv", "Café 1.csv"])
def test_a_file_name_is_never_a_path(name):
    draft = read(name, b"question,answer\nQ,A\n")
    assert (draft.name, slug(draft.name), draft.files) == ("Café 1", "cafe-1", ("Café 1.csv",))


@given(st.binary(max_size=300), st.sampled_from(["a.jsonl", "a.json", "a.csv", "a.tsv", "a"]))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_any_bytes_are_read_or_refused_with_a_sentence(data, name):
    for content in (data, b"question,answer\n" + data, b'{"question": "Q", "answer": "A"}\n' + data):
        try:
            tasks = read(name, content).profile.tasks
        except TaskSetError as error:
            tasks, refused = 0, error.hint
        assert tasks or refused


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_no_record_is_lost_without_an_issue(pairs):
    data = jsonl(*({"question": question, "answer": answer} for question, answer in pairs))
    try:
        draft = read("a.jsonl", data)
    except TaskSetError:
        return
    assert draft.profile.tasks + len(errors(draft)) == len(pairs)


def test_progress_is_told_in_rows_and_ends_with_all_of_them():
    told = []
    data = jsonl(*({"question": f"Q{number}", "answer": "A"} for number in range(1_200)))
    read_files({"a.jsonl": data}, progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 1_200), (500, 1_200), (1_000, 1_200), (1_200, 1_200)]


def test_tasks_are_written_one_by_one_and_only_the_first_are_kept_in_the_draft():
    draft = read("a.jsonl", jsonl(*({"question": f"Q{number}", "answer": "A"} for number in range(200))))
    assert (len(draft.preview), len(tasks_of(draft))) == (50, 200)
    assert "Q120" not in draft.model_dump_json()
