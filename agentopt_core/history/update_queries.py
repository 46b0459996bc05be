"""What each optimizer step changed, and what became of the functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

from agentopt_core.actions import Refusal
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.history.parts import finished_evaluations, function_sets, functions_of, proportion
from agentopt_core.history.store import HistoryStore, Row
from agentopt_core.views import ActionView, FunctionVersion, UpdateView

Op = Literal["add", "revise", "remove"]


def updates(store: HistoryStore, run_id: str) -> list[UpdateView]:
    """The optimizer's steps in order; one whose verdict is still open is `pending`."""
    steps = store.rows(_STEPS, run_id=run_id)
    actions = _by_step(store.rows(_ACTIONS, run_id=run_id))
    refusals = _by_step(store.rows(_REFUSALS, run_id=run_id))
    flips = {(row["base"], row["candidate"]): row for row in store.rows(_FLIPS, run_id=run_id)}
    results = {row["evaluation"]: proportion(row, "result") for row in finished_evaluations(store, run_id)}
    sets = function_sets(store, run_id)
    functions = functions_of(store, run_id)
    views = []
    for step in steps:
        base, candidate = step["accepted_evaluation"], step["evaluation"]
        flipped = flips.get((base, candidate))
        views.append(
            UpdateView(
                step=step["step"],
                evaluation=candidate,
                verdict=step["verdict"] or "pending",
                reason=step["reason"] or "",
                actions=changes(
                    sets.get(base, FunctionSet()),
                    [(row["op"], row["name"], functions.get(row["function_digest"])) for row in actions[step["step"]]],
                    bool(step["from_scratch"]),
                ),
                refusals=tuple(_refusal(row) for row in refusals[step["step"]]),
                rationale=step["rationale"] or "",
                base=results.get(base),
                candidate=results.get(candidate),
                fixed=tuple(flipped["fixed"]) if flipped else (),
                broken=tuple(flipped["broken"]) if flipped else (),
                at=step["at"],
            )
        )
    return views


def changes(
    accepted: FunctionSet, actions: Iterable[tuple[Op, str, Function | None]], from_scratch: bool
) -> tuple[ActionView, ...]:
    """Each action with the function before and after it. A whole new set also removes what it leaves out."""
    current = accepted
    views = []
    for op, name, function in actions:
        views.append(ActionView(op=op, name=name, before=current.get(name), after=function))
        current = current.including(function) if function else current.without(name)
    if from_scratch:
        kept = {view.name for view in views}
        left_out = [function for function in accepted.each() if function.name not in kept]
        views += [ActionView(op="remove", name=gone.name, before=gone, after=None) for gone in left_out]
    return tuple(views)


def accepted_functions(store: HistoryStore, run_id: str) -> FunctionSet:
    """The functions of the last candidate that was kept, else of the baseline; empty before that."""
    accepted = store.rows(_ACCEPTED, run_id=run_id)
    evaluation = accepted[0]["evaluation"] if accepted else 0
    return function_sets(store, run_id).get(evaluation, FunctionSet())


def function_versions(store: HistoryStore, run_id: str) -> list[FunctionVersion]:
    """Every function the run began with or was proposed, in order; refused proposals are among them.

    The same code proposed again keeps its version number; a removal has the number of what it removes, and a refused
    proposal, which never became a version, has 0.
    """
    calls = {(row["evaluation"], row["tool"]): row for row in store.rows(_CALLS, run_id=run_id)}
    numbers: dict[str, dict[str, int]] = defaultdict(dict)

    def version(
        op: Op, name: str, function: Function | None, update: UpdateView | None, gone: Function | None = None
    ) -> FunctionVersion:
        known = numbers[name]
        shown = function or gone
        number = known.setdefault(shown.digest, len(known) + 1) if shown else 0
        evaluation = update.evaluation if update else 0
        used = calls.get((evaluation, name)) if function else None
        return FunctionVersion(
            name=name,
            version=number,
            op=op,
            status=update.verdict if update else "baseline",
            step=update.step if update else 0,
            evaluation=evaluation,
            function=function,
            reason=update.reason if update else "The run began with it.",
            calls=used["calls"] if used else 0,
            succeeded=used["succeeded"] if used else 0,
        )

    initial = function_sets(store, run_id).get(0, FunctionSet())
    versions = [version("add", function.name, function, None) for function in initial.each()]
    for update in updates(store, run_id):
        versions += [_refused(update, refusal) for refusal in update.refusals]
        versions += [version(view.op, view.name, view.after, update, view.before) for view in update.actions]
    return versions


def _refused(update: UpdateView, refusal: Refusal) -> FunctionVersion:
    # `op` is what the optimizer wrote (`revise_function`, or anything); what cannot be told apart was meant to add.
    op: Op = "revise" if "revise" in refusal.op else "remove" if "remove" in refusal.op else "add"
    return FunctionVersion(
        name=refusal.name,
        version=0,
        op=op,
        status="refused",
        step=update.step,
        evaluation=None,
        function=None,
        reason=refusal.reason,
    )


def _refusal(row: Row) -> Refusal:
    return Refusal(**{name: row[name] for name in Refusal.model_fields})


def _by_step(rows: Iterable[Row]) -> dict[int, list[Row]]:
    grouped: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["step"]].append(row)
    return grouped


# A trainer that was killed in a step begins it again when it resumes: the last report of a step counts, with what
# belongs to it.

_STEPS = """
WITH asked AS (
    SELECT * FROM step_starts WHERE run_id = $run_id
    QUALIFY row_number() OVER (PARTITION BY step ORDER BY journal_offset DESC) = 1
), proposed AS (
    SELECT * FROM updates WHERE run_id = $run_id
    QUALIFY row_number() OVER (PARTITION BY step ORDER BY journal_offset DESC) = 1
), decided AS (
    SELECT * FROM verdicts WHERE run_id = $run_id AND step IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY step ORDER BY journal_offset DESC) = 1
), begun AS (
    SELECT step, max_by(evaluation, journal_offset) AS evaluation FROM evaluation_starts
    WHERE run_id = $run_id AND step IS NOT NULL GROUP BY step
)
SELECT asked.step, asked.accepted_evaluation, coalesce(proposed.happened_at, asked.happened_at) AS "at",
    proposed.rationale, proposed.from_scratch, decided.verdict, decided.reason,
    coalesce(decided.evaluation, begun.evaluation) AS evaluation
FROM asked LEFT JOIN proposed USING (step) LEFT JOIN decided USING (step) LEFT JOIN begun USING (step)
ORDER BY asked.step
"""

_ACTIONS = """
SELECT step, op, name, function_digest FROM actions WHERE run_id = $run_id
QUALIFY dense_rank() OVER (PARTITION BY step ORDER BY journal_offset DESC) = 1
ORDER BY step, number
"""

_REFUSALS = """
SELECT refusals.* FROM refusals JOIN (
    SELECT step, max(journal_offset) AS asked FROM step_starts WHERE run_id = $run_id GROUP BY step
) USING (step)
WHERE run_id = $run_id AND journal_offset > asked ORDER BY step, journal_offset
"""

_FLIPS = """
WITH counted AS (
    SELECT evaluation, task_id, max_by(correct, journal_offset) AS correct, max_by(ended, journal_offset) AS ended
    FROM rollouts WHERE run_id = $run_id GROUP BY evaluation, task_id
), scored AS (SELECT evaluation, task_id, correct FROM counted WHERE ended != 'fault' AND correct IS NOT NULL),
pairs AS (
    SELECT DISTINCT step_starts.accepted_evaluation AS base, evaluation_starts.evaluation AS candidate
    FROM step_starts JOIN evaluation_starts USING (run_id, step) WHERE run_id = $run_id
)
SELECT base, candidate,
    coalesce(list(after.task_id ORDER BY after.task_id) FILTER (after.correct AND NOT before.correct), []) AS fixed,
    coalesce(list(after.task_id ORDER BY after.task_id) FILTER (before.correct AND NOT after.correct), []) AS broken
FROM pairs JOIN scored AS before ON before.evaluation = base JOIN scored AS after ON after.evaluation = candidate
    AND after.task_id = before.task_id
GROUP BY base, candidate
"""

_ACCEPTED = """
SELECT evaluation FROM verdicts WHERE run_id = $run_id AND verdict IN ('baseline', 'kept')
ORDER BY journal_offset DESC LIMIT 1
"""

_CALLS = """
WITH counted AS (
    SELECT max(journal_offset) AS journal_offset FROM rollouts WHERE run_id = $run_id GROUP BY evaluation, task_id
)
SELECT evaluation, tool, count(*) AS calls, count(*) FILTER (ok) AS succeeded
FROM tool_calls SEMI JOIN counted USING (journal_offset) WHERE run_id = $run_id GROUP BY evaluation, tool
"""
