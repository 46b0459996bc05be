"""What several queries share: values from columns, and the facts that count where an event was reported again.

A resumed run may report an evaluation or a step a second time, and a rollout again that was a fault: the last counts.
"""

from __future__ import annotations

from agentopt_core.evidence import Evidence
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.history.store import HistoryStore, Row
from agentopt_core.rollouts import Proportion, Usage
from agentopt_core.tasks import Split


def proportion(row: Row | None, name: str) -> Proportion | None:
    """The share whose columns begin with `name`, or None."""
    if row is None or row[f"{name}_n"] is None:
        return None
    return Proportion(correct=row[f"{name}_correct"], n=row[f"{name}_n"], faults=row[f"{name}_faults"])


def usage(row: Row | None) -> Usage:
    """Summed columns of requests; the cost is unknown as soon as the price of one request is."""
    if row is None:
        return Usage()
    return Usage(
        requests=int(row["requests"] or 0),
        prompt_tokens=int(row["prompt_tokens"] or 0),
        completion_tokens=int(row["completion_tokens"] or 0),
        cost_usd=None if row["unpriced"] else row["cost_usd"] or 0.0,
    )


def evidence(row: Row | None) -> Evidence | None:
    """What the evidence gate found, from a row with such a column."""
    return Evidence.model_validate_json(row["evidence"]) if row and row["evidence"] else None


COUNTED = "series = '' AND split != 'val'"
"""The measurement of an evaluation that counts: not its validation split, not a repetition, not a trial."""


def latest(store: HistoryStore, table: str, run_id: str, key: str, where: str = "true") -> dict[int, Row]:
    """The rows of a run in a small table by evaluation or step; where one was reported again, the last report."""
    rows = store.rows(
        f"SELECT * FROM {table} WHERE run_id = $run_id AND {key} IS NOT NULL AND {where} ORDER BY journal_offset",  # noqa: S608
        run_id=run_id,
    )
    return {row[key]: row for row in rows}


def superseded(starts: dict[int, Row]) -> set[int]:
    """Evaluations of updates that a person changed in review: a later evaluation of the same step counts instead."""
    last = {start["step"]: evaluation for evaluation, start in sorted(starts.items())}
    return {evaluation for evaluation, start in starts.items() if start["step"] and last[start["step"]] != evaluation}


def results_of(store: HistoryStore, run_id: str) -> dict[int, Proportion | None]:
    """The result of each finished evaluation."""
    ends = latest(store, "evaluation_ends", run_id, "evaluation", COUNTED)
    return {evaluation: proportion(end, "result") for evaluation, end in ends.items()}


def functions_of(store: HistoryStore, run_id: str) -> dict[str, Function]:
    """Every function the run has seen, by digest."""
    rows = store.rows("SELECT digest, function FROM functions WHERE run_id = $run_id", run_id=run_id)
    return {row["digest"]: Function.model_validate_json(row["function"]) for row in rows}


def function_sets(
    store: HistoryStore, run_id: str, functions: dict[str, Function], split: Split | None = None
) -> dict[int, FunctionSet]:
    """The functions of each evaluation that was begun, on one split or on any."""
    starts = latest(store, "evaluation_starts", run_id, "evaluation", COUNTED)
    return {
        evaluation: FunctionSet(functions=tuple(functions[digest] for digest in start["functions"]))
        for evaluation, start in starts.items()
        if split in (None, start["split"])
    }
