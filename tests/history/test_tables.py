"""The tables of a run as files: whole, counted once, safe for spreadsheets, and silent about private tasks."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet
import pytest

from agentopt_core.errors import AgentOptError
from agentopt_core.functions import FunctionSet
from agentopt_core.history.tables import TABLE_FORMATS, TABLE_NAMES, encoded, table_bytes, write_tables
from agentopt_core.rollouts import Answer
from tests.history.helpers import began, finished_run, history, measured, new_run, rollout, write
from tests.workbench.runs import sums, trained


def rows(data: bytes, kind: str) -> list[dict[str, object]]:
    if kind == "csv":
        return list(csv.DictReader(io.StringIO(data.decode())))
    if kind == "json":
        return json.loads(data)
    return pyarrow.parquet.read_table(io.BytesIO(data)).to_pylist()


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_every_table_is_the_same_in_all_three_formats(tmp_path: Path, name) -> None:
    run = finished_run(tmp_path)
    store = history(tmp_path)
    tables = [rows(table_bytes(store, [run.run_id], name, kind), kind) for kind in TABLE_FORMATS]
    assert len({len(table) for table in tables}) == 1
    assert len({tuple(table[0]) for table in tables if table}) == 1
    assert tables[0]


def test_the_last_report_of_a_task_counts(tmp_path: Path) -> None:
    run = finished_run(tmp_path)
    table = rows(table_bytes(history(tmp_path), [run.run_id], "rollouts", "json"), "json")
    baseline = {row["task_id"]: row for row in table if row["evaluation"] == 0}
    assert len(baseline) == 4
    assert baseline["t2"]["ended"] == "answered"  # it was a fault at first


def test_accuracy_stands_with_its_n_and_verdict(tmp_path: Path) -> None:
    run = finished_run(tmp_path)
    table = rows(table_bytes(history(tmp_path), [run.run_id], "evaluations", "parquet"), "parquet")
    told = [(row["accuracy"], row["correct"], row["n"], row["faults"], row["verdict"]) for row in table]
    assert told == [(0.25, 1, 4, 0, "baseline"), (0.75, 3, 4, 0, "kept"), (2 / 3, 2, 3, 1, "rolled_back")]


def test_an_unknown_price_is_empty_and_not_zero(tmp_path: Path) -> None:
    run = finished_run(tmp_path)
    table = rows(table_bytes(history(tmp_path), [run.run_id], "requests", "json"), "json")
    assert [row["cost_usd"] for row in table if row["error"]] == [None]


def test_traces_come_on_demand_only(tmp_path: Path) -> None:
    run = finished_run(tmp_path)
    store = history(tmp_path)
    without = rows(table_bytes(store, [run.run_id], "rollouts", "json"), "json")
    with_them = rows(table_bytes(store, [run.run_id], "rollouts_with_traces", "json"), "json")
    assert "trace" not in without[0]
    assert with_them[0]["trace"]["messages"][0]["content"] == "What?"


def test_runs_stand_under_one_another(tmp_path: Path) -> None:
    runs = [finished_run(tmp_path).run_id for _ in range(2)]
    table = rows(table_bytes(history(tmp_path), runs, "updates", "csv"), "csv")
    assert [row["run_id"] for row in table] == [runs[0]] * 3 + [runs[1]] * 3


def test_a_formula_becomes_text_in_csv_and_stays_as_it_is_elsewhere(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    answers = ["=HYPERLINK(1)", "-5", "@SUM(1)", "-1+cmd|' /C calc'!A0", "+3.5e4", "plain"]
    rollouts = [
        rollout(f"t{i}", True).with_(answer=Answer(text=text, source="tool")) for i, text in enumerate(answers)
    ]  # fmt: skip
    write(run, [began(run), *measured(0, None, FunctionSet(), rollouts)])
    store = history(tmp_path)
    in_csv = [row["answer"] for row in rows(table_bytes(store, [run.run_id], "rollouts", "csv"), "csv")]
    assert in_csv == ["'=HYPERLINK(1)", "-5", "'@SUM(1)", "'-1+cmd|' /C calc'!A0", "+3.5e4", "plain"]
    in_json = [row["answer"] for row in rows(table_bytes(store, [run.run_id], "rollouts", "json"), "json")]
    assert in_json == answers
    assert rows(encoded([{"a": "=1+1", "b": -5}], "csv"), "csv") == [{"a": "'=1+1", "b": "-5"}]


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_nothing_of_private_tasks_is_in_any_table(tmp_path: Path, name) -> None:
    tasks = sums(4, 0, words="A secret riddle number {i}?", private=True)
    run = trained(tmp_path, "----", "++--", tasks=tasks, rationale="A secret riddle", reason="sum-3 was solved")
    store = history(tmp_path)
    for kind in TABLE_FORMATS:
        table = rows(table_bytes(store, [run.run_id], name, kind), kind)
        told = json.dumps(table, default=str)
        assert "sum-" not in told
        assert "riddle" not in told


def test_a_task_has_the_same_number_in_every_table_of_a_private_run(tmp_path: Path) -> None:
    run = trained(tmp_path, "+-+-", "++--", tasks=sums(4, 0, private=True))
    table = rows(table_bytes(history(tmp_path), [run.run_id], "rollouts", "json"), "json")
    by_task = {row["task_id"]: [] for row in table}
    for row in table:
        by_task[row["task_id"]].append(row["correct"])
    assert by_task == {"1": [True, True], "2": [False, True], "3": [True, False], "4": [False, False]}


def test_a_file_that_cannot_be_written_is_a_sentence_and_leaves_nothing_behind(tmp_path: Path) -> None:
    run = finished_run(tmp_path)
    taken = tmp_path / "taken"
    taken.write_text("a file, no folder")
    with pytest.raises(AgentOptError):
        write_tables(history(tmp_path), [run.run_id], "runs", "csv", taken / "runs.csv")
    folder = tmp_path / "it's a 'folder'"
    assert write_tables(history(tmp_path), [run.run_id], "runs", "csv", folder / "runs.csv").stat().st_size
    assert [path.name for path in folder.iterdir()] == ["runs.csv"]
