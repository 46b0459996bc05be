"""What several queries share: values from columns, and the facts that count where an event was reported again.

A resumed run may report an evaluation or a step a second time, and a rollout again that was a fault: the last counts.
"""

from __future__ import annotations

from collections.abc import Iterable

from agentopt_core.functions import Function, FunctionSet
from agentopt_core.history.store import HistoryStore, Row
from agentopt_core.rollouts import Proportion, Usage


def proportion(row: Row | None, name: str) -> Proportion | None:
    """The share whose columns begin with `name`, or None."""
    if row is None or row[f"{name}_n"] is None:
        return None
    return Proportion(correct=row[f"{name}_correct"], n=row[f"{name}_n"], faults=row[f"{name}_faults"])


def usage(row: Row) -> Usage:
    """Summed columns of requests; the cost is unknown as soon as the price of one request is."""
    return Usage(
        requests=int(row["requests"] or 0),
        prompt_tokens=int(row["prompt_tokens"] or 0),
        completion_tokens=int(row["completion_tokens"] or 0),
        cost_usd=None if row["unpriced"] else row["cost_usd"] or 0.0,
    )


def summed(parts: Iterable[Usage]) -> Usage:
    """All of them together."""
    return sum(parts, Usage())


def finished_evaluations(store: HistoryStore, run_id: str) -> list[Row]:
    """Evaluations of a run in order: the columns of `evaluation_ends`, with step, functions, names and verdict."""
    return store.rows(
        """
        WITH ends AS (
            SELECT * FROM evaluation_ends WHERE run_id = $run_id
            QUALIFY row_number() OVER (PARTITION BY evaluation ORDER BY journal_offset DESC) = 1
        ), starts AS (
            SELECT evaluation, step, functions, names FROM evaluation_starts WHERE run_id = $run_id
            QUALIFY row_number() OVER (PARTITION BY evaluation ORDER BY journal_offset DESC) = 1
        ), decided AS (
            SELECT evaluation, verdict, reason, epoch, best_correct, best_n, best_faults
            FROM verdicts WHERE run_id = $run_id AND evaluation IS NOT NULL
            QUALIFY row_number() OVER (PARTITION BY evaluation ORDER BY journal_offset DESC) = 1
        )
        SELECT ends.*, starts.step, coalesce(starts.functions, []) AS functions, coalesce(starts.names, []) AS names,
            decided.* EXCLUDE (evaluation)
        FROM ends LEFT JOIN starts USING (evaluation) LEFT JOIN decided USING (evaluation)
        ORDER BY ends.evaluation
        """,
        run_id=run_id,
    )


def functions_of(store: HistoryStore, run_id: str) -> dict[str, Function]:
    """Every function the run has seen, by digest."""
    rows = store.rows("SELECT digest, function FROM functions WHERE run_id = $run_id", run_id=run_id)
    return {row["digest"]: Function.model_validate_json(row["function"]) for row in rows}


def function_sets(store: HistoryStore, run_id: str) -> dict[int, FunctionSet]:
    """The functions of each evaluation that was begun."""
    functions = functions_of(store, run_id)
    rows = store.rows(
        "SELECT evaluation, functions FROM evaluation_starts WHERE run_id = $run_id ORDER BY journal_offset",
        run_id=run_id,
    )
    return {
        row["evaluation"]: FunctionSet(functions=tuple(functions[digest] for digest in row["functions"]))
        for row in rows
    }
