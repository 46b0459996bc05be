"""TabMWP (Lu et al. 2023): word problems about tables, one JSON dict by id, with a picture of each table apart."""

from __future__ import annotations

from types import MappingProxyType

from agentopt_core.importing.bundle import Bundle
from agentopt_core.importing.formats.base import Format, Made, Setting, Wanted
from agentopt_core.importing.formats.values import gold_of, id_of, question_of, split_of, text_of, texts_of
from agentopt_core.importing.records import Record
from agentopt_core.tasks import Task


def _make(record: Record, setting: Setting) -> Made:
    fields = record.fields
    id = id_of(text_of("id", fields.get("id"))) or setting.row_id(record)
    title, table = (text_of(field, fields.get(field)) for field in ("table_title", "table"))
    task = Task(
        id=id,
        question=question_of(fields.get("question")),
        answer=gold_of(fields.get("answer")),
        answer_type="tabmwp",
        choices=texts_of("choices", fields.get("choices")),
        unit=text_of("unit", fields.get("unit")),
        context=f"{title}\n{table}" if title.strip() else table,
        split=split_of(text_of("split", fields.get("split"))),
        tags=texts_of("ques_type", fields.get("ques_type")),
        level=text_of("grade", fields.get("grade")),
        subject=text_of("ans_type", fields.get("ans_type")),
        solution=text_of("solution", fields.get("solution")),
    )
    picture = f"{id}.png"
    places = (setting.beside(f"tables/{picture}"), setting.beside(picture))
    return Made(task, (Wanted(picture, places, needed=False),))


def _remark(bundle: Bundle, missing: int) -> str:
    """Pictures that are not there at all are no fault: they are shipped apart."""
    if not any(name.lower().endswith(".png") for name in bundle.names()):
        return ""
    return (
        f"{missing:,} tasks came without the picture of their table; they are kept, since the table is in their text."
    )


FORMAT = Format(
    name="tabmwp",
    title="TabMWP",
    sentence="JSON with problems by id, and tables/<id>.png beside it where the pictures are wanted; several such "
    "files in one folder are one set.",
    keys=("question", "answer", "table", "ques_type", "ans_type", "grade"),
    make=_make,
    sign=lambda table: "every problem has its table as text",
    mapping=MappingProxyType(
        {
            "question": "question",
            "answer": "answer",
            "choices": "choices",
            "unit": "unit",
            "context": "table",
            "split": "split",
            "tags": "ques_type",
            "level": "grade",
            "subject": "ans_type",
            "solution": "solution",
        }
    ),
    remark=_remark,
)
