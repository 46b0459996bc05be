"""What the optimizer read, step by step and request by request.

A trainer that was killed in a step asks again when it resumes: the requests after the step's last begin count.
"""

from __future__ import annotations

import json

from agentopt_core.errors import NotFound
from agentopt_core.history.store import HistoryStore, Row
from agentopt_core.seen import CauseCount, unpack
from agentopt_core.views.seen import SeenRequest, SeenStep

MOST_STEPS = 2_000
"""Steps listed, the newest first."""
MOST_REQUESTS = 500
"""Requests of a step listed."""

_COUNTED = """
WITH begun AS (
    SELECT step, max(journal_offset) AS begin FROM step_starts WHERE run_id = $run_id GROUP BY step
), counted AS (
    SELECT asked.* FROM optimizer_requests AS asked JOIN begun USING (step)
    WHERE asked.run_id = $run_id AND asked.journal_offset > begun.begin
)
"""

_STEPS = (
    _COUNTED
    + """
SELECT step, count(*) AS requests, greatest(1, max(part)) AS parts, max(tokens) AS most_tokens,
    max_by(budget, tokens) AS budget
FROM counted GROUP BY step ORDER BY step DESC LIMIT $limit
"""
)

_REQUESTS = (
    _COUNTED
    + """
SELECT * EXCLUDE (packed) FROM counted WHERE step = $step ORDER BY part, request LIMIT $limit
"""
)

_TEXT = (
    _COUNTED
    + """
SELECT packed FROM counted WHERE step = $step AND part = $part AND request = $request
ORDER BY journal_offset DESC LIMIT 1
"""
)


def seen_steps(store: HistoryStore, run_id: str) -> list[SeenStep]:
    """Steps in which the optimizer was asked, the newest first."""
    return [SeenStep(**row) for row in store.rows(_STEPS, run_id=run_id, limit=MOST_STEPS)]


def seen_requests(store: HistoryStore, run_id: str, step: int) -> list[SeenRequest]:
    """The requests of a step by part, in order; empty where it asked nothing."""
    return [_request(row) for row in store.rows(_REQUESTS, run_id=run_id, step=step, limit=MOST_REQUESTS)]


def seen_text(store: HistoryStore, run_id: str, step: int, part: int, request: int) -> str:
    """The text of a request. Raises: NotFound."""
    rows = store.rows(_TEXT, run_id=run_id, step=step, part=part, request=request)
    if not rows:
        raise NotFound(
            f"Run {run_id} holds no request {request} of step {step}.", "Look at the list of what its optimizer saw."
        )
    return unpack(rows[0]["packed"])


def _request(row: Row) -> SeenRequest:
    return SeenRequest(
        **{name: row[name] for name in ("step", "part", "request", "tokens", "budget")},
        causes=tuple(CauseCount(**count) for count in json.loads(row["causes"])),
        at=row["happened_at"],
    )
