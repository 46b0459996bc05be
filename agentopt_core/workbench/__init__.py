"""The facade: the only door of pages and command line to what this package can do.

base     one home folder and its history
tasks    task sets        setup  before a run, and its launch
runs     a run as it goes on, and what it learned
reviews  what waits for people, and what they decide or change by hand
health   what functions are worth, and tasks that nothing solves
evidence what the versions did, and new runs that begin with functions
search   the proposals of one step, and versions merged
gate     how noisy the measurements are: the same set against itself, repeats
compare  runs beside each other   reports  tables and reports as files
keeping  names, tags, notes, putting away, deleting; the sample run
traces   what the agent did, rollout by rollout
saw      what the optimizer read, request by request
studies  many runs as one question
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agentopt_core.importing import TaskSetStore
from agentopt_core.workbench.gate import GateBench
from agentopt_core.workbench.health import HealthBench
from agentopt_core.workbench.keeping import KeepingBench
from agentopt_core.workbench.reports import ReportBench
from agentopt_core.workbench.saw import SawBench
from agentopt_core.workbench.search import SearchBench
from agentopt_core.workbench.setup import ROOT
from agentopt_core.workbench.studies import StudyBench
from agentopt_core.workbench.traces import TraceBench

SAMPLES = ROOT / "sample_data"

__all__ = ["ROOT", "SAMPLES", "Workbench", "default_home"]


def default_home(environ: Mapping[str, str]) -> Path:
    """`$AGENTOPT_HOME`, or `.agentopt` beside app.py."""
    return Path(environ.get("AGENTOPT_HOME") or ROOT / ".agentopt").expanduser().resolve()


class Workbench(GateBench, HealthBench, SearchBench, StudyBench, KeepingBench, ReportBench, TraceBench, SawBench):
    """Task sets, runs and their history under one home folder.

    With `live` it owns history.duckdb and keeps it within a second of the journals (the dashboard: one per server);
    without, each question opens what is free and closes it again (the command line). Thread safe.
    """

    def __init__(self, home: Path, samples: Path = SAMPLES, *, live: bool = True) -> None:
        super().__init__(home, live=live)
        self._task_sets = TaskSetStore(home, samples)
        self._sample_bundle = samples / "sample_run" / "run.zip"
