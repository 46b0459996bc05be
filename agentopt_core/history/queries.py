"""What the pages and the command line ask about runs: the answers of views.py, computed here and nowhere else.

Accuracy comes from the `evaluation_finished` and `verdict_reached` facts, n beside it; cost and tokens come from the
requests.
"""

from __future__ import annotations

from typing import Literal

from agentopt_core.history.parts import finished_evaluations, proportion, summed, usage
from agentopt_core.history.rollout_queries import rollout, rollouts
from agentopt_core.history.run_queries import run, runs
from agentopt_core.history.store import HistoryStore, Row
from agentopt_core.history.update_queries import accepted_functions, function_versions, updates
from agentopt_core.rollouts import Usage
from agentopt_core.views import CurvePoint, EventLine, Progress

Phase = Literal["evaluating", "optimizing", "idle"]

__all__ = [
    "accepted_functions",
    "curve",
    "events",
    "function_versions",
    "progress",
    "rollout",
    "rollouts",
    "run",
    "runs",
    "updates",
    "usage_by_role",
]


def progress(store: HistoryStore, run_id: str) -> Progress | None:
    """What the run is doing now; None before its first evaluation."""
    found = store.rows(
        """
        WITH latest AS (
            SELECT * FROM evaluation_starts WHERE run_id = $run_id ORDER BY journal_offset DESC LIMIT 1
        ), done AS (
            SELECT task_id, max_by(ended, journal_offset) AS ended,
                coalesce(max_by(correct, journal_offset), false) AS correct
            FROM rollouts
            WHERE run_id = $run_id AND evaluation = (SELECT evaluation FROM latest) GROUP BY task_id
        )
        SELECT latest.evaluation, latest.split, latest.n, latest.happened_at, latest.journal_offset AS began,
            (SELECT count(*) FROM done) AS done,
            (SELECT count(*) FROM done WHERE correct) AS correct,
            (SELECT count(*) FROM done WHERE ended = 'fault') AS faults,
            (SELECT max(journal_offset) FROM evaluation_ends WHERE run_id = $run_id) AS finished,
            (SELECT max(journal_offset) FROM step_starts WHERE run_id = $run_id) AS asked,
            (SELECT max(journal_offset) FROM updates WHERE run_id = $run_id) AS proposed,
            (SELECT max(journal_offset) FROM run_ends WHERE run_id = $run_id) AS ended,
            (SELECT max(journal_offset) FROM trainers WHERE run_id = $run_id) AS trainer
        FROM latest
        """,
        run_id=run_id,
    )
    if not found:
        return None
    row: Row = {name: -1 if value is None else value for name, value in found[0].items()}
    phase: Phase
    if row["trainer"] < row["ended"]:
        phase = "idle"
    elif row["asked"] > max(row["proposed"], row["began"]):
        phase = "optimizing"
    elif row["began"] > row["finished"]:
        phase = "evaluating"
    else:
        phase = "idle"
    return Progress(
        evaluation=row["evaluation"],
        split=row["split"],
        done=row["done"],
        total=row["n"],
        correct=row["correct"],
        faults=row["faults"],
        started_at=row["happened_at"],
        phase=phase,
    )


def curve(store: HistoryStore, run_id: str) -> list[CurvePoint]:
    """The finished evaluations in order, each with its verdict and what the run had cost by then."""
    ends = finished_evaluations(store, run_id)
    spent = store.rows(
        """
        SELECT ends.journal_offset, sum(requests) AS requests, sum(prompt_tokens) AS prompt_tokens,
            sum(completion_tokens) AS completion_tokens, fsum(cost_usd) AS cost_usd,
            count(*) FILTER (cost_usd IS NULL) AS unpriced
        FROM requests ASOF JOIN
            (SELECT run_id, journal_offset FROM evaluation_ends WHERE run_id = $run_id) AS ends
            ON requests.run_id = ends.run_id AND requests.journal_offset <= ends.journal_offset
        WHERE requests.run_id = $run_id
        GROUP BY ends.journal_offset ORDER BY ends.journal_offset
        """,
        run_id=run_id,
    )
    points: list[CurvePoint] = []
    for end in ends:
        result = proportion(end, "result")
        assert result is not None
        before = points[-1] if points else None
        best = proportion(end, "best") or (before.best if before else result)
        points.append(
            CurvePoint(
                evaluation=end["evaluation"],
                epoch=before.epoch if before and end["epoch"] is None else end["epoch"] or 0,
                step=end["step"],
                split=end["split"],
                result=result,
                verdict=end["verdict"] or "pending",
                reason=end["reason"] or "",
                best=best,
                functions=tuple(end["names"]),
                usage=summed(usage(row) for row in spent if row["journal_offset"] <= end["journal_offset"]),
                at=end["happened_at"],
            )
        )
    return points


def events(store: HistoryStore, run_id: str, limit: int = 100, before_offset: int | None = None) -> list[EventLine]:
    """The event log, the latest line first; `before_offset` pages back from the last line of the page before."""
    lines = store.rows(
        """
        SELECT journal_offset AS "offset", happened_at AS "at", kind, text, severity FROM log
        WHERE run_id = $run_id AND ($before IS NULL OR journal_offset < $before)
        ORDER BY journal_offset DESC LIMIT $limit
        """,
        run_id=run_id,
        before=before_offset,
        limit=limit,
    )
    return [EventLine(**line) for line in lines]


def usage_by_role(store: HistoryStore, run_id: str) -> dict[str, Usage]:
    """What the run has cost so far, per role (agent, optimizer, ...)."""
    rows = store.rows(
        """
        SELECT role, sum(requests) AS requests, sum(prompt_tokens) AS prompt_tokens,
            sum(completion_tokens) AS completion_tokens, fsum(cost_usd) AS cost_usd,
            count(*) FILTER (cost_usd IS NULL) AS unpriced
        FROM requests WHERE run_id = $run_id GROUP BY role ORDER BY role
        """,
        run_id=run_id,
    )
    return {row["role"]: usage(row) for row in rows}
