"""What happened in every run: the run folders with their journals, and the history that is queried from them.

run_folder, journal, command_log   a run on disk: written by trainers and by whoever commands them
schema, store                      history.duckdb: typed tables over all runs, for one process at a time
rows, sentences, ingest            journals into tables, each event exactly once
status, queries                    the answers of views.py
live                               who opens the history, and how
export                             what was learned, as plain Python
"""

from agentopt_core.history.evidence_queries import function_evidence, lineage, task_matrix
from agentopt_core.history.export import export_functions, export_zip
from agentopt_core.history.live import LiveHistory, open_history, rebuild
from agentopt_core.history.queries import (
    accepted_functions,
    best_curves,
    curve,
    decisions,
    events,
    function_versions,
    openings,
    pace,
    past_runs,
    progress,
    proposal,
    review,
    reviews,
    rollout,
    rollouts,
    run,
    runs,
    sets,
    signs,
    updates,
    usage_by_role,
    waiting,
)

__all__ = [
    "LiveHistory",
    "accepted_functions",
    "best_curves",
    "curve",
    "decisions",
    "events",
    "export_functions",
    "export_zip",
    "function_evidence",
    "function_versions",
    "lineage",
    "open_history",
    "openings",
    "pace",
    "past_runs",
    "progress",
    "proposal",
    "rebuild",
    "review",
    "reviews",
    "rollout",
    "rollouts",
    "run",
    "runs",
    "sets",
    "signs",
    "task_matrix",
    "updates",
    "usage_by_role",
    "waiting",
]
