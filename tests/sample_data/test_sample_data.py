"""The sample task sets are what their README promises."""

import hashlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from agentopt_core.tasks import Task

FOLDER = Path(__file__).parents[2] / "sample_data"
SETS = ("files-and-everyday", "number-and-algebra", "tables-and-business")


def tasks_of(name: str) -> list[Task]:
    lines = (FOLDER / name / "tasks.jsonl").read_text(encoding="utf-8").splitlines()
    return [Task.model_validate_json(line) for line in lines]


def test_the_generator_writes_the_checked_in_files_again(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(FOLDER / "make.py"), "--to", str(tmp_path)], check=True)
    for name in SETS:
        for file in ("tasks.jsonl", "manifest.json"):
            assert (tmp_path / name / file).read_bytes() == (FOLDER / name / file).read_bytes()


def test_every_attached_file_is_there_and_unchanged() -> None:
    attached = [(name, file) for name in SETS for task in tasks_of(name) for file in task.attachments]
    assert attached
    for name, file in attached:
        data = (FOLDER / name / file.path).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file.bytes, file.sha256)


@pytest.mark.parametrize("name", SETS)
def test_every_family_is_in_every_split(name: str) -> None:
    counts = Counter((task.subject, task.split) for task in tasks_of(name))
    subjects = {subject for subject, _ in counts}
    assert len(subjects) == 4
    assert counts == {(s, split): n for s in subjects for split, n in (("train", 5), ("val", 2), ("test", 3))}


@pytest.mark.parametrize("name", SETS)
def test_ids_and_questions_are_unique(name: str) -> None:
    tasks = tasks_of(name)
    assert len({task.id for task in tasks}) == len(tasks)
    asked = {(task.question, task.context, tuple(one.sha256 for one in task.attachments)) for task in tasks}
    assert len(asked) == len(tasks)


@pytest.mark.parametrize("name", SETS)
def test_every_task_can_be_scored_and_a_family_is_worded_in_several_ways(name: str) -> None:
    openings: dict[str, set[str]] = {}
    for task in tasks_of(name):
        assert task.answer
        openings.setdefault(task.subject, set()).add(" ".join(task.question.split()[:2]))
    assert all(len(words) >= 3 for words in openings.values())


@pytest.mark.parametrize("name", SETS)
def test_the_manifest_names_its_folder_and_the_readme_describes_each_family(name: str) -> None:
    manifest = json.loads((FOLDER / name / "manifest.json").read_text(encoding="utf-8"))
    readme = (FOLDER / name / "README.md").read_text(encoding="utf-8")
    assert manifest["id"] == name
    assert manifest["name"]
    assert manifest["description"]
    assert all(task.subject in readme for task in tasks_of(name))
