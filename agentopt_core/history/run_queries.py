"""The list of runs: what each has reached, spent, and what state it is in."""

from __future__ import annotations

import time
from pathlib import Path

from agentopt_core.errors import NotFound
from agentopt_core.history.parts import proportion, usage
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.history.status import Evidence, finding
from agentopt_core.history.store import HistoryStore, Row
from agentopt_core.views import RunSummary

_RUNS = """
WITH spent AS (
    SELECT run_id, sum(requests) AS requests, sum(prompt_tokens) AS prompt_tokens,
        sum(completion_tokens) AS completion_tokens, fsum(cost_usd) AS cost_usd,
        count(*) FILTER (cost_usd IS NULL) AS unpriced
    FROM requests WHERE $run_id IS NULL OR run_id = $run_id GROUP BY run_id
), decided AS (
    SELECT run_id, max_by(verdicts, journal_offset) AS last,
        max_by(verdicts, journal_offset) FILTER (verdict IN ('baseline', 'kept')) AS accepted
    FROM verdicts GROUP BY run_id
), measured AS (
    SELECT run_id, count(DISTINCT evaluation) AS evaluations,
        max_by(evaluation_ends, journal_offset) FILTER (evaluation = 0) AS baseline
    FROM evaluation_ends GROUP BY run_id
), sized AS (
    SELECT run_id, evaluation, max_by(len(functions), journal_offset) AS functions
    FROM evaluation_starts GROUP BY run_id, evaluation
), began AS (SELECT run_id, max_by(trainers, journal_offset) AS trainer FROM trainers GROUP BY run_id),
ended AS (SELECT run_id, max_by(run_ends, journal_offset) AS stop FROM run_ends GROUP BY run_id),
told AS (
    SELECT run_id, max_by(commands, journal_offset) AS command
    FROM commands WHERE command IN ('pause', 'resume') GROUP BY run_id
), broken AS (SELECT run_id, min_by(reason, journal_offset) AS reason FROM damages GROUP BY run_id)
SELECT runs.* EXCLUDE (config), journals.last_at, began.trainer, ended.stop, told.command, broken.reason AS broken,
    decided.last, decided.accepted, measured.evaluations, measured.baseline, sized.functions,
    spent.requests, spent.prompt_tokens, spent.completion_tokens, spent.cost_usd, spent.unpriced
FROM runs JOIN journals USING (run_id)
LEFT JOIN spent USING (run_id) LEFT JOIN decided USING (run_id) LEFT JOIN measured USING (run_id)
LEFT JOIN sized ON sized.run_id = runs.run_id AND sized.evaluation = decided.accepted.evaluation
LEFT JOIN began ON began.run_id = runs.run_id LEFT JOIN ended ON ended.run_id = runs.run_id
LEFT JOIN told ON told.run_id = runs.run_id LEFT JOIN broken ON broken.run_id = runs.run_id
WHERE $run_id IS NULL OR runs.run_id = $run_id
ORDER BY runs.run_id DESC
"""


def runs(store: HistoryStore) -> list[RunSummary]:
    """All runs, the latest first; damaged ones are among them and say what is wrong."""
    now = time.time()
    return [_summary(row, _evidence(store.home, row, now)) for row in store.rows(_RUNS, run_id=None)]


def run(store: HistoryStore, run_id: str) -> RunSummary:
    """One run.

    Raises: NotFound.
    """
    rows = store.rows(_RUNS, run_id=run_id)
    if not rows:
        raise NotFound(f"There is no run '{run_id}' in the history.", "Look at the list of runs.")
    return _summary(rows[0], _evidence(store.home, rows[0], time.time()))


def _evidence(home: Path, row: Row, now: float) -> Evidence:
    """Facts of the journal beside what only the disk can tell: who holds the run, and what the log says."""
    folder = RunFolder(home / "runs" / row["run_id"])
    began, stop, told = row["trainer"], row["stop"], row["command"]
    ended = stop is not None and (began is None or stop["journal_offset"] > began["journal_offset"])
    holder = folder.holder()
    start = folder.commands.last_start() if holder is None else None
    paused = told is not None and told["command"] == "pause"
    return Evidence(
        now=now,
        damage=" ".join(filter(None, (row["damage"], row["broken"]))),
        holder=holder,
        launched_at=start.at if start else None,
        trainer_began=began is not None and not ended,
        last_event_at=row["last_at"],
        paused=paused and (began is None or told["journal_offset"] > began["journal_offset"]),
        ended=ended,
        failed=ended and stop["failed"],
        stop=stop["stop"] if stop else None,
        end_reason=stop["reason"] if stop else "",
        end_hint=stop["hint"] if stop else "",
        log_tail="" if ended or holder is not None else folder.log_tail(),
    )


def _summary(row: Row, seen: Evidence) -> RunSummary:
    state = finding(seen)
    last, accepted, trainer = row["last"], row["accepted"], row["trainer"]
    return RunSummary(
        run_id=row["run_id"],
        name=row["name"],
        status=state.status,
        status_reason=state.reason,
        task_set=row["task_set"],
        train_tasks=row["train_tasks"],
        agent_model=row["agent_model"],
        optimizer_model=row["optimizer_model"],
        is_demo=row["is_demo"],
        level=trainer["level"] if trainer else None,
        created_at=row["created_at"],
        updated_at=row["last_at"] or row["created_at"],
        baseline=proportion(row["baseline"], "result"),
        best=proportion(last, "best"),
        best_evaluation=accepted["evaluation"] if accepted else None,
        evaluations=row["evaluations"] or 0,
        epoch=last["epoch"] if last else 0,
        max_epochs=row["max_epochs"],
        withdrawn_in_a_row=last["withdrawn_in_a_row"] if last else 0,
        patience=row["patience"],
        usage=usage(row),
        functions=row["functions"] or 0,
        wall_s=row["stop"]["wall_s"] if seen.ended else None,
        stop_kind=(seen.stop or "") if seen.ended else "",
        stop_reason=seen.end_reason if seen.ended else "",
        hint=state.hint,
    )
