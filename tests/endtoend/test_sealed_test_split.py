"""What a whole run shows its models of the test split: nothing before training has ended, and the optimizer never."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentopt_core.history.journal import read_journal
from agentopt_core.history.run_folder import runs_in
from tests.commands import agentopt, result_of, write_tasks
from tests.servers.openai_server import Answer, OpenAIServer, Seen, reply, tool_call

ADD = {
    "name": "halve",
    "description": "Half of a number.",
    "code": "def halve(x):\n    return x / 2\n",
    "arguments": json.dumps({"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}),
    "packages": "",
}


def is_optimizer(request: Seen) -> bool:
    return any(tool["function"]["name"] == "add_function" for tool in request.body.get("tools", ()))


def answer(request: Seen) -> Answer:
    """Proposes one function; whoever has it is right."""
    if is_optimizer(request):
        told = str(request.body["messages"])
        return reply("TERMINATE") if "halve" in told else tool_call("add_function", ADD)
    has_it = any(tool["function"]["name"] == "halve" for tool in request.body["tools"])
    return tool_call("final_answer", {"answer": "yes" if has_it else "no"})


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    rows = [
        {"question": f"Is {'train' if split == 'train' else 'SEALED'} {k} right?", "answer": "yes", "split": split}
        for split in ("train", "test")
        for k in range(4)
    ]
    return write_tasks(tmp_path / "tasks.jsonl", rows)


def train(server: OpenAIServer, tasks: Path, home: Path, *more: object) -> dict:
    options = ("--base-url", server.base_url, "--model", "m", "--epochs", "1", "--patience", "0", "--home", home)
    return result_of(agentopt("train", "--tasks", tasks, *options, *more, "--json"))


def test_no_model_sees_a_test_task_in_training_and_the_optimizer_never_does(tmp_path, tasks):
    with OpenAIServer(answer) as server:
        result = train(server, tasks, tmp_path / "home")
        bodies = [str(body) for body in server.bodies]
        sealed = ["SEALED" in body for body in bodies]
        optimizer = ["add_function" in body for body in bodies]
    assert any(optimizer)
    assert not any(seen and asked for seen, asked in zip(sealed, optimizer, strict=True))
    assert not any(sealed[: max(place for place, asked in enumerate(optimizer) if asked)])
    assert sum(sealed) == 8
    test = result["test"]
    assert (test["baseline"], test["best"], test["n"], test["fixed"], test["broken"]) == (0.0, 1.0, 4, 4, 0)
    assert (test["p_value"], test["label"]) == (0.125, "held-out test")
    (run,) = runs_in(tmp_path / "home")
    kinds = [event.kind for _, event in read_journal(run.journal)]
    assert kinds.count("split_opened") == 2
    first = kinds.index("split_opened")
    assert all(
        "SEALED" not in event.model_dump_json()
        for place, (_, event) in enumerate(read_journal(run.journal))
        if place < first
    )


def test_a_split_that_is_to_stay_sealed_stays_so(tmp_path, tasks):
    with OpenAIServer(answer) as server:
        result = train(server, tasks, tmp_path / "home", "--keep-test-sealed")
        assert not any("SEALED" in str(body) for body in server.bodies)
    assert result["test"]["label"] == "test split sealed"
    assert result["test"]["best"] is None


def test_a_run_that_its_budget_ended_leaves_the_test_split_sealed(tmp_path, tasks):
    with OpenAIServer(answer) as server:
        result = train(server, tasks, tmp_path / "home", "--budget-requests", "5")
        assert not any("SEALED" in str(body) for body in server.bodies)
    assert result["stop_reason"] == "budget"
    assert result["test"]["sealed"]


def test_a_budget_that_ends_within_the_test_split_ends_no_training_and_is_said(tmp_path, tasks):
    with OpenAIServer(answer) as server:
        result = train(server, tasks, tmp_path / "home", "--budget-requests", "12")
    assert result["stop_reason"] == "perfect"
    assert result["test"]["best"] is None
    (run,) = runs_in(tmp_path / "home")
    warnings = [event.message for _, event in read_journal(run.journal) if event.kind == "warned"]
    assert any("opened, but not measured to the end" in message for message in warnings)
    test = result["test"]
    assert (test["label"], test["sealed"]) == ("test split opened, not measured to the end", False)


def test_a_run_killed_within_the_test_split_completes_it_without_opening_it_again(tmp_path, tasks):
    home = tmp_path / "home"
    with OpenAIServer(answer) as server:
        whole = train(server, tasks, home)
        (run,) = runs_in(home)
        lines = run.journal.read_bytes().splitlines(keepends=True)
        kinds = [json.loads(line)["kind"] for line in lines]
        opened = kinds.index("split_opened", kinds.index("split_opened") + 1)
        kept = kinds.index("rollout_finished", opened) + 1
        run.journal.write_bytes(b"".join(lines[:kept]))
        before = len(server.bodies)
        again = result_of(agentopt("resume", run.run_id, "--home", home, "--json"))
        asked = [str(body) for body in server.bodies[before:]]
    assert len(asked) == 3
    assert all("SEALED" in body for body in asked)
    same = ("baseline", "best", "n", "fixed", "broken", "p_value", "openings", "label")
    assert [again["test"][name] for name in same] == [whole["test"][name] for name in same]
    assert [event.kind for _, event in read_journal(run.journal)].count("split_opened") == 2


def test_a_set_without_a_test_split_is_called_fit_without_hold_out(tmp_path):
    rows = [{"question": f"Is {k} right?", "answer": "yes"} for k in range(4)]
    with OpenAIServer(answer) as server:
        result = train(server, write_tasks(tmp_path / "t.jsonl", rows), tmp_path / "home")
    assert result["test"]["label"] == "fit, no hold-out"
    assert result["test"]["tasks"] == 0
