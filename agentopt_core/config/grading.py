"""Who judges answers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from agentopt_core.config.endpoint import Endpoint
from agentopt_core.words import Word

GraderKind = Literal[
    "auto", "exact", "text", "numeric", "choice", "math", "gaia", "tabmwp", "regex", "python", "judge"
]  # fmt: skip


class GraderConfig(Word):
    """Who judges answers."""

    kind: GraderKind = "auto"
    """`auto`: the grader that fits each task; `python`: code of the user's, run in the sandbox; `judge`: a language
    model; any other: that grader for all tasks."""
    code: str = Field(default="", max_length=100_000)
    """For `python`: source that defines `grade(answer, task)`."""
    judge: Endpoint | None = None
    """The model that judges: all tasks with `judge`, those that ask for it with `auto`."""

    @model_validator(mode="after")
    def _is_complete(self) -> GraderConfig:
        if self.kind == "python" and not self.code.strip():
            raise ValueError("the grader has no code; it defines grade(answer, task)")
        if self.kind == "judge" and self.judge is None:
            raise ValueError("no model is named as judge")
        if self.judge is not None and self.kind not in ("auto", "judge"):
            raise ValueError(f"a model is named as judge, but the grader '{self.kind}' asks none")
        if self.judge is not None and not self.judge.model.strip():
            raise ValueError("the judge has no model")
        return self
