"""What goes wrong ends in a sentence that says what and what next, with an exit code, and never in a traceback."""

from __future__ import annotations

import argparse
import json
import os
import resource
import socket
import subprocess

import pytest

from agentopt_core.__main__ import parser
from agentopt_core.history.journal import read_journal
from agentopt_core.history.run_folder import runs_in
from tests.builders import tasks
from tests.commands import ROOT, agentopt, command, environ, result_of, write_tasks
from tests.servers.openai_server import OpenAIServer, Seen, error, raw, reply, tool_call

ROWS = [{"question": task.question, "answer": task.answer} for task in tasks(4)]


@pytest.fixture
def task_file(tmp_path):
    return write_tasks(tmp_path / "tasks.jsonl", ROWS)


def train(task_file, base_url, *options, env=None, model="test-model"):
    """A short run of `train --json` against an endpoint, with its home beside the task file."""
    return agentopt(
        *("train", "--tasks", task_file, "--base-url", base_url, "--model", model, "--epochs", "1", "--patience", "0"),
        *("--home", task_file.parent / "home", "--json", *options),
        env=env,
    )


def says(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """The command ended with that code and a sentence that holds the words, without a traceback."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    last = done.stderr.strip().splitlines()[-1]
    for word in words:
        assert word in last, done.stderr


def test_an_unreachable_endpoint_is_named_with_what_to_do(task_file):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    says(train(task_file, address), 1, address.removesuffix("/v1"))


def test_a_wrong_key_is_said_with_the_variable_that_holds_it_and_without_the_key(task_file):
    with OpenAIServer(key="the-right-key") as server:
        done = train(task_file, server.base_url, env={"OPENAI_API_KEY": "sk-wrong-and-secret"})
    says(done, 1, "OPENAI_API_KEY")
    assert "sk-wrong-and-secret" not in done.stderr + done.stdout
    for path in (task_file.parent / "home").rglob("*"):
        assert not path.is_file() or b"sk-wrong-and-secret" not in path.read_bytes(), path


def test_an_unknown_model_is_named(task_file):
    def script(_: Seen):
        return error(404, "The model `no-such-model` does not exist", code="model_not_found")

    with OpenAIServer(script) as server:
        says(train(task_file, server.base_url, model="no-such-model"), 1, "no-such-model")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("empty.jsonl", "", ("empty.jsonl",)),
        ("no_answer.csv", "question,colour\nWhat?,red\n", ("no_answer.csv", "answer", "colour")),
        ("no_question.csv", "answer\n7\n", ("no_question.csv", "question")),
        ("unanswered.jsonl", '{"question": "What?", "answer": ""}\n', ("answer",)),
    ],
)
def test_a_task_file_that_cannot_be_used_is_refused_with_what_was_found(tmp_path, name, text, words):
    path = tmp_path / name
    path.write_text(text)
    says(agentopt("train", "--demo", "--tasks", path, "--home", tmp_path / "home"), 2, *words)
    assert runs_in(tmp_path / "home") == [], "no run is made of it"


def test_a_task_set_that_does_not_exist_is_answered_with_those_that_do(tmp_path):
    says(agentopt("train", "--demo", "--tasks", "nonsense", "--home", tmp_path), 2, "nonsense", "number-and-algebra")


def test_an_endpoint_that_does_not_speak_json_is_said_so(task_file):
    with OpenAIServer([raw("<html>Welcome to the proxy</html>", content_type="text/html")]) as server:
        says(train(task_file, server.base_url), 1, server.base_url.removesuffix("/v1"))


def test_tool_calls_with_broken_arguments_are_failed_rollouts_not_a_failed_run(task_file):
    with OpenAIServer([tool_call("python", '{"code": ')]) as server:
        result = result_of(train(task_file, server.base_url, "--turn-cap", "3", "--max-evaluations", "1"))
    assert (result["baseline"], result["n"]) == (0.0, 4)


def test_a_model_that_never_calls_a_tool_is_graded_by_what_it_says_and_the_run_ends(task_file):
    with OpenAIServer([reply("I would rather talk about the weather.")]) as server:
        result = result_of(train(task_file, server.base_url))
    assert result["baseline"] == 0.0
    assert result["stop_reason"] == "patience"
    verdicts = [event for _, event in events_of(task_file) if event.kind == "verdict_reached"]
    assert verdicts[-1].verdict == "unchanged"


def test_an_optimizer_that_does_not_write_json_is_refused_visibly_and_the_run_ends(task_file):
    def script(seen: Seen):
        is_optimizer = any(tool["function"]["name"] == "add_function" for tool in seen.body.get("tools", []))
        return tool_call("add_function", "{name: oops") if is_optimizer else reply("FINAL ANSWER: none")

    with OpenAIServer(script) as server:
        result = result_of(train(task_file, server.base_url))
    assert result["status"] == "finished"
    refused = [event for _, event in events_of(task_file) if event.kind == "proposal_refused"]
    assert refused
    assert all(event.refusal.reason for event in refused)


def events_of(task_file):
    (folder,) = runs_in(task_file.parent / "home")
    return list(read_journal(folder.journal))


def test_a_full_disk_ends_in_a_sentence_and_what_was_acknowledged_is_safe(task_file):
    # A limit on the size of files is what a process sees of a full disk that can be made anywhere.
    home = task_file.parent / "home"
    done = subprocess.run(
        command("train", "--demo", "--tasks", "number-and-algebra", "--home", home, "--json"),
        cwd=ROOT,
        env=environ(),
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)),
    )
    says(done, 2, "space")
    (folder,) = runs_in(home)
    assert list(read_journal(folder.journal)), "the journal is whole up to where the disk was full"
    assert result_of(agentopt("resume", folder.run_id, "--home", home, "--json"))["status"] == "finished"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_that_cannot_be_written_is_named(tmp_path):
    tmp_path.chmod(0o500)
    says(agentopt("train", "--demo", "--tasks", "number-and-algebra", "--home", tmp_path / "home"), 2, str(tmp_path))


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--epochs", "0"), "epochs"),
        (("--concurrency", "0"), "concurrency"),
        (("--budget-usd", "-1"), "usd"),
        (("--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--temperature", "9"), "temperature"),
        (("--base-url", "http://127.0.0.1:9/v1"), "--model"),
        (("--turn-cap", "0"), "turn_cap"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(tmp_path, options, word):
    done = agentopt("train", "--tasks", "number-and-algebra", *options, "--home", tmp_path)
    says(done, 2, word)


@pytest.mark.parametrize("name", ["show", "export", "stop", "pause", "resume"])
def test_a_run_that_does_not_exist_is_answered_with_where_to_look(tmp_path, name):
    says(agentopt(name, "20200101-000000-nothing", "--home", tmp_path), 2, "20200101-000000-nothing")


def test_a_budget_that_is_used_up_ends_the_run_with_the_accepted_set_intact(tmp_path):
    result = result_of(
        agentopt(
            *("train", "--demo", "--tasks", "number-and-algebra", "--budget-requests", "100", "--home", tmp_path),
            "--json",
        )
    )
    assert result["stop_reason"] == "budget"
    assert result["requests"] <= 100
    assert result["best"] is not None


def test_a_run_that_learned_nothing_ends_well_and_exports_nothing(tmp_path):
    one = ("train", "--demo", "--tasks", "number-and-algebra", "--max-evaluations", "1", "--home", tmp_path)
    done = agentopt(*one)
    assert done.returncode == 0
    assert "baseline" in done.stdout
    assert "Learned functions" not in done.stdout


@pytest.mark.parametrize(
    "secret",
    [
        ("--base-url", "http://user:sk-SECRET@127.0.0.1:9/v1"),
        ("--base-url", "http://127.0.0.1:9/v1?api_key=sk-SECRET"),
        ("--base-url", "http://127.0.0.1:9/v1", "--api-key-env", "sk-SECRET"),
    ],
)
def test_a_key_written_into_an_option_is_refused_and_stored_nowhere(tmp_path, secret):
    done = agentopt("train", "--tasks", "number-and-algebra", "--model", "m", *secret, "--home", tmp_path)
    assert done.returncode == 2
    assert "sk-SECRET" not in done.stdout + done.stderr
    assert runs_in(tmp_path) == []


def test_rows_that_are_left_out_are_said_before_training(tmp_path):
    path = tmp_path / "some.jsonl"
    rows = "".join(f'{{"question": "What is 1+{number}?", "answer": "{1 + number}"}}\n' for number in range(3))
    path.write_text(f"{rows}not json\n")
    done = agentopt("train", "--demo", "--tasks", path, "--max-evaluations", "1", "--home", tmp_path / "home", "--json")
    assert result_of(done)["n"] == 3
    assert "1 row left out (row 4" in done.stderr


def test_fewer_than_three_tasks_with_an_answer_are_too_few_to_train_on(tmp_path):
    path = tmp_path / "few.csv"
    path.write_text("question,answer\nWhat is 1+1?,2\nWhat is 1+2?,3\nWhat is 1+3?,?\n")
    done = agentopt("train", "--demo", "--tasks", path, "--home", tmp_path / "home")
    says(done, 2, "few", "only 2 tasks with an answer", "at least 3")
    assert runs_in(tmp_path / "home") == [], "no run is made of it"


def test_a_folder_of_tasks_with_files_is_trained_on_and_the_run_keeps_the_files(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "prices.csv").write_text("item,price\npen,2\n")
    rows = "".join(f"What is 1+{number}?,{1 + number},prices.csv\n" for number in range(3))
    (folder / "tasks.csv").write_text(f"question,answer,attachments\n{rows}")
    home = tmp_path / "home"
    done = agentopt("train", "--demo", "--tasks", folder, "--max-evaluations", "1", "--home", home, "--json")
    assert result_of(done)["n"] == 3
    (run,) = runs_in(home)
    assert (run.files / "attachments" / "prices.csv").read_text() == "item,price\npen,2\n"
    assert list((home / "tasksets").iterdir()) == [], "the draft is gone with the process"


def test_a_folder_without_prompts_is_refused(tmp_path):
    says(
        agentopt("train", "--demo", "--tasks", "number-and-algebra", "--prompts", tmp_path, "--home", tmp_path),
        2,
        "--prompts",
    )


def test_a_terminal_without_utf8_shows_escapes_instead_of_failing(tmp_path):
    done = agentopt("runs", "--home", tmp_path, env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    source = tmp_path / "f.py"
    source.write_text("def f():\n    return '\u00e9'\n", encoding="utf-8")
    assert agentopt("call", source, "f", env={"PYTHONIOENCODING": "ascii"}).returncode == 0


def test_every_command_shows_an_example_in_its_help():
    (commands,) = (action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    listed = agentopt("--help")
    assert listed.returncode == 0
    assert {"train", "runs", "review", "study", "aa", "credit", "saw", "dashboard"} <= set(commands.choices)
    for name, one in commands.choices.items():
        if name != "trainer":  # started by others, not by hand
            assert f"python -m agentopt_core {name}" in one.format_help()
            assert name in listed.stdout


def test_the_list_of_runs_and_one_run_come_as_json(tmp_path):
    train_here = ("train", "--demo", "--tasks", "number-and-algebra", "--max-evaluations", "1", "--home", tmp_path)
    trained = result_of(agentopt(*train_here, "--json"))
    (listed,) = json.loads(agentopt("runs", "--json", "--home", tmp_path).stdout)
    assert listed["run_id"] == trained["run_id"]
    assert result_of(agentopt("show", trained["run_id"], "--json", "--home", tmp_path)) == trained
