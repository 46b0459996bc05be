"""The rollouts of a run, filtered and sorted, a page at a time; one rollout with its requests.

Lists are made in two passes: the first decides which rollouts are meant without reading any text of theirs, the second
reads the text of the rows that are shown. `TraceFilter.text` is looked for between the two, in a bounded number.
"""

from __future__ import annotations

import json

from agentopt_core.errors import NotFound
from agentopt_core.functions import FunctionSet
from agentopt_core.history.answers import remembered
from agentopt_core.history.parts import functions_of, latest
from agentopt_core.history.rollout_queries import ANSWER_CHARS
from agentopt_core.history.store import HistoryStore, Row
from agentopt_core.rollouts import Rollout, Usage
from agentopt_core.tasks import Split, Task
from agentopt_core.views.traces import (
    TRACES_SEARCHED,
    ModelRequest,
    Trace,
    TraceEvaluation,
    TraceFacets,
    TraceFilter,
    TracePage,
    TraceRow,
    TraceSort,
)

GRADER = "grader:"
"""Before a grader's method in `TraceFilter.error`."""
ENDS = ("turn_cap", "refused", "fault")

_ORDER: dict[TraceSort, str] = {
    "newest": "journal_offset DESC",
    "oldest": "journal_offset",
    "task": "task_id, evaluation, journal_offset",
    "slowest": "seconds DESC, journal_offset DESC",
    "dearest": "cost_usd DESC NULLS LAST, journal_offset DESC",
    "calls": "calls DESC, journal_offset DESC",
}


@remembered
def traces(
    store: HistoryStore,
    run_id: str,
    which: TraceFilter,
    offset: int = 0,
    limit: int = 50,
    searched: int = TRACES_SEARCHED,
) -> TracePage:
    """The rows of one page, and how many rollouts the filter leaves; text is looked for in `searched` at most."""
    values = _values(run_id, which)
    narrowed = _NARROWED if which.outcome in ("fixed", "broken") else _NARROWED_ALONE
    looked_at, left_out, found = None, 0, "SELECT * FROM narrowed"
    if which.text:
        count = store.rows(narrowed + "SELECT count(*) AS n FROM narrowed", **values)[0]["n"]  # noqa: S608
        looked_at, left_out = min(count, searched), max(0, count - searched)
        found = _FOUND
        values |= {"searched": searched, "text": which.text, "written": _as_json(which.text)}
    order = _ORDER[which.sort]
    shown = store.rows(
        f"""
        {narrowed}, found AS {"MATERIALIZED" if which.text else ""} ({found}),
        figures AS (SELECT count(*) AS hits, count(*) FILTER (solved) AS solved, count(solved) AS scored FROM found)
        SELECT figures.*, journal_offset FROM figures LEFT JOIN
            (SELECT journal_offset, row_number() OVER (ORDER BY {order}) AS place FROM found
             ORDER BY {order} LIMIT $limit OFFSET $offset) ON true
        ORDER BY place
        """,  # noqa: S608 - only texts of this module
        **values,
        limit=limit,
        offset=offset,
    )
    figures = {name: shown[0][name] for name in ("hits", "solved", "scored")}
    offsets = [row["journal_offset"] for row in shown if row["journal_offset"] is not None]
    rows = _rows(store, run_id, offsets)
    return TracePage(rows=rows, searched=looked_at, left_out=left_out, **figures)


def _rows(store: HistoryStore, run_id: str, offsets: list[int]) -> tuple[TraceRow, ...]:
    """These rollouts in this order, each beside what the accepted set of its moment made of the task."""
    if not offsets:
        return ()
    rows = store.rows(_SHOWN, run_id=run_id, offsets=offsets, chars=ANSWER_CHARS)
    by_offset = {row.pop("journal_offset"): row for row in rows}
    return tuple(_row(by_offset[offset]) for offset in offsets)


def _row(row: Row) -> TraceRow:
    return TraceRow(usage=Usage(**{name: row.pop(name) for name in Usage.model_fields}), **row)


@remembered
def facets(store: HistoryStore, run_id: str) -> TraceFacets:
    """The evaluations, functions and errors that the rollouts of a run have."""
    starts = store.rows(_EVALUATIONS, run_id=run_id)
    verdicts = latest(store, "verdicts", run_id, "evaluation")
    evaluations = []
    for row in starts:
        verdict = verdicts.get(row["evaluation"])
        counts = row["series"] == "" and row["split"] == "train"
        evaluations.append(
            TraceEvaluation(
                **row,
                epoch=verdict["epoch"] if verdict else None,
                verdict=(verdict["verdict"] if verdict else "pending") if counts else "",
            )
        )
    functions = store.rows(
        "SELECT DISTINCT tool FROM tool_calls WHERE run_id = $run_id ORDER BY tool LIMIT 500", run_id=run_id
    )
    errors = store.rows(_ERRORS, run_id=run_id, grader=GRADER)
    return TraceFacets(
        evaluations=tuple(evaluations),
        functions=tuple(row["tool"] for row in functions),
        errors=tuple(row["error"] for row in errors),
    )


def trace(
    store: HistoryStore,
    run_id: str,
    task_id: str,
    evaluation: int,
    series: str = "",
    split: Split | None = None,
    task: Task | None = None,
) -> Trace:
    """One rollout with its function set and the agent's requests; where it was reported again, the last report.

    Raises: NotFound.
    """
    place = {"run_id": run_id, "task_id": task_id, "evaluation": evaluation, "series": series, "split": split}
    found = store.rows(_ONE, **place)
    if not found:
        again = f" in the series '{series[:60]}'" if series else ""
        raise NotFound(
            f"Evaluation {evaluation} of run '{run_id}' has no rollout of task '{task_id[:200]}'{again}.",
            "It may not have been run yet; choose one from the list.",
        )
    row = found[0]
    start = store.rows(_START, run_id=run_id, evaluation=evaluation, digest=row["functions_digest"])
    functions = functions_of(store, run_id) if start else {}
    requests = store.rows(_REQUESTS, run_id=run_id, task_id=task_id, evaluation=evaluation, until=row["journal_offset"])
    return Trace(
        evaluation=evaluation,
        split=row["split"],
        series=series,
        rollout=Rollout.model_validate_json(row["trace"]),
        task=task,
        functions=FunctionSet(functions=tuple(functions[digest] for digest in start[0]["functions"]))
        if start
        else None,
        step=start[0]["step"] if start else None,
        requests=tuple(
            ModelRequest(usage=Usage(**{name: one.pop(name) for name in Usage.model_fields}), **one) for one in requests
        ),
    )


def versions_of(store: HistoryStore, run_id: str, task_id: str) -> tuple[TraceRow, ...]:
    """Every rollout of one task that counts, by evaluation: what to lay beside each other."""
    offsets = store.rows(_VERSIONS, run_id=run_id, task_id=task_id)
    return _rows(store, run_id, [row["journal_offset"] for row in offsets])


def _values(run_id: str, which: TraceFilter) -> dict[str, object]:
    grader = which.error.startswith(GRADER)
    return {
        "run_id": run_id,
        "evaluation": which.evaluation,
        "split": which.split,
        "series": which.series,
        "outcome": which.outcome,
        "function": which.function or None,
        "ended": which.error if which.error in ENDS else None,
        "method": which.error.removeprefix(GRADER) if grader else None,
        "error_type": which.error if which.error and not grader and which.error not in ENDS else None,
    }


def _as_json(text: str) -> str:
    """The text as it stands inside the JSON of a trace: a first sieve that needs no parsing."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


# The test split has evaluation numbers of its own, and a journal may call its rollouts by the default split.
_SPLIT = """CASE WHEN evaluation IN (SELECT evaluation FROM openings WHERE run_id = $run_id)
    THEN 'test' ELSE split END"""

# Evaluations in which a rollout may have been reported again: all but those that ended with one for each task.
_AGAIN = """
SELECT evaluation FROM (
    SELECT evaluation, split, series, count(*) AS reported FROM rollouts WHERE run_id = $run_id GROUP BY ALL
) LEFT JOIN (
    SELECT evaluation, split, series, max(n) AS n FROM evaluation_starts SEMI JOIN evaluation_ends
        USING (run_id, evaluation, split, series) WHERE run_id = $run_id GROUP BY ALL
) USING (evaluation, split, series)
WHERE n IS NULL OR n != reported
"""

_MEANT = f"""
SELECT journal_offset, evaluation, {_SPLIT} AS split, series, task_id, ended, correct, method, seconds, cost_usd, calls
FROM rollouts
WHERE run_id = $run_id AND ($evaluation IS NULL OR evaluation = $evaluation)
    AND ($split IS NULL OR {_SPLIT} = $split) AND ($series IS NULL OR series = $series)
"""  # noqa: S608

# Rollouts that count: of those of one place, the last.
_LAST = f"""
{_MEANT} AND evaluation NOT IN ({_AGAIN})
UNION ALL
{_MEANT} AND evaluation IN ({_AGAIN})
QUALIFY row_number() OVER (PARTITION BY evaluation, split, series, task_id ORDER BY journal_offset DESC) = 1
"""

# Evaluation -> the one whose set was accepted when it was proposed; on the test split, the untrained agent.
_BASES = """
SELECT evaluation, max_by(accepted_evaluation, steps.journal_offset) AS base
FROM evaluation_starts JOIN step_starts AS steps USING (run_id, step)
WHERE run_id = $run_id GROUP BY evaluation
UNION ALL
SELECT chosen.evaluation, max(untrained.evaluation)
FROM openings AS chosen JOIN openings AS untrained USING (run_id)
WHERE run_id = $run_id AND chosen.subject = 'chosen' AND untrained.subject = 'baseline' GROUP BY chosen.evaluation
"""

_ALONE = """
    ($outcome IS NULL OR $outcome IN ('fixed', 'broken')
        OR CASE $outcome WHEN 'not_scored' THEN solved IS NULL ELSE solved = ($outcome = 'solved') END)
    AND ($ended IS NULL OR ended = $ended) AND ($method IS NULL OR method = $method)
    AND ($function IS NULL OR journal_offset IN
        (SELECT journal_offset FROM tool_calls WHERE run_id = $run_id AND tool = $function))
    AND ($error_type IS NULL OR journal_offset IN
        (SELECT journal_offset FROM tool_calls WHERE run_id = $run_id AND error_type = $error_type))
"""

_KEPT = "journal_offset, evaluation, task_id, seconds, cost_usd, calls"
_SOLVED = "CASE WHEN ended != 'fault' THEN correct END AS solved"

_NARROWED_ALONE = f"""
WITH narrowed AS (SELECT {_KEPT}, {_SOLVED} FROM ({_LAST}) WHERE {_ALONE})
"""  # noqa: S608

_NARROWED = f"""
WITH bases AS ({_BASES}),
before AS (
    SELECT evaluation AS base, {_SPLIT} AS split, task_id, max_by(correct, journal_offset) AS base_correct,
        max_by(ended, journal_offset) AS base_ended
    FROM rollouts WHERE run_id = $run_id AND series = '' AND evaluation IN
        (SELECT base FROM bases WHERE $evaluation IS NULL OR evaluation = $evaluation)
    GROUP BY ALL
),
narrowed AS (
    SELECT {_KEPT}, {_SOLVED} FROM ({_LAST}) AS last
    JOIN bases USING (evaluation) JOIN before USING (base, split, task_id)
    WHERE {_ALONE} AND base_ended != 'fault' AND ended != 'fault'
        AND correct = ($outcome = 'fixed') AND base_correct = ($outcome = 'broken')
)
"""  # noqa: S608

# Only texts are looked at, never the names of the JSON's fields; the search for the JSON's own spelling comes first,
# since it needs no parsing.
_FOUND = """
SELECT narrowed.* FROM narrowed JOIN (
    SELECT journal_offset FROM rollouts
    WHERE run_id = $run_id AND journal_offset IN
        (SELECT journal_offset FROM narrowed ORDER BY journal_offset DESC LIMIT $searched)
        AND (contains(lower(concat_ws(chr(10), task_id, answer, extracted, reason)), lower($text)) OR (
            contains(lower(trace), lower($written)) AND len(list_filter(
                json_extract_string(trace, '$.messages[*].content')
                || json_extract_string(trace, '$.messages[*].reasoning')
                || json_extract_string(trace, '$.calls[*].arguments.*')
                || json_extract_string(trace, '$.calls[*].result.stdout')
                || json_extract_string(trace, '$.calls[*].result.error.message'),
                lambda one: contains(lower(one), lower($text)))) > 0))
) USING (journal_offset)
"""

_SHOWN = f"""
WITH bases AS ({_BASES}),
shown AS (
    SELECT * EXCLUDE (trace) REPLACE ({_SPLIT} AS split) FROM rollouts
    WHERE run_id = $run_id AND journal_offset IN (SELECT unnest($offsets))
),
before AS (
    SELECT evaluation AS base, {_SPLIT} AS split, task_id, max_by(correct, journal_offset) AS correct,
        max_by(ended, journal_offset) AS ended
    FROM rollouts WHERE run_id = $run_id AND series = '' AND task_id IN (SELECT task_id FROM shown)
        AND evaluation IN (SELECT base FROM bases SEMI JOIN shown USING (evaluation))
    GROUP BY ALL
)
SELECT journal_offset, shown.evaluation, shown.split, series, task_id, shown.ended,
    CASE WHEN shown.ended != 'fault' THEN shown.correct END AS correct,
    answer[:$chars] AS answer, coalesce(extracted, '')[:$chars] AS extracted, coalesce(method, '') AS method,
    reason[:2000] AS reason, turns, calls, failed_calls, seconds, happened_at AS "at",
    requests, prompt_tokens, completion_tokens, cost_usd,
    CASE WHEN before.ended != 'fault' THEN before.correct END AS base
FROM shown LEFT JOIN bases USING (evaluation) LEFT JOIN before USING (base, split, task_id)
"""  # noqa: S608

_EVALUATIONS = f"""
WITH measured AS (
    SELECT evaluation, {_SPLIT} AS split, series, count(DISTINCT task_id) AS rollouts
    FROM rollouts WHERE run_id = $run_id GROUP BY ALL
)
SELECT evaluation, split, series, rollouts, step FROM measured LEFT JOIN (
    SELECT evaluation, split, series, max(step) AS step FROM evaluation_starts WHERE run_id = $run_id GROUP BY ALL
) USING (evaluation, split, series)
ORDER BY series != '', evaluation, split, series
"""  # noqa: S608

_ERRORS = """
SELECT error FROM (
    SELECT DISTINCT ended AS error, 0 AS part FROM rollouts WHERE run_id = $run_id AND ended != 'answered'
    UNION ALL
    SELECT DISTINCT error_type, 1 FROM tool_calls WHERE run_id = $run_id AND error_type IS NOT NULL
    UNION ALL
    SELECT DISTINCT $grader || method, 2 FROM rollouts WHERE run_id = $run_id AND method IS NOT NULL
) ORDER BY part, error LIMIT 500
"""

_ONE = f"""
SELECT journal_offset, {_SPLIT} AS split, functions_digest, trace FROM rollouts
WHERE run_id = $run_id AND evaluation = $evaluation AND task_id = $task_id AND series = $series
    AND ($split IS NULL OR {_SPLIT} = $split)
ORDER BY journal_offset DESC LIMIT 1
"""  # noqa: S608

_START = """
SELECT step, functions FROM evaluation_starts
WHERE run_id = $run_id AND evaluation = $evaluation AND functions_digest = $digest
ORDER BY journal_offset DESC LIMIT 1
"""

# What a rollout asked was reported after whatever was reported of the same task and evaluation before it.
_REQUESTS = """
SELECT requests, prompt_tokens, completion_tokens, cost_usd, ms, attempts, coalesce(error, '') AS error FROM requests
WHERE run_id = $run_id AND role = 'agent' AND evaluation = $evaluation AND task_id = $task_id
    AND journal_offset < $until AND journal_offset > coalesce((
        SELECT max(journal_offset) FROM rollouts
        WHERE run_id = $run_id AND evaluation = $evaluation AND task_id = $task_id AND journal_offset < $until
    ), -1)
ORDER BY journal_offset LIMIT 1000
"""

_VERSIONS = """
SELECT max(journal_offset) AS journal_offset FROM rollouts
WHERE run_id = $run_id AND task_id = $task_id AND series = '' AND split != 'val' GROUP BY evaluation
ORDER BY evaluation LIMIT 1000
"""
