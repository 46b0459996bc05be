"""Whole runs of agents that call no tools: at an endpoint that refuses them, offline, and of one's own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from agentopt_core.history.journal import read_journal
from agentopt_core.history.run_folder import RunFolder, runs_in
from agentopt_core.sandbox import find_isolation
from tests.commands import agentopt, result_of, write_tasks
from tests.servers.openai_server import Answer, OpenAIServer, Seen, error, reply, tool_call

ROWS = [{"id": f"t{n}", "question": f"What is twice {n}?", "answer": str(2 * n)} for n in (21, 34, 55)]
DOUBLE = {
    "name": "double",
    "description": "Twice a number.",
    "arguments": '{"x": {"type": "integer", "description": "the number"}}',
    "packages": "",
    "code": "def double(x):\n    return 2 * x",
}
OWN_AGENT = Path(__file__).parents[1] / "agents" / "own_agent.py"


def speak(request: Seen) -> Answer:
    """`plain` refuses tools and doubles only by a function; `editor` writes that function."""
    body = request.body
    if body["model"] == "editor":
        return tool_call("add_function", DOUBLE)
    if "tools" in body or "tool_choice" in body:
        return error(400, "This model does not support tools.", param="tools")
    system, question, *rest = (message["content"] for message in body["messages"])
    if rest:
        return reply(f"Thought: there it is\nFINAL ANSWER: {rest[-1].splitlines()[-1]}")
    number = question.split()[-1].rstrip("?")
    if "`double`" in system:
        return reply(f'Thought: double it\nAction 1: double\nAction 1 Input: {{"x": {number}}}\nObservation 1: 7')
    return reply(f"Thought: I guess\nFINAL ANSWER: {number}")


def train(server: OpenAIServer, tmp_path, *options: str):
    tasks = write_tasks(tmp_path / "tasks.jsonl", ROWS)
    named = ("--base-url", server.base_url, "--model", "plain", "--optimizer-model", "editor", "--epochs", "1")
    return agentopt(
        *("train", "--tasks", tasks, "--home", tmp_path / "home", "--json", *named, "--max-actions", "1", *options),
        env={"OPENAI_API_KEY": "sk-canary", "PYTHONPATH": str(tmp_path)},
    )


def rollouts(run: RunFolder):
    return [event.rollout for _, event in read_journal(run.journal) if event.kind == "rollout_finished"]


def test_a_react_run_learns_at_an_endpoint_that_refuses_tools_and_never_sends_any(tmp_path):
    with OpenAIServer(speak) as server:
        result = result_of(train(server, tmp_path, "--agent-kind", "react"))
        asked = [body for body in server.bodies if body["model"] == "plain"]
    assert (result["baseline"], result["best"]) == (0.0, 1.0)
    assert asked
    assert not any("tools" in body for body in asked)
    assert {message["role"] for body in asked for message in body["messages"]} == {"system", "user", "assistant"}
    (run,) = runs_in(tmp_path / "home")
    used = [[use.tool for use in rollout.calls] for rollout in rollouts(run)]
    assert used == [[]] * 3 + [["double"]] * 3
    assert run.config().agent.kind == "react"


def test_agent_and_optimizer_both_work_at_an_endpoint_that_refuses_tools(tmp_path):
    def refuse_tools(request: Seen) -> Answer:
        if "tools" in request.body or "tool_choice" in request.body:
            return error(400, "This model does not support tools.", param="tools")
        if request.body["model"] == "editor":
            assert '"name": "add_function"' in request.body["messages"][0]["content"]
            call = json.dumps({"name": "add_function", "arguments": DOUBLE})
            return reply(f"Doubling is missing.\n<tool_call>\n{call}\n</tool_call>")
        return speak(request)

    with OpenAIServer(refuse_tools) as server:
        result = result_of(train(server, tmp_path, "--agent-kind", "react", "--optimizer-writes-calls"))
        assert not any("tools" in body for body in server.bodies)
    assert (result["baseline"], result["best"]) == (0.0, 1.0)


def test_the_default_agent_says_at_such_an_endpoint_which_one_would_do(tmp_path):
    with OpenAIServer(speak) as server:
        done = train(server, tmp_path)
    assert done.returncode != 0
    assert "--agent-kind react" in done.stderr


def test_a_run_is_made_with_an_agent_of_ones_own_from_a_file_of_ones_own(tmp_path):
    shutil.copy(OWN_AGENT, tmp_path / "mine.py")
    with OpenAIServer(lambda _: reply("42")) as server:
        result = result_of(train(server, tmp_path, "--agent-kind", "mine:OneShot", "--max-evaluations", "1"))
    assert result["baseline"] == pytest.approx(1 / 3)


def test_an_agent_that_cannot_be_loaded_ends_the_run_with_the_next_move(tmp_path):
    with OpenAIServer(speak) as server:
        done = train(server, tmp_path, "--agent-kind", "nowhere_to_be_found:Agent")
    assert done.returncode == 1
    assert "nowhere_to_be_found" in done.stderr
    assert "PYTHONPATH" in done.stderr


def by_shell(request: Seen) -> Answer:
    """Doubles with a command line, where a shell is offered."""
    system, question, *rest = (message["content"] for message in request.body["messages"])
    if rest:
        return reply(f"FINAL ANSWER: {rest[-1].splitlines()[-1]}")
    number = question.split()[-1].rstrip("?")
    assert "`shell`" in system
    return reply(f"Action 1: shell\nAction 1 Input: echo $((2 * {number}))")


@pytest.mark.skipif(find_isolation().level != "namespaces", reason="a shell needs level 'namespaces'")
def test_a_react_run_solves_its_tasks_by_the_shell_that_it_was_given(tmp_path):
    with OpenAIServer(by_shell) as server:
        result = result_of(train(server, tmp_path, "--agent-kind", "react", "--shell", "--max-evaluations", "1"))
    assert result["baseline"] == 1.0
    (run,) = runs_in(tmp_path / "home")
    assert [[use.tool for use in rollout.calls] for rollout in rollouts(run)] == [["shell"]] * 3
