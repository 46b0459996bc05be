"""What a run has measured more than once: the facts of the A/A check and of repeated runs."""

from __future__ import annotations

from agentopt_core.history.store import HistoryStore
from agentopt_core.tasks import Split

MOST_TASKS = 5_000
"""Tasks of one measurement that are read at most, in the order of their ids."""


def again_tables(store: HistoryStore, run_id: str) -> list[dict[str, int]]:
    """The baseline's training tasks, as measured first and at each null edit, by task id: 1 solved, 0 failed."""
    rows = store.rows(_AGAIN, run_id=run_id, limit=MOST_TASKS)
    return [dict(zip(row["tasks"], map(int, row["solved"]), strict=True)) for row in rows]


def baseline_counts(store: HistoryStore, run_id: str) -> list[tuple[int, int]]:
    """(solved, runs) of each training task under the baseline, its null edits together."""
    return _pairs(store, run_id, 0, "train", "(series = '' OR series LIKE 'again-%')")


def validation_counts(store: HistoryStore, run_id: str, evaluation: int) -> list[tuple[int, int]]:
    """(solved, runs) of each validation task at the first look at a set. Reruns of flipped tasks are no part of it:
    they were chosen by how they fell out. Where a set was looked at afresh, that look counts and not the one that
    chose it.
    """
    fresh = store.rows(_FRESH, run_id=run_id, evaluation=evaluation)
    series = "series LIKE 'afresh%'" if fresh else "(series = '' OR series LIKE 'repeat-%')"
    return _pairs(store, run_id, evaluation, "val", series)


def _pairs(store: HistoryStore, run_id: str, evaluation: int, split: Split, series: str) -> list[tuple[int, int]]:
    rows = store.rows(_COUNTS.format(series=series), run_id=run_id, evaluation=evaluation, split=split)
    return [(row["solved"], row["runs"]) for row in rows for _ in range(row["tasks"])]


_AGAIN = """
WITH counted AS (
    SELECT series, task_id, max_by(correct, journal_offset) AS correct, max_by(ended, journal_offset) AS ended
    FROM rollouts
    WHERE run_id = $run_id AND evaluation = 0 AND split = 'train' AND (series = '' OR series LIKE 'again-%')
    GROUP BY series, task_id
), finished AS (
    SELECT DISTINCT series FROM evaluation_ends WHERE run_id = $run_id AND evaluation = 0 AND split = 'train'
), read AS (
    SELECT * FROM counted SEMI JOIN finished USING (series) WHERE ended != 'fault' AND correct IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY series ORDER BY task_id) <= $limit
)
SELECT series, list(task_id ORDER BY task_id) AS tasks, list(correct ORDER BY task_id) AS solved
FROM read GROUP BY series ORDER BY len(series), series
"""

_FRESH = """
SELECT 1 FROM evaluation_ends
WHERE run_id = $run_id AND evaluation = $evaluation AND split = 'val' AND series = 'afresh' LIMIT 1
"""

_COUNTS = """
WITH counted AS (
    SELECT series, task_id, max_by(correct, journal_offset) AS correct, max_by(ended, journal_offset) AS ended
    FROM rollouts
    WHERE run_id = $run_id AND evaluation = $evaluation AND split = $split AND {series}
    GROUP BY series, task_id
), each AS (
    SELECT task_id, count(*) FILTER (correct) AS solved, count(*) AS runs
    FROM counted WHERE ended != 'fault' AND correct IS NOT NULL GROUP BY task_id
)
SELECT solved, runs, count(*) AS tasks FROM each GROUP BY solved, runs ORDER BY runs, solved
"""
