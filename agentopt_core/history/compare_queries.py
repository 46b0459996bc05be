"""What is asked to set runs beside each other: which measurements there are, and who solved what."""

from __future__ import annotations

import json

from agentopt_core.history.answers import remembered
from agentopt_core.history.parts import latest, proportion
from agentopt_core.history.run_queries import openings
from agentopt_core.history.store import HistoryStore
from agentopt_core.views import DecisionLine, Measurement, Opening, Outcome, Place
from agentopt_core.words import JsonObject


@remembered
def measurements(store: HistoryStore, run_id: str) -> list[Measurement]:
    """Every finished evaluation of the run that counts, on whichever split: training, validation, test."""
    verdicts = latest(store, "verdicts", run_id, "evaluation")
    accepted = [row for row in verdicts.values() if row["verdict"] in ("baseline", "kept")]
    last = max(accepted, key=lambda row: row["journal_offset"], default=None)
    subjects = {number: row["subject"] for number, row in latest(store, "openings", run_id, "evaluation").items()}
    stands_for_test = _stands_for_test(store, run_id, subjects)
    found = []
    for row in store.rows(_MEASURED, run_id=run_id):
        result = proportion(row, "result")
        if result is None:
            continue
        evaluation, split = row["evaluation"], row["split"]
        if split == "test":
            is_best = evaluation == stands_for_test
            verdict: Outcome = "kept" if subjects.get(evaluation) == "chosen" else "baseline"
        else:
            verdict = verdicts[evaluation]["verdict"] if evaluation in verdicts else "pending"
            is_best = last is not None and evaluation == last["evaluation"]
        found.append(
            Measurement(
                place=Place(run_id=run_id, evaluation=evaluation, split=split),
                result=result,
                verdict=verdict,
                functions=row["functions"] or 0,
                is_best=is_best,
            )
        )
    return found


def _stands_for_test(store: HistoryStore, run_id: str, subjects: dict[int, str]) -> int | None:
    """The evaluation on the test split of what training chose: the untrained one where that is what it chose."""
    chosen = [evaluation for evaluation, subject in subjects.items() if subject == "chosen"]
    if chosen or not store.rows("SELECT 1 FROM held_out WHERE run_id = $run_id LIMIT 1", run_id=run_id):
        return max(chosen, default=None)
    return max(subjects, default=None)


def solved(store: HistoryStore, place: Place) -> dict[str, bool | None]:
    """Task id -> solved or not; None where it could not be scored. The last rollout of a task counts.

    An evaluation's number and whether it is the validation split name it: the test split has numbers of its own, and
    older journals do not say the split with each rollout.
    """
    rows = store.rows(_SOLVED, run_id=place.run_id, evaluation=place.evaluation, split=place.split)
    return {row["task_id"]: row["correct"] if row["ended"] != "fault" else None for row in rows}


def looks_at_test(store: HistoryStore, run_id: str) -> list[Opening]:
    """Every look of any run at the test tasks of this run, in the order of time; none where it has none."""
    rows = store.rows("SELECT task_set_id, test_digest FROM runs WHERE run_id = $run_id", run_id=run_id)
    return openings(store, rows[0]["task_set_id"] or "", rows[0]["test_digest"] or "") if rows else []


def environment(store: HistoryStore, run_id: str) -> JsonObject:
    """Versions and platform of the run's last trainer; empty before one began."""
    rows = store.rows(
        "SELECT environment FROM trainers WHERE run_id = $run_id ORDER BY journal_offset DESC LIMIT 1", run_id=run_id
    )
    found: JsonObject = json.loads(rows[0]["environment"]) if rows else {}
    return found


def is_private(store: HistoryStore, run_id: str) -> bool:
    """The run's tasks must not be published; that is taken for so where it cannot be read."""
    rows = store.rows("SELECT private, damage FROM runs WHERE run_id = $run_id", run_id=run_id)
    return not rows or bool(rows[0]["private"]) or bool(rows[0]["damage"])


def decision_lines(store: HistoryStore, run_id: str) -> list[DecisionLine]:
    """What people decided on proposals and which updates they made by hand, in the order of time."""
    lines = [DecisionLine(**row) for row in store.rows(_DECIDED, run_id=run_id)]
    made = latest(store, "updates", run_id, "step", "made_by != ''")
    lines += [
        DecisionLine(
            step=step, at=row["happened_at"], by=row["made_by"], choice="made by hand", reason=row["rationale"]
        )
        for step, row in made.items()
    ]
    return sorted(lines, key=lambda line: line.at)


_MEASURED = """
WITH starts AS (
    SELECT evaluation, split, max_by(len(functions), journal_offset) AS functions
    FROM evaluation_starts WHERE run_id = $run_id AND series = '' GROUP BY evaluation, split
)
SELECT evaluation_ends.* EXCLUDE (journal_offset), starts.functions FROM evaluation_ends
LEFT JOIN starts USING (evaluation, split)
WHERE run_id = $run_id AND series = ''
QUALIFY row_number() OVER (PARTITION BY evaluation, split ORDER BY evaluation_ends.journal_offset DESC) = 1
ORDER BY evaluation, split
"""

_SOLVED = """
SELECT task_id, max_by(correct, journal_offset) AS correct, max_by(ended, journal_offset) AS ended FROM rollouts
WHERE run_id = $run_id AND evaluation = $evaluation AND (split = 'val') = ($split = 'val') AND series = ''
GROUP BY task_id
"""

_DECIDED = """
SELECT step, happened_at AS "at", given_by AS "by", choice, coalesce(reason, '') AS reason, approved,
    coalesce(edited, []) AS edited
FROM decisions WHERE run_id = $run_id ORDER BY journal_offset
"""
