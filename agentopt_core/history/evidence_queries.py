"""The versions of a run as a whole: lineage, tasks x versions, and what each function did for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from agentopt_core.functions import Function
from agentopt_core.history.answers import remembered
from agentopt_core.history.parts import COUNTED, latest, results_of, superseded
from agentopt_core.history.store import HistoryStore, Row
from agentopt_core.history.update_queries import (
    accepted_functions,
    updates,
    versions_of,
)
from agentopt_core.tasks import Split
from agentopt_core.views import (
    Churn,
    FunctionEvidence,
    FunctionVersion,
    LineageNode,
    TaskLine,
    TaskMatrix,
    UpdateView,
    VersionColumn,
)

Measure = Callable[[Function], tuple[int, int] | None]
"""A function's cyclomatic complexity and lines, or None where its code has no definition."""
NEVER_IDS = 200
"""Tasks that no version solved, named at most."""
_STAYED = 50
"""The mean stayed where the solved tasks are more or fewer by at most one in this many."""
_DONE = {"add": "added", "revise": "revised", "remove": "removed"}
_WITHDRAWN = ("rolled_back", "rejected")


@remembered
def lineage(store: HistoryStore, run_id: str) -> list[LineageNode]:
    """The baseline and every step after it, in order."""
    starts = latest(store, "evaluation_starts", run_id, "evaluation", COUNTED)
    parents = {step: row["accepted_evaluation"] for step, row in latest(store, "step_starts", run_id, "step").items()}
    own = _own(starts)
    nodes = []
    if 0 in starts:
        verdict = next(iter(store.rows(_BASELINE_VERDICT, run_id=run_id)), None)
        nodes.append(
            LineageNode(
                step=0,
                evaluation=0,
                parent=None,
                verdict=verdict["verdict"] if verdict else "pending",
                reason=verdict["reason"] if verdict else "",
                result=results_of(store, run_id).get(0),
                functions=tuple(starts[0]["names"]),
            )
        )
    for update in updates(store, run_id):
        start = starts.get(update.evaluation) if update.evaluation is not None else None
        nodes.append(
            LineageNode(
                step=update.step,
                evaluation=update.evaluation,
                parent=own.get(parents.get(update.step, -1)),
                base=update.base,
                verdict=update.verdict,
                reason=update.reason,
                by=update.by,
                result=update.candidate,
                functions=tuple(start["names"]) if start else (),
                changes=tuple(f"{_DONE[action.op]} {action.name}" for action in update.actions),
                fixed=len(update.fixed),
                broken=len(update.broken),
            )
        )
    return nodes


def _own(starts: Mapping[int, Row]) -> dict[int, int]:
    """Evaluation -> the one that brought its set; another than itself where an accepted set was measured again."""
    first: dict[str, int] = {}
    found = {}
    for evaluation, start in sorted(starts.items()):
        digest = start["functions_digest"]
        if evaluation and start["step"] is None and digest in first:
            found[evaluation] = first[digest]
        else:
            first[digest] = found[evaluation] = evaluation
    return found


@remembered
def task_matrix(
    store: HistoryStore, run_id: str, split: Split = "train", offset: int = 0, limit: int = 200
) -> TaskMatrix:
    """Every version against a page of the tasks, in the order of how seldom they were solved.

    `split` is `train`, or `val` where the run measures it beside. A trial and a repeated measurement do not count.
    """
    found = store.rows(_MATRIX, run_id=run_id, split=split, offset=offset, limit=limit, never=NEVER_IDS)[0]
    measured = {row["evaluation"]: row for row in found["columns"] or ()}
    starts = latest(store, "evaluation_starts", run_id, "evaluation", "series = '' AND split = 'train'")
    verdicts = latest(store, "verdicts", run_id, "evaluation")
    replaced = superseded(starts)
    shown = sorted(measured.keys() | (starts.keys() if split == "train" else set()))
    columns = []
    for evaluation in shown:
        row = measured.get(evaluation, {"solved": 0, "scored": 0, "faults": 0})
        columns.append(
            VersionColumn(
                evaluation=evaluation,
                step=starts[evaluation]["step"] if evaluation in starts else None,
                verdict=verdicts[evaluation]["verdict"]
                if evaluation in verdicts
                else "rejected"
                if evaluation in replaced
                else "pending",
                solved=row["solved"],
                scored=row["scored"],
                faults=row["faults"],
            )
        )
    return TaskMatrix(
        split=split,
        columns=tuple(columns),
        lines=tuple(
            TaskLine(
                task_id=row["task_id"],
                cells="".join(dict(zip(row["evaluations"], row["states"], strict=True)).get(one, "-") for one in shown),
                solved=row["solved"],
                scored=row["scored"],
            )
            for row in found["lines"] or ()
        ),
        offset=offset,
        tasks=found["tasks"],
        scored=found["scored"],
        ceiling=found["ceiling"],
        never=found["scored"] - found["ceiling"],
        never_ids=tuple(found["never_ids"] or ()),
        churn=churn(updates(store, run_id)) if split == "train" else (),
        has_validation=found["has_validation"],
    )


def churn(steps: Sequence[UpdateView]) -> tuple[Churn, ...]:
    """The updates after which the mean stayed (to one task in fifty) while other tasks were solved than before."""
    found = []
    for update in steps:
        fixed, broken = len(update.fixed), len(update.broken)
        n = update.candidate.n if update.candidate else 0
        if update.evaluation is not None and fixed and broken and abs(fixed - broken) <= n // _STAYED:
            found.append(
                Churn(
                    step=update.step,
                    evaluation=update.evaluation,
                    verdict=update.verdict,
                    fixed=fixed,
                    broken=broken,
                    n=n,
                )
            )
    return tuple(found)


@remembered
def function_evidence(store: HistoryStore, run_id: str, measure: Measure) -> list[FunctionEvidence]:
    """What each function of the run did on the training tasks, those in use first; refused proposals are none.

    `measure` tells the complexity and the lines of a function's code.
    """
    steps_done = updates(store, run_id)
    versions = [version for version in versions_of(store, run_id, steps_done) if version.status != "refused"]
    accepted = accepted_functions(store, run_id)
    last = latest(store, "verdicts", run_id, "step")
    kept = [row["evaluation"] for row in last.values() if row["verdict"] == "kept"]
    used = {row["tool"]: row for row in store.rows(_LAST_ROLLOUTS + _USED, run_id=run_id)}
    importance = {row["tool"]: row for row in store.rows(_IMPORTANCE, run_id=run_id, evaluation=max(kept, default=0))}
    solved = store.rows(_SOLVED, run_id=run_id, evaluation=max(kept, default=0))[0]["solved"]
    flips = _flips_by_function(store, run_id, steps_done)
    names = dict.fromkeys([*accepted.names, *(version.name for version in versions)])
    found = []
    for name in names:
        own = [version for version in versions if version.name == name]
        row = used.get(name)
        newest = _newest(own)
        measured = measure(newest) if newest else None
        steps = {version.step for version in own if version.function}
        fixed, broken = (
            tuple(sorted({task for step in steps for task, good in flips.get((step, name), ()) if good is kind}))
            for kind in (True, False)
        )
        found.append(
            FunctionEvidence(
                name=name,
                in_use=name in accepted,
                versions=len({version.function.digest for version in own if version.function}),
                calls=row["calls"] if row else 0,
                succeeded=row["succeeded"] if row else 0,
                median_ms=row["median_ms"] if row else None,
                p95_ms=row["p95_ms"] if row else None,
                tasks=row["tasks"] if row else 0,
                fixed=fixed,
                broken=broken,
                accepted_solved=solved if name in accepted else 0,
                accepted_solved_with=importance[name]["tasks"] if name in importance and name in accepted else 0,
                complexity=measured[0] if measured else None,
                lines=measured[1] if measured else None,
                roll_backs=tuple((one.step, one.reason) for one in own if one.status in _WITHDRAWN),
            )
        )
    return found


def _newest(versions: Sequence[FunctionVersion]) -> Function | None:
    """The newest accepted code, else the newest."""
    written = [version for version in versions if version.function]
    accepted = [version for version in written if version.status in ("baseline", "kept")]
    return (accepted or written)[-1].function if written else None


def _flips_by_function(
    store: HistoryStore, run_id: str, steps: Sequence[UpdateView]
) -> dict[tuple[int, str], list[tuple[str, bool]]]:
    """(step, function) -> the tasks that flipped under the step's candidate and called the function, and which way."""
    flips = [
        (update.step, update.evaluation, task, task in update.fixed)
        for update in steps
        for task in (*update.fixed, *update.broken)
    ]
    called: dict[tuple[int, str], list[tuple[str, bool]]] = defaultdict(list)
    if flips:
        values = dict(zip(("steps", "candidates", "tasks", "solved"), map(list, zip(*flips, strict=True)), strict=True))
        for row in store.rows(_CALLED, run_id=run_id, **values):
            called[row["step"], row["tool"]].append((row["task_id"], row["solved"]))
    return called


_BASELINE_VERDICT = """
SELECT verdict, reason FROM verdicts WHERE run_id = $run_id AND evaluation = 0 ORDER BY journal_offset DESC LIMIT 1
"""

# One measurement of a task under a version is its last rollout: a resumed run tries again what was a fault.
# All in one question, so that the rollouts are gone through once.
_MATRIX = """
WITH counted AS MATERIALIZED (
    SELECT evaluation, task_id, CASE
        WHEN max_by(ended, journal_offset) = 'fault' OR max_by(correct IS NULL, journal_offset) THEN 'n'
        WHEN max_by(correct, journal_offset) THEN 's' ELSE 'f' END AS state
    FROM rollouts WHERE run_id = $run_id AND split = $split AND series = '' GROUP BY evaluation, task_id
), tasks AS MATERIALIZED (
    SELECT task_id, count(*) FILTER (state = 's') AS solved, count(*) FILTER (state != 'n') AS scored
    FROM counted GROUP BY task_id
), page AS (
    SELECT *, solved / nullif(scored, 0) AS share FROM tasks
    ORDER BY share NULLS FIRST, task_id LIMIT $limit OFFSET $offset
), lines AS (
    SELECT task_id, solved, scored, share, list(evaluation) AS evaluations, list(state) AS states
    FROM page JOIN counted USING (task_id) GROUP BY task_id, solved, scored, share
), columns AS (
    SELECT evaluation, count(*) FILTER (state = 's') AS solved, count(*) FILTER (state != 'n') AS scored,
        count(*) FILTER (state = 'n') AS faults
    FROM counted GROUP BY evaluation
), never AS (
    SELECT task_id FROM tasks WHERE solved = 0 AND scored > 0 ORDER BY task_id LIMIT $never
)
SELECT count(*) AS tasks, count(*) FILTER (scored > 0) AS scored, count(*) FILTER (solved > 0) AS ceiling,
    EXISTS (SELECT 1 FROM evaluation_starts WHERE run_id = $run_id AND split = 'val' AND series = '') AS has_validation,
    (SELECT list(lines ORDER BY share NULLS FIRST, task_id) FROM lines) AS lines,
    (SELECT list(columns) FROM columns) AS columns,
    (SELECT list(task_id) FROM never) AS never_ids
FROM tasks
"""

_LAST_ROLLOUTS = """
WITH counted AS (
    SELECT max(journal_offset) AS journal_offset FROM rollouts
    WHERE run_id = $run_id AND split = 'train' AND series = '' GROUP BY evaluation, task_id
)
"""

_USED = """
SELECT tool, count(*) AS calls, count(*) FILTER (ok) AS succeeded, count(DISTINCT task_id) AS tasks,
    quantile_cont(ms, 0.5) AS median_ms, quantile_cont(ms, 0.95) AS p95_ms
FROM tool_calls SEMI JOIN counted USING (journal_offset) WHERE run_id = $run_id GROUP BY tool
"""

_IMPORTANCE = """
WITH counted AS (
    SELECT task_id, max(journal_offset) AS journal_offset FROM rollouts
    WHERE run_id = $run_id AND split = 'train' AND series = '' AND evaluation = $evaluation GROUP BY task_id
), solved AS (
    SELECT journal_offset FROM rollouts SEMI JOIN counted USING (journal_offset)
    WHERE run_id = $run_id AND correct AND ended != 'fault'
)
SELECT tool, count(DISTINCT task_id) AS tasks
FROM tool_calls SEMI JOIN solved USING (journal_offset) WHERE run_id = $run_id AND ok GROUP BY tool
"""

_SOLVED = """
SELECT count(*) FILTER (correct AND ended != 'fault') AS solved FROM (
    SELECT max_by(correct, journal_offset) AS correct, max_by(ended, journal_offset) AS ended FROM rollouts
    WHERE run_id = $run_id AND split = 'train' AND series = '' AND evaluation = $evaluation GROUP BY task_id
)
"""

_CALLED = """
WITH flips AS (
    SELECT unnest($steps::INTEGER[]) AS step, unnest($candidates::INTEGER[]) AS evaluation,
        unnest($tasks::VARCHAR[]) AS task_id, unnest($solved::BOOLEAN[]) AS solved
)
SELECT DISTINCT step, tool, task_id, solved FROM flips JOIN tool_calls USING (evaluation, task_id)
WHERE run_id = $run_id AND split = 'train' AND series = '' ORDER BY step, tool, task_id
"""
