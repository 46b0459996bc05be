"""A run as one JSON object for programs: the promise of `train --json` and `show --json`."""

from __future__ import annotations

from agentopt_core.rollouts import Proportion
from agentopt_core.views import CurvePoint, RunSummary
from agentopt_core.words import JsonObject


def run_result(run: RunSummary, curve: list[CurvePoint]) -> JsonObject:
    """The run's figures. Accuracies are shares from 0 to 1, null where nothing was measured; so is an unknown cost."""
    epochs = [_row(point) for point in curve]
    return {
        "run_id": run.run_id,
        "name": run.name,
        "status": run.status,
        "status_reason": run.status_reason,
        "hint": run.hint,
        "demo": run.is_demo,
        "task_set": run.task_set,
        "split": "train",
        "baseline": run.baseline.accuracy if run.baseline else None,
        "best": run.best.accuracy if run.best else None,
        "best_interval": list(run.best.interval) if run.best and run.best.interval else None,
        "n": run.best.n if run.best else 0,
        "test": _held_out(run),
        "dropped": {**run.dropped},
        "skipped": {**run.skipped},
        "epochs": [*epochs],
        "requests": run.usage.requests,
        "tokens": run.usage.tokens,
        "cost_usd": run.usage.cost_usd,
        "wall_s": run.wall_s,
        "stop_reason": run.stop_kind or None,
        "stop_sentence": run.stop_reason,
        "level": run.level,
        "isolation": run.isolation,
    }


def _held_out(run: RunSummary) -> JsonObject:
    """The test split: how many tasks, and what the chosen functions did on them; nulls where it was not opened."""
    found = run.held_out
    return {
        "split": "test",
        "tasks": run.test_tasks,
        "sealed": run.hold_out == "sealed",
        "openings": run.openings,
        "baseline": found.baseline.accuracy if found else None,
        "baseline_interval": list(found.baseline.interval) if found and found.baseline.interval else None,
        "best": found.chosen.accuracy if found else None,
        "best_interval": list(found.chosen.interval) if found and found.chosen.interval else None,
        "n": found.chosen.n if found else 0,
        "fixed": len(found.fixed) if found else None,
        "broken": len(found.broken) if found else None,
        "p_value": found.p_value if found else None,
        "candidates": found.candidates if found else None,
        "label": run.hold_out_label,
    }


def _row(point: CurvePoint) -> JsonObject:
    result: Proportion = point.result
    return {
        # The epoch the candidate stood for: a withdrawn one and the one kept after it carry the same number.
        "epoch": point.epoch + (point.verdict == "rolled_back"),
        "evaluation": point.evaluation,
        "accuracy": result.accuracy,
        "correct": result.correct,
        "n": result.n,
        "faults": result.faults,
        "verdict": point.verdict,
        "outcome": point.outcome,
        "reason": point.reason,
        "evidence": point.evidence.model_dump(mode="json") if point.evidence else None,
        "functions": [*point.functions],
    }
