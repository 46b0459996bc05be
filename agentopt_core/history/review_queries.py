"""What waits for people, and what they decided: the cards of the Review page."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping

from agentopt_core.errors import NotFound
from agentopt_core.history.parts import evidence, proportion, usage
from agentopt_core.history.store import HistoryStore, Row
from agentopt_core.history.update_queries import proposals, updates
from agentopt_core.reviews import Finding
from agentopt_core.rollouts import Usage
from agentopt_core.significance import mcnemar_p
from agentopt_core.views import UpdateView
from agentopt_core.views.reviews import DecisionView, DeclinedView, ReviewCard, TrialView

_WAITING = """
SELECT reviews.run_id, reviews.step FROM reviews
ANTI JOIN decisions USING (run_id, step, review_time)
ANTI JOIN verdicts ON verdicts.run_id = reviews.run_id AND verdicts.step = reviews.step
QUALIFY row_number() OVER (PARTITION BY reviews.run_id, reviews.step ORDER BY reviews.journal_offset) = 1
ORDER BY reviews.happened_at
"""


def waiting(store: HistoryStore) -> list[tuple[str, int]]:
    """Run and step of every proposal that nobody has decided on, the one that waits longest first."""
    return [(row["run_id"], row["step"]) for row in store.rows(_WAITING)]


def reviews(store: HistoryStore, run_id: str) -> list[ReviewCard]:
    """Every proposal of a run that people were asked about, in the order of its steps."""
    return _cards(store, run_id)


def _cards(store: HistoryStore, run_id: str, only: int | None = None) -> list[ReviewCard]:
    """The cards of all steps that people were asked about, or of one."""
    rows = store.rows(_OF_RUN.format(table="reviews"), run_id=run_id)
    asked = {row["step"]: row for row in rows if only in (None, row["step"])}
    if not asked:
        return []
    decisions = {row["step"]: row for row in store.rows(_OF_RUN.format(table="decisions"), run_id=run_id)}
    trials = _grouped(store.rows(_OF_RUN.format(table="trials"), run_id=run_id))
    declined = _grouped(store.rows(_OF_RUN.format(table="declined"), run_id=run_id))
    shown = {view.step: view for view in updates(store, run_id)}
    proposed = proposals(store, run_id)
    spent = {row["step"]: usage(row) for row in store.rows(_SPENT, run_id=run_id)}
    measured = {row["evaluation"]: row for row in store.rows(_MEASURED, run_id=run_id)}
    trying = {row["step"] for row in store.rows(_TRYING, run_id=run_id)}
    about = store.rows("SELECT name, task_set, is_demo FROM runs WHERE run_id = $run_id", run_id=run_id)[0]
    cards = []
    for step, row in sorted(asked.items()):
        view = shown.get(step)
        if view is None:
            continue
        base_evaluation, actions, rationale = proposed[step]
        # Who was asked before anything ran finds later what came of it.
        evaluation = view.evaluation if row["evaluation"] is None else row["evaluation"]
        flips = _flips(store, run_id, base_evaluation, evaluation)
        decision = decisions.get(step)
        waits = decision is None and view.verdict == "pending"
        end = measured.get(evaluation) if evaluation is not None else None
        cards.append(
            ReviewCard(
                run_id=run_id,
                run_name=about["name"] or about["task_set"] or run_id,
                is_demo=bool(about["is_demo"]),
                step=step,
                when=row["review_time"],
                state="waiting" if waits else "decided" if decision else "withdrawn",
                asked_at=row["happened_at"],
                deadline=row["deadline"],
                on_timeout=row["on_timeout"],
                rationale=rationale,
                actions=actions,
                findings=tuple(Finding(**finding) for finding in json.loads(row["findings"])),
                base_evaluation=base_evaluation,
                evaluation=evaluation,
                base=view.base,
                candidate=proportion(end, "result"),
                n=flips["n"] if flips else 0,
                fixed=tuple(flips["fixed"]) if flips else (),
                broken=tuple(flips["broken"]) if flips else (),
                p_value=mcnemar_p(len(flips["fixed"]), len(flips["broken"])) if flips else None,
                rule=row["rule"],
                rule_reason=row["rule_reason"] or "",
                evidence=evidence(row),
                usage=spent.get(step, Usage()),
                trials=tuple(_trial(trial) for trial in trials[step]),
                trying=waits and step in trying,
                decision=_decision(decision, view) if decision else None,
                declined=tuple(
                    DeclinedView(
                        at=one["happened_at"], by=one["given_by"], command=one["command"], reason=one["reason"]
                    )
                    for one in declined[step]
                ),
                verdict=view.verdict,
                reason=view.reason,
            )
        )
    return cards


def review(store: HistoryStore, run_id: str, step: int) -> ReviewCard:
    """One card. Raises: NotFound when nobody was asked about that step."""
    found = _cards(store, run_id, step)
    if not found:
        raise NotFound(
            f"Nobody was asked about update {step} of run {run_id}.", "The Functions page shows what it changed."
        )
    return found[0]


def _decision(row: Row, view: UpdateView) -> DecisionView:
    return DecisionView(
        at=row["happened_at"],
        by=row["given_by"],
        choice=row["choice"],
        reason=row["reason"],
        only=None if row["approved"] is None else tuple(row["approved"]),
        edited=tuple(row["edited"]),
        actions=view.actions if row["choice"] == "approve" else (),
    )


def _trial(row: Row) -> TrialView:
    before, after = proportion(row, "before"), proportion(row, "after")
    assert before is not None
    assert after is not None
    return TrialView(
        at=row["happened_at"],
        by=row["given_by"],
        series=row["series"],
        evaluation=row["evaluation"],
        before=before,
        after=after,
        fixed=tuple(row["fixed"]),
        broken=tuple(row["broken"]),
        edited=tuple(row["edited"]),
    )


def _flips(store: HistoryStore, run_id: str, base: int, candidate: int | None) -> Row | None:
    """Tasks scored under both evaluations: how many, and which changed sides; None before the candidate was run."""
    if candidate is None:
        return None
    return store.rows(_FLIPS, run_id=run_id, base=base, candidate=candidate)[0]


def _grouped(rows: Iterable[Row]) -> Mapping[int, list[Row]]:
    grouped: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["step"]].append(row)
    return grouped


_OF_RUN = "SELECT * FROM {table} WHERE run_id = $run_id ORDER BY journal_offset"

_SPENT = """
WITH begun AS (
    SELECT step, list(DISTINCT evaluation) AS evaluations FROM evaluation_starts
    WHERE run_id = $run_id AND step IS NOT NULL GROUP BY step
)
SELECT begun.step, sum(requests) AS requests, sum(prompt_tokens) AS prompt_tokens,
    sum(completion_tokens) AS completion_tokens, fsum(cost_usd) AS cost_usd,
    count(*) FILTER (cost_usd IS NULL) AS unpriced
FROM requests JOIN begun ON requests.step = begun.step OR list_contains(begun.evaluations, requests.evaluation)
WHERE run_id = $run_id GROUP BY begun.step
UNION ALL
SELECT step, sum(requests), sum(prompt_tokens), sum(completion_tokens), fsum(cost_usd),
    count(*) FILTER (cost_usd IS NULL)
FROM requests ANTI JOIN begun USING (step) WHERE run_id = $run_id AND step IS NOT NULL GROUP BY step
"""

_MEASURED = """
SELECT * FROM evaluation_ends WHERE run_id = $run_id AND split = 'train' AND series = '' ORDER BY journal_offset
"""

_TRYING = """
SELECT step, series FROM evaluation_starts WHERE run_id = $run_id AND series LIKE 'try-%'
EXCEPT SELECT step, series FROM trials WHERE run_id = $run_id
"""

_FLIPS = """
WITH scored AS (
    SELECT evaluation, task_id, max_by(correct, journal_offset) AS correct, max_by(ended, journal_offset) AS ended
    FROM rollouts
    WHERE run_id = $run_id AND evaluation IN ($base, $candidate) AND split = 'train' AND series = ''
    GROUP BY evaluation, task_id
)
SELECT count(*) AS n,
    coalesce(list(before.task_id ORDER BY before.task_id) FILTER (after.correct AND NOT before.correct), []) AS fixed,
    coalesce(list(before.task_id ORDER BY before.task_id) FILTER (before.correct AND NOT after.correct), []) AS broken
FROM scored AS before JOIN scored AS after USING (task_id)
WHERE before.evaluation = $base AND after.evaluation = $candidate
    AND before.ended != 'fault' AND after.ended != 'fault'
    AND before.correct IS NOT NULL AND after.correct IS NOT NULL
"""
