"""Tables of one's own: columns are mapped to the fields of tasks, by usual names or by a person."""

from __future__ import annotations

from types import MappingProxyType

from agentopt_core.importing.columns import USUAL_NAMES
from agentopt_core.importing.formats.base import Format, Made, Setting, Wanted
from agentopt_core.importing.formats.values import (
    answer_type_of,
    gold_of,
    id_of,
    question_of,
    split_of,
    text_of,
    texts_of,
    tolerance_of,
)
from agentopt_core.importing.records import Record
from agentopt_core.tasks import Split, Task

_TEXT_FIELDS = ("unit", "context", "level", "subject", "group", "solution")
_LIST_FIELDS = ("choices", "aliases", "tags")


def _make(record: Record, setting: Setting) -> Made:
    cell = {field: record.fields.get(column) for field, column in setting.mapping.items()}
    task = Task(
        id=id_of(text_of("id", cell.get("id"))) or setting.row_id(record),
        question=question_of(cell.get("question")),
        answer=gold_of(cell.get("answer")),
        answer_type=answer_type_of(text_of("answer_type", cell.get("answer_type"))),
        tolerance=tolerance_of(text_of("tolerance", cell.get("tolerance"))),
        split=_split(text_of("split", cell.get("split")), setting),
        **{field: text_of(field, cell.get(field)) for field in _TEXT_FIELDS},  # type: ignore[arg-type]
        **{field: texts_of(field, cell.get(field)) for field in _LIST_FIELDS},  # type: ignore[arg-type]
    )
    names = texts_of("attachments", cell.get("attachments"))
    return Made(task, tuple(Wanted(name, (setting.beside(name),)) for name in names))


def _split(text: str, setting: Setting) -> Split:
    return setting.split if setting.split and not text.strip() else split_of(text)


FORMAT = Format(
    name="table",
    title="Table",
    sentence="CSV, TSV, JSONL, JSON, Parquet or XLSX of your own with a question and an answer in each row; columns "
    "are recognised by usual names or mapped by you, attachments are file names beside the table.",
    keys=(),
    make=_make,
    sign=lambda table: "",  # by its columns, which need not be named after the fields: see recognition
    mapping=MappingProxyType({field: "" for field in USUAL_NAMES}),
    split_by_name=True,
)
