"""Small files that show what a task set of one's own looks like. They import without an issue."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from types import MappingProxyType

_COLUMNS = ("id", "question", "answer", "answer_type", "choices", "unit", "split", "level", "subject", "group")
_ROWS = (
    ("trains-1", "A train leaves at 9:15 and arrives at 11:05. How many minutes is it under way?", "110", "numeric", "",
     "minutes", "train", "1", "time", "trains"),
    ("trains-2", "A train leaves at 22:40 and arrives at 1:05. How many minutes is it under way?", "145", "numeric", "",
     "minutes", "test", "2", "time", "night trains"),
    ("roots-1", r"Simplify $\sqrt{48}$.", r"4\sqrt{3}", "math", "", "", "train", "2", "roots", ""),
    ("roots-2", r"Simplify $\sqrt{75}$.", r"5\sqrt{3}", "math", "", "", "val", "2", "roots", ""),
    ("seas-1", "Which sea lies north of Poland?", "Baltic Sea", "choice", "Baltic Sea | Black Sea | North Sea", "",
     "train", "1", "maps", ""),
    ("words-1", "Write the word 'level' backwards.", "level", "text", "", "", "test", "1", "words", ""),
)  # fmt: skip
_WITH_FILES = (
    {"id": "stock-1", "question": "How many pears does the list name?", "answer": "17", "attachments": "stock.csv"},
    {"id": "stock-2", "question": "How many kinds of fruit have more than 10?", "answer": "2",
     "attachments": "stock.csv", "split": "test"},
    {"id": "note-1", "question": "Which month does the note name?", "answer": "May", "attachments": "note.txt",
     "split": "train"},
)  # fmt: skip


def _csv() -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_COLUMNS, *_ROWS])
    return text.getvalue().encode()


def _jsonl() -> bytes:
    rows = [
        {column: cell for column, cell in zip(_COLUMNS, row, strict=True) if cell}
        | ({"choices": [part.strip() for part in row[4].split("|")]} if row[4] else {})
        for row in _ROWS
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _with_files() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("tasks.jsonl", "".join(json.dumps(row) + "\n" for row in _WITH_FILES))
        file.writestr("stock.csv", "fruit,number\napples,31\npears,17\nplums,4\n")
        file.writestr("note.txt", "The order of 3 May was delivered late.\n")
    return archive.getvalue()


TEMPLATES: Mapping[str, bytes] = MappingProxyType(
    {
        "tasks.csv": _csv(),
        "tasks.jsonl": _jsonl(),
        "tasks-with-files.zip": _with_files(),
    }
)
"""File name -> its bytes."""
