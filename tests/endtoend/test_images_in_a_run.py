"""A whole run on a task with an image: the endpoint sees it, the run's record does not hold it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from agentopt_core.history.run_folder import runs_in
from agentopt_core.importing.stored import manifest_for
from agentopt_core.task_lines import to_lines
from agentopt_core.tasks import Attachment, Task, TaskSet
from tests.agents.pictures import encoded, opened, photo
from tests.commands import agentopt, result_of
from tests.servers.openai_server import Answer, OpenAIServer, Seen, reply, tool_call


def answer(request: Seen) -> Answer:
    if any(tool["function"]["name"] == "add_function" for tool in request.body.get("tools", ())):
        return reply("TERMINATE")
    return tool_call("final_answer", {"answer": "grey"})


def a_set_with_a_picture(home: Path, *others: Task) -> None:
    """The set `pictures` in a home: one task that needs its image shown, and others."""
    folder = home / "tasksets" / "pictures"
    folder.mkdir(parents=True)
    content = encoded(photo((90, 60)))
    (folder / "noise.png").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    image = Attachment(path="noise.png", media_type="image/png", sha256=digest, bytes=len(content), role="prompt")
    task = Task(id="1", question="Which colour is it?", answer="grey", attachments=(image,))
    tasks = TaskSet(id="pictures", name="Pictures", tasks=(task, *others))
    lines = to_lines(tasks.each())
    (folder / "tasks.jsonl").write_bytes(lines)
    manifest = manifest_for("pictures", tasks, hashlib.sha256(lines).hexdigest())
    (folder / "manifest.json").write_text(manifest.model_dump_json())


FOG = tuple(Task(id=str(k), question="Which colour is fog?", answer="grey") for k in (2, 3))


def test_a_run_shows_images_to_its_model_and_keeps_their_content_out_of_its_record(tmp_path):
    home = tmp_path / "home"
    a_set_with_a_picture(home, *FOG)

    with OpenAIServer(answer) as server:
        done = agentopt(
            *("train", "--tasks", "pictures", "--base-url", server.base_url, "--model", "m", "--vision"),
            *("--epochs", "1", "--patience", "0", "--home", home, "--json"),
        )
        result = result_of(done)
    assert result["baseline"] == 1.0
    asked = [body["messages"][1]["content"] for body in server.bodies if len(body["messages"]) > 1]
    text, shown = next(content for content in asked if isinstance(content, list))
    assert "attachments/noise.png" in text["text"]
    assert opened(shown["image_url"]["url"]).size == (90, 60)

    (run,) = runs_in(home)
    kept = [path for path in run.path.rglob("*") if path.is_file() and run.files not in path.parents]
    beginning = shown["image_url"]["url"].partition(",")[2][:40].encode()
    assert all(beginning not in path.read_bytes() for path in kept)
    rollouts = [json.loads(line) for line in run.journal.read_bytes().splitlines()]
    ended = [event["rollout"] for event in rollouts if event["kind"] == "rollout_finished"]
    assert {one["task_id"]: one["messages"][1].get("images") for one in ended} == {
        "1": ["noise.png"],
        "2": None,
        "3": None,
    }


def test_a_task_whose_image_the_model_cannot_take_is_skipped_and_counted_and_never_failed(tmp_path):
    home = tmp_path / "home"
    a_set_with_a_picture(home, *FOG)
    with OpenAIServer(answer) as server:
        done = agentopt(
            *("train", "--tasks", "pictures", "--base-url", server.base_url, "--model", "m"),
            *("--epochs", "1", "--patience", "0", "--home", home, "--json"),
        )
        assert not any("Which colour is it?" in str(body) for body in server.bodies)
    result = result_of(done)
    assert (result["baseline"], result["n"]) == (1.0, 2)
    assert list(result["skipped"].values()) == [1]
    assert "1 task is skipped" in done.stderr


def test_a_run_of_which_the_model_could_take_no_training_task_is_refused_with_the_way_out(tmp_path):
    home = tmp_path / "home"
    a_set_with_a_picture(home, *(task.with_(split="test") for task in FOG))
    done = agentopt("train", "--demo", "--tasks", "pictures", "--home", home)
    assert done.returncode == 2
    assert "needs an image shown" in done.stderr
    assert "Choose a model that takes images" in done.stderr
    assert not runs_in(home)
