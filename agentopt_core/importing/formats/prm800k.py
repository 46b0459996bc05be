"""MATH-500 and the other splits of MATH that came with PRM800K (Lightman et al. 2023)."""

from __future__ import annotations

from types import MappingProxyType

from agentopt_core.importing.formats.base import Format, Made, Setting
from agentopt_core.importing.formats.values import gold_of, id_of, question_of, text_of
from agentopt_core.importing.records import Record
from agentopt_core.tasks import Task


def _make(record: Record, setting: Setting) -> Made:
    fields = record.fields
    return Made(
        Task(
            id=id_of(text_of("unique_id", fields.get("unique_id"))) or setting.row_id(record),
            question=question_of(fields.get("problem"), "problem"),
            answer=gold_of(fields.get("answer")),
            answer_type="math",
            # Not the split in `unique_id`, which is that of MATH: these files divide its problems anew.
            split=setting.split or "train",
            level=text_of("level", fields.get("level")),
            subject=text_of("subject", fields.get("subject")),
            solution=text_of("solution", fields.get("solution")),
        )
    )


FORMAT = Format(
    name="prm800k",
    title="MATH-500",
    sentence="JSONL with problem, solution, answer, subject and level, as MATH-500 and PRM800K's splits of MATH.",
    keys=("problem", "solution", "answer", "subject", "level", "unique_id"),
    make=_make,
    sign=lambda table: "the gold stands beside the solution",
    mapping=MappingProxyType(
        {
            "question": "problem",
            "answer": "answer",
            "id": "unique_id",
            "level": "level",
            "subject": "subject",
            "solution": "solution",
        }
    ),
    split_by_name=True,
)
