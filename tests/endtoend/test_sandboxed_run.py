"""A whole run against an endpoint: attachments, a notebook, a grader of the user's, and hostile code in between."""

from __future__ import annotations

import hashlib
import json
import os

import pytest

from agentopt_core.history.journal import read_journal
from agentopt_core.history.run_folder import runs_in
from agentopt_core.importing.stored import manifest_for
from agentopt_core.sandbox import find_isolation
from agentopt_core.task_lines import to_lines
from agentopt_core.tasks import Attachment, Task, TaskSet
from tests.commands import agentopt, result_of
from tests.servers.openai_server import Answer, OpenAIServer, Seen, reply, tool_call

KEY = "sk-canary-that-no-function-may-see"
TABLE = b"item,price\npen,2\nbook,40\n"
GRADER = '''def grade(answer, task):
    """Whole numbers, with the unit of the task or without."""
    return {"correct": int(answer.split()[0]) == int(task["answer"]), "reason": f"compared as {task['unit']}"}
'''
SCRIPT = [
    tool_call("python", {"code": "rows = [line.split(',') for line in open('attachments/table.csv')][1:]"}),
    tool_call("python", {"code": "sum(int(row[1]) for row in rows)"}),
    tool_call("python", {"code": "import os, sys\n[dict(os.environ), open('/proc/self/environ').read()]"}),
    tool_call("final_answer", {"answer": "42 EUR"}),
]


@pytest.fixture
def home(tmp_path):
    """A home with a task set whose one training task came with a file."""
    folder = tmp_path / "home" / "tasksets" / "prices"
    folder.mkdir(parents=True)
    (folder / "table.csv").write_bytes(TABLE)
    digest = hashlib.sha256(TABLE).hexdigest()
    attachment = Attachment(path="table.csv", media_type="text/csv", sha256=digest, bytes=len(TABLE))
    task = Task(id="1", question="What do all items cost?", answer="42", unit="EUR", attachments=(attachment,))
    held = (Task(id=str(number), question="And of nothing?", answer="0", split="test") for number in (2, 3))
    tasks = TaskSet(id="prices", name="Prices", tasks=(task, *held))
    lines = to_lines(tasks.each())
    (folder / "tasks.jsonl").write_bytes(lines)
    manifest = manifest_for("prices", tasks, hashlib.sha256(lines).hexdigest())
    (folder / "manifest.json").write_text(manifest.model_dump_json())
    return tmp_path / "home"


def by_turn(request: Seen) -> Answer:
    """The script's next line: one for each answer of a tool that the request holds."""
    if any(tool["function"]["name"] == "add_function" for tool in request.body.get("tools", ())):
        return reply("TERMINATE")
    return SCRIPT[sum(message["role"] == "tool" for message in request.body["messages"])]


def test_code_reads_its_tasks_files_remembers_and_sees_no_key_and_the_users_grader_judges(home, tmp_path):
    grader = tmp_path / "grader.py"
    grader.write_text(GRADER)
    with OpenAIServer(by_turn) as server:
        done = agentopt(
            *("train", "--tasks", "prices", "--base-url", server.base_url, "--model", "m", "--home", home, "--json"),
            *("--epochs", "1", "--patience", "0", "--grader", grader, "--limit", "wall_s=30", "--keep-test-sealed"),
            env={"OPENAI_API_KEY": KEY},
        )
        first = server.bodies[0]["messages"][1]["content"]
    result = result_of(done)
    assert (result["baseline"], result["level"]) == (1.0, find_isolation().level)
    assert "- attachments/table.csv" in first
    (run,) = runs_in(home)
    (rollout,) = [event.rollout for _, event in read_journal(run.journal) if event.kind == "rollout_finished"]
    assert [use.result.value for use in rollout.calls[:2]] == [None, 42]
    assert (rollout.score.method, rollout.score.reason) == ("python", "compared as EUR")
    assert not rollout.calls[2].result.ok  # there is no /proc
    assert KEY not in json.dumps(rollout.model_dump(mode="json"))
    assert (run.files / "table.csv").read_bytes() == TABLE
    assert run.config().sandbox.wall_s == 30


def test_a_grader_that_cannot_work_stops_the_run_before_it_costs_anything(home, tmp_path):
    grader = tmp_path / "grader.py"
    grader.write_text("def other(): pass\n")
    with OpenAIServer(by_turn) as server:
        done = agentopt(
            *("train", "--tasks", "prices", "--base-url", server.base_url, "--model", "m", "--home", home, "--json"),
            *("--grader", grader),
        )
        assert server.requests == []
    assert done.returncode == 1
    assert "The grader cannot be used" in done.stderr
    assert "def grade(answer, task)" in done.stderr


def test_a_run_leaves_no_process_and_no_temporary_file(home, tmp_path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    os.chmod(temporary, 0o1777)
    with OpenAIServer(by_turn) as server:
        done = agentopt(
            *("train", "--tasks", "prices", "--base-url", server.base_url, "--model", "m", "--home", home, "--json"),
            *("--epochs", "1", "--patience", "0"),
            env={"TMPDIR": str(temporary)},
        )
    assert done.returncode == 0, done.stderr
    assert list(temporary.iterdir()) == []
