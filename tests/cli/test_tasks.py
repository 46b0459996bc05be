"""`tasks`: import, list, show and check, as other programs use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentopt_core.importing import TEMPLATES
from tests.commands import agentopt, result_of, write_tasks

ROWS = [{"question": f"What is {k}+{k}?", "answer": str(2 * k), "level": str(k % 2)} for k in range(20)]


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return write_tasks(tmp_path / "sums.jsonl", [*ROWS, {"question": "Without answer?"}, {"answer": "no question"}])


def tasks(home: Path, *args: object) -> dict:
    return result_of(agentopt("tasks", *args, "--home", home, "--json"))


def test_without_yes_a_file_is_only_checked(tmp_path, rows):
    found = tasks(tmp_path / "home", "import", rows)
    assert found["taskset_id"] is None
    assert (found["format"], found["tasks"], found["scorable"]) == ("table", 21, 20)
    assert found["splits"] == {"train": 21}
    assert found["attachments"] == 0
    error = next(issue for issue in found["issues"] if issue["severity"] == "error")
    assert (error["row"], error["field"]) == (22, "question")
    kept = agentopt("tasks", "list", "--home", tmp_path / "home", "--json")
    assert all(one["is_sample"] for one in json.loads(kept.stdout))
    assert not list((tmp_path / "home" / "tasksets").glob("*"))


def test_with_yes_the_set_is_saved_listed_shown_and_checked(tmp_path, rows):
    home = tmp_path / "home"
    saved = tasks(home, "import", rows, "--name", "My sums", "--yes")["taskset_id"]
    listed = json.loads(agentopt("tasks", "list", "--home", home, "--json").stdout)
    assert next(one for one in listed if not one["is_sample"])["id"] == saved
    shown = tasks(home, "show", saved, "--limit", 2)
    assert shown["name"] == "My sums"
    assert [task["answer"] for task in shown["shown"]] == ["0", "2"]
    assert shown["profile"]["tasks"] == 21
    checked = tasks(home, "check", saved)
    assert checked["ok"]
    assert checked["scorable"] == 20


def test_splits_can_be_drawn_at_import(tmp_path, rows):
    found = tasks(tmp_path / "home", "import", rows, "--split", "50/20/30", "--seed", 3, "--yes")
    assert sum(found["splits"].values()) == 21
    again = tasks(tmp_path / "home", "show", found["taskset_id"])
    assert again["splits"] == found["splits"]
    assert set(found["splits"]) == {"train", "val", "test"}


def test_columns_are_mapped_by_name(tmp_path):
    file = tmp_path / "fragen.csv"
    file.write_text("Frage,Antwort,Extra\nWas ist 1+1?,2,x\n")
    refused = agentopt("tasks", "import", file, "--home", tmp_path / "home", "--json")
    assert refused.returncode == 2
    assert "Frage, Antwort, Extra" in refused.stderr
    found = tasks(tmp_path / "home", "import", file, "--map", "question=Frage", "--map", "answer=Antwort")
    assert (found["tasks"], found["mapping"]["answer"]) == (1, "Antwort")


def test_strict_refuses_everything_for_one_bad_row(tmp_path, rows):
    refused = agentopt("tasks", "import", rows, "--strict", "--yes", "--home", tmp_path / "home")
    assert refused.returncode == 2
    assert "row 22" in refused.stderr
    assert not list((tmp_path / "home" / "tasksets").glob("*"))


@pytest.mark.parametrize(
    ("option", "value"),
    [("--split", "50/50"), ("--split", "a/b/c"), ("--split", "50/20/20"), ("--map", "question"), ("--format", "nope")],
)
def test_an_option_that_cannot_be_used_is_named_with_the_way_out(tmp_path, rows, option, value):
    refused = agentopt("tasks", "import", rows, option, value, "--home", tmp_path / "home")
    assert refused.returncode == 2
    assert value.split("=")[0] in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_imports_without_an_error(tmp_path, name):
    (tmp_path / name).write_bytes(TEMPLATES[name])
    found = tasks(tmp_path / "home", "import", tmp_path / name)
    assert found["left_out"] == 0
    assert found["tasks"] == found["scorable"] >= 3
    assert found["attachments"] == (3 if name.endswith(".zip") else 0)


def test_people_read_what_was_found_in_sentences(tmp_path, rows):
    said = agentopt("tasks", "import", rows, "--home", tmp_path / "home").stdout
    said = " ".join(said.split())
    assert "21 tasks (21 train), 1 of them without an answer." in said
    assert "Nothing was saved: add --yes to save it." in said
    assert "row 22" in said
    assert "can show a gain of 31 points or more (80 % power)" in said


def test_a_path_that_is_not_there_is_said(tmp_path):
    refused = agentopt("tasks", "import", tmp_path / "gone.jsonl", "--home", tmp_path / "home")
    assert refused.returncode == 2
    assert "gone.jsonl" in refused.stderr
