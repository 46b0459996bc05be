"""GSM8K (Cobbe et al. 2021): the gold stands after the last `####` of the answer, the rest is the solution."""

from __future__ import annotations

import re
from types import MappingProxyType

from agentopt_core.importing.formats.base import Format, Made, Setting
from agentopt_core.importing.formats.values import gold_of, question_of, text_of
from agentopt_core.importing.records import Record, Table
from agentopt_core.tasks import Task

_GOLD = re.compile(r"^####[ \t]*(\S[^\n]*)$", re.MULTILINE)


def _make(record: Record, setting: Setting) -> Made:
    fields = record.fields
    answer = text_of("answer", fields.get("answer"))
    marks = list(_GOLD.finditer(answer))
    solution = ""
    if marks:
        last = marks[-1]
        solution = f"{answer[: last.start()].rstrip()}\n{answer[last.end() :].lstrip()}".strip()
        answer = last[1].strip()
    return Made(
        Task(
            id=setting.row_id(record),
            question=question_of(fields.get("question")),
            answer=gold_of(answer),
            split=setting.split or "train",
            solution=solution,
        )
    )


def _sign(table: Table) -> str:
    answers = [fields.get("answer") for fields in table.sample]
    marked = sum(isinstance(answer, str) and bool(_GOLD.search(answer)) for answer in answers)
    return "the answers end with '#### ' and the gold" if marked and 2 * marked > len(answers) else ""


FORMAT = Format(
    name="gsm8k",
    title="GSM8K",
    sentence="Records with question and answer; the gold stands after the last '####', what comes before is the "
    "solution.",
    keys=("question", "answer"),
    make=_make,
    sign=_sign,
    mapping=MappingProxyType({"question": "question", "answer": "answer", "solution": "answer"}),
    split_by_name=True,
)
