"""The tables of history.duckdb.

Every table but `runs` and `journals` holds facts as they were reported: rows are only ever added, and
(`run_id`, `journal_offset`) names the event they came from. What a fact means later (the last of two rollouts of a task
counts, a candidate was kept) is decided by the queries. So the tables do not depend on how the journals were read.

A run's trace (messages, calls, results) is one compressed JSON text per rollout; whatever a list or a chart shows has
a typed column beside it.
"""

from __future__ import annotations

VERSION = 7
"""Version of the tables. A file of another version is deleted and filled again from the journals."""

_EVENT = {"run_id": "VARCHAR NOT NULL", "journal_offset": "BIGINT NOT NULL"}
_DATED = {**_EVENT, "happened_at": "DOUBLE NOT NULL"}
_LONG = "VARCHAR USING COMPRESSION zstd"
_USAGE = {"requests": "BIGINT", "prompt_tokens": "BIGINT", "completion_tokens": "BIGINT", "cost_usd": "DOUBLE"}
"""`cost_usd` is NULL when a price is unknown."""


def _proportion(name: str) -> dict[str, str]:
    return {f"{name}_correct": "INTEGER", f"{name}_n": "INTEGER", f"{name}_faults": "INTEGER"}


TABLES: dict[str, dict[str, str]] = {
    # One row per run folder, from its config.json, taskset.json and about.json; `damage` says what could not be read.
    "runs": {
        "run_id": "VARCHAR NOT NULL",
        "name": "VARCHAR",
        "tags": "VARCHAR[]",
        "note": _LONG,
        "archived": "BOOLEAN NOT NULL",
        "sample": "BOOLEAN NOT NULL",
        "changed_at": "DOUBLE",
        "task_set": "VARCHAR",
        "task_set_id": "VARCHAR",
        "private": "BOOLEAN",
        "train_tasks": "INTEGER",
        "test_tasks": "INTEGER",
        "test_digest": "VARCHAR",
        "agent_model": "VARCHAR",
        "optimizer_model": "VARCHAR",
        "is_demo": "BOOLEAN",
        "max_epochs": "INTEGER",
        "patience": "INTEGER",
        "created_at": "DOUBLE",
        "config": _LONG,
        "origin": "VARCHAR",
        "damage": "VARCHAR NOT NULL",
    },
    # How far each journal is in the tables; changed in the same transaction as its rows.
    "journals": {
        "run_id": "VARCHAR PRIMARY KEY",
        "bytes": "BIGINT NOT NULL",
        "lines": "BIGINT NOT NULL",
        "last_at": "DOUBLE",
        "last_kind": "VARCHAR",
    },
    "damages": {**_EVENT, "reason": "VARCHAR"},
    # The event log as people read it: whatever is said in a sentence.
    "log": {**_DATED, "kind": "VARCHAR", "severity": "VARCHAR", "text": _LONG},
    "trainers": {
        **_DATED,
        "resumed": "BOOLEAN",
        "pid": "BIGINT",
        "level": "VARCHAR",
        "isolation": "VARCHAR",
        "train_tasks": "INTEGER",
        "test_tasks": "INTEGER",
        "val_tasks": "INTEGER",
        "sealed_tasks": "INTEGER",
        "skipped": "VARCHAR",
        "environment": "VARCHAR",
    },
    "run_ends": {
        **_DATED,
        "failed": "BOOLEAN",
        "stop": "VARCHAR",
        "reason": "VARCHAR",
        "hint": "VARCHAR",
        "wall_s": "DOUBLE",
    },
    "commands": {**_DATED, "command_id": "VARCHAR", "command": "VARCHAR", "given_by": "VARCHAR"},
    "requests": {
        **_DATED,
        "role": "VARCHAR",
        "evaluation": "INTEGER",
        "step": "INTEGER",
        "task_id": "VARCHAR",
        "model": "VARCHAR",
        **_USAGE,
        "ms": "DOUBLE",
        "attempts": "INTEGER",
        "error": "VARCHAR",
    },
    "evaluation_starts": {
        **_DATED,
        "evaluation": "INTEGER",
        "step": "INTEGER",
        "split": "VARCHAR",
        "series": "VARCHAR",
        "n": "INTEGER",
        "functions": "VARCHAR[]",
        "names": "VARCHAR[]",
        "functions_digest": "VARCHAR",
    },
    "evaluation_ends": {
        **_DATED,
        "evaluation": "INTEGER",
        "split": "VARCHAR",
        "series": "VARCHAR",
        **_proportion("result"),
        "wall_s": "DOUBLE",
        "functions_digest": "VARCHAR",
    },
    "rollouts": {
        **_DATED,
        "evaluation": "INTEGER",
        "split": "VARCHAR",
        "series": "VARCHAR",
        "task_id": "VARCHAR",
        "ended": "VARCHAR",
        "correct": "BOOLEAN",
        "answer": "VARCHAR",
        "extracted": "VARCHAR",
        "method": "VARCHAR",
        "reason": "VARCHAR",
        "turns": "INTEGER",
        "calls": "INTEGER",
        "failed_calls": "INTEGER",
        **_USAGE,
        "seconds": "DOUBLE",
        "functions_digest": "VARCHAR",
        "trace": _LONG,
    },
    # Executions of functions (and of `python`); arguments and results are in the rollout's trace.
    "tool_calls": {
        **_EVENT,
        "number": "INTEGER",
        "evaluation": "INTEGER",
        "split": "VARCHAR",
        "series": "VARCHAR",
        "task_id": "VARCHAR",
        "tool": "VARCHAR",
        "ok": "BOOLEAN",
        "error_type": "VARCHAR",
        "error_message": "VARCHAR",
        "ms": "DOUBLE",
    },
    "step_starts": {**_DATED, "step": "INTEGER", "accepted_evaluation": "INTEGER", "prompt_tokens": "INTEGER"},
    # What the optimizer read, request by request; `packed` as in seen.py.
    "optimizer_requests": {
        **_DATED,
        "step": "INTEGER",
        "part": "INTEGER",
        "request": "INTEGER",
        "tokens": "INTEGER",
        "budget": "INTEGER",
        "causes": "VARCHAR",
        "packed": "VARCHAR",
    },
    "updates": {
        **_DATED,
        "step": "INTEGER",
        "ended": "VARCHAR",
        "from_scratch": "BOOLEAN",
        "rationale": _LONG,
        "made_by": "VARCHAR",
        "seconds": "DOUBLE",
    },
    # What became of several proposals of one step: JSON, read whole and never summed up.
    "screenings": {
        **_DATED,
        "step": "INTEGER",
        "accepted_evaluation": "INTEGER",
        "evaluation": "INTEGER",
        "chosen": "INTEGER",
        "proposals": _LONG,
    },
    "actions": {
        **_EVENT,
        "number": "INTEGER",
        "step": "INTEGER",
        "op": "VARCHAR",
        "name": "VARCHAR",
        "function_digest": "VARCHAR",
    },
    "refusals": {
        **_DATED,
        "step": "INTEGER",
        "op": "VARCHAR",
        "name": "VARCHAR",
        "code": "VARCHAR",
        "reason": "VARCHAR",
        "attempt": "INTEGER",
        "proposal": _LONG,
    },
    # Every function a run has seen, once per content.
    "functions": {
        "run_id": "VARCHAR NOT NULL",
        "digest": "VARCHAR NOT NULL",
        "name": "VARCHAR",
        "function": _LONG,
    },
    "verdicts": {
        **_DATED,
        "step": "INTEGER",
        "evaluation": "INTEGER",
        "verdict": "VARCHAR",
        "reason": "VARCHAR",
        "epoch": "INTEGER",
        "withdrawn_in_a_row": "INTEGER",
        **_proportion("best"),
        **_proportion("candidate"),
        "evidence": _LONG,
    },
    # What waited for a person, what was tried on some tasks meanwhile, and what was decided.
    "reviews": {
        **_DATED,
        "step": "INTEGER",
        "review_time": "VARCHAR",
        "evaluation": "INTEGER",
        "findings": _LONG,
        "rule": "VARCHAR",
        "rule_reason": "VARCHAR",
        "deadline": "DOUBLE",
        "on_timeout": "VARCHAR",
        "evidence": _LONG,
    },
    "trials": {
        **_DATED,
        "step": "INTEGER",
        "series": "VARCHAR",
        "evaluation": "INTEGER",
        "given_by": "VARCHAR",
        **_proportion("before"),
        **_proportion("after"),
        "fixed": "VARCHAR[]",
        "broken": "VARCHAR[]",
        "edited": "VARCHAR[]",
    },
    "decisions": {
        **_DATED,
        "step": "INTEGER",
        "review_time": "VARCHAR",
        "command_id": "VARCHAR",
        "given_by": "VARCHAR",
        "choice": "VARCHAR",
        "reason": "VARCHAR",
        "approved": "VARCHAR[]",
        "edited": "VARCHAR[]",
        "replacement": _LONG,
    },
    "declined": {
        **_DATED,
        "command_id": "VARCHAR",
        "command": "VARCHAR",
        "given_by": "VARCHAR",
        "step": "INTEGER",
        "reason": "VARCHAR",
    },
    # Every look at the test split, and what it showed.
    "openings": {
        **_DATED,
        "evaluation": "INTEGER",
        "subject": "VARCHAR",
        "functions_digest": "VARCHAR",
        "n": "INTEGER",
    },
    # What accepted functions were found to be worth, and what the set at the end leaves out.
    "credits": {
        **_DATED,
        "evaluation": "INTEGER",
        "function": "VARCHAR",
        "function_digest": "VARCHAR",
        "used": "INTEGER",
        "control": "BOOLEAN",
        **_proportion("with"),
        **_proportion("without"),
        "helped": "VARCHAR[]",
        "hurt": "VARCHAR[]",
        "low": "DOUBLE",
        "high": "DOUBLE",
        "p_value": "DOUBLE",
    },
    "drops": {**_DATED, "evaluation": "INTEGER", "names": "VARCHAR[]", "reasons": "VARCHAR[]"},
    "held_out": {
        **_DATED,
        **_proportion("baseline"),
        **_proportion("chosen"),
        "fixed": "VARCHAR[]",
        "broken": "VARCHAR[]",
        "p_value": "DOUBLE",
        "candidates": "INTEGER",
    },
}


def create_statements() -> list[str]:
    """The statements that make an empty history, but for the version in `meta`."""
    tables = [
        f"CREATE TABLE {name} ({', '.join(f'{column} {kind}' for column, kind in columns.items())})"
        for name, columns in TABLES.items()
    ]
    return [*tables, "CREATE TABLE meta (version INTEGER)"]
