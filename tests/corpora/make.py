"""Writes the corpora: `python -m tests.corpora.make`. The cases are Python beside this file; the output is fixed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.corpora import (
    agent_messages,
    replies_code,
    replies_edits,
    replies_messages,
    replies_names_used,
    replies_schemas,
)
from tests.corpora.forms import Case

FOLDER = Path(__file__).parent
REPLIES = (
    *replies_schemas.CASES,
    *replies_code.CASES,
    *replies_names_used.CASES,
    *replies_edits.CASES,
    *replies_messages.CASES,
)
FILES = {"optimizer_replies.jsonl": ("R", REPLIES), "agent_messages.jsonl": ("M", agent_messages.CASES)}


def lines(prefix: str, cases: Sequence[Case]) -> Iterator[str]:
    """One JSON text a case, numbered in the order of the cases."""
    for number, case in enumerate(cases, 1):
        yield json.dumps({"id": f"{prefix}{number:03}", **case}, ensure_ascii=True)


def main() -> None:
    """Write both files anew."""
    for name, (prefix, cases) in FILES.items():
        (FOLDER / name).write_text("".join(f"{line}\n" for line in lines(prefix, cases)), encoding="utf-8")


if __name__ == "__main__":
    main()
