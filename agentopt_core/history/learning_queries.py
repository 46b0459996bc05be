"""How a run learns, beside its curve: noise, ceiling, use of functions, pace, decisions; and what runs usually take."""

from __future__ import annotations

from agentopt_core.config import FUNCTION_CALLING
from agentopt_core.history.answers import remembered
from agentopt_core.history.parts import proportion
from agentopt_core.history.store import HistoryStore
from agentopt_core.rollouts import Proportion
from agentopt_core.views import FunctionUse, Pace, PastRun, Signs
from agentopt_core.views.reviews import DecisionView

PACE_S = 60.0
"""Seconds over which the pace of a run is reckoned."""
PAST_RUNS = 5
"""Newest runs a forecast looks at."""


@remembered
def signs(store: HistoryStore, run_id: str) -> Signs:
    """What the rollouts on the training tasks show besides the accuracy; empty before the first ended."""
    accepted = store.rows(_ACCEPTED, run_id=run_id)
    evaluation = accepted[0]["evaluation"] if accepted else 0
    ended = store.rows(_ENDED, run_id=run_id, evaluation=evaluation)[0]
    changed = store.rows(_CHANGED, run_id=run_id, evaluation=evaluation)[0]
    solved = store.rows(_EVER_SOLVED, run_id=run_id)[0]
    again = store.rows(_AGAIN, run_id=run_id)
    return Signs(
        evaluation=evaluation,
        rollouts=ended["rollouts"],
        at_turn_cap=ended["at_turn_cap"],
        uses=tuple(FunctionUse(**row) for row in store.rows(_USES, run_id=run_id, evaluation=evaluation)),
        fixed=changed["fixed"],
        broken=changed["broken"],
        ever_solved=Proportion(correct=solved["solved"], n=solved["n"]) if solved["n"] else None,
        new_solved=solved["new_solved"],
        again=tuple(filter(None, (proportion(row, "result") for row in again))),
    )


def pace(store: HistoryStore, run_id: str, now: float) -> Pace:
    """Requests and tokens a minute, over the minute before `now` or the age of the run's first request."""
    row = store.rows(_PACE, run_id=run_id, since=now - PACE_S)[0]
    if row["first"] is None:
        return Pace()
    seconds = min(PACE_S, max(1.0, now - row["first"]))
    return Pace(
        requests_per_min=60 * int(row["requests"] or 0) / seconds,
        tokens_per_min=60 * int(row["tokens"] or 0) / seconds,
        seconds=seconds,
    )


@remembered
def decisions(store: HistoryStore, run_id: str) -> dict[int, DecisionView]:
    """Step -> what a person or the time limit decided on it; where there were two questions, the last answer."""
    return {
        row["step"]: DecisionView(
            at=row["happened_at"],
            by=row["given_by"],
            choice=row["choice"],
            reason=row["reason"],
            only=None if row["approved"] is None else tuple(row["approved"]),
            edited=tuple(row["edited"]),
        )
        for row in store.rows("SELECT * FROM decisions WHERE run_id = $run_id ORDER BY journal_offset", run_id=run_id)
    }


def past_runs(
    store: HistoryStore, agent_model: str, optimizer_model: str, task_set_id: str, kind: str = FUNCTION_CALLING
) -> list[PastRun]:
    """The newest runs of these models and this kind of agent on a task set: what a rollout and a step took on average.

    Rollouts that were faults are left out: they say nothing of the work.
    """
    named = {"agent": agent_model, "optimizer": optimizer_model, "tasks": task_set_id, "kind": kind}
    runs = store.rows(_SAME, **named, usual=FUNCTION_CALLING, limit=PAST_RUNS)
    names = {row["run_id"]: row["name"] or row["run_id"] for row in runs}
    if not names:
        return []
    steps = {row["run_id"]: row for row in store.rows(_PER_STEP, runs=list(names))}
    past = []
    rollouts = {row["run_id"]: row for row in store.rows(_PER_ROLLOUT, runs=list(names))}
    for run_id in names:  # the newest first
        if run_id in rollouts:
            about_steps = {key: value for key, value in steps.get(run_id, {"steps": 0}).items() if key != "run_id"}
            past.append(PastRun(name=names[run_id], **rollouts[run_id], **about_steps))
    return past


# The last rollout of a task counts.

_ACCEPTED = """
SELECT evaluation FROM verdicts WHERE run_id = $run_id AND verdict IN ('baseline', 'kept')
ORDER BY journal_offset DESC LIMIT 1
"""

_ENDED = """
SELECT count(*) AS rollouts, count(*) FILTER (ended = 'turn_cap') AS at_turn_cap FROM (
    SELECT max_by(ended, journal_offset) AS ended FROM rollouts
    WHERE run_id = $run_id AND evaluation = $evaluation AND split = 'train' AND series = '' GROUP BY task_id
)
"""

_USES = """
WITH counted AS (
    SELECT max(journal_offset) AS journal_offset FROM rollouts
    WHERE run_id = $run_id AND evaluation = $evaluation AND split = 'train' AND series = '' GROUP BY task_id
), offered AS (
    SELECT unnest(names) AS name FROM (
        SELECT names FROM evaluation_starts
        WHERE run_id = $run_id AND evaluation = $evaluation AND split = 'train' AND series = ''
        ORDER BY journal_offset DESC LIMIT 1
    )
), called AS (
    SELECT tool AS name, count(*) AS calls, count(*) FILTER (NOT ok) AS failed
    FROM tool_calls SEMI JOIN counted USING (journal_offset)
    WHERE run_id = $run_id AND evaluation = $evaluation GROUP BY tool
)
SELECT name, coalesce(calls, 0) AS calls, coalesce(failed, 0) AS failed FROM offered LEFT JOIN called USING (name)
ORDER BY name
"""

_CHANGED = """
WITH scored AS (
    SELECT evaluation, task_id, max_by(correct, journal_offset) AS correct, max_by(ended, journal_offset) AS ended
    FROM rollouts
    WHERE run_id = $run_id AND evaluation IN (0, $evaluation) AND split = 'train' AND series = ''
    GROUP BY evaluation, task_id
)
SELECT count(*) FILTER (NOT old.correct AND new.correct) AS fixed,
    count(*) FILTER (old.correct AND NOT new.correct) AS broken
FROM scored AS old JOIN scored AS new USING (task_id)
WHERE old.evaluation = 0 AND new.evaluation = $evaluation AND old.ended != 'fault' AND new.ended != 'fault'
"""

_EVER_SOLVED = """
SELECT count(*) AS n, count(*) FILTER (solved) AS solved, count(*) FILTER (solved AND NOT at_first) AS new_solved FROM (
    SELECT task_id, bool_or(correct) AS solved, coalesce(bool_or(correct) FILTER (evaluation = 0), false) AS at_first
    FROM rollouts
    WHERE run_id = $run_id AND split = 'train' AND series = '' AND ended != 'fault' AND correct IS NOT NULL
    GROUP BY task_id
)
"""

_AGAIN = """
SELECT * FROM evaluation_ends WHERE run_id = $run_id AND evaluation = 0 AND split = 'train' AND series LIKE 'again-%'
QUALIFY row_number() OVER (PARTITION BY series ORDER BY journal_offset DESC) = 1 ORDER BY journal_offset
"""

_PACE = """
SELECT min(happened_at) AS "first", sum(requests) FILTER (happened_at > $since) AS requests,
    sum(prompt_tokens + completion_tokens) FILTER (happened_at > $since) AS tokens
FROM requests WHERE run_id = $run_id
"""

_SAME = """
SELECT run_id, name FROM runs
WHERE agent_model = $agent AND optimizer_model = $optimizer AND task_set_id = $tasks AND damage = ''
    AND coalesce(config->>'$.agent.kind', $usual) = $kind -- runs of before there was a choice name none
    AND run_id IN (SELECT run_id FROM evaluation_ends)
ORDER BY created_at DESC LIMIT $limit
"""

_PER_ROLLOUT = """
SELECT run_id, count(*) AS rollouts, avg(requests) AS requests, avg(prompt_tokens) AS prompt_tokens,
    avg(completion_tokens) AS completion_tokens, avg(seconds) AS seconds
FROM rollouts WHERE list_contains($runs::VARCHAR[], run_id) AND ended != 'fault' GROUP BY run_id
"""

_PER_STEP = """
SELECT run_id, count(DISTINCT step) AS steps, sum(prompt_tokens) / count(DISTINCT step) AS step_prompt_tokens,
    sum(completion_tokens) / count(DISTINCT step) AS step_completion_tokens,
    sum(ms) / 1000 / count(DISTINCT step) AS step_seconds
FROM requests WHERE list_contains($runs::VARCHAR[], run_id) AND role = 'optimizer' AND step IS NOT NULL GROUP BY run_id
"""
