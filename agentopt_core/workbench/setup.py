"""Before a run: presets, the forecast, what is checked, and the launch of a trainer."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

from agentopt_core import history
from agentopt_core.agents.reach import within_reach
from agentopt_core.agents.vision import probably_takes_images
from agentopt_core.commands import Command
from agentopt_core.config import USUAL_MODEL, Endpoint, RunConfig
from agentopt_core.errors import ConfigError, TaskSetError
from agentopt_core.forecast import Workload, forecast, mean_tokens
from agentopt_core.functions import Initial
from agentopt_core.grading.judge import asks_judge, require_judge
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.importing import MIN_SCORABLE
from agentopt_core.presets import Preset, presets
from agentopt_core.rollouts import Isolation
from agentopt_core.sandbox import find_isolation, hide_from_calls, is_installed, require
from agentopt_core.tasks import TaskSet
from agentopt_core.training.requirements import require_validation
from agentopt_core.views import Check, Forecast, Opening
from agentopt_core.workbench.base import Desk
from agentopt_core.workbench.tasks import TaskBench

ROOT = Path(__file__).resolve().parents[2]
"""The folder of app.py."""
SAMPLE = 200
"""Training tasks whose questions are measured for a forecast."""


class SetupBench(TaskBench, Desk):
    """Configures and starts runs."""

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
        """What the run will take, reckoned from earlier runs of the same models on the same tasks where there are any.

        Raises: ConfigError when a task asks for a judge in vain; TaskSetError when the evidence gate has too
        few validation tasks.
        """
        task_set = self.task_set(taskset_id)
        require_judge(config.grader, task_set.each())
        tasks, skipped = within_reach(task_set.of("train"), config.agent.endpoint)
        val, _ = within_reach(task_set.of("val"), config.agent.endpoint)
        test, _ = within_reach(task_set.of("test"), config.agent.endpoint)
        if not config.training.open_test:
            test = ()
        if config.training.validation == "off":
            val = ()
        if config.training.acceptance == "evidence":
            require_validation(config.evidence, [task.id for task in tasks], [task.id for task in val])
        judged, judged_test, judged_val = (
            sum(asks_judge(config.grader, task) for task in split) for split in (tasks, test, val)
        )
        work = Workload(
            train=len(tasks),
            judged=judged,
            test=len(test),
            judged_test=judged_test,
            val=len(val),
            judged_val=judged_val,
            question_tokens=mean_tokens([task.question for task in tasks[:SAMPLE]]),
        )
        with self._history() as store:
            past = history.past_runs(
                store,
                config.agent.endpoint.model,
                config.optimizer.endpoint.model,
                taskset_id,
                config.agent.kind,
            )
        return forecast(config, work, past).with_(skipped=skipped)

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

    def create(self, config: RunConfig, task_set: TaskSet, initial: Initial | None = None) -> RunFolder:
        """A new run, ready to be trained; with `initial` it begins with these functions instead of none.

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
        if config.training.acceptance == "evidence":
            validation, _ = within_reach(task_set.of("val"), config.agent.endpoint)
            require_validation(config.evidence, [task.id for task in reachable], [task.id for task in validation])
        require_judge(config.grader, task_set.each())
        if not config.agent.endpoint.model.strip() or not config.optimizer.endpoint.model.strip():
            raise ConfigError("A role has no model.", "Name the model of agent and optimizer.")
        return RunFolder.create(self.home, config, task_set, task_set.folder, initial)

    def start(self, config: RunConfig, taskset_id: str, by: str) -> str:
        """Create a run and launch its trainer, a process of its own that outlives this one. Returns the run id."""
        folder = self.create(config, self.task_set(taskset_id))
        self._launch(folder, by)
        return folder.run_id

    def _launch(self, folder: RunFolder, by: str) -> subprocess.Popen[bytes]:
        hide_from_calls(find_isolation().level)  # the keys are here, too
        folder.commands.append(Command(kind="start", by=by))
        command = [sys.executable, "-m", "agentopt_core", "trainer", str(folder.path)]
        with folder.log_path.open("ab") as log:
            trainer = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        # A trainer that ended would stay in the process table until somebody asks for its exit code.
        threading.Thread(target=trainer.wait, name=f"trainer {folder.run_id}", daemon=True).start()
        return trainer
