"""What the pages and the command line ask about runs: the answers of views.py, computed here and nowhere else.

Accuracy comes from the `evaluation_finished` and `verdict_reached` facts, n beside it; cost and tokens come from the
requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from agentopt_core.history.answers import remembered
from agentopt_core.history.learning_queries import decisions, pace, past_runs, signs
from agentopt_core.history.parts import COUNTED, evidence, latest, proportion, superseded, usage
from agentopt_core.history.review_queries import review, reviews, waiting
from agentopt_core.history.rollout_queries import rollout, rollouts
from agentopt_core.history.run_queries import best_curves, openings, run, runs
from agentopt_core.history.store import HistoryStore, Row
from agentopt_core.history.update_queries import accepted_functions, function_versions, proposal, sets, updates
from agentopt_core.rollouts import Proportion, Usage
from agentopt_core.views import CurvePoint, EventLine, Progress

Phase = Literal["evaluating", "optimizing", "idle"]

__all__ = [
    "accepted_functions",
    "best_curves",
    "curve",
    "decisions",
    "events",
    "function_versions",
    "openings",
    "pace",
    "past_runs",
    "progress",
    "proposal",
    "review",
    "reviews",
    "rollout",
    "rollouts",
    "run",
    "runs",
    "sets",
    "signs",
    "updates",
    "usage_by_role",
    "waiting",
]


def progress(store: HistoryStore, run_id: str) -> Progress | None:
    """What the run is doing now; None before its first evaluation."""
    started = store.rows(
        "SELECT * FROM evaluation_starts WHERE run_id = $run_id ORDER BY journal_offset DESC LIMIT 1", run_id=run_id
    )
    if not started:
        return None
    start = started[0]
    place = {name: start[name] for name in ("evaluation", "split", "series")}
    done = store.rows(_DONE, run_id=run_id, **place)[0]
    offsets = {name: -1 if value is None else value for name, value in store.rows(_LATEST, run_id=run_id)[0].items()}
    return Progress(
        evaluation=start["evaluation"],
        split=start["split"],
        series=start["series"],
        done=done["done"],
        total=start["n"],
        correct=done["correct"],
        faults=done["faults"],
        started_at=start["happened_at"],
        phase=_phase(start["journal_offset"], **offsets),
    )


def _phase(evaluation: int, finished: int, asked: int, proposed: int, ended: int, trainer: int) -> Phase:
    """What is going on, from the offsets at which each thing was reported last (-1: never)."""
    if ended > trainer:
        return "idle"
    if asked > max(proposed, evaluation):
        return "optimizing"
    return "evaluating" if evaluation > finished else "idle"


_DONE = """
SELECT count(*) AS done, count(*) FILTER (correct) AS correct, count(*) FILTER (ended = 'fault') AS faults
FROM (
    SELECT max_by(ended, journal_offset) AS ended, max_by(correct, journal_offset) AS correct
    FROM rollouts
    WHERE run_id = $run_id AND evaluation = $evaluation AND split = $split AND series = $series
    GROUP BY task_id
)
"""

_LATEST = """
SELECT
    (SELECT max(journal_offset) FROM evaluation_ends WHERE run_id = $run_id) AS finished,
    (SELECT max(journal_offset) FROM step_starts WHERE run_id = $run_id) AS asked,
    (SELECT max(journal_offset) FROM updates WHERE run_id = $run_id) AS proposed,
    (SELECT max(journal_offset) FROM run_ends WHERE run_id = $run_id) AS ended,
    (SELECT max(journal_offset) FROM trainers WHERE run_id = $run_id) AS trainer
"""


@remembered
def curve(store: HistoryStore, run_id: str) -> list[CurvePoint]:
    """The finished evaluations on training tasks in order, each with its verdict and the run's cost by then."""
    starts = latest(store, "evaluation_starts", run_id, "evaluation", COUNTED)
    ends = latest(store, "evaluation_ends", run_id, "evaluation", COUNTED)
    validated = latest(store, "evaluation_ends", run_id, "evaluation", "split = 'val' AND series = ''")
    verdicts = latest(store, "verdicts", run_id, "evaluation")
    spent = store.rows(
        """
        WITH ends AS (SELECT journal_offset FROM evaluation_ends WHERE run_id = $run_id),
            asked AS (SELECT * FROM requests WHERE run_id = $run_id)
        SELECT ends.journal_offset, sum(requests) AS requests, sum(prompt_tokens) AS prompt_tokens,
            sum(completion_tokens) AS completion_tokens, fsum(cost_usd) AS cost_usd,
            count(*) FILTER (cost_usd IS NULL) AS unpriced
        FROM asked ASOF JOIN ends ON asked.journal_offset <= ends.journal_offset
        GROUP BY ends.journal_offset ORDER BY ends.journal_offset
        """,
        run_id=run_id,
    )
    spent_by = _spent_by((end["journal_offset"] for end in ends.values()), spent)
    by_hand = store.rows(_BY_HAND, run_id=run_id)
    people = {row["step"]: row["person"] for row in by_hand}
    replaced = superseded(starts)
    points: list[CurvePoint] = []
    for evaluation, end in sorted(ends.items()):
        if end["split"] != "train":
            continue
        start, verdict = starts.get(evaluation), verdicts.get(evaluation)
        before = points[-1] if points else None
        result = proportion(end, "result") or Proportion(correct=0, n=0)
        points.append(
            CurvePoint(
                evaluation=evaluation,
                epoch=verdict["epoch"] if verdict else before.epoch if before else 0,
                step=start["step"] if start else None,
                split=end["split"],
                result=result,
                verdict=verdict["verdict"] if verdict else "rejected" if evaluation in replaced else "pending",
                reason=verdict["reason"] if verdict else _REPLACED if evaluation in replaced else "",
                best=proportion(verdict, "best") or (before.best if before else result),
                validation=proportion(validated.get(evaluation), "result"),
                functions=tuple(start["names"]) if start else (),
                by=people.get(start["step"], "") if start else "",
                evidence=evidence(verdict),
                usage=spent_by[end["journal_offset"]],
                at=end["happened_at"],
            )
        )
    return points


_BY_HAND = """
SELECT step, made_by AS person, journal_offset FROM updates WHERE run_id = $run_id AND made_by != ''
UNION ALL
SELECT step, given_by, journal_offset FROM decisions WHERE run_id = $run_id AND len(edited) > 0
ORDER BY journal_offset
"""

_REPLACED = "A person changed the update in its review; what was approved was measured anew."


def _spent_by(ends: Iterable[int], spent: Sequence[Row]) -> dict[int, Usage]:
    """Offset of an evaluation's end -> all that was spent by then; `spent` holds what came between two ends."""
    total, position, by_end = Usage(), 0, {}
    for end in sorted(ends):
        while position < len(spent) and spent[position]["journal_offset"] <= end:
            total, position = total + usage(spent[position]), position + 1
        by_end[end] = total
    return by_end


def events(
    store: HistoryStore,
    run_id: str,
    limit: int = 100,
    before_offset: int | None = None,
    severities: Sequence[str] | None = None,
    kinds: Sequence[str] | None = None,
    text: str = "",
) -> list[EventLine]:
    """The event log, the latest line first; `before_offset` pages back from the last line of the page before.

    Only lines of these severities and kinds (None: all) that hold `text` in whatever case.
    """
    lines = store.rows(
        """
        SELECT journal_offset AS "offset", happened_at AS "at", kind, text, severity FROM log
        WHERE run_id = $run_id AND ($before IS NULL OR journal_offset < $before)
            AND ($severities IS NULL OR list_contains($severities::VARCHAR[], severity))
            AND ($kinds IS NULL OR list_contains($kinds::VARCHAR[], kind))
            AND ($text = '' OR contains(lower(text), lower($text)))
        ORDER BY journal_offset DESC LIMIT $limit
        """,
        run_id=run_id,
        before=before_offset,
        limit=limit,
        severities=None if severities is None else list(severities),
        kinds=None if kinds is None else list(kinds),
        text=text,
    )
    return [EventLine(**line) for line in lines]


@remembered
def usage_by_role(store: HistoryStore, run_id: str) -> dict[str, Usage]:
    """What the run has cost so far, per role (agent, optimizer, ...)."""
    rows = store.rows(
        """
        SELECT role, sum(requests) AS requests, sum(prompt_tokens) AS prompt_tokens,
            sum(completion_tokens) AS completion_tokens, fsum(cost_usd) AS cost_usd,
            count(*) FILTER (cost_usd IS NULL) AS unpriced
        FROM requests WHERE run_id = $run_id GROUP BY role ORDER BY role
        """,
        run_id=run_id,
    )
    return {row["role"]: usage(row) for row in rows}
