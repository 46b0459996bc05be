"""One frozen type per fact a run can report: the lines of events.ndjson. JSON in and out, versioned.

A reader ignores kinds it does not know and fields it does not know, so that an older program reads a newer journal.
"""

from __future__ import annotations

import json
from typing import Annotated, get_args

from pydantic import Field, TypeAdapter
from pydantic_core import PydanticSerializationError

from agentopt_core.events.fact import VERSION, Fact
from agentopt_core.events.measured import (
    CreditMeasured,
    EvaluationFinished,
    EvaluationStarted,
    FunctionsDropped,
    HeldOutMeasured,
    RolloutFinished,
    SplitOpened,
)
from agentopt_core.events.people import ReviewDecided, ReviewRequested, TrialFinished
from agentopt_core.events.run import (
    CommandDeclined,
    CommandObeyed,
    RequestFinished,
    RunFailed,
    RunFinished,
    RunStarted,
    StopKind,
    Warned,
)
from agentopt_core.events.steps import (
    OptimizerAsked,
    ProposalMade,
    ProposalRefused,
    ProposalsScreened,
    StepStarted,
    UpdateProposed,
    VerdictKind,
    VerdictReached,
)

Event = Annotated[
    RunStarted
    | RequestFinished
    | EvaluationStarted
    | RolloutFinished
    | EvaluationFinished
    | StepStarted
    | OptimizerAsked
    | ProposalRefused
    | ProposalMade
    | ProposalsScreened
    | UpdateProposed
    | ReviewRequested
    | TrialFinished
    | ReviewDecided
    | CommandDeclined
    | VerdictReached
    | SplitOpened
    | HeldOutMeasured
    | CreditMeasured
    | FunctionsDropped
    | CommandObeyed
    | Warned
    | RunFinished
    | RunFailed,
    Field(discriminator="kind"),
]

_ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)
KINDS = frozenset(kind.model_fields["kind"].default for kind in get_args(get_args(Event)[0]))
"""All that this version knows."""

__all__ = [
    "KINDS",
    "VERSION",
    "CommandDeclined",
    "CommandObeyed",
    "CreditMeasured",
    "EvaluationFinished",
    "EvaluationStarted",
    "Event",
    "Fact",
    "FunctionsDropped",
    "HeldOutMeasured",
    "OptimizerAsked",
    "ProposalMade",
    "ProposalRefused",
    "ProposalsScreened",
    "RequestFinished",
    "ReviewDecided",
    "ReviewRequested",
    "RolloutFinished",
    "RunFailed",
    "RunFinished",
    "RunStarted",
    "SplitOpened",
    "StepStarted",
    "StopKind",
    "TrialFinished",
    "UpdateProposed",
    "VerdictKind",
    "VerdictReached",
    "Warned",
    "from_line",
    "to_line",
]


def to_line(event: Event) -> bytes:
    """The event as one line of UTF-8 JSON, newline included. Half characters (lone surrogates) become `?`."""
    try:
        return event.model_dump_json().encode() + b"\n"
    except (PydanticSerializationError, UnicodeEncodeError):
        return json.dumps(event.model_dump(mode="json"), ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def from_line(line: bytes) -> Event | None:
    """The event of a line, or None for a kind this version does not know.

    Raises: ValueError when the line is not an event.
    """
    data = json.loads(line)
    if not isinstance(data, dict) or "kind" not in data:
        raise ValueError("not an event: no 'kind'")
    return _ADAPTER.validate_python(data) if data["kind"] in KINDS else None
