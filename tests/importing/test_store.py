import json
import os
from pathlib import Path

import pytest

from agentopt_core.errors import NotFound, TaskSetError
from agentopt_core.importing import TaskSetStore
from agentopt_core.tasks import Attachment, Source, Task, TaskSet


def task(id="1", answer="A", split="train", **fields):
    return Task(id=id, question=f"Q {id}", answer=answer, split=split, **fields)


def task_set(*tasks, name="My set", description="d"):
    return TaskSet(id="whatever", name=name, description=description, tasks=tasks or (task(),))


@pytest.fixture
def store(tmp_path):
    sample = tmp_path / "samples" / "sample-one"
    sample.mkdir(parents=True)
    (sample / "manifest.json").write_text('{"id": "sample-one", "name": "Sample one", "description": "Small."}')
    (sample / "tasks.jsonl").write_text('{"id": "a", "question": "Q", "answer": "1", "split": "train"}\n')
    (tmp_path / "samples" / "generators").mkdir()
    return TaskSetStore(tmp_path / "home", tmp_path / "samples")


def own(store_home: Path, id: str) -> Path:
    return store_home / "home" / "tasksets" / id


def test_a_saved_set_comes_back_equal_but_for_its_id(store):
    given = task_set(
        task("1", source=Source(file="f.csv", row=1, importer="csv")), task("2", None, meta={"k": ["7.0"]})
    )
    id = store.save(given)
    assert id == "my-set"
    assert store.get(id) == given.with_(id="my-set")


def test_sample_sets_are_listed_first_with_their_counts(store):
    store.save(task_set(task("1"), task("2", None, "test"), name="A first name"))
    sample, mine = store.list()
    assert (sample.id, sample.name, sample.is_sample, sample.splits) == ("sample-one", "Sample one", True, {"train": 1})
    assert (mine.name, mine.is_sample, mine.tasks, mine.scorable) == ("A first name", False, 2, 1)
    assert mine.splits == {"train": 1, "test": 1}


def test_a_set_is_never_written_over_another_one(store):
    ids = [store.save(task_set(task(answer=str(number)))) for number in range(3)]
    assert ids == ["my-set", "my-set-2", "my-set-3"]
    assert [store.get(id).tasks[0].answer for id in ids] == ["0", "1", "2"]
    assert store.save(task_set(name="Sample One")) == "sample-one-2"


def test_the_manifest_says_where_the_tasks_came_from(store, tmp_path):
    id = store.save(task_set(task(source=Source(file="f.csv", row=1, importer="csv"))))
    manifest = json.loads((own(tmp_path, id) / "manifest.json").read_text())
    assert (manifest["id"], manifest["source"], manifest["importer"], manifest["tasks"]) == (id, "f.csv", "csv", 1)
    assert len(manifest["digest"]) == 64


def test_nothing_but_whole_sets_is_left_after_saving(store, tmp_path):
    store.save(task_set())
    assert os.listdir(tmp_path / "home" / "tasksets") == ["my-set"]


def test_a_half_written_set_of_a_killed_process_is_not_a_set(store, tmp_path):
    half = own(tmp_path, ".new-123")
    half.mkdir(parents=True)
    (half / "tasks.jsonl").write_text("{")
    assert [summary.id for summary in store.list()] == ["sample-one"]


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (lambda folder: (folder / "tasks.jsonl").write_text("{}\n"), "changed"),
        (lambda folder: (folder / "tasks.jsonl").unlink(), "tasks.jsonl"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "manifest.json"),
        (lambda folder: (folder / "manifest.json").unlink(), "manifest.json"),
    ],
)
def test_a_damaged_set_is_listed_with_its_reason_and_cannot_be_used(store, tmp_path, damage, word):
    id = store.save(task_set())
    damage(own(tmp_path, id))
    _, summary = store.list()
    assert summary.id == id
    assert word in summary.problem
    with pytest.raises(TaskSetError, match="damaged"):
        store.get(id)


def test_a_damaged_set_can_be_deleted(store, tmp_path):
    id = store.save(task_set())
    (own(tmp_path, id) / "manifest.json").unlink()
    store.delete(id)
    assert [summary.id for summary in store.list()] == ["sample-one"]


def test_a_set_without_tasks_is_refused(store, tmp_path):
    (tmp_path / "samples" / "sample-one" / "tasks.jsonl").write_text("\n")
    with pytest.raises(TaskSetError, match="'sample-one' holds no tasks"):
        store.resolve("sample-one")


def test_a_damaged_sample_names_the_line(store, tmp_path):
    (tmp_path / "samples" / "sample-one" / "tasks.jsonl").write_text('{"id": "a", "question": "Q", "answer": 7.0}\n')
    (summary,) = store.list()
    assert "line 1: answer" in summary.problem


def test_only_imported_sets_can_be_deleted(store, tmp_path):
    id = store.save(task_set())
    store.delete(id)
    assert os.listdir(tmp_path / "home" / "tasksets") == []
    with pytest.raises(TaskSetError, match="sample set"):
        store.delete("sample-one")
    with pytest.raises(NotFound):
        store.delete(id)


@pytest.mark.parametrize("id", ["", "..", "../samples/sample-one", "/etc", "a/b", "x\0y", "nothing", "generators"])
def test_what_is_no_id_is_not_found(store, id):
    with pytest.raises(NotFound, match="no task set"):
        store.get(id)
    with pytest.raises(NotFound):
        store.delete(id)


def test_a_set_that_needs_files_is_not_stored_without_them(store):
    attachment = Attachment(path="a.csv", media_type="text/csv", sha256="0", bytes=1)
    with pytest.raises(TaskSetError, match="attached files"):
        store.save(task_set(task(attachments=(attachment,))))


def test_a_home_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TaskSetError, match="cannot be saved"):
        TaskSetStore(tmp_path / "file", tmp_path).save(task_set())


def test_tasks_are_named_by_id_by_name_or_by_path(store, tmp_path):
    id = store.save(task_set())
    assert store.resolve(id).id == id
    assert store.resolve("My set").id == id
    assert store.resolve("sample-one").name == "Sample one"
    file = tmp_path / "folder" / "Mine.csv"
    file.parent.mkdir()
    file.write_text("question,answer\nQ,A\n,A\n")
    for spec in (str(file), str(file.parent)):
        resolved = store.resolve(spec)
        assert (resolved.name, len(resolved)) == ("Mine", 1)
        assert resolved.description == "Read from Mine.csv; 1 row left out (row 2: The question is missing)."
    assert store.resolve(str(tmp_path / "samples" / "sample-one")).name == "Sample one"
    assert store.resolve(str(tmp_path / "samples" / "sample-one" / "tasks.jsonl")).name == "sample-one"


def test_a_folder_must_leave_no_doubt_which_file_is_meant(store, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(TaskSetError, match="found: none"):
        store.resolve(str(folder))
    for name in ("a.csv", "b.jsonl"):
        (folder / name).write_text("question,answer\nQ,A\n")
    with pytest.raises(TaskSetError, match=r"2 \(a.csv, b.jsonl\)"):
        store.resolve(str(folder))


@pytest.mark.parametrize("spec", ["", "nothing", "no/such/file.csv", "x" * 5_000, "a\0b"])
def test_tasks_that_are_nowhere_are_not_found_and_the_sets_are_named(store, spec):
    with pytest.raises(NotFound) as caught:
        store.resolve(spec)
    assert "sample-one" in caught.value.hint


def test_a_pipe_or_device_is_not_read_as_tasks(store):
    with pytest.raises(TaskSetError, match="not a regular file"):
        store.resolve("/dev/zero")


@pytest.mark.parametrize("tasks", [(task(split="test"),), (task(answer=None),)])
def test_training_needs_a_training_task_with_an_answer(store, tasks):
    store.save(task_set(*tasks))
    with pytest.raises(TaskSetError, match="Training needs some"):
        store.resolve("my-set")
