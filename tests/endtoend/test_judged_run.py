"""A whole run whose answers a language model judges: counted, within the budget, asked once, also after a kill."""

from __future__ import annotations

import pytest

from agentopt_core.config import Endpoint, GraderConfig, RunConfig
from agentopt_core.errors import ConfigError
from agentopt_core.history.journal import read_journal
from agentopt_core.history.run_folder import RunFolder, runs_in
from agentopt_core.tasks import Task, TaskSet
from agentopt_core.workbench import Workbench
from tests.commands import agentopt, result_of, write_tasks
from tests.servers.openai_server import Answer, OpenAIServer, Seen, reply, tool_call

KEY = "sk-canary-of-the-judge"
JUDGED = [
    {"id": f"why-{n}", "question": f"Why {n}?", "answer": f"Because {n}.", "answer_type": "judge"} for n in (1, 2)
]
ROWS = [*JUDGED, {"id": "sum", "question": "2 + 2?", "answer": "4"}]


def speak(request: Seen) -> Answer:
    """Agent and optimizer by their tools; the judge finds every answer right that gives a reason."""
    if request.body["model"] == "wise":
        right = "For that reason" in request.body["messages"][-1]["content"]
        return reply(f'{{"reason": "It was compared.", "correct": {str(right).lower()}}}')
    if any(tool["function"]["name"] == "add_function" for tool in request.body.get("tools", ())):
        return reply("TERMINATE")
    question = request.body["messages"][1]["content"]
    return tool_call("final_answer", {"answer": f"For that reason: {question}" if "Why" in question else "4"})


def judged(server: OpenAIServer) -> int:
    return sum(body["model"] == "wise" for body in server.bodies)


def train(server: OpenAIServer, tmp_path, *options: str):
    tasks = write_tasks(tmp_path / "tasks.jsonl", ROWS)
    named = ("--base-url", server.base_url, "--model", "m", "--epochs", "1", "--patience", "0", "--go-on-at-perfect")
    return agentopt(
        *("train", "--tasks", tasks, "--home", tmp_path / "home", "--json", *named, *options),
        env={"OPENAI_API_KEY": KEY},
    )


def methods(run: RunFolder) -> dict[str, str]:
    events = [event for _, event in read_journal(run.journal)]
    return {e.rollout.task_id: e.rollout.score.method for e in events if e.kind == "rollout_finished"}


def test_tasks_that_ask_for_it_are_judged_and_what_that_costs_is_in_the_runs_totals(tmp_path):
    with OpenAIServer(speak) as server:
        result = result_of(train(server, tmp_path, "--judge-model", "wise"))
        assert (judged(server), result["requests"]) == (2, len(server.requests))
    assert result["baseline"] == 1.0
    (run,) = runs_in(tmp_path / "home")
    assert methods(run) == {"why-1": "judge", "why-2": "judge", "sum": "numeric"}
    assert KEY.encode() not in b"".join(path.read_bytes() for path in run.path.iterdir() if path.is_file())


def test_one_judge_for_all_tasks_judges_also_those_that_a_rule_could_compare(tmp_path):
    with OpenAIServer(speak) as server:
        result = result_of(train(server, tmp_path, "--grader", "judge", "--judge-model", "wise"))
    (run,) = runs_in(tmp_path / "home")
    assert set(methods(run).values()) == {"judge"}
    assert result["baseline"] == pytest.approx(2 / 3)


def test_a_resumed_run_asks_its_judge_nothing_again(tmp_path):
    with OpenAIServer(speak) as server:
        done = result_of(train(server, tmp_path, "--judge-model", "wise"))
        (run,) = runs_in(tmp_path / "home")
        lines = run.journal.read_bytes().splitlines(keepends=True)
        # As a kill leaves it that came after the judgements and before the rollouts were written down.
        first = next(number for number, line in enumerate(lines) if b'"rollout_finished"' in line)
        run.journal.write_bytes(b"".join(lines[:first]))
        again = result_of(
            agentopt("resume", run.run_id, "--home", tmp_path / "home", "--json", env={"OPENAI_API_KEY": KEY})
        )
        assert judged(server) == 2
    assert (again["baseline"], again["n"]) == (done["baseline"], done["n"])


def test_the_judges_requests_count_against_the_budget(tmp_path):
    with OpenAIServer(speak) as server:
        options = ("--grader", "judge", "--judge-model", "wise", "--budget-requests", "5", "--concurrency", "1")
        result = result_of(train(server, tmp_path, *options))
        assert len(server.requests) == 5
    assert result["stop_reason"] == "budget"


def test_tasks_that_ask_for_a_judge_start_no_run_without_one(tmp_path):
    with OpenAIServer(speak) as server:
        done = train(server, tmp_path)
        assert server.requests == []
    assert done.returncode == 2
    assert "none is named as judge" in done.stderr
    assert "--judge-model" in done.stderr
    assert runs_in(tmp_path / "home") == []


def test_the_train_page_is_told_before_the_start_that_a_judge_is_missing(tmp_path):
    tasks = TaskSet(id="why", name="Why", tasks=tuple(Task.model_validate(row) for row in ROWS))
    bench = Workbench(tmp_path, live=False)
    with pytest.raises(ConfigError, match="none is named as judge"):
        bench.create(RunConfig(), tasks)
    assert bench.create(RunConfig(grader=GraderConfig(judge=Endpoint())), tasks).run_id


def test_a_demo_run_is_judged_offline(tmp_path):
    home = tmp_path / "home"
    done = agentopt(
        *("train", "--demo", "--demo-latency-ms", "0", "--tasks", "number-and-algebra", "--home", home, "--json"),
        *("--grader", "judge", "--epochs", "2", "--patience", "1"),
    )
    result = result_of(done)
    assert result["demo"]
    assert result["best"] > result["baseline"]
    (run,) = runs_in(home)
    assert set(methods(run).values()) == {"judge"}
    roles = {event.purpose.role for _, event in read_journal(run.journal) if event.kind == "request_finished"}
    assert roles == {"agent", "optimizer", "judge"}
