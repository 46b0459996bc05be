r"""MATH (Hendrycks et al. 2021): one JSON file a problem; the gold is the last `\boxed{}` of the solution."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from types import MappingProxyType

from agentopt_core.importing.formats.base import Format, Made, Setting
from agentopt_core.importing.formats.values import id_of, question_of, split_in, text_of
from agentopt_core.importing.records import Record, Table
from agentopt_core.tasks import Task

_BOX = re.compile(r"\\(?:boxed|fbox)\s*(?=\{)|\\boxed\s+(?P<bare>[^\s{}$\\]+)")
_TRIED = 20
"""Boxes looked at from the end: each may have to be read to the end of a long text."""
_LEVEL = re.compile(r"\s*level\s+", re.IGNORECASE)


def last_boxed(solution: str) -> str | None:
    r"""What the last balanced `\boxed{}` (or `\fbox{}`, or `\boxed 5`) holds; None without one."""
    for box in list(_BOX.finditer(solution))[: -_TRIED - 1 : -1]:
        if bare := box["bare"]:
            return bare.rstrip(".,")
        depth = 0
        for brace in re.finditer(r"\\.|[{}]", solution[box.end() :], re.DOTALL):
            depth += {"{": 1, "}": -1}.get(brace[0], 0)
            if depth == 0 and brace[0] == "}":
                if content := solution[box.end() + 1 : box.end() + brace.start()].strip():
                    return content
                break
    return None


def _make(record: Record, setting: Setting) -> Made:
    fields = record.fields
    solution = text_of("solution", fields.get("solution"))
    place = PurePosixPath(record.file).with_suffix("").as_posix() if record.file else ""
    return Made(
        Task(
            id=id_of(place) or setting.row_id(record),
            question=question_of(fields.get("problem"), "problem"),
            answer=last_boxed(solution),
            answer_type="math",
            split=(split_in(PurePosixPath(record.file).parent.as_posix()) if record.file else setting.split) or "train",
            level=_LEVEL.sub("", text_of("level", fields.get("level"))),
            subject=text_of("type", fields.get("type")),
            solution=solution,
        )
    )


def _sign(table: Table) -> str:
    solutions = [fields.get("solution") for fields in table.sample]
    boxed = any(isinstance(solution, str) and last_boxed(solution) for solution in solutions)
    return r"the solutions end with the gold in \boxed{}" if boxed and "answer" not in table.columns else ""


FORMAT = Format(
    name="math",
    title="MATH",
    sentence=r"A folder or zip of <split>/<subject>/<n>.json, one problem a file; the gold is the last \boxed{} of the "
    "solution.",
    keys=("problem", "level", "type", "solution"),
    make=_make,
    sign=_sign,
    mapping=MappingProxyType(
        {"question": "problem", "answer": "solution", "level": "level", "subject": "type", "solution": "solution"}
    ),
    split_by_name=True,
)
