"""What a judge has said in a run, so that it is asked once for the same thing, also after a resume."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ConfigDict, Field, StrictBool, ValidationError

from agentopt_core.history.lines import LineFile, read_lines
from agentopt_core.words import Word

REASON_CHARS = 500
"""Characters of a judge's reason that are kept."""
_LINE_BYTES = 20_000
"""Longer lines are none of ours."""


class Judgement(Word):
    """One verdict of a judge."""

    model_config = ConfigDict(extra="ignore")
    key: str = Field(pattern=r"^[0-9a-f]{32}$")
    """Digest of the model's name and of all it was sent: prompt, question, gold and answer."""
    correct: StrictBool
    reason: str = Field(max_length=REASON_CHARS)


class Judgements:
    """Judgements by key; with a `path` also in a file of lines that outlives the process.

    A line that is no judgement is passed over, so that its answer is judged anew. The file holds the judge's words, but
    neither texts of tasks nor keys. Raises: ConfigError or DiskFull when it cannot be written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._known: dict[str, Judgement] = {}
        self._file = LineFile(path) if path else None
        for _, line in read_lines(path) if path else ():
            try:
                judgement = Judgement.model_validate_json(line) if len(line) <= _LINE_BYTES else None
            except ValidationError:
                continue
            if judgement:
                self._known[judgement.key] = judgement

    def get(self, key: str) -> Judgement | None:
        """What was said under that key."""
        return self._known.get(key)

    def keep(self, judgement: Judgement) -> None:
        """Remember a judgement. Raises: DiskFull, or ConfigError when the file may not be written."""
        if self._file:
            self._file.append(judgement.model_dump_json().encode() + b"\n")
        self._known[judgement.key] = judgement

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._file:
            self._file.close()
