"""Parquet and XLSX, which are read by a process of their own."""

import datetime
import decimal
import io

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentopt_core.errors import TaskSetError
from agentopt_core.importing.limits import MAX_ROWS
from tests.importing.archives import by_hand, entry, sheet_of, text, value, workbook, workbook_parts, zipped
from tests.importing.helpers import errors, read, read_or_refused, row_issues, tasks_of

SIMPLE = [["question", "answer"], ["Q1", "A1"], ["Q2", "A2"], ["Q3", "A3"]]


def parquet(columns, **options):
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), buffer, **options)
    return buffer.getvalue()


def answer_to(cell):
    """The answer of a task whose answer's cell is B2."""
    head = "<row r='1'>" + text("A1", "question") + text("B1", "answer") + "</row>"
    (task,) = tasks_of(read("a.xlsx", workbook({"S": f"{head}<row r='2'>{text('A2', 'Q')}{cell}</row>"})))
    return task.answer


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        (text("B2", "007"), "007"),
        (text("B2", "1e5"), "1e5"),
        (text("B2", "NA"), "NA"),
        (text("B2", "=1+1"), "=1+1"),
        (value("B2", "7"), "7"),
        (value("B2", "7.0"), "7"),
        (value("B2", "-3"), "-3"),
        (value("B2", "0.5"), "0.5"),
        (value("B2", "0.25", style=2), "0.25"),
        (value("B2", "45000", style=1), "2023-03-15"),
        (value("B2", "1", kind="b"), "TRUE"),
        (value("B2", "#DIV/0!", kind="e"), None),
        (value("B2", "2", formula="1+1"), "2"),
        (value("B2", "", formula='HYPERLINK("http://x")'), None),
    ],
)
def test_a_cell_is_what_a_person_would_type_and_no_formula_is_evaluated(cell, answer):
    assert answer_to(cell) == answer


def test_the_first_sheet_with_a_header_is_read_and_hidden_ones_are_not():
    sheets = {"Cover": sheet_of([["Welcome"]]), "Secret": sheet_of(SIMPLE[:2]), "Tasks": sheet_of(SIMPLE), "More": ""}
    draft = read("a.xlsx", workbook(sheets, hidden=("Secret",)))
    assert (draft.profile.tasks, draft.files, draft.columns) == (3, ("a.xlsx",), ("question", "answer"))
    assert [issue.reason for issue in draft.issues] == [
        "Of the 4 sheets (Cover, Secret, Tasks, More), 'Tasks' was read."
    ]


def test_rows_of_a_sheet_are_mended_or_named_like_those_of_a_csv():
    rows = [["question", "answer", "", ""], ["Q1", "A1"], ["", ""], ["Q2"], ["Q3", "A3", "", "stray"]]
    draft = read("a.xlsx", workbook({"S": sheet_of(rows)}))
    assert [task.answer for task in tasks_of(draft)] == ["A1", None]
    assert [issue.row for issue in errors(draft)] == [3]


FAR = "<row r='1'>" + text("A1", "question") + "</row><row r='1048576'>" + text("XFD1048576", "x") + "</row>"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "cannot be read as a workbook"),
        (b"PK\x03\x04", "cannot be read as a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "cannot be read as a workbook"),
        (zipped({"a.txt": b"x"}), "damaged or too large"),
        (workbook({"S": ""}), "no sheet with a header"),
        (workbook({"S": sheet_of(SIMPLE[:1])}), "no sheet with a header"),
        (workbook({"S": FAR}), "damaged or too large"),
        (workbook({"S": sheet_of([["question", "answer", "answer"], ["Q", "A", "B"]])}), "more than one column"),
        (by_hand(entry(b"xl/workbook.xml", bytes(10_000_000))), "100 times"),
        (by_hand(entry(b"xl/../../x", b"")), "does not lie inside"),
        (by_hand(entry(b"xl/workbook.xml", b"x", flags=1)), "encrypted"),
    ],
)
def test_a_workbook_that_cannot_be_read_is_refused_with_the_reason(data, says):
    with pytest.raises(TaskSetError, match=says) as caught:
        read("a.xlsx", data)
    assert caught.value.hint


def test_a_workbook_that_lies_about_its_sizes_gets_no_more_than_it_says():
    parts = workbook_parts({"S": sheet_of(SIMPLE)})
    sheet = parts.pop("xl/worksheets/sheet1.xml")
    lie = entry(b"xl/worksheets/sheet1.xml", sheet + b" " * 5_000_000, says=len(sheet))
    entries = [entry(name.encode(), data) for name, data in parts.items()]
    assert read("a.xlsx", by_hand(*entries, lie)).profile.tasks == 3


def test_entities_in_a_workbook_do_not_grow():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    parts = workbook_parts({"S": sheet_of([["question", "answer"], ["ENTITY", "A"]])})
    sheet = parts["xl/worksheets/sheet1.xml"].decode().replace("ENTITY", "&j;")
    try:
        draft = read("a.xlsx", zipped({**parts, "xl/worksheets/sheet1.xml": f"{bomb}]>{sheet}".encode()}))
    except TaskSetError:
        return
    assert len(tasks_of(draft)[0].question) < 1_000


def test_parquet_is_read_as_text_lists_and_objects():
    columns = {
        "prompt": ["a", "b", "c"],
        "target": [1.5, 7.0, None],
        "choices": [["x", "y"], None, []],
        "single": pyarrow.array([0.1, None, 2.0], pyarrow.float32()),
        "number": [9_007_199_254_740_993, 2, 3],
        "when": [datetime.datetime(2024, 1, 2, 3, 4)] * 3,
        "day": [datetime.date(2024, 1, 2)] * 3,
        "deep": [{"a": [1.0, None]}] * 3,
        "raw": [b"\xff", None, b""],
        "exact": [decimal.Decimal("1.10")] * 3,
        "flag": [True, False, None],
    }
    draft = read("a.parquet", parquet(columns))
    assert (draft.format, draft.mapping["answer"], row_issues(draft)[-1].row) == ("table", "target", 3)
    first, second, third = (task.meta for task in tasks_of(draft))
    assert [task.answer for task in tasks_of(draft)] == ["1.5", "7.0", None]
    assert tasks_of(draft)[0].choices == ("x", "y")
    assert (first["single"], second["single"], third["single"]) == ("0.1", None, "2.0")
    assert (first["number"], first["exact"], first["flag"]) == ("9007199254740993", "1.10", True)
    assert (first["when"], first["day"]) == ("2024-01-02 03:04:00", "2024-01-02")
    assert (first["deep"], first["raw"]) == ({"a": ["1.0", None]}, "(1 bytes)")


def test_row_groups_and_dictionaries_of_a_parquet_file_are_one_table():
    columns = {"question": [f"Q{n}" for n in range(1_000)], "answer": ["same"] * 1_000}
    draft = read("a.parquet", parquet(columns, row_group_size=300, compression="zstd"))
    assert (draft.profile.tasks, draft.left_out) == (1_000, 0)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "damaged or too large"),
        (b"PAR1" + bytes(40) + b"PAR1", "damaged or too large"),
        (b"PAR1\xff\xff\xff\x7fPAR1", "damaged or too large"),
        (parquet({"question": ["Q"] * (MAX_ROWS + 1), "answer": ["A"] * (MAX_ROWS + 1)}), "100,000 rows"),
        (parquet({"question": pyarrow.array([], pyarrow.string()), "answer": []}), "holds no task"),
        (parquet({"question": ["Q"], "reply": ["A"]}), "no answer column"),
    ],
)
def test_a_parquet_file_that_cannot_be_read_is_refused_with_the_reason(data, says):
    with pytest.raises(TaskSetError, match=says) as caught:
        read("a.parquet", data)
    assert caught.value.hint


def test_a_value_repeated_in_a_dictionary_costs_its_rows_and_no_memory():
    huge = pyarrow.DictionaryArray.from_arrays([0] * 2_000 + [1], ["x" * 5_000_000, "Q"])
    data = parquet({"question": huge, "answer": ["A"] * 2_001})
    assert len(data) < 10_000_000
    draft = read("a.parquet", data)
    assert (draft.profile.tasks, draft.left_out) == (1, 2_000)
    assert "'question' is larger than 1,024 KiB" in errors(draft)[0].reason


SOUND = {
    "a.parquet": parquet({"question": ["Q1", "Q2"], "answer": ["1", "2"]}),
    "a.xlsx": workbook({"S": sheet_of(SIMPLE)}),
}


@given(st.sampled_from(sorted(SOUND)), st.data())
@settings(max_examples=25, deadline=None, derandomize=True)
def test_a_damaged_file_is_read_or_refused_with_a_sentence(name, data):
    sound = SOUND[name]
    at = data.draw(st.integers(0, len(sound)))
    noise = data.draw(st.one_of(st.just(b""), st.binary(min_size=1, max_size=8)))
    read_or_refused(name, sound[:at] + noise + (sound[at + len(noise) :] if noise else b""))
