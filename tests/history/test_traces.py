"""Filtered lists of rollouts, and single rollouts step by step."""

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from agentopt_core.config import RunConfig
from agentopt_core.errors import ConfigError, NotFound
from agentopt_core.history import trace_queries
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.rollouts import ExecutionResult, Message, Rollout, Score, ToolUse
from agentopt_core.views.traces import Trace, TraceFilter
from agentopt_core.workbench import Workbench
from tests.history.helpers import NONE, began, finished_run, history, measured, new_run, rollout, task_set, write


def said(task: str, text: str, extracted: str = "7") -> Rollout:
    score = Score(correct=True, method="exact", extracted=extracted, rule="tool", reason="Right.")
    return rollout(task, True).with_(messages=(Message(role="assistant", content=text),), score=score)


def found(home: Path, run: RunFolder, **which: object) -> list[str]:
    page = trace_queries.traces(history(home), run.run_id, TraceFilter(sort="task", **which))
    assert page.hits == len(page.rows)
    return [row.task_id for row in page.rows]


def spoken(home: Path, *texts: str) -> RunFolder:
    run = new_run(home)
    write(run, [began(run), *measured(0, None, NONE, [said(f"t{i}", text) for i, text in enumerate(texts)])])
    return run


def test_a_rollout_that_was_reported_again_stands_once_in_the_list_as_it_was_last(tmp_path):
    run = finished_run(tmp_path)
    assert found(tmp_path, run, evaluation=0) == ["t0", "t1", "t2", "t3"]
    assert found(tmp_path, run, evaluation=0, outcome="not_scored") == []
    assert found(tmp_path, run, evaluation=2, outcome="not_scored") == ["t2"]


def test_fixed_and_broken_are_told_against_the_set_accepted_at_that_moment(tmp_path):
    run = finished_run(tmp_path)
    assert found(tmp_path, run, evaluation=1, outcome="fixed") == ["t1", "t2"]
    assert found(tmp_path, run, evaluation=2, outcome="fixed") == ["t3"]
    assert found(tmp_path, run, evaluation=2, outcome="broken") == ["t0"]
    rows = trace_queries.traces(history(tmp_path), run.run_id, TraceFilter(evaluation=2)).rows
    assert {row.task_id: row.change for row in rows} == {"t0": "broken", "t1": "", "t2": "", "t3": "fixed"}


def test_text_is_found_whatever_its_letters_and_signs_and_never_as_a_pattern(tmp_path):
    run = spoken(tmp_path, 'He said "100%" of_it\nΩ', "nothing", "back\\slash")
    assert found(tmp_path, run, text='SAID "100%" OF_IT\nω') == ["t0"]
    assert found(tmp_path, run, text="100_") == []
    assert found(tmp_path, run, text="%") == ["t0"]
    assert found(tmp_path, run, text="k\\s") == ["t2"]
    assert found(tmp_path, run, text="' OR 1=1 --") == []


@pytest.mark.parametrize("name", ["role", "assistant", "tool_calls", "namespaces", "prompt_tokens"])
def test_the_names_of_a_traces_fields_are_not_text(tmp_path, name):
    assert found(tmp_path, spoken(tmp_path, "hello", "world"), text=name) == []


def test_a_search_looks_at_the_newest_rollouts_up_to_a_bound_and_says_how_many_it_left_out(tmp_path):
    run = spoken(tmp_path, "word", "word", "word")
    page = trace_queries.traces(history(tmp_path), run.run_id, TraceFilter(text="word"), searched=2)
    assert ([row.task_id for row in page.rows], page.searched, page.left_out) == (["t2", "t1"], 2, 1)


def test_pages_of_a_list_follow_each_other(tmp_path):
    run = finished_run(tmp_path)
    store = history(tmp_path)
    whole = trace_queries.traces(store, run.run_id, TraceFilter(sort="slowest"))
    parts = [trace_queries.traces(store, run.run_id, TraceFilter(sort="slowest"), at, 5) for at in (0, 5, 10, 15)]
    assert [row for part in parts for row in part.rows] == list(whole.rows)
    assert {part.hits for part in parts} == {12}


def test_a_rollout_that_does_not_exist_is_said(tmp_path):
    run = finished_run(tmp_path)
    with pytest.raises(NotFound, match="no rollout of task 't9'"):
        trace_queries.trace(history(tmp_path), run.run_id, "t9", 1)


def test_code_in_a_message_stands_with_the_reply_that_holds_it():
    uses = tuple(
        ToolUse(call_id=f"block{n}", tool="python", arguments={"code": code}, result=ExecutionResult(ok=True))
        for n, code in enumerate(("print(1)", "print(2)", "print(9)"))
    )
    messages = (
        Message(role="user", content="?"),
        Message(role="assistant", content="```python\nprint(1)\n```"),
        Message(role="user", content="1"),
        Message(role="assistant", content="```python\nprint(2)\n```"),
    )
    trace = Trace(
        evaluation=0, split="train", series="", task=None, functions=None, step=None,
        rollout=Rollout(task_id="t", messages=messages, calls=uses),
    )  # fmt: skip
    assert [[call.use for call in turn.calls] for turn in trace.turns()] == [[uses[0]], [uses[1], uses[2]]]
    assert [message.content for message in trace.opening] == ["?"]


def test_the_list_downloads_as_csv_json_and_parquet_without_formulas_for_spreadsheets(tmp_path):
    run = new_run(tmp_path)
    write(run, [began(run), *measured(0, None, NONE, [said("t0", "x", "=1+1"), said("t1", "y")])])
    bench = Workbench(tmp_path, live=False)
    which = TraceFilter(sort="task")
    table = list(csv.DictReader(io.StringIO(bench.traces_file(run.run_id, which, "csv").decode())))
    assert [row["extracted"] for row in table] == ["'=1+1", "7"]
    assert [row["extracted"] for row in json.loads(bench.traces_file(run.run_id, which, "json"))] == ["=1+1", "7"]
    frame = pq.read_table(io.BytesIO(bench.traces_file(run.run_id, which, "parquet"))).to_pylist()
    assert [(row["task_id"], row["correct"], row["cost_usd"]) for row in frame] == [
        ("t0", True, 0.001),
        ("t1", True, 0.001),
    ]
    bench.close()


def test_nothing_of_private_tasks_leaves_in_a_file(tmp_path):
    run = RunFolder.create(tmp_path, RunConfig(), task_set().with_(private=True))
    write(run, [began(run), *measured(0, None, NONE, [said("t0", "x")])])
    bench = Workbench(tmp_path, live=False)
    assert bench.traces(run.run_id, TraceFilter()).hits == 1
    with pytest.raises(ConfigError, match="private"):
        bench.traces_file(run.run_id, TraceFilter(), "csv")
    bench.close()
