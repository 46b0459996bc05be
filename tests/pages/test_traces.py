"""The Traces page on homes whose runs are written from events, read through the real Workbench."""

import hashlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PIL import Image

from agentopt_core.actions import AddFunction
from agentopt_core.chat import Purpose
from agentopt_core.config import RunConfig
from agentopt_core.events import EvaluationFinished, EvaluationStarted, Event, RequestFinished, RolloutFinished
from agentopt_core.functions import FunctionSet
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.rollouts import (
    Answer,
    ExecutionError,
    ExecutionResult,
    Message,
    Rollout,
    Score,
    ToolCall,
    ToolUse,
)
from agentopt_core.tasks import Attachment, Task, TaskSet
from agentopt_core.workbench import Workbench
from pages.components.code_block import code_html
from tests.history.helpers import DOUBLE, NONE, PRICE, began, decided, finished_run, new_run, proposed, share, write
from tests.pages.conftest import texts

HOSTILE = (
    "<img src=x onerror=alert(1)> **bold** $x^2$ :red[r] :material/home: `c` [l](http://example.test) \u202e "
    "\U0001f600 שלום " + "A" * 100_000
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def benches() -> Iterator[list[Workbench]]:
    opened: list[Workbench] = []
    yield opened
    for bench in opened:
        bench.close()


@pytest.fixture
def bench(home: Path, benches: list[Workbench]) -> Workbench:
    benches.append(Workbench(home, live=False))
    return benches[0]


def talk(task: str, correct: bool, text: str = "I call it.", failed: bool = False) -> Rollout:
    """Two replies: a call of `double`, then the answer."""
    error = ExecutionError(type="ValueError", message=f"odd {text}", line=2) if failed else None
    result = ExecutionResult(ok=not failed, value=None if failed else 4, stdout=text, error=error, ms=12.5)
    said = (
        Message(role="system", content=f"You solve tasks. {text}"),
        Message(role="user", content=f"What is it? {text}"),
        Message(role="assistant", content=text, tool_calls=(ToolCall(id="c1", name="double", arguments='{"x": 2}'),)),
        Message(role="tool", content="4", tool_call_id="c1"),
        Message(role="assistant", content="The answer is 4."),
    )
    score = Score(correct=correct, method="exact", extracted="4", rule="marker", reason=f"Judged so. {text[:400]}")
    return Rollout(
        task_id=task,
        messages=said,
        calls=(ToolUse(call_id="c1", tool="double", arguments={"x": 2}, result=result),),
        answer=Answer(text="4", source="message"),
        usage=PRICE + PRICE,
        seconds=0.4,
        score=score,
    )


def asked(evaluation: int, task: str, ms: float) -> RequestFinished:
    purpose = Purpose(role="agent", evaluation=evaluation, task_id=task)
    return RequestFinished(purpose=purpose, model="m", usage=PRICE, ms=ms, attempts=1)


def evaluated(
    evaluation: int, step: int | None, functions: FunctionSet, rollouts: Sequence[Rollout], requests: int = 2
) -> list[Event]:
    events: list[Event] = [
        EvaluationStarted(evaluation=evaluation, step=step, functions=functions, split="train", n=len(rollouts))
    ]
    for each in rollouts:
        events += [asked(evaluation, each.task_id, 100.0 * (number + 1)) for number in range(requests)]
        events.append(RolloutFinished(evaluation=evaluation, functions_digest=functions.digest, rollout=each))
    events.append(
        EvaluationFinished(
            evaluation=evaluation, functions_digest=functions.digest, split="train", result=share(rollouts), wall_s=1.0
        )
    )
    return events


def spoken_run(home: Path, text: str = "I call it.", requests: int = 2, tasks: int = 4, **config: object) -> RunFolder:
    """A baseline that fails t0 and solves t1; the set with `double` the other way round. It goes on."""
    run = new_run(home, tasks, **config)
    with_double = FunctionSet(functions=(DOUBLE,))
    rest = [f"t{number}" for number in range(2, tasks)]
    before = [talk("t0", False), talk("t1", True), *(talk(task, False, failed=True) for task in rest)]
    after = [talk("t0", True, text), talk("t1", False, text, failed=True), *(talk(task, False) for task in rest)]
    write(
        run,
        [
            began(run),
            *evaluated(0, None, NONE, before),
            decided(None, 0, "baseline", 0, 0, share(before)),
            *proposed(1, 0, AddFunction(function=DOUBLE)),
            *evaluated(1, 1, with_double, after, requests),
        ],
    )
    return run


def rows_of(at) -> list[tuple[str, str]]:
    frame = at.dataframe[0].value
    return list(zip(frame["task"], frame["outcome"], strict=True))


def test_an_empty_home_says_what_to_do(page, bench):
    at = page(bench, "traces")
    assert not at.exception
    assert "No run yet" in texts(at)


def test_a_run_without_a_rollout_says_when_the_first_comes(page, bench, home):
    run = new_run(home)
    write(run, [began(run)])
    at = page(bench, "traces", run=run.run_id)
    assert not at.exception
    assert "No rollout has ended yet" in texts(at)


def test_a_finished_run_with_faults_and_without_recorded_requests_is_drawn(page, bench, home):
    run = finished_run(home)
    for params in (
        {},
        {"task": "t2", "evaluation": "2"},
        {"task": "t1", "a": "0", "b": "2"},
        {"outcome": "not_scored"},
    ):
        at = page(bench, "traces", run=run.run_id, **params)
        assert not at.exception
        assert "Something unexpected" not in texts(at)
    assert rows_of(at) == [("t2", "○ not scored")]
    assert "A fault of the infrastructure" in texts(at)


def test_a_damaged_run_says_why(page, bench, home):
    run = new_run(home)
    (run.path / "config.json").write_text("{")
    at = page(bench, "traces", run=run.run_id)
    assert not at.exception
    assert "damaged" in " ".join(str(one.proto) for one in at.warning) + texts(at)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"outcome": "fixed"}, [("t0", "✓ solved")]),
        ({"outcome": "broken"}, [("t1", "✗ failed")]),
        ({"outcome": "solved", "sort": "oldest"}, [("t1", "✓ solved"), ("t0", "✓ solved")]),
        ({"evaluation": "0", "error": "ValueError", "sort": "task"}, [("t2", "✗ failed"), ("t3", "✗ failed")]),
        ({"step": "1", "text": "NEEDLE", "sort": "task"}, [("t0", "✓ solved"), ("t1", "✗ failed")]),
        ({"function": "double", "evaluation": "1", "outcome": "solved"}, [("t0", "✓ solved")]),
    ],
)
def test_the_address_filters_the_list(page, bench, home, params, expected):
    run = spoken_run(home, "The needle is here.")
    assert rows_of(page(bench, "traces", run=run.run_id, **params)) == expected


def test_filters_can_be_cleared_and_a_filter_without_hits_says_so(page, bench, home):
    run = spoken_run(home)
    at = page(bench, "traces", run=run.run_id, text="nowhere to be found")
    assert "No rollout is like this" in texts(at)
    at.button("clear_filters").click().run()
    assert len(rows_of(at)) == 8
    assert "text" not in at.query_params


def test_choosing_a_filter_puts_it_into_the_address(page, bench, home):
    at = page(bench, "traces", run=spoken_run(home).run_id)
    at.selectbox("traces_outcome_None").select("broken").run()
    assert at.query_params["outcome"] == "broken"
    assert rows_of(at) == [("t1", "✗ failed")]


def test_the_list_shows_fifty_rollouts_a_page(page, bench, home):
    run = spoken_run(home, tasks=40)
    at = page(bench, "traces", run=run.run_id)
    assert len(rows_of(at)) == 50
    at.button("page_on").click().run()
    assert len(rows_of(at)) == 30
    assert "51 to 80 of 80" in texts(at)


def test_a_deep_link_opens_the_conversation_with_time_and_cost_of_each_step(page, bench, home):
    run = spoken_run(home)
    at = page(bench, "traces", run=run.run_id, task="t1", evaluation="1")
    said = texts(at)
    assert at.subheader[0].value == "t1"
    for part in ("What is it?", "I call it.", "The answer is 4.", "100 ms", "200 ms", "12.5 ms", "odd I call it."):
        assert part in said
    assert "   2      return 2 * x" in said
    assert "cannot be matched" not in said
    assert "Update 1" in said


@pytest.mark.parametrize("changed", [False, True])
def test_a_picture_is_shown_from_the_runs_own_folder_and_only_as_it_was_imported(page, bench, home, tmp_path, changed):
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(file, "PNG")
    source = tmp_path / "source"
    source.mkdir()
    (source / "chart.png").write_bytes(file.getvalue())
    digest = hashlib.sha256(file.getvalue()).hexdigest()
    picture = Attachment(
        path="chart.png", media_type="image/png", sha256=digest, bytes=len(file.getvalue()), role="prompt"
    )
    task = Task(id="t0", question="What is red?", answer="4", attachments=(picture,))
    run = RunFolder.create(home, RunConfig(), TaskSet(id="charts", name="Charts", tasks=(task,)), source)
    write(run, [began(run), *evaluated(0, None, NONE, [talk("t0", True)])])
    if changed:
        (run.files / "chart.png").write_bytes(b"another")
    at = page(bench, "traces", run=run.run_id)
    assert not at.exception
    assert len(at.get("image")) == (0 if changed else 1)
    assert ("was changed after it was imported" in texts(at)) == changed


def test_requests_that_do_not_match_the_replies_are_not_spread_over_them(page, bench, home):
    run = spoken_run(home, requests=3)
    said = texts(page(bench, "traces", run=run.run_id, task="t1", evaluation="1"))
    assert "3 answered requests were recorded for 2 replies" in said
    assert "100 ms" not in said


def test_the_next_rollout_of_the_list_is_one_click_away(page, bench, home):
    at = page(bench, "traces", run=spoken_run(home).run_id, evaluation="1", sort="task", task="t0")
    assert at.button("trace_previous").disabled
    at.button("trace_next").click().run()
    assert at.subheader[0].value == "t1"
    assert at.query_params["evaluation"] == "1"


def test_two_versions_of_a_task_stand_side_by_side_with_what_differs(page, bench, home):
    at = page(bench, "traces", run=spoken_run(home).run_id, task="t0", a="0", b="1")
    said = texts(at)
    assert "added double" in said
    assert "Different verdicts, same answer." in said
    at.button("pair_close").click().run()
    assert at.subheader[0].value == "t0"
    assert "a" not in at.query_params


def test_a_rollout_that_does_not_exist_is_said_with_the_next_move(page, bench, home):
    at = page(bench, "traces", run=spoken_run(home).run_id, task="t9", evaluation="1")
    assert not at.exception
    assert "has no rollout of task 't9'" in texts(at)


@pytest.mark.parametrize("params", [{}, {"task": "t1", "evaluation": "1"}, {"task": "t1", "a": "0", "b": "1"}])
def test_hostile_text_stays_text_and_long_text_is_folded(page, bench, home, params):
    run = spoken_run(home, HOSTILE, name=HOSTILE[:80])
    at = page(bench, "traces", run=run.run_id, **params)
    assert not at.exception
    for element in (*at.title, *at.subheader, *at.markdown, *at.caption, *at.error, *at.warning):
        assert "<img" not in element.value.replace("\\<", "")
        assert "**bold" not in element.value
        assert len(element.value) < 5_000
    assert all("<img" not in element.value for element in at.html)
    assert all(len(block.value) < 3_000 for block in at.code)
    assert all(len(block.value) < 6_000 for block in at.html if "ao-code" in block.value)


@pytest.mark.parametrize(
    "params",
    [
        {"evaluation": HOSTILE[:300]},
        {"open": "9" * 300, "task": "t0"},
        {"open": "1.train." + HOSTILE[:200], "task": "t0"},
        {"outcome": "'; DROP TABLE rollouts", "function": HOSTILE[:300], "error": "%' OR 1=1"},
        {"sort": "x", "split": "y", "series": HOSTILE[:300], "a": "x", "b": "²"},
        {"evaluation": "²", "open": "².train."},
    ],
)
def test_whatever_stands_in_the_address_the_page_is_drawn(page, bench, home, params):
    at = page(bench, "traces", run=spoken_run(home).run_id, **params)
    for number in ("-1", "²", "9" * 300):
        assert not at.exception
        assert "Something unexpected" not in texts(at)
        at.query_params["page"] = number
        at.run()


def test_a_page_beyond_the_end_of_the_list_shows_its_last_rows(page, bench, home):
    at = page(bench, "traces", run=spoken_run(home).run_id)
    at.query_params["page"] = "7"
    at.run()
    assert len(rows_of(at)) == 8


def test_a_folded_message_is_shown_whole_when_asked_for(page, bench, home):
    run = spoken_run(home, "A" * 90_000)
    at = page(bench, "traces", run=run.run_id, task="t1", evaluation="1")
    reply = next(toggle for toggle in at.toggle if "_reply_1" in toggle.key)
    assert "A" * 2_001 not in texts(at)
    reply.set_value(True).run()
    assert "A" * 90_000 in texts(at)


def test_a_block_of_code_shows_a_stranger_s_text_whole_and_escaped():
    long = '{"x": "' + "a" * 1_900 + '<img src=x onerror=alert(1)>"}'
    shown = code_html(long, "json")
    assert "a" * 1_900 in shown
    assert "<img" not in shown
    assert "⟨U+202E⟩" in code_html("a\u202eb")
    assert 'class="k"' in code_html("def f():\n    return 1", "python").replace("'", '"')
