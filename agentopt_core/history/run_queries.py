"""The list of runs: what each has reached, spent, and what state it is in."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path

from agentopt_core.errors import NotFound
from agentopt_core.history.parts import evidence, proportion, usage
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.history.status import Evidence, finding
from agentopt_core.history.store import HistoryStore, Row
from agentopt_core.rollouts import Proportion
from agentopt_core.views import HeldOut, Opening, RunSummary

# Many small questions rather than a large one: planning a join of ten tables took ten times as long as running it.

_READING_S = 2.0
"""Seconds for which the end of a journal that nobody has read yet speaks against calling the run interrupted."""

_LAST = """
SELECT * FROM {table} WHERE run_id IN (SELECT unnest($ids)) AND {condition}
QUALIFY row_number() OVER (PARTITION BY run_id ORDER BY journal_offset DESC) = 1
"""

_EVALUATIONS = """
SELECT run_id, count(DISTINCT evaluation) AS n FROM evaluation_ends
WHERE run_id IN (SELECT unnest($ids)) AND split = 'train' AND series = '' GROUP BY run_id
"""

_FUNCTIONS = """
WITH accepted AS (
    SELECT run_id, arg_max(evaluation, journal_offset) AS evaluation FROM verdicts
    WHERE run_id IN (SELECT unnest($ids)) AND verdict IN ('baseline', 'kept') GROUP BY run_id
)
SELECT run_id, arg_max(len(functions), journal_offset) AS n
FROM evaluation_starts SEMI JOIN accepted USING (run_id, evaluation)
WHERE series = '' AND split != 'val' GROUP BY run_id
"""

_SPENT = """
SELECT run_id, sum(requests) AS requests, sum(prompt_tokens) AS prompt_tokens,
    sum(completion_tokens) AS completion_tokens, fsum(cost_usd) AS cost_usd,
    count(*) FILTER (cost_usd IS NULL) AS unpriced
FROM requests WHERE run_id IN (SELECT unnest($ids)) GROUP BY run_id
"""

_ASKED = """
SELECT run_id, step FROM reviews
ANTI JOIN decisions USING (run_id, step, review_time)
ANTI JOIN verdicts ON verdicts.run_id = reviews.run_id AND verdicts.step = reviews.step
WHERE run_id IN (SELECT unnest($ids)) ORDER BY reviews.journal_offset
"""

_OPENED = """
SELECT run_id, count(DISTINCT evaluation) AS n FROM openings
WHERE run_id IN (SELECT unnest($ids)) GROUP BY run_id
"""

_RUNS = """
SELECT runs.* EXCLUDE (config) REPLACE (left(note, 300) AS note), journals.last_at, journals.bytes, journals.lines
FROM runs JOIN journals USING (run_id)
WHERE {which} ORDER BY run_id DESC
"""


def runs(store: HistoryStore) -> list[RunSummary]:
    """All runs, the latest first; damaged ones are among them and say what is wrong."""
    return _summaries(store, None)


def run(store: HistoryStore, run_id: str) -> RunSummary:
    """One run.

    Raises: NotFound.
    """
    found = _summaries(store, run_id)
    if not found:
        raise NotFound(f"There is no run '{run_id}' in the history.", "Look at the list of runs.")
    return found[0]


def _summaries(store: HistoryStore, run_id: str | None) -> list[RunSummary]:
    which = "true" if run_id is None else "run_id = $run_id"
    values = {} if run_id is None else {"run_id": run_id}
    now = time.time()
    rows = store.rows(_RUNS.format(which=which), **values)
    facts = _facts(store, rows)
    found = [row | facts[row["run_id"]] for row in rows]
    return [_summary(row, _evidence(store.home, row, now)) for row in found]


def _facts(store: HistoryStore, rows: Iterable[Row]) -> dict[str, Row]:
    """What the journal of each run tells. Runs whose journal has not grown since they were asked for are not asked."""
    states = {row["run_id"]: (row["bytes"], row["lines"], row["last_at"]) for row in rows}
    remembered = {run_id: store.run_facts.get(run_id) for run_id in states}
    facts = {run_id: known[1] for run_id, known in remembered.items() if known and known[0] == states[run_id]}
    if asked := [run_id for run_id in states if run_id not in facts]:
        facts |= _read_facts(store, asked)
        store.run_facts.update({run_id: (states[run_id], facts[run_id]) for run_id in asked})
    return facts


def _read_facts(store: HistoryStore, run_ids: list[str]) -> dict[str, Row]:
    def figures(sql: str) -> dict[str, Row]:
        return {row["run_id"]: row for row in store.rows(sql, ids=run_ids)}

    def last(table: str, condition: str = "true") -> dict[str, Row]:
        """The latest such fact of each run."""
        return figures(_LAST.format(table=table, condition=condition))

    known = {
        "trainer": last("trainers"),
        "stop": last("run_ends"),
        "command": last("commands", "command IN ('pause', 'resume')"),
        "broken": last("damages"),
        "verdict": last("verdicts"),
        "accepted": last("verdicts", "verdict IN ('baseline', 'kept')"),
        "renewed": last("verdicts", "verdict = 'baseline' AND evaluation > 0"),
        "baseline": last("evaluation_ends", "evaluation = 0 AND split = 'train' AND series = ''"),
        "held_out": last("held_out"),
        "dropped": last("drops"),
        "asked": figures(_ASKED),
        "openings": figures(_OPENED),
        "spent": figures(_SPENT),
        "evaluations": figures(_EVALUATIONS),
        "functions": figures(_FUNCTIONS),
    }
    return {run_id: {name: rows.get(run_id) for name, rows in known.items()} for run_id in run_ids}


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
        damage=" ".join(filter(None, (row["damage"], row["broken"] and row["broken"]["reason"]))),
        holder=holder,
        launched_at=start.at if start else None,
        trainer_began=began is not None and not ended,
        last_event_at=row["last_at"],
        paused=paused and (began is None or told["journal_offset"] > began["journal_offset"]),
        asks_about=row["asked"]["step"] if row["asked"] else None,
        ended=ended,
        failed=ended and stop["failed"],
        stop=stop["stop"] if stop else None,
        end_reason=stop["reason"] if stop else "",
        end_hint=stop["hint"] if stop else "",
        unread=holder is None and not ended and folder.has_grown(row["bytes"], now - _READING_S),
        log_tail="" if ended or holder is not None else folder.log_tail(),
    )


def _summary(row: Row, seen: Evidence) -> RunSummary:
    state = finding(seen)
    last, accepted, trainer = row["verdict"], row["accepted"], row["trainer"]
    return RunSummary(
        run_id=row["run_id"],
        name=row["name"],
        status=state.status,
        status_reason=state.reason,
        task_set=row["task_set"],
        train_tasks=trainer["train_tasks"] if trainer else row["train_tasks"],
        test_tasks=trainer["test_tasks"] + trainer["sealed_tasks"] if trainer else row["test_tasks"],
        sealed=bool(trainer and trainer["sealed_tasks"]),
        held_out=_held_out(row["held_out"]),
        openings=row["openings"]["n"] if row["openings"] else 0,
        skipped=json.loads(trainer["skipped"]) if trainer else {},
        agent_model=row["agent_model"],
        optimizer_model=row["optimizer_model"],
        is_demo=row["is_demo"],
        level=trainer["level"] if trainer else None,
        isolation=trainer["isolation"] if trainer else "",
        origin=row["origin"],
        created_at=row["created_at"],
        updated_at=row["last_at"] or row["created_at"],
        # In batches the baseline was measured on other tasks than the accepted set is now: no figure to compare with.
        baseline=None if row["renewed"] else proportion(row["baseline"], "result"),
        best=proportion(last, "best"),
        best_evaluation=accepted["evaluation"] if accepted else None,
        provisional=bool(accepted and (found := evidence(accepted)) and found.word == "provisional"),
        evaluations=row["evaluations"]["n"] if row["evaluations"] else 0,
        epoch=last["epoch"] if last else 0,
        max_epochs=row["max_epochs"],
        withdrawn_in_a_row=last["withdrawn_in_a_row"] if last else 0,
        patience=row["patience"],
        usage=usage(row["spent"]),
        functions=row["functions"]["n"] if row["functions"] else 0,
        dropped=_dropped(row["dropped"], accepted),
        wall_s=row["stop"]["wall_s"] if seen.ended else None,
        stop_kind=(seen.stop or "") if seen.ended else "",
        stop_reason=seen.end_reason if seen.ended else "",
        hint=state.hint,
        tags=tuple(row["tags"]),
        note=row["note"],
        archived=row["archived"],
        sample=row["sample"],
    )


def _dropped(row: Row | None, accepted: Row | None) -> dict[str, str]:
    """Function -> why it is left out, where that was said of the set that is accepted."""
    if row is None or accepted is None or row["evaluation"] != accepted["evaluation"]:
        return {}
    return dict(zip(row["names"], row["reasons"], strict=True))


def _held_out(row: Row | None) -> HeldOut | None:
    if row is None:
        return None
    nothing = Proportion(correct=0, n=0)
    return HeldOut(
        baseline=proportion(row, "baseline") or nothing,
        chosen=proportion(row, "chosen") or nothing,
        fixed=tuple(row["fixed"]),
        broken=tuple(row["broken"]),
        p_value=row["p_value"],
        candidates=row["candidates"],
    )


def best_curves(store: HistoryStore, run_ids: Iterable[str]) -> dict[str, list[float]]:
    """The accepted accuracy on the training tasks after every verdict, in per cent; one question for many runs."""
    rows = store.rows(
        """
        SELECT run_id, list(100.0 * best_correct / best_n ORDER BY journal_offset) AS best FROM verdicts
        WHERE run_id IN (SELECT unnest($ids)) AND best_n > 0 GROUP BY run_id
        """,
        ids=list(run_ids),
    )
    return {row["run_id"]: row["best"] for row in rows}


def openings(store: HistoryStore, task_set_id: str, test_digest: str = "") -> list[Opening]:
    """Every look of any run at the test split of a task set, or at the same test tasks by another name.

    `test_digest` is that of the set (`TaskSet.test_digest`). The first look comes first.
    """
    rows = store.rows(
        """
        SELECT run_id, runs.name AS run_name, happened_at AS "at", subject, n
        FROM openings JOIN runs USING (run_id)
        WHERE task_set_id = $id OR (test_digest = $digest AND test_digest != '') ORDER BY happened_at, journal_offset
        """,
        id=task_set_id,
        digest=test_digest,
    )
    return [Opening(**row) for row in rows]
