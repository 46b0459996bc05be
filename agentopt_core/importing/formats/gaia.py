"""GAIA (Mialon et al. 2023): metadata.jsonl or metadata.parquet with attachments beside it. Users bring their copy."""

from __future__ import annotations

from pathlib import PurePosixPath
from types import MappingProxyType

from agentopt_core.importing.formats.base import Format, Made, NoTask, Setting, Wanted
from agentopt_core.importing.formats.values import RowError, gold_of, id_of, question_of, text_of
from agentopt_core.importing.records import Record
from agentopt_core.tasks import Split, Task

_WELCOME = "0-0-0-0-0"


def _make(record: Record, setting: Setting) -> Made:
    fields = record.fields
    id = id_of(text_of("task_id", fields.get("task_id")))
    if id == _WELCOME:
        raise NoTask("GAIA's welcome row is no task.")
    if not id:
        raise RowError("task_id", "The task has no id.")
    answer = gold_of(fields.get("Final answer"), "Final answer")
    notes = fields.get("Annotator Metadata")
    task = Task(
        id=id,
        question=question_of(fields.get("Question"), "Question"),
        answer=answer,
        answer_type="gaia",
        split=_split(setting.table.file, answer),
        level=text_of("Level", fields.get("Level")),
        solution=text_of("Steps", notes.get("Steps")) if isinstance(notes, dict) else "",
    )
    return Made(task, _files(record, setting))


def _split(file: str, answer: str | None) -> Split:
    """By the folder; a file without one is trained on. Only test answers are hidden."""
    folders = PurePosixPath(file).parent.parts
    if answer is None or "test" in folders:
        return "test"
    return "val" if "validation" in folders else "train"


def _files(record: Record, setting: Setting) -> tuple[Wanted, ...]:
    """Beside the metadata; or where `file_path` says, which starts from the folder that the whole of GAIA lies in."""
    name = text_of("file_name", record.fields.get("file_name")).strip()
    path = text_of("file_path", record.fields.get("file_path")).strip()
    name = name or PurePosixPath(path).name
    if not name:
        return ()
    above = [(parent / path).as_posix() for parent in PurePosixPath(setting.table.file).parents] if path else []
    return (Wanted(name, (setting.beside(name), *above), field="file_name"),)


FORMAT = Format(
    name="gaia",
    title="GAIA",
    sentence="metadata.jsonl or metadata.parquet with the attachments beside it, as a folder, a zip or single files; "
    "the answers of its test tasks are hidden, and it has no training split: divide it anew to train on it. Its tasks "
    "are never exported.",
    keys=("task_id", "Question", "Final answer"),
    make=_make,
    sign=lambda table: "they are written as in GAIA",
    mapping=MappingProxyType(
        {
            "question": "Question",
            "answer": "Final answer",
            "id": "task_id",
            "level": "Level",
            "solution": "Annotator Metadata",
            "attachments": "file_name",
        }
    ),
    private=True,
    notes=(
        "GAIA has no training split: to train on its validation tasks, divide them anew.",
        "GAIA's tasks are not to be published: they stay on this machine and are part of no export.",
    ),
)
