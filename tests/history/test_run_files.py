"""A run takes the files of its tasks along, checked, and never one from elsewhere."""

import hashlib
import os

import pytest

from agentopt_core.config import RunConfig
from agentopt_core.errors import TaskSetError
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.tasks import Attachment, Task, TaskSet


def with_file(path: str, data: bytes = b"a,b\n1,2\n") -> TaskSet:
    digest = hashlib.sha256(data).hexdigest()
    attachment = Attachment(path=path, media_type="text/csv", sha256=digest, bytes=len(data))
    return TaskSet(id="s", name="Files", tasks=(Task(id="1", question="?", answer="1", attachments=(attachment,)),))


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "set"
    (folder / "tables").mkdir(parents=True)
    (folder / "tables" / "one.csv").write_bytes(b"a,b\n1,2\n")
    os.chmod(folder / "tables" / "one.csv", 0o600)
    return folder


def test_attachments_are_copied_and_can_be_read_by_the_user_that_functions_run_as(tmp_path, source):
    before = os.umask(0o077)
    try:
        run = RunFolder.create(tmp_path / "home", RunConfig(), with_file("tables/one.csv"), source)
    finally:
        os.umask(before)
    copy = run.files / "tables" / "one.csv"
    assert copy.read_bytes() == b"a,b\n1,2\n"
    assert [path.stat().st_mode & 0o777 for path in (copy, copy.parent, run.files)] == [0o644, 0o755, 0o755]


def test_a_run_without_attachments_has_no_such_folder(tmp_path):
    tasks = TaskSet(id="s", name="s", tasks=(Task(id="1", question="?"),))
    assert RunFolder.create(tmp_path, RunConfig(), tasks).files is None


@pytest.mark.parametrize(
    "path", ["missing.csv", "../outside.csv", "/etc/passwd", "link.csv", "linked/one.csv", "tables"]
)
def test_a_file_that_is_missing_linked_or_outside_is_refused_and_no_run_is_left(tmp_path, source, path):
    (tmp_path / "outside.csv").write_bytes(b"a,b\n1,2\n")
    (source / "link.csv").symlink_to(tmp_path / "outside.csv")
    (source / "linked").symlink_to(source / "tables")
    with pytest.raises(TaskSetError, match="attachment"):
        RunFolder.create(tmp_path / "home", RunConfig(), with_file(path), source)
    assert not list((tmp_path / "home" / "runs").iterdir())


def test_a_file_that_was_changed_since_its_import_is_refused(tmp_path, source):
    with pytest.raises(TaskSetError, match="was changed"):
        RunFolder.create(tmp_path / "home", RunConfig(), with_file("tables/one.csv", b"other"), source)


def test_attachments_without_a_folder_are_refused(tmp_path):
    with pytest.raises(TaskSetError, match="no folder holds them"):
        RunFolder.create(tmp_path, RunConfig(), with_file("tables/one.csv"))
