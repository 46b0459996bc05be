"""What each optimizer step changed, and what became of the functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

from agentopt_core.actions import Action, AddFunction, Refusal, RemoveFunction, ReviseFunction, Update
from agentopt_core.errors import NotFound
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.history.answers import remembered
from agentopt_core.history.parts import COUNTED, evidence, function_sets, functions_of, latest, results_of
from agentopt_core.history.store import HistoryStore, Row
from agentopt_core.views import ActionView, FunctionVersion, UpdateView

Op = Literal["add", "revise", "remove"]


@remembered
def updates(store: HistoryStore, run_id: str) -> list[UpdateView]:
    """The optimizer's steps in order; one whose verdict is still open is `pending`."""
    asked = latest(store, "step_starts", run_id, "step")
    proposed = latest(store, "updates", run_id, "step")
    decided = latest(store, "verdicts", run_id, "step")
    begun = latest(store, "evaluation_starts", run_id, "step", COUNTED)
    actions = _actions(store, run_id)
    refusals = _by_step(store.rows(_REFUSALS, run_id=run_id))
    results = results_of(store, run_id)
    functions = functions_of(store, run_id)
    sets = function_sets(store, run_id, functions)
    pairs = {step: (asked[step]["accepted_evaluation"], begun[step]["evaluation"]) for step in asked if step in begun}
    flips = _flips(store, run_id, pairs)
    views = []
    for step, start in sorted(asked.items()):
        base = start["accepted_evaluation"]
        candidate = begun[step]["evaluation"] if step in begun else None
        update, verdict = proposed.get(step), decided.get(step)
        fixed, broken = flips.get(step, ((), ()))
        views.append(
            UpdateView(
                step=step,
                evaluation=candidate,
                verdict=verdict["verdict"] if verdict else "pending",
                reason=verdict["reason"] if verdict else "",
                actions=changes(
                    sets.get(base, FunctionSet()),
                    [(op, name, functions.get(function or "")) for op, name, function in actions[step]],
                    bool(update and update["from_scratch"]),
                ),
                refusals=tuple(
                    _refusal(row) for row in refusals[step] if row["journal_offset"] > start["journal_offset"]
                ),
                rationale=update["rationale"] if update else "",
                by=update["made_by"] if update else "",
                base=results.get(base),
                candidate=None if candidate is None else results.get(candidate),
                fixed=fixed,
                broken=broken,
                at=(update or start)["happened_at"],
                evidence=evidence(verdict),
            )
        )
    return views


@remembered
def proposals(store: HistoryStore, run_id: str) -> dict[int, tuple[int, tuple[ActionView, ...], str]]:
    """Step -> the evaluation it started from, its changes as the optimizer proposed them, and its rationale."""
    asked = latest(store, "step_starts", run_id, "step")
    proposed = latest(store, "updates", run_id, "step")
    actions = _by_step(store.rows(_ACTIONS, run_id=run_id))
    functions = functions_of(store, run_id)
    sets = function_sets(store, run_id, functions)
    return {
        step: (
            start["accepted_evaluation"],
            changes(
                sets.get(start["accepted_evaluation"], FunctionSet()),
                [(row["op"], row["name"], functions.get(row["function_digest"])) for row in actions[step]],
                bool(step in proposed and proposed[step]["from_scratch"]),
            ),
            proposed[step]["rationale"] if step in proposed else "",
        )
        for step, start in asked.items()
    }


def _actions(store: HistoryStore, run_id: str) -> dict[int, list[tuple[Op, str, str | None]]]:
    """Step -> op, name and function digest of what it did in the end: as proposed, or as a person changed it."""
    done: dict[int, list[tuple[Op, str, str | None]]] = defaultdict(list)
    for row in store.rows(_ACTIONS, run_id=run_id):
        done[row["step"]].append((row["op"], row["name"], row["function_digest"]))
    for row in store.rows(_REPLACED, run_id=run_id):
        update = Update.model_validate_json(row["replacement"])
        done[row["step"]] = [
            (action.op, action.name, None if action.op == "remove" else action.function.digest)
            for action in update.actions
        ]
    return done


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


def proposal(store: HistoryStore, run_id: str, step: int) -> tuple[Update, FunctionSet]:
    """The update of a step as it was proposed, and the accepted set it changes. Raises: NotFound."""
    start = latest(store, "step_starts", run_id, "step").get(step)
    update = latest(store, "updates", run_id, "step").get(step)
    if start is None or update is None:
        raise NotFound(f"Run {run_id} has no update {step}.", "Look at the list of its updates.")
    functions = functions_of(store, run_id)
    actions: list[Action] = []
    for row in _by_step(store.rows(_ACTIONS, run_id=run_id))[step]:
        function = functions.get(row["function_digest"] or "")
        if function is None:
            actions.append(RemoveFunction(name=row["name"]))
        else:
            kind = AddFunction if row["op"] == "add" else ReviseFunction
            actions.append(kind(function=function))
    proposed = Update(actions=tuple(actions), from_scratch=update["from_scratch"], rationale=update["rationale"])
    accepted = function_sets(store, run_id, functions).get(start["accepted_evaluation"], FunctionSet())
    return proposed, accepted


@remembered
def sets(store: HistoryStore, run_id: str) -> dict[int, FunctionSet]:
    """The functions of each evaluation of a run."""
    return function_sets(store, run_id, functions_of(store, run_id))


@remembered
def accepted_functions(store: HistoryStore, run_id: str) -> FunctionSet:
    """The functions of the last candidate that was kept, else of the baseline; empty before that."""
    accepted = store.rows(_ACCEPTED, run_id=run_id)
    evaluation = accepted[0]["evaluation"] if accepted else 0
    return function_sets(store, run_id, functions_of(store, run_id)).get(evaluation, FunctionSet())


@remembered
def function_versions(store: HistoryStore, run_id: str) -> list[FunctionVersion]:
    """Every function the run began with or was proposed, in order; refused proposals are among them.

    The same code proposed again keeps its version number; a removal has the number of what it removes, and a refused
    proposal, which never became a version, has 0.
    """
    return versions_of(store, run_id, updates(store, run_id))


def versions_of(store: HistoryStore, run_id: str, steps: Iterable[UpdateView]) -> list[FunctionVersion]:
    """The same for who has asked for the updates already."""
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
            by=update.by if update else "",
            calls=used["calls"] if used else 0,
            succeeded=used["succeeded"] if used else 0,
        )

    initial = function_sets(store, run_id, functions_of(store, run_id)).get(0, FunctionSet())
    versions = [version("add", function.name, function, None) for function in initial.each()]
    for update in steps:
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


def _flips(
    store: HistoryStore, run_id: str, pairs: dict[int, tuple[int, int]]
) -> dict[int, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Step -> tasks that its candidate solved and the accepted set did not, and the other way round.

    A task counts where it was scored under both.
    """
    if not pairs:
        return {}
    rows = store.rows(
        _FLIPS,
        run_id=run_id,
        steps=list(pairs),
        bases=[base for base, _ in pairs.values()],
        candidates=[candidate for _, candidate in pairs.values()],
    )
    return {
        row["step"]: (
            tuple(task for task, solved in zip(row["tasks"], row["solved"], strict=True) if solved),
            tuple(task for task, solved in zip(row["tasks"], row["solved"], strict=True) if not solved),
        )
        for row in rows
    }


# A trainer that was killed in a step begins it again when it resumes: the last report of a step counts, with what
# belongs to it.

_ACTIONS = """
SELECT step, op, name, function_digest FROM actions WHERE run_id = $run_id
QUALIFY dense_rank() OVER (PARTITION BY step ORDER BY journal_offset DESC) = 1
ORDER BY step, number
"""

_REPLACED = """
SELECT step, replacement FROM decisions
WHERE run_id = $run_id AND choice = 'approve' AND replacement IS NOT NULL ORDER BY journal_offset
"""

_REFUSALS = "SELECT * FROM refusals WHERE run_id = $run_id ORDER BY journal_offset"

_FLIPS = """
WITH pairs AS (
    SELECT unnest($steps::INTEGER[]) AS step, unnest($bases::INTEGER[]) AS base,
        unnest($candidates::INTEGER[]) AS candidate
), counted AS MATERIALIZED (
    SELECT evaluation, task_id, max_by(correct, journal_offset) AS correct, max_by(ended, journal_offset) AS ended
    FROM rollouts WHERE run_id = $run_id AND split = 'train' AND series = '' GROUP BY evaluation, task_id
), scored AS (
    SELECT evaluation, task_id, correct FROM counted WHERE ended != 'fault' AND correct IS NOT NULL
), flips AS (
    SELECT step, after.task_id, after.correct AS solved
    FROM pairs JOIN scored AS after ON after.evaluation = candidate
    JOIN scored AS before ON before.evaluation = base AND before.task_id = after.task_id
    WHERE before.correct != after.correct
)
SELECT step, list(task_id ORDER BY task_id) AS tasks, list(solved ORDER BY task_id) AS solved
FROM flips GROUP BY step
"""

_ACCEPTED = """
SELECT evaluation FROM verdicts WHERE run_id = $run_id AND verdict IN ('baseline', 'kept')
ORDER BY journal_offset DESC LIMIT 1
"""

_CALLS = """
WITH counted AS (
    SELECT max(journal_offset) AS journal_offset FROM rollouts
    WHERE run_id = $run_id AND split = 'train' AND series = '' GROUP BY evaluation, task_id
)
SELECT evaluation, tool, count(*) AS calls, count(*) FILTER (ok) AS succeeded
FROM tool_calls SEMI JOIN counted USING (journal_offset) WHERE run_id = $run_id GROUP BY evaluation, tool
"""
