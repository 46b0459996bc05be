"""What the importing tests share."""

import itertools
import json
import tempfile
from pathlib import Path

import pytest

from agentopt_core.errors import TaskSetError
from agentopt_core.importing import Bundle, Draft, read_tasks
from agentopt_core.task_lines import each_task
from agentopt_core.tasks import Task

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"

_FOLDERS = tempfile.TemporaryDirectory()
_NUMBERS = itertools.count()


def shared(name: str) -> Path:
    """A file or folder of data beside the repository; skips where it is absent."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"../shared/data/{name} is not here")
    return path


def fresh_folder() -> Path:
    """A folder that does not exist yet, in one that is removed when the tests end."""
    return Path(_FOLDERS.name) / str(next(_NUMBERS))


def read(name: str, data: bytes, mapping: dict[str, str] | None = None, format: str | None = None) -> Draft:
    """One file as a browser sends it."""
    return read_files({name: data}, mapping=mapping, format=format)


def read_files(files: dict[str, bytes], **options: object) -> Draft:
    """Files as a browser sends them."""
    with Bundle.of_uploads(list(files.items())) as bundle:
        return read_tasks(bundle, fresh_folder(), **options)


def read_path(path: Path, **options: object) -> Draft:
    """What lies on this machine."""
    with Bundle.of_path(path) as bundle:
        return read_tasks(bundle, fresh_folder(), **options)


def tasks_of(draft: Draft) -> list[Task]:
    """All tasks of a draft, from its folder."""
    return list(each_task(draft.folder / "tasks.jsonl"))


def jsonl(*records: object) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def errors(draft: Draft) -> list:
    return [issue for issue in draft.issues if issue.severity == "error"]


def row_issues(draft: Draft) -> list:
    """Without what is said of the whole, such as that a test's two rows are too few to train on."""
    return [issue for issue in draft.issues if issue.row]


def read_or_refused(name: str, data: bytes) -> Draft | None:
    """What any bytes must end in: a draft with tasks, or a sentence with the next move. Anything else is raised."""
    try:
        draft = read(name, data)
    except TaskSetError as error:
        if error.message and error.hint:
            return None
        raise AssertionError("a refusal without a next move") from error
    assert draft.profile.tasks == len(tasks_of(draft)) > 0
    return draft
