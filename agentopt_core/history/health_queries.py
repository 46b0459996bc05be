"""The functions' credit, the tasks that no version solves, and when a run opened its test split."""

from __future__ import annotations

from agentopt_core.history.parts import proportion
from agentopt_core.history.store import HistoryStore
from agentopt_core.rollouts import Proportion
from agentopt_core.tasks import Split
from agentopt_core.views import Opening
from agentopt_core.views.health import CreditView, Unsolved, UnsolvedTask

MOST = 500
"""Measurements of credit that are told at most, the newest."""


def credits(store: HistoryStore, run_id: str) -> list[CreditView]:
    """What functions were found to be worth, those of the accepted set first, then the newest; each the last time it
    was measured in a set.
    """
    nothing = Proportion(correct=0, n=0)
    return [
        CreditView(
            function=row["function"],
            evaluation=row["evaluation"],
            in_use=row["in_use"],
            used=row["used"],
            control=row["control"],
            with_function=proportion(row, "with") or nothing,
            without=proportion(row, "without") or nothing,
            helped=tuple(row["helped"]),
            hurt=tuple(row["hurt"]),
            interval=None if row["low"] is None else (row["low"], row["high"]),
            p_value=row["p_value"],
            p_together=row["p_value"],
            at=row["happened_at"],
        )
        for row in store.rows(_CREDITS, run_id=run_id, limit=MOST)
    ]


def never_solved(
    store: HistoryStore, run_id: str, split: Split = "train", offset: int = 0, limit: int = 200
) -> Unsolved:
    """The tasks of a split that were scored under some version and solved by none, each with its last rollout."""
    found = store.rows(_NEVER, run_id=run_id, split=split, offset=offset, limit=limit)[0]
    return Unsolved(
        split=split,
        never=found["never"],
        scored=found["scored"],
        tasks=tuple(UnsolvedTask.model_validate(row) for row in found["tasks"] or ()),
    )


def looks_at_test(store: HistoryStore, run_id: str) -> list[Opening]:
    """Each look of the run at its test split, the first one first."""
    return [Opening.model_validate(row) for row in store.rows(_OPENINGS, run_id=run_id)]


def answered(store: HistoryStore, run_id: str) -> frozenset[str]:
    """Ids of the commands that a trainer has followed or declined."""
    rows = store.rows(
        "SELECT command_id FROM commands WHERE run_id = $run_id AND command = 'credit' "
        "UNION SELECT command_id FROM declined WHERE run_id = $run_id AND command = 'credit'",
        run_id=run_id,
    )
    return frozenset(row["command_id"] for row in rows)


_CREDITS = """
WITH accepted AS (
    SELECT max_by(evaluation, journal_offset) AS evaluation FROM verdicts
    WHERE run_id = $run_id AND verdict IN ('baseline', 'kept')
)
SELECT *, evaluation = (SELECT evaluation FROM accepted) AS in_use FROM credits WHERE run_id = $run_id
QUALIFY row_number() OVER (PARTITION BY evaluation, function_digest ORDER BY journal_offset DESC) = 1
ORDER BY in_use DESC, evaluation DESC, journal_offset LIMIT $limit
"""

# A rollout is reported again only where it was a fault, and faults count for nothing here: so every other one counts.
_NEVER = """
WITH scored AS (
    SELECT task_id, bool_or(correct) AS solved, max(journal_offset) AS journal_offset FROM rollouts
    WHERE run_id = $run_id AND split = $split AND series = '' AND ended != 'fault' AND correct IS NOT NULL
    GROUP BY task_id
), page AS MATERIALIZED (
    SELECT * FROM scored WHERE NOT solved ORDER BY task_id LIMIT $limit OFFSET $offset
), versions AS (
    SELECT task_id, count(DISTINCT evaluation) AS scored FROM rollouts SEMI JOIN page USING (task_id)
    WHERE run_id = $run_id AND split = $split AND series = '' AND ended != 'fault' AND correct IS NOT NULL
    GROUP BY task_id
), lines AS (
    SELECT page.task_id, versions.scored, evaluation, coalesce(extracted, '') AS extracted, calls
    FROM page JOIN versions USING (task_id) JOIN rollouts ON rollouts.journal_offset = page.journal_offset
    WHERE run_id = $run_id
)
SELECT count(*) AS scored, count(*) FILTER (NOT solved) AS never,
    (SELECT list(lines ORDER BY task_id) FROM lines) AS tasks
FROM scored
"""

_OPENINGS = """
SELECT run_id, (SELECT name FROM runs WHERE run_id = $run_id) AS run_name, happened_at AS "at", subject, n
FROM openings WHERE run_id = $run_id
QUALIFY row_number() OVER (PARTITION BY evaluation ORDER BY journal_offset) = 1 ORDER BY journal_offset
"""
