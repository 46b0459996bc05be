"""A task's files, as its calls see them: by name in `attachments/`, read-only, and no other task's."""

import asyncio

import pytest

from agentopt_core.errors import ProtocolError
from agentopt_core.sandbox import places_of
from agentopt_core.tasks import Attachment

from .conftest import function

READ = """
import os
def f(path):
    with open(path) as file:
        return [file.read(), sorted(os.listdir("attachments"))]
"""


def attachment(path: str) -> Attachment:
    return Attachment(path=path, media_type="text/csv", sha256="", bytes=0)


@pytest.fixture
def files(tmp_path):
    for name, text in (("a/table.csv", "one"), ("b/table.csv", "two"), ("notes.txt", "three")):
        path = tmp_path / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "files"


@pytest.fixture
def box(make_sandbox, level, files):
    sandbox = make_sandbox(level, files, workers=1, notebooks=1)
    yield sandbox
    asyncio.run(sandbox.close())


def test_a_call_reads_its_tasks_files_by_their_names(box):
    given = (attachment("a/table.csv"), attachment("notes.txt"))
    result = asyncio.run(box.call(function(READ), {"path": "attachments/table.csv"}, given))
    assert result.value == ["one", ["notes.txt", "table.csv"]]
    result = asyncio.run(box.call(function(READ), {"path": "attachments/table.csv"}, (attachment("b/table.csv"),)))
    assert result.value == ["two", ["table.csv"]]


def test_a_notebook_reads_them_too(box):
    async def scene():
        notebook = box.notebook((attachment("notes.txt"),))
        await notebook.run("file = open('attachments/notes.txt')")
        result = await notebook.run("file.read()")
        await notebook.close()
        return result.value

    assert asyncio.run(scene()) == "three"


def test_files_of_the_same_name_are_told_apart_by_their_paths(box):
    given = (attachment("a/table.csv"), attachment("b/table.csv"))
    assert places_of(given) == ["attachments/a_table.csv", "attachments/b_table.csv"]
    assert asyncio.run(box.call(function(READ), {"path": "attachments/b_table.csv"}, given)).value[0] == "two"


def test_a_call_without_files_has_no_such_folder(box):
    result = asyncio.run(box.call(function("import os\ndef f(): return os.path.exists('attachments')"), {}))
    assert result.value is False


def test_files_cannot_be_written_and_those_of_other_tasks_not_read(box, files, level):
    if level in ("limits", "seccomp"):
        pytest.skip("this level does not protect files")
    given = (attachment("notes.txt"),)
    for code in (
        "def f(): return open('attachments/notes.txt', 'w').write('x')",
        "import os\ndef f(): return os.truncate('attachments/notes.txt', 0)",
        "import os\ndef f(): return os.remove(os.path.realpath('attachments/notes.txt'))",
        "import os\nhome = os.path.dirname(os.path.realpath('attachments/notes.txt'))\n"
        "def f(): return open(home + '/a/table.csv').read()",
        "import os\ndef f(): return os.listdir(os.path.dirname(os.path.realpath('attachments/notes.txt')))",
    ):
        assert asyncio.run(box.call(function(code), {}, given)).error.type in ("PermissionError", "OSError")
    assert (files / "notes.txt").read_text() == "three"


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret", "a/../../secret", "", "a\0b"])
def test_a_path_that_leads_out_of_the_folder_is_refused(box, path):
    with pytest.raises(ProtocolError, match="does not lie in"):
        asyncio.run(box.call(function("def f(): pass"), {}, (attachment(path),)))
