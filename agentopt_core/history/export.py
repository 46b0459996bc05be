"""What a run has learned, as a folder of plain Python: functions.py, tools.json, manifest.json, test_functions.py."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pprint
import zipfile
from pathlib import Path

from agentopt_core import __version__
from agentopt_core.config import DEMO_LABEL
from agentopt_core.errors import ConfigError, NotFound
from agentopt_core.functions import FunctionSet
from agentopt_core.history.export_source import module_source
from agentopt_core.history.lines import write_error
from agentopt_core.history.parts import COUNTED, function_sets, functions_of, latest
from agentopt_core.history.run_queries import run
from agentopt_core.history.sentences import percent
from agentopt_core.history.store import HistoryStore
from agentopt_core.history.update_queries import accepted_functions
from agentopt_core.rollouts import Proportion, Rollout
from agentopt_core.views import RunSummary
from agentopt_core.words import JsonObject

KIND = "agentopt-export"
MAX_CALLS = 5
"""Recorded calls per function in the test."""
MAX_CALL_CHARS = 20_000
"""Calls with more text of arguments and result than this are left out."""
_TEMPLATE = Path(__file__).parent / "test_functions.template"


def export_functions(store: HistoryStore, run_id: str, to: Path) -> Path:
    """Write the accepted functions of a run into a folder, and return it. An earlier export there is replaced.

    Raises: NotFound when nothing was learned yet; ConfigError when the folder holds something else, or an export
    somebody has changed; DiskFull.
    """
    files = export_files(store, run_id)
    _refuse_others(to)
    try:
        to.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():  # the manifest comes last, so that it never speaks of files that are not there
            half = to / f".{name}.new"
            half.write_bytes(data)
            os.replace(half, to / name)
    except OSError as error:
        raise write_error(to, error) from error
    return to


def export_zip(store: HistoryStore, run_id: str) -> bytes:
    """The same files in a zip, in one folder named after the run.

    Raises: NotFound when nothing was learned yet.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in export_files(store, run_id).items():
            # A fixed date: the same functions give the same bytes.
            file.writestr(zipfile.ZipInfo(f"{run_id}/{name}", (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def export_files(store: HistoryStore, run_id: str) -> dict[str, bytes]:
    """The files of an export by name, the manifest last.

    Raises: NotFound when the run has no accepted function.
    """
    summary = run(store, run_id)
    learned = accepted_functions(store, run_id)
    for name in summary.dropped:
        learned = learned.without(name)
    if not len(learned):
        none = "none that ever succeeded" if summary.dropped else "no accepted function"
        raise NotFound(f"Run '{run_id}' has {none} to export.", "Wait until an update is kept, or train longer.")
    evaluation = summary.best_evaluation or 0
    split = latest(store, "evaluation_starts", run_id, "evaluation", COUNTED)[evaluation]["split"]
    # What functions were called with comes from the tasks.
    private = store.rows("SELECT private FROM runs WHERE run_id = $run_id", run_id=run_id)[0]["private"]
    calls = [] if private else recorded_calls(store, run_id, learned, evaluation)
    test = _TEMPLATE.read_text(encoding="utf-8")
    files = {
        "functions.py": _bytes(module_source(learned.functions, _header(summary, learned, split))),
        "tools.json": _json(learned.as_tools()),
        "test_functions.py": _bytes(test.replace("{{recorded}}", pprint.pformat(calls, width=110, sort_dicts=False))),
    }
    files["manifest.json"] = _json(_manifest(summary, learned, split, files))
    return files


def recorded_calls(
    store: HistoryStore, run_id: str, learned: FunctionSet, evaluation: int
) -> list[tuple[str, object, object]]:
    """Up to `MAX_CALLS` successful calls per function: name, arguments, result. Those of the accepted evaluation come
    first, then those of others that ran the same code. A call that once returned something else is left out.
    """
    sets = function_sets(store, run_id, functions_of(store, run_id), "train")  # test tasks stay out of exports
    recorded: list[tuple[str, object, object]] = []
    for function in learned.each():
        same_code = [
            index for index, each in sets.items() if (its := each.get(function.name)) and its.digest == function.digest
        ]
        rows = store.rows(
            _TRACES, run_id=run_id, tool=function.name, evaluations=same_code, accepted=evaluation, limit=20 * MAX_CALLS
        )
        results: dict[str, set[str]] = {}
        for row in rows:
            for call in Rollout.model_validate_json(row["trace"]).calls:
                if call.tool == function.name and call.result.ok:
                    pair = [json.dumps(part, sort_keys=True) for part in (call.arguments, call.result.value)]
                    results.setdefault(pair[0], set()).add(pair[1])
        steady = [
            (function.name, json.loads(arguments), json.loads(next(iter(values))))
            for arguments, values in results.items()
            if len(values) == 1
            and len(arguments) + len(next(iter(values))) <= MAX_CALL_CHARS
            # Python's JSON knows numbers that neither Python's literals nor JSON do.
            and not any(word in f"{arguments}{values}" for word in ("NaN", "Infinity"))
        ]
        recorded += steady[:MAX_CALLS]
    return recorded


_TRACES = """
SELECT trace FROM rollouts
WHERE run_id = $run_id AND list_contains($evaluations, evaluation) AND journal_offset IN (
    SELECT journal_offset FROM tool_calls WHERE run_id = $run_id AND tool = $tool AND ok
)
ORDER BY evaluation != $accepted, journal_offset LIMIT $limit
"""


def _header(summary: RunSummary, learned: FunctionSet, split: str) -> list[str]:
    packages = sorted({package for function in learned.each() for package in function.packages})
    return [
        f"Functions an agent has learned, exported by AgentOpt {__version__} from run {summary.run_id}.",
        "",
        f"A language model wrote this code ({summary.optimizer_model}). In the run it was isolated in a sandbox;",
        "here it runs with your rights. Read it before you use it.",
        "",
        f"Tasks: {summary.task_set}. Agent: {summary.agent_model}.",
        f"Accuracy on the {split} tasks with these functions: {percent(summary.best)}.",
        *_left_out(summary),
        f"Accuracy at the start of the run: {percent(summary.baseline)}.",
        _unseen(summary),
        *([DEMO_LABEL] if summary.is_demo else []),
        f"Needs beside the standard library: {', '.join(packages) or 'nothing'}.",
    ]


def _manifest(summary: RunSummary, learned: FunctionSet, split: str, files: dict[str, bytes]) -> JsonObject:
    return {
        "kind": KIND,
        "version": 1,
        "agentopt": __version__,
        "run_id": summary.run_id,
        "run_name": summary.name,
        "task_set": summary.task_set,
        "agent_model": summary.agent_model,
        "optimizer_model": summary.optimizer_model,
        "demo": summary.is_demo,
        "note": DEMO_LABEL if summary.is_demo else "",
        "level": summary.level,
        "evaluation": summary.best_evaluation,
        "accuracy": _share(summary.best, split),
        "baseline": _share(summary.baseline, split),
        "label": summary.hold_out_label,
        "test": _share(summary.held_out.chosen, "test") if summary.held_out else None,
        "test_baseline": _share(summary.held_out.baseline, "test") if summary.held_out else None,
        "dropped": {**summary.dropped},
        "functions_digest": learned.digest,
        "functions": [
            {
                "name": function.name,
                "description": function.description,
                "digest": function.digest,
                "packages": [*function.packages],
            }
            for function in learned.each()
        ],
        "files": {name: _sha256(data) for name, data in files.items()},
    }


def _left_out(summary: RunSummary) -> list[str]:
    """What the accuracy of the accepted set was measured with, and this module does not hold."""
    return [f"That was with {name}, too, which is left out: {reason}." for name, reason in summary.dropped.items()]


def _unseen(summary: RunSummary) -> str:
    found = summary.held_out
    if found is None:
        return f"On tasks that training did not see: not measured ({summary.hold_out_label})."
    return f"On test tasks that training did not see: {percent(found.chosen)}, {percent(found.baseline)} at the start."


def _share(result: Proportion | None, split: str) -> JsonObject | None:
    if result is None:
        return None
    interval = result.interval
    return {
        "accuracy": result.accuracy,
        "correct": result.correct,
        "n": result.n,
        "faults": result.faults,
        "interval_95": [*interval] if interval else None,
        "split": split,
    }


def _refuse_others(folder: Path) -> None:
    """Only a new or empty folder, or an untouched earlier export, may be written to."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    hint = "Choose another folder, or empty it first."
    if not folder.is_dir():
        raise ConfigError(f"{folder} is a file.", "Choose a folder.")
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        files = dict(manifest["files"]) if manifest["kind"] == KIND else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        files = {}
    if not files:
        raise ConfigError(f"{folder} holds something else than an earlier export.", hint)
    for name in ("functions.py", "tools.json", "test_functions.py"):
        path = folder / name
        if path.exists() and _sha256(path.read_bytes()) != files.get(name):
            raise ConfigError(f"{path} was changed since it was exported.", hint)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _json(value: object) -> bytes:
    return _bytes(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
