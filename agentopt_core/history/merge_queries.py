"""What two versions of a run solved of the same training tasks: by what a conflict between them is decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from agentopt_core.history.store import HistoryStore


class Solved(NamedTuple):
    """Tasks that were scored under both versions, and how many each solved."""

    left: int
    right: int
    n: int


def common_results(
    store: HistoryStore, run_id: str, left: int, right: int, names: Sequence[str]
) -> tuple[Solved, dict[str, Solved]]:
    """On all common training tasks, and for each function on those of them in which either version called it."""
    rows = store.rows(_COMMON, run_id=run_id, left=left, right=right, names=list(names))
    found = {row["name"]: Solved(row["left_solved"] or 0, row["right_solved"] or 0, row["n"]) for row in rows}
    return found.pop(None), {name: found.get(name, Solved(0, 0, 0)) for name in names}


_COMMON = """
WITH counted AS (
    SELECT evaluation, task_id, max(journal_offset) AS journal_offset,
        max_by(correct, journal_offset) AS correct, max_by(ended, journal_offset) AS ended
    FROM rollouts
    WHERE run_id = $run_id AND evaluation IN ($left, $right) AND split = 'train' AND series = ''
    GROUP BY evaluation, task_id
), scored AS (
    SELECT * FROM counted WHERE ended != 'fault' AND correct IS NOT NULL
), common AS (
    SELECT one.task_id, one.correct AS left_correct, other.correct AS right_correct
    FROM scored AS one JOIN scored AS other USING (task_id) WHERE one.evaluation = $left AND other.evaluation = $right
), used AS (
    SELECT DISTINCT tool AS name, task_id
    FROM tool_calls SEMI JOIN scored USING (journal_offset)
    WHERE run_id = $run_id AND list_contains($names::VARCHAR[], tool)
)
SELECT NULL AS name, count(*) FILTER (left_correct) AS left_solved, count(*) FILTER (right_correct) AS right_solved,
    count(*) AS n FROM common
UNION ALL
SELECT name, count(*) FILTER (left_correct), count(*) FILTER (right_correct), count(*)
FROM used JOIN common USING (task_id) GROUP BY name
"""
