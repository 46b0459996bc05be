"""The facade: the only door of pages and command line to what this package can do."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from agentopt_core import history
from agentopt_core.agents.reach import within_reach
from agentopt_core.agents.vision import probably_takes_images
from agentopt_core.commands import Command, CommandKind
from agentopt_core.config import USUAL_MODEL, Endpoint, RunConfig
from agentopt_core.errors import ConfigError, NotFound, TaskSetError
from agentopt_core.functions import FunctionSet
from agentopt_core.grading.judge import asks_judge, require_judge
from agentopt_core.history.run_folder import RunFolder, find_run
from agentopt_core.history.store import HistoryStore
from agentopt_core.importing import MIN_SCORABLE
from agentopt_core.presets import Preset, forecast, presets
from agentopt_core.report import run_result
from agentopt_core.rollouts import Isolation
from agentopt_core.sandbox import find_isolation, hide_from_calls, is_installed, require
from agentopt_core.task_bench import TaskBench
from agentopt_core.tasks import TaskSet
from agentopt_core.views import (
    LIVE,
    Check,
    CurvePoint,
    EventLine,
    Forecast,
    FunctionVersion,
    Opening,
    Progress,
    RunSummary,
    UpdateView,
)
from agentopt_core.words import JsonObject

ROOT = Path(__file__).resolve().parents[1]
"""The folder of app.py."""
SAMPLES = ROOT / "sample_data"


def default_home(environ: Mapping[str, str]) -> Path:
    """`$AGENTOPT_HOME`, or `.agentopt` beside app.py."""
    return Path(environ.get("AGENTOPT_HOME") or ROOT / ".agentopt").expanduser().resolve()


class Workbench(TaskBench):
    """Task sets, runs and their history under one home folder.

    With `live` it owns history.duckdb and keeps it within a second of the journals (the dashboard: one per server);
    without, each question opens what is free and closes it again (the command line). Thread safe.
    """

    def __init__(self, home: Path, samples: Path = SAMPLES, *, live: bool = True) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        super().__init__(home, samples)
        self._live = history.LiveHistory(home) if live else None

    def close(self) -> None:
        """Give the history free. Trainers go on: they do not need the dashboard."""
        if self._live:
            self._live.close()

    @contextmanager
    def _history(self, *run_ids: str) -> Iterator[HistoryStore]:
        """The history as it is now, for all that is asked inside; without `live` perhaps only these runs of it."""
        store = self._live.store if self._live else history.open_history(self.home, run_ids or None)
        try:
            with store.snapshot():
                yield store
        finally:
            if not self._live:
                store.close()

    @property
    def history_problem(self) -> str | None:
        """Why the history does not follow the journals at the moment, in a sentence; None when it does."""
        return self._live.last_error if self._live else None

    # Before a run ---------------------------------------------------------------------------------------------------

    def presets(self) -> dict[str, Preset]:
        """Configurations to start from, by key."""
        return presets(self.default_endpoint())

    def default_endpoint(self) -> Endpoint:
        """The demo model as long as no key is set."""
        if os.environ.get("OPENAI_API_KEY"):
            model = os.environ.get("OPENAI_MODEL") or USUAL_MODEL
            return Endpoint(kind="openai", model=model, vision=probably_takes_images(model))
        return Endpoint()

    def forecast(self, config: RunConfig, taskset_id: str) -> Forecast:
        """What the run will take, at least and at most. Raises: ConfigError when a task asks for a judge in vain."""
        task_set = self.task_set(taskset_id)
        require_judge(config.grader, task_set.each())
        tasks, skipped = within_reach(task_set.of("train"), config.agent.endpoint)
        test, _ = within_reach(task_set.of("test"), config.agent.endpoint)
        if not config.training.open_test:
            test = ()
        judged, judged_test = (sum(asks_judge(config.grader, task) for task in split) for split in (tasks, test))
        ahead = forecast(config, len(tasks), judged, len(test), judged_test)
        return ahead.with_(skipped=skipped)

    def test_openings(self, taskset_id: str) -> list[Opening]:
        """Every look of any run at the test split of a task set: the more there are, the less it is unseen.

        Runs on a copy with the same test tasks count. Raises: NotFound; TaskSetError when the set is damaged.
        """
        digest = self.task_set(taskset_id).test_digest
        with self._history() as store:
            return history.openings(store, taskset_id, digest)

    @property
    def isolation(self) -> Isolation:
        """What functions are isolated by on this machine. Looked for once, which takes about a second."""
        return find_isolation()

    def require_sandbox(self, config: RunConfig) -> None:
        """Refuse what functions could not run with here.

        Raises: SandboxUnavailable when they would be isolated by less than asked for, ConfigError for packages that are
        not installed; each with the way out.
        """
        require(find_isolation(), config.sandbox.minimum)
        missing = [name for name in config.sandbox.packages if not is_installed(name)]
        if missing:
            raise ConfigError(
                f"Functions are to import what is not installed: {', '.join(missing)[:300]}.",
                "A run installs nothing: install it beside AgentOpt, or leave it out.",
            )

    def check_endpoint(self, endpoint: Endpoint) -> list[Check]:
        """Is the endpoint reachable, the key right, the model there, function calling working?"""
        from agentopt_core.doctor import check_endpoint  # brings openai along, which is slow to import

        return asyncio.run(check_endpoint(endpoint, os.environ))

    def check_machine(self) -> list[Check]:
        """Does this machine have what is needed?"""
        from agentopt_core.doctor import check_machine  # as above

        return check_machine(self.home)

    # Runs -----------------------------------------------------------------------------------------------------------

    def create(self, config: RunConfig, task_set: TaskSet) -> RunFolder:
        """A new run, ready to be trained.

        Raises: TaskSetError when there is too little to train on; ConfigError; SandboxUnavailable when functions would
        be isolated by less than the configuration asks for.
        """
        self.require_sandbox(config)
        reachable, skipped = within_reach(task_set.of("train"), config.agent.endpoint)
        if skipped and not reachable:
            raise TaskSetError(
                f"None of the {sum(skipped.values())} training tasks of '{task_set.name}' can be run: each "
                f"{'; or '.join(skipped)}.",
                "Choose a model that takes images and mark it so, or another task set.",
            )
        if not task_set.of("train"):
            raise TaskSetError(
                f"Task set '{task_set.name}' has no training task with an answer ({len(task_set)} tasks in all).",
                "Training needs tasks of the split 'train' with answers: add answers or another split.",
            )
        if (scorable := sum(task.answer is not None for task in task_set.each())) < MIN_SCORABLE:
            raise TaskSetError(
                f"Task set '{task_set.name}' has only {scorable} task{'s' * (scorable > 1)} with an answer.",
                f"Training needs at least {MIN_SCORABLE}: fewer cannot tell learning from luck.",
            )
        require_judge(config.grader, task_set.each())
        if not config.agent.endpoint.model.strip() or not config.optimizer.endpoint.model.strip():
            raise ConfigError("A role has no model.", "Name the model of agent and optimizer.")
        return RunFolder.create(self.home, config, task_set, task_set.folder)

    def start(self, config: RunConfig, taskset_id: str, by: str) -> str:
        """Create a run and launch its trainer, a process of its own that outlives this one. Returns the run id."""
        folder = self.create(config, self.task_set(taskset_id))
        self._launch(folder, by)
        return folder.run_id

    def folder(self, run_id: str) -> RunFolder:
        """The run's folder. Raises: NotFound."""
        return find_run(self.home, run_id)

    def command(self, run_id: str, kind: CommandKind, by: str) -> str:
        """Tell the run's trainer something; returns the full run id.

        Raises: ConfigError when no trainer works on the run.
        """
        folder = self.folder(run_id)
        if not self.is_live(folder.run_id):
            raise ConfigError(f"No trainer works on {folder.run_id}.", "It has ended, or resume it first.")
        folder.commands.append(Command(kind=kind, by=by))
        return folder.run_id

    def resume(self, run_id: str, by: str) -> None:
        """Unpause a live run, or launch a trainer that goes on where the journal ends."""
        folder = self.folder(run_id)
        if self.is_live(folder.run_id):
            folder.commands.append(Command(kind="resume", by=by))
        else:
            self._launch(folder, by)

    def is_live(self, run_id: str) -> bool:
        """A trainer works on the run, or was just launched. One that reported its end and only clears away does not."""
        status = self.run(run_id).status
        return status == "starting" or (status in LIVE and self.folder(run_id).holder() is not None)

    def _launch(self, folder: RunFolder, by: str) -> None:
        hide_from_calls(find_isolation().level)  # the keys are here, too
        folder.commands.append(Command(kind="start", by=by))
        command = [sys.executable, "-m", "agentopt_core", "trainer", str(folder.path)]
        with folder.log_path.open("ab") as log:
            trainer = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        # A trainer that ended would stay in the process table until somebody asks for its exit code.
        threading.Thread(target=trainer.wait, name=f"trainer {folder.run_id}", daemon=True).start()

    def runs(self) -> list[RunSummary]:
        """All runs, newest first; damaged ones with their reason."""
        with self._history() as store:
            return history.runs(store)

    def run(self, run_id: str) -> RunSummary:
        """One run. Raises: NotFound."""
        found = self.folder(run_id).run_id
        try:
            with self._history(found) as store:
                return history.run(store, found)
        except NotFound:
            if not self._live:
                raise
        self._live.catch_up([found])  # made by the command line a moment ago, or before this dashboard's first look
        with self._history(found) as store:
            return history.run(store, found)

    def config(self, run_id: str) -> RunConfig:
        """The run's settings."""
        return self.folder(run_id).config()

    def progress(self, run_id: str) -> Progress | None:
        """What a live run is doing now; None when it does nothing."""
        with self._history(run_id) as store:
            return history.progress(store, run_id)

    def curve(self, run_id: str) -> list[CurvePoint]:
        """Every evaluation with its verdict, in order."""
        with self._history(run_id) as store:
            return history.curve(store, run_id)

    def updates(self, run_id: str) -> list[UpdateView]:
        """Every optimizer step with what became of it, in order."""
        with self._history(run_id) as store:
            return history.updates(store, run_id)

    def function_versions(self, run_id: str) -> list[FunctionVersion]:
        """Every version of every function the run proposed."""
        with self._history(run_id) as store:
            return history.function_versions(store, run_id)

    def accepted_functions(self, run_id: str) -> FunctionSet:
        """What the run has learned so far."""
        with self._history(run_id) as store:
            return history.accepted_functions(store, run_id)

    def events(self, run_id: str, limit: int = 200, before: int | None = None) -> list[EventLine]:
        """The event log, newest first; `before` pages on to older ones."""
        with self._history(run_id) as store:
            return history.events(store, run_id, limit, before)

    def result(self, run_id: str) -> JsonObject:
        """A run as one JSON object for programs (`train --json`, `show --json`)."""
        folder = self.folder(run_id)
        with self._history(folder.run_id) as store:
            return run_result(history.run(store, folder.run_id), history.curve(store, folder.run_id))

    # What was learned -----------------------------------------------------------------------------------------------

    def export(self, run_id: str, to: Path | None = None) -> Path:
        """Write the accepted functions as plain Python; returns the folder."""
        folder = self.folder(run_id)
        with self._history(folder.run_id) as store:
            return history.export_functions(store, folder.run_id, to or self.home / "exports" / folder.run_id)

    def export_zip(self, run_id: str) -> bytes:
        """The export as a zip."""
        folder = self.folder(run_id)
        with self._history(folder.run_id) as store:
            return history.export_zip(store, folder.run_id)

    def rebuild_history(self) -> int:
        """Make history.duckdb anew from the journals; returns the number of events. Raises: HistoryLocked."""
        return self._live.rebuild() if self._live else history.rebuild(self.home)
