"""What a run's history holds, as files for other programs: CSV, JSON (an array of objects) or Parquet.

Of a fact that was reported again the last report counts, as everywhere. Tables of several runs stand under one another.
Of tasks that must not be published no id, answer or text leaves: `task_id` is a number, texts are empty.

In CSV, a text that a spreadsheet would take for a formula begins with an apostrophe; JSON and Parquet hold it as it is.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

from agentopt_core.errors import ConfigError, ProtocolError
from agentopt_core.history.compare_queries import is_private
from agentopt_core.history.lines import write_error
from agentopt_core.history.store import HistoryStore

TableName = Literal[
    "runs", "evaluations", "updates", "actions", "functions", "rollouts", "rollouts_with_traces", "tool_calls",
    "requests", "reviews", "decisions", "credits",
]  # fmt: skip
TableFormat = Literal["csv", "json", "parquet"]
TABLE_NAMES: tuple[TableName, ...] = get_args(TableName)
TABLE_FORMATS: tuple[TableFormat, ...] = get_args(TableFormat)

_PARTS = {
    "when": "make_timestamptz(CAST(happened_at * 1e6 AS BIGINT)) AS happened_at",
    "place": "evaluation, split, series",
    "usage": "requests, prompt_tokens, completion_tokens, cost_usd",
    # Accuracy is a share of 0 to 1, and empty where nothing was scored.
    "result": "result_correct AS correct, result_n AS n, result_faults AS faults, "
    "CASE WHEN result_n > 0 THEN result_correct / result_n END AS accuracy",
    **{
        f"last_{what}": f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY journal_offset DESC) = 1"
        for what, key in (
            ("rollout", "evaluation, split, series, task_id"),
            ("evaluation", "evaluation, split, series"),
            ("step", "step"),
        )
    },
}
"""What the queries below share, by its name in them."""

_ROLLOUTS = """
SELECT run_id, {when}, {place}, {task}, ended, correct, {answer}, {extracted}, method, {reason}, turns, calls,
    failed_calls, {usage}, seconds, functions_digest{trace}
FROM rollouts WHERE run_id = $run_id {last_rollout}
ORDER BY journal_offset
"""

_SQL: dict[TableName, str] = {
    "runs": """
SELECT run_id, name, task_set, task_set_id, train_tasks, test_tasks, agent_model, optimizer_model, is_demo AS demo,
    max_epochs, patience, make_timestamptz(CAST(created_at * 1e6 AS BIGINT)) AS created_at,
    CAST(config AS JSON) AS config
FROM runs WHERE run_id = $run_id""",
    "evaluations": """
SELECT run_id, {when}, {place}, {result}, wall_s, functions_digest, names AS functions, verdict, step
FROM (SELECT * FROM evaluation_ends WHERE run_id = $run_id {last_evaluation}) AS ended
LEFT JOIN (
    SELECT {place}, max_by(names, journal_offset) AS names, max_by(step, journal_offset) AS step
    FROM evaluation_starts WHERE run_id = $run_id GROUP BY {place}
) USING ({place})
LEFT JOIN (
    SELECT evaluation, max_by(verdict, journal_offset) AS verdict FROM verdicts
    WHERE run_id = $run_id AND evaluation IS NOT NULL GROUP BY evaluation
) AS judged ON judged.evaluation = ended.evaluation AND ended.split = 'train' AND ended.series = ''
ORDER BY journal_offset""",
    "updates": """
SELECT run_id, {when}, step, ended, from_scratch, {rationale}, made_by, seconds, verdict, evaluation, {why},
    candidate_correct, candidate_n, best_correct, best_n, evidence->>'word' AS found,
    CAST(evidence->>'n' AS INTEGER) AS val_n, CAST(evidence->>'difference' AS DOUBLE) AS val_difference,
    CAST(evidence->>'p_value' AS DOUBLE) AS val_p, CAST(evidence->>'level' AS DOUBLE) AS val_level,
    CAST(evidence->>'spent' AS DOUBLE) AS budget_spent, CAST(evidence->>'looks' AS INTEGER) AS val_looks
FROM (SELECT * FROM updates WHERE run_id = $run_id {last_step}) AS proposed
LEFT JOIN (
    SELECT step, verdict, evaluation, reason AS why, candidate_correct, candidate_n, best_correct, best_n,
        CAST(evidence AS JSON) AS evidence
    FROM verdicts WHERE run_id = $run_id AND step IS NOT NULL {last_step}
) USING (step) ORDER BY journal_offset""",
    "actions": """
SELECT run_id, step, number, op, name, function_digest FROM actions WHERE run_id = $run_id
QUALIFY dense_rank() OVER (PARTITION BY step ORDER BY journal_offset DESC) = 1 ORDER BY step, number""",
    "functions": """
SELECT run_id, digest, name, function->>'description' AS description, function->>'code' AS code,
    CAST(function->'parameters' AS JSON) AS parameters, CAST(function->'packages' AS JSON) AS packages
FROM functions WHERE run_id = $run_id ORDER BY name, digest""",
    "rollouts": _ROLLOUTS.replace("{trace}", ""),
    "rollouts_with_traces": _ROLLOUTS,
    "tool_calls": """
SELECT run_id, {place}, {task}, number, tool, ok, error_type, {error_message}, ms
FROM tool_calls SEMI JOIN (
    SELECT journal_offset FROM rollouts WHERE run_id = $run_id {last_rollout}
) USING (journal_offset) WHERE run_id = $run_id ORDER BY journal_offset, number""",
    "requests": """
SELECT run_id, {when}, role, evaluation, step, {task}, model, {usage}, ms, attempts, {error}
FROM requests WHERE run_id = $run_id ORDER BY journal_offset""",
    "reviews": """
SELECT run_id, {when}, step, review_time, evaluation, CAST(findings AS JSON) AS findings, rule, {rule_reason},
    CASE WHEN deadline IS NOT NULL THEN make_timestamptz(CAST(deadline * 1e6 AS BIGINT)) END AS deadline, on_timeout
FROM reviews WHERE run_id = $run_id ORDER BY journal_offset""",
    "decisions": """
SELECT run_id, {when}, step, review_time, given_by, choice, {reason}, approved, edited
FROM decisions WHERE run_id = $run_id ORDER BY journal_offset""",
    "credits": """
SELECT run_id, {when}, evaluation, function, function_digest, 'train' AS split, used, control, with_n AS n,
    with_correct, without_correct,
    CASE WHEN with_n > 0 THEN (with_correct - without_correct) / with_n END AS difference, low, high, p_value,
    len(helped) AS helped, len(hurt) AS hurt
FROM credits WHERE run_id = $run_id
QUALIFY row_number() OVER (PARTITION BY evaluation, function_digest ORDER BY journal_offset DESC) = 1
ORDER BY journal_offset""",
}

_NUMBERED = """CAST((
    SELECT ordinal FROM (
        SELECT task_id AS known, row_number() OVER (ORDER BY min(journal_offset)) AS ordinal
        FROM rollouts WHERE run_id = $run_id GROUP BY task_id
    ) WHERE known = task_id
) AS VARCHAR) AS task_id"""
"""Tasks by the order in which the run first ended them: the same number in every table of the run."""
_TEXTS = ("answer", "extracted", "reason", "error", "error_message", "rationale", "why", "rule_reason")
"""Columns that may quote a task."""


def write_tables(store: HistoryStore, run_ids: Sequence[str], name: TableName, kind: TableFormat, to: Path) -> Path:
    """Write one table of some runs into a file, and return it. DuckDB streams it there: it is never whole in memory.

    Raises: DiskFull, or ConfigError when nothing may be written there.
    """
    values: dict[str, object] = {f"run_{number}": run_id for number, run_id in enumerate(run_ids)}
    selects = [_select(name, is_private(store, run_id)) for run_id in run_ids]
    # A query is put together from the texts of this module alone; what comes from outside is a value.
    query = " UNION ALL BY NAME ".join(
        f"({select.replace('$run_id', f'$run_{number}')})" for number, select in enumerate(selects)
    )
    if kind == "csv":
        columns = store.rows(f"DESCRIBE {query}", **values)
        shown = ", ".join(_in_csv(row["column_name"], row["column_type"]) for row in columns)
        query = f"SELECT {shown} FROM ({query})"  # noqa: S608 - see above
    options = {"csv": "FORMAT csv, HEADER", "json": "FORMAT json, ARRAY", "parquet": "FORMAT parquet, COMPRESSION zstd"}
    half = to.with_name(f".{to.name}.new")
    path = str(half).replace("'", "''")  # COPY takes no value for it
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        half.touch()
        try:
            store.rows(f"COPY ({query}) TO '{path}' ({options[kind]})", **values)
        except ProtocolError as error:  # the history could be read a moment ago: it is the file
            raise ConfigError(
                f"{to} cannot be written: {error.message}", "Free some space, or choose a folder."
            ) from error
        os.replace(half, to)
    except OSError as error:
        raise write_error(to, error) from error
    finally:
        with suppress(OSError):  # gone already, or it never was
            half.unlink()
    return to


def table_bytes(store: HistoryStore, run_ids: Sequence[str], name: TableName, kind: TableFormat) -> bytes:
    """The same as bytes, for a download."""
    with tempfile.TemporaryDirectory(prefix="agentopt-table-") as folder:
        return write_tables(store, run_ids, name, kind, Path(folder) / f"{name}.{kind}").read_bytes()


def _select(name: TableName, private: bool) -> str:
    texts = {column: f"NULL::VARCHAR AS {column}" if private else column for column in _TEXTS}
    task = _NUMBERED if private else "task_id"
    trace = "" if private else ", CAST(trace AS JSON) AS trace"
    sql = _SQL[name]
    for part, text in {**_PARTS, **texts, "task": task, "trace": trace}.items():
        sql = sql.replace(f"{{{part}}}", text)
    return sql


_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*([eE][+-]?[0-9]+)?%?")


def _in_csv(column: str, kind: str) -> str:
    quoted = '"' + column.replace('"', '""') + '"'
    if kind == "BOOLEAN" or kind.startswith(("INT", "BIGINT", "DOUBLE", "TIMESTAMP", "HUGEINT", "UINT")):
        return quoted
    text = f"CAST({quoted} AS VARCHAR)"
    harmless = f"regexp_full_match({text}, '{_NUMBER.pattern}')"
    return (
        f"CASE WHEN regexp_matches({text}, '^{_FORMULA.pattern}') AND NOT {harmless} "
        f"THEN chr(39) || {text} ELSE {text} END AS {quoted}"
    )


def encoded(rows: Sequence[Mapping[str, object]], kind: TableFormat) -> bytes:
    """A small table that is in memory already; every row has the same keys. A value that does not exist stays empty.

    Parquet needs each column to be of one type.
    """
    if kind == "json":
        return json.dumps([dict(row) for row in rows], ensure_ascii=False, indent=1).encode("utf-8", "replace")
    if kind == "csv":
        text = io.StringIO()
        names = list(rows[0]) if rows else []
        writer = csv.DictWriter(text, names)
        writer.writeheader()
        writer.writerows({key: _safe(value) for key, value in row.items()} for row in rows)
        return text.getvalue().encode("utf-8", "replace")
    import pyarrow
    import pyarrow.parquet

    packed = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([dict(row) for row in rows]), packed, compression="zstd")
    return packed.getvalue()


def _safe(value: object) -> object:
    is_formula = isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value)
    return f"'{value}" if is_formula else value
