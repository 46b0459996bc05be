import json
import os
from pathlib import Path

import pytest

from agentopt_core.errors import NotFound, TaskSetError
from agentopt_core.importing import Bundle, TaskSetStore
from agentopt_core.importing.splits import SplitPlan
from agentopt_core.task_lines import to_lines
from agentopt_core.tasks import Task
from tests.test_image_files import picture

PNG = picture()


def task(id="1", answer="A", split="train", **fields):
    return Task(id=id, question=f"Q {id}", answer=answer, split=split, **fields)


def draft_of(store, *tasks):
    with Bundle.of_uploads([("mine.jsonl", to_lines(tasks or (task(),)))]) as bundle:
        return store.read(bundle)


def save(store, *tasks, name="My set"):
    return store.keep(draft_of(store, *tasks), name)


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


def test_a_kept_set_comes_back_as_it_was(store):
    given = (task("1", aliases=("B",)), task("2", None, meta={"k": ["7.0"]}))
    id = save(store, *given)
    assert id == "my-set"
    kept = store.get(id)
    assert (kept.id, kept.name, kept.folder) == ("my-set", "My set", None)
    assert [one.with_(source=None) for one in kept.tasks] == list(given)
    assert [one.source.row for one in kept.tasks] == [1, 2]


def test_sample_sets_are_listed_first_with_their_counts(store):
    save(store, task("1"), task("2", None, "test"), name="A first name")
    sample, mine = store.list()
    assert (sample.id, sample.name, sample.is_sample, sample.splits) == ("sample-one", "Sample one", True, {"train": 1})
    assert (mine.name, mine.is_sample, mine.tasks, mine.scorable) == ("A first name", False, 2, 1)
    assert mine.splits == {"train": 1, "test": 1}


def test_a_set_is_never_written_over_another_one(store):
    ids = [save(store, task(answer=str(number))) for number in range(3)]
    assert ids == ["my-set", "my-set-2", "my-set-3"]
    assert [store.get(id).tasks[0].answer for id in ids] == ["0", "1", "2"]
    assert save(store, name="Sample One") == "sample-one-2"


def test_the_manifest_says_where_the_tasks_came_from(store, tmp_path):
    id = save(store)
    manifest = json.loads((own(tmp_path, id) / "manifest.json").read_text())
    assert (manifest["id"], manifest["source"], manifest["importer"], manifest["tasks"]) == (
        id,
        "mine.jsonl",
        "tasks",
        1,
    )
    assert len(manifest["digest"]) == 64


def test_nothing_but_whole_sets_is_left_after_saving(store, tmp_path):
    save(store)
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
    id = save(store)
    damage(own(tmp_path, id))
    _, summary = store.list()
    assert summary.id == id
    assert word in summary.problem
    with pytest.raises(TaskSetError, match="damaged"):
        store.get(id)


def test_a_damaged_set_can_be_deleted(store, tmp_path):
    id = save(store)
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
    id = save(store)
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


def test_a_home_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TaskSetError, match="cannot be saved"):
        save(TaskSetStore(tmp_path / "file", tmp_path))


def test_tasks_are_named_by_id_by_name_or_by_path(store, tmp_path):
    id = save(store)
    assert store.resolve(id).id == id
    assert store.resolve("My set").id == id
    assert store.resolve("sample-one").name == "Sample one"
    file = tmp_path / "folder" / "Mine.csv"
    file.parent.mkdir()
    file.write_text("question,answer\nQ,A\n,A\n")
    for spec, name, read in ((file, "Mine", "Mine.csv"), (file.parent, "folder", "folder")):
        resolved = store.resolve(str(spec))
        assert (resolved.name, len(resolved)) == (name, 1)
        assert resolved.description == f"Read from {read}; 1 row left out (row 2: The question is missing)."
    assert store.resolve(str(tmp_path / "samples" / "sample-one")).name == "Sample one"
    assert store.resolve(str(tmp_path / "samples" / "sample-one" / "tasks.jsonl")).name == "sample-one"


def test_a_folder_must_leave_no_doubt_which_file_is_meant(store, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(TaskSetError, match="files found: none"):
        store.resolve(str(folder))
    (folder / "a.csv").write_text("question,answer\nQ,A\n")
    (folder / "b.csv").write_text("prompt,target\nQ,A\n")
    with pytest.raises(TaskSetError, match=r"2 files hold tasks, and not in the same way \(a.csv, b.csv\)"):
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
    save(store, *tasks)
    with pytest.raises(TaskSetError, match="Training needs some"):
        store.resolve("my-set")


def uploaded(store, **files):
    with Bundle.of_uploads(list(files.items())) as bundle:
        return store.read(bundle)


def with_files(store):
    return uploaded(
        store,
        **{
            "tasks.csv": b"question,answer,attachments\nQ1,1,a.csv\nQ2,2,red.png;a.csv\nQ3,3,\n",
            "a.csv": b"x,y\n1,2\n",
            "red.png": PNG,
        },
    )


def test_nothing_is_a_set_before_the_draft_is_kept_and_a_discarded_draft_leaves_nothing(store, tmp_path):
    draft = with_files(store)
    assert [summary.id for summary in store.list()] == ["sample-one"]
    store.discard(draft)
    assert os.listdir(tmp_path / "home" / "tasksets") == []
    for use in (lambda: store.keep(draft, "x"), lambda: store.draft_page(draft, 0, 1)):
        with pytest.raises(TaskSetError, match="no longer there"):
            use()


def test_a_file_that_cannot_be_read_leaves_no_draft(store, tmp_path):
    with pytest.raises(TaskSetError):
        uploaded(store, **{"a.csv": b"question,reply\nQ,A\n"})
    assert os.listdir(tmp_path / "home" / "tasksets") == []


def test_a_draft_is_kept_once(store):
    draft = draft_of(store)
    store.keep(draft, "One")
    with pytest.raises(TaskSetError, match="no longer there"):
        store.keep(draft, "Two")


def test_a_draft_elsewhere_is_never_removed(store, tmp_path):
    draft = draft_of(store)
    other = tmp_path / "precious"
    other.mkdir()
    store.discard(draft.with_(folder=other))
    assert other.is_dir()


def test_drafts_that_nobody_came_back_to_are_removed_with_the_next_one(store):
    old, young = draft_of(store), draft_of(store)
    long_ago = old.folder.stat().st_mtime - 2 * 86_400
    os.utime(old.folder, (long_ago, long_ago))
    draft_of(store)
    assert (old.folder.exists(), young.folder.exists()) == (False, True)


def test_what_a_killed_process_left_half_made_is_removed_with_the_next_draft(store, tmp_path):
    half = own(tmp_path, ".new-1")
    half.mkdir(parents=True)
    os.utime(half, (1, 1))
    draft_of(store)
    assert not half.exists()


def test_a_gated_set_is_marked_private_and_so_are_its_copies(store, tmp_path):
    rows = "".join(f'{{"task_id": "{n}", "Question": "Q{n}", "Final answer": "{n}"}}\n' for n in range(3))
    first = store.keep(uploaded(store, **{"metadata.jsonl": rows.encode()}), "GAIA")
    second = store.resplit(first, SplitPlan(), "GAIA again")
    marks = [json.loads((own(tmp_path, id) / "manifest.json").read_text())["private"] for id in (first, second)]
    assert marks == [True, True]
    assert not json.loads((own(tmp_path, save(store)) / "manifest.json").read_text())["private"]


def test_the_tasks_of_a_draft_and_of_a_set_are_read_by_the_page(store):
    draft = draft_of(store, *(task(str(number)) for number in range(1, 8)))
    assert [one.id for one in store.draft_page(draft, 5, 5)] == ["6", "7"]
    assert [one.id for one in store.page(store.keep(draft, "x"), 2, 3)] == ["3", "4", "5"]


def test_the_profile_of_an_imported_set_is_in_its_manifest_and_that_of_a_sample_is_counted(store):
    id = save(store, task("1", level="2"), task("2", None, "test"))
    assert store.profile(id).splits == {"train": 1, "test": 1}
    assert store.profile("sample-one").tasks == 1


def test_attachments_are_kept_with_the_set_and_checked_when_they_are_read(store, tmp_path):
    draft = with_files(store)
    picture = draft.preview[1].attachments[0]
    assert (picture.path, picture.media_type, picture.role) == ("attachments/red.png", "image/png", "prompt")
    assert store.attachment(draft, picture) == PNG
    id = store.keep(draft, "Files")
    assert store.attachment(id, picture) == PNG
    assert store.get(id).folder == own(tmp_path, id)
    assert store.check(id) == []
    (own(tmp_path, id) / picture.path).write_bytes(b"other")
    with pytest.raises(TaskSetError, match="was changed"):
        store.attachment(id, picture)
    (own(tmp_path, id) / "attachments" / "a.csv").unlink()
    reasons = [issue.reason for issue in store.check(id)]
    assert len(reasons) == 3  # the picture once, the missing table for both of its tasks
    assert any("was changed" in reason for reason in reasons)


def test_an_attachment_that_leads_out_of_the_set_is_never_read(store, tmp_path):
    id = store.keep(with_files(store), "Files")
    picture = store.get(id).tasks[1].attachments[0]
    (tmp_path / "secret").write_text("s")
    (own(tmp_path, id) / "link").symlink_to(tmp_path / "secret")
    for path in ("../../../secret", str(tmp_path / "secret"), "link"):
        with pytest.raises(TaskSetError):
            store.attachment(id, picture.with_(path=path))


def test_a_check_of_a_set_lists_golds_that_cannot_be_reached_repeats_and_leaks(store):
    id = save(
        store,
        task("1", "green", choices=("red", "blue")),
        Task(id="2", question="Same?", answer="1"),
        Task(id="3", question="same", answer="1", split="test"),
    )
    reasons = [issue.reason for issue in store.check(id)]
    assert len(reasons) == 2
    assert any("Task 1" in reason for reason in reasons)
    assert any("splits train and test: tasks 2, 3" in reason for reason in reasons)


def test_a_draft_is_split_by_a_plan_when_it_is_kept(store):
    draft = draft_of(store, *(task(str(number)) for number in range(10)))
    id = store.keep(draft, "Split", SplitPlan(train=0.5, val=0.2, test=0.3))
    (mine,) = [one for one in store.list() if one.id == id]
    assert mine.splits == {"train": 5, "val": 2, "test": 3} == store.profile(id).splits
    assert [one.id for one in store.get(id).tasks] == [str(number) for number in range(10)]


def test_a_set_split_anew_is_a_copy_with_its_files(store):
    first = store.keep(with_files(store), "Files")
    second = store.resplit(first, SplitPlan(train=1.0, val=0.0, test=0.0), "Files again")
    assert (second, store.check(second)) == ("files-again", [])
    assert store.resplit("sample-one", SplitPlan(), "") == "sample-one-2"
    assert store.get(first).tasks == store.get(second).tasks


def test_tasks_named_by_path_bring_their_files_until_the_process_ends(store, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "tasks.csv").write_text("question,answer,attachments\nQ1,1,a.txt\n")
    (folder / "a.txt").write_text("hello")
    resolved = store.resolve(str(folder))
    assert resolved.folder is not None
    assert (resolved.folder / resolved.tasks[0].attachments[0].path).read_text() == "hello"
    assert [summary.id for summary in store.list()] == ["sample-one"]
