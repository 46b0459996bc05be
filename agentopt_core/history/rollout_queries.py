"""The per-task table of an evaluation, and one rollout as a whole."""

from __future__ import annotations

from agentopt_core.errors import NotFound
from agentopt_core.history.store import HistoryStore
from agentopt_core.rollouts import Rollout, Usage
from agentopt_core.tasks import Split
from agentopt_core.views import RolloutRow

ANSWER_CHARS = 300


def rollouts(
    store: HistoryStore, run_id: str, evaluation: int, split: Split | None = None, series: str = ""
) -> list[RolloutRow]:
    """The rollouts of one evaluation in the order they ended, without their traces; of one split or of all."""
    rows = store.rows(
        """
        SELECT evaluation, split, task_id, ended, correct, answer[:$chars] AS answer,
            coalesce(extracted, '') AS extracted,
            coalesce(method, '') AS method, reason, turns, calls, failed_calls, seconds, happened_at AS "at",
            requests, prompt_tokens, completion_tokens, cost_usd
        FROM rollouts
        WHERE run_id = $run_id AND evaluation = $evaluation AND series = $series AND ($split IS NULL OR split = $split)
        QUALIFY row_number() OVER (PARTITION BY task_id ORDER BY journal_offset DESC) = 1
        ORDER BY journal_offset
        """,
        run_id=run_id,
        evaluation=evaluation,
        series=series,
        split=split,
        chars=ANSWER_CHARS,
    )
    return [RolloutRow(usage=Usage(**{name: row.pop(name) for name in Usage.model_fields}), **row) for row in rows]


def rollout(store: HistoryStore, run_id: str, evaluation: int, task_id: str, series: str = "") -> Rollout:
    """One rollout with its messages, calls, answer and score.

    Raises: NotFound.
    """
    rows = store.rows(
        """
        SELECT trace FROM rollouts WHERE run_id = $run_id AND evaluation = $evaluation AND task_id = $task_id
            AND series = $series
        ORDER BY journal_offset DESC LIMIT 1
        """,
        run_id=run_id,
        evaluation=evaluation,
        task_id=task_id,
        series=series,
    )
    if not rows:
        raise NotFound(
            f"Evaluation {evaluation} of run '{run_id}' has no rollout of task '{task_id}'.",
            "It may not have been run yet; look at the evaluation's table.",
        )
    return Rollout.model_validate_json(rows[0]["trace"])
