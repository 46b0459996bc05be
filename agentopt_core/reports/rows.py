"""Comparisons as plain rows: for downloads, and for the tables of a report. Shares are 0 to 1, unknown values None."""

from __future__ import annotations

from collections.abc import Sequence

from agentopt_core.rollouts import Proportion
from agentopt_core.views import ComparedRun, Comparison, Setting

Row = dict[str, object]


def run_row(one: ComparedRun) -> Row:
    """A run with its results, each with n and 95 % interval, and what it took."""
    run, held_out = one.run, one.run.held_out
    return {
        "run_id": run.run_id,
        "name": run.name,
        "status": run.status,
        "task_set": run.task_set,
        **_share("baseline", run.baseline),
        **_share("best", run.best),
        "hold_out": run.hold_out_label,
        **_share("test_baseline", held_out.baseline if held_out else None),
        **_share("test", held_out.chosen if held_out else None),
        "test_p": held_out.p_value if held_out else None,
        "test_looks": one.looks,
        "epochs": run.epoch,
        "evaluations": run.evaluations,
        "rolled_back": one.rolled_back,
        "functions": run.functions,
        "requests": run.usage.requests,
        "tokens": run.usage.tokens,
        "cost_usd": run.usage.cost_usd,
        "wall_s": run.wall_s,
        "agent_model": run.agent_model,
        "optimizer_model": run.optimizer_model,
        "seed": one.seed,
        "demo": run.is_demo,
    }


def _share(name: str, result: Proportion | None) -> Row:
    low, high = (result.interval if result else None) or (None, None)
    return {
        name: result.accuracy if result else None,
        f"{name}_low": low,
        f"{name}_high": high,
        f"{name}_n": result.n if result else None,
    }


def pair_rows(pairs: Sequence[Comparison]) -> list[Row]:
    """Each comparison with all that is needed to check it."""
    rows: list[Row] = []
    for pair in pairs:
        low, high = pair.interval or (None, None)
        rows.append(
            {
                **{f"first_{name}": value for name, value in pair.before.place.model_dump().items()},
                **{f"second_{name}": value for name, value in pair.after.place.model_dump().items()},
                "n": pair.n,
                "first": pair.common_before.accuracy,
                "second": pair.common_after.accuracy,
                "fixed": pair.fixed,
                "broken": pair.broken,
                "both_solved": pair.both_solved,
                "both_failed": pair.both_failed,
                "difference": pair.difference,
                "low": low,
                "high": high,
                "p_value": pair.p_value,
                "p_holm": pair.holm,
                "left_out": sum(pair.left_out.values()),
            }
        )
    return rows


def task_rows(pair: Comparison) -> list[Row]:
    """The common tasks of a comparison."""
    return [
        {"task_id": task.task_id, "question": task.question, "first": task.before, "second": task.after,
         "change": task.change} for task in pair.tasks
    ]  # fmt: skip


def setting_rows(found: Sequence[Setting], run_ids: Sequence[str]) -> list[Row]:
    """Every field of the configurations, one column a run."""
    return [
        {"field": one.field, "label": one.label, "differs": one.differs,
         **dict(zip(run_ids, one.values, strict=True))} for one in found
    ]  # fmt: skip
