"""The words of human approval: what is noticed about a proposal, and what people say to it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agentopt_core.words import Word

FindingKind = Literal["network", "files", "processes", "dynamic_code", "long_code", "relied_on", "weak_evidence"]
ReviewTime = Literal["before", "after"]
"""`before` the candidate runs, so that nobody's code runs unseen; or `after` its evaluation, with the evidence."""
Choice = Literal["approve", "reject"]

MAX_REASON = 4_000
"""Characters of a reason."""


class Finding(Word):
    """Something about a proposal that a person should look at; a finding is a question, not a verdict."""

    kind: FindingKind
    function: str = ""
    """The function it is about; empty for the update as a whole."""
    line: int | None = None
    """Line of its code, counted from 1."""
    text: str
    """What was noticed, in a sentence."""


class FunctionText(Word):
    """A function as people and models write it: the paper's five strings, not validated yet."""

    name: str = Field(max_length=200)
    description: str = Field(max_length=20_000)
    arguments: str = Field(default="", max_length=100_000)
    """JSON schema; empty: read from the signature."""
    packages: str = Field(default="", max_length=2_000)
    """Distributions, separated by commas."""
    code: str = Field(max_length=200_000)


class Decision(Word):
    """A person's answer to a proposal."""

    step: int
    choice: Choice
    reason: str = Field(default="", max_length=MAX_REASON)
    """Needed to reject: the optimizer reads it in the failure record."""
    only: tuple[str, ...] | None = None
    """Names of the changes that are approved; the others are rejected. None: all of them."""
    edits: tuple[FunctionText, ...] = ()
    """Functions to take instead of those of the same name in the proposal."""


class TrialRequest(Word):
    """Run the proposal on a few tasks before deciding."""

    step: int
    tasks: int = Field(default=5, ge=1, le=200)
    """How many: failed and solved ones by turns."""
    edits: tuple[FunctionText, ...] = ()


class HandChange(Word):
    """A change that a person makes to the accepted set of a run. It becomes a step of the run, measured like any."""

    functions: tuple[FunctionText, ...] = ()
    """Added, or put in the place of the ones with their names."""
    remove: tuple[str, ...] = ()
    evaluation: int | None = None
    """Roll back to the set of that evaluation first."""
    reason: str = Field(default="", max_length=MAX_REASON)
