"""What the versions of a run did, and new runs that begin with functions instead of none."""

from __future__ import annotations

import json

from agentopt_core import history
from agentopt_core.actions import Refusal
from agentopt_core.config import RunConfig
from agentopt_core.errors import ConfigError, NotFound
from agentopt_core.functions import Function, FunctionSet, Initial, Origin
from agentopt_core.history.blame import blame
from agentopt_core.optimizer.by_hand import read_change
from agentopt_core.optimizer.from_source import functions_from_source, schema_text
from agentopt_core.reviews import FunctionText, HandChange
from agentopt_core.tasks import Split, TaskSet
from agentopt_core.views import Blame, FunctionEvidence, LineageNode, TaskMatrix
from agentopt_core.workbench.reviews import ReviewBench


class EvidenceBench(ReviewBench):
    """Questions about versions, and forks."""

    def lineage(self, run_id: str) -> list[LineageNode]:
        """The baseline and every step after it, each with the set it started from."""
        with self._history(run_id) as store:
            return history.lineage(store, run_id)

    def task_matrix(self, run_id: str, split: Split = "train", offset: int = 0, limit: int = 200) -> TaskMatrix:
        """Tasks x versions: a page of the tasks, hardest first, under every version."""
        with self._history(run_id) as store:
            return history.task_matrix(store, run_id, split, offset, limit)

    def function_sets(self, run_id: str) -> dict[int, FunctionSet]:
        """The functions of each evaluation of a run."""
        with self._history(run_id) as store:
            return history.sets(store, run_id)

    def function_evidence(self, run_id: str) -> list[FunctionEvidence]:
        """What each function of the run did on the training tasks, with the complexity of its code."""
        from agentopt_core.optimizer.complexity import complexity  # brings lizard along, which is slow to import

        with self._history(run_id) as store:
            return history.function_evidence(store, run_id, complexity)

    def blame(self, run_id: str, name: str, step: int) -> Blame:
        """Which update brought each line of the version that a step made of a function. Raises: NotFound."""
        with self._history(run_id) as store:
            versions = history.function_versions(store, run_id)
            updates = history.updates(store, run_id)
        version = next((one for one in versions if (one.name, one.step) == (name, step) and one.function), None)
        if version is None:
            raise NotFound(f"Update {step} of run {run_id} has no code of {name}.", "Choose another version.")
        return blame(version, versions, updates)

    def read_source(
        self, data: bytes, config: RunConfig, tools: bytes | None = None
    ) -> tuple[FunctionSet, tuple[Refusal, ...]]:
        """The functions of a .py file, and what of it cannot be used in runs so configured. It is read, never run.

        `tools`: the tools.json beside it in an export. Raises: ConfigError when the file cannot be read at all.
        """
        return functions_from_source(data, config.sandbox.packages, tools)

    def schema_told(self, name: str, code: str) -> str:
        """The parameters' schema that a function's own annotations tell, as JSON; empty when it cannot be read."""
        return schema_text(name, code)

    def changed(self, run_id: str, change: HandChange, config: RunConfig) -> tuple[FunctionSet, tuple[Refusal, ...]]:
        """The set that a change by hand would make of a run's accepted one, and what of it is not valid.

        Nothing is run and nothing kept. Raises: ConfigError when the run has no such evaluation.
        """
        with self._history(run_id) as store:
            base = (
                history.accepted_functions(store, run_id)
                if change.evaluation is None
                else history.sets(store, run_id).get(change.evaluation)
            )
        if base is None:
            raise ConfigError(f"The run has no evaluation {change.evaluation}.", "Choose another version.")
        actions, refusals = read_change(change.functions, change.remove, base, config.sandbox.packages)
        for action in actions:
            base = base.without(action.name) if action.op == "remove" else base.including(action.function)
        return base, refusals

    def fork(self, functions: FunctionSet, config: RunConfig, taskset_id: str, by: str, origin: Origin) -> str:
        """A new run that begins with these functions as its baseline; its trainer is launched. Returns the run id.

        A fork of a run on that run's own task set takes the tasks as they were then, so that figures can be compared.
        Raises: ConfigError when a function is not valid under the configuration, and as `create`.
        """
        self._require_usable(functions, config)
        task_set = self._tasks_of(origin.run_id, taskset_id) or self.task_set(taskset_id)
        folder = self.create(config, task_set, Initial(functions=functions, origin=origin.with_(by=by)))
        self._launch(folder, by)
        return folder.run_id

    def task_set_of(self, run_id: str) -> str:
        """The id of the task set that a run was given."""
        return self.folder(run_id).manifest().id

    def _tasks_of(self, run_id: str, taskset_id: str) -> TaskSet | None:
        """The tasks of that run, if they are of that set."""
        if not run_id:
            return None
        folder = self.folder(run_id)
        manifest = folder.manifest()
        if manifest.id != taskset_id:
            return None
        return folder.tasks().with_(folder=folder.files, private=manifest.private)

    @staticmethod
    def _require_usable(functions: FunctionSet, config: RunConfig) -> None:
        texts = [as_text(function) for function in functions.each()]
        _, refusals = read_change(texts, (), FunctionSet(), config.sandbox.packages)
        if refusals:
            said = " ".join(f"{refusal.name}: {refusal.reason}" for refusal in refusals)
            raise ConfigError(f"A run cannot begin with these functions. {said}", "Mend them or leave them out.")


def as_text(function: Function) -> FunctionText:
    """A function as its five fields, to be edited."""
    return FunctionText(
        name=function.name,
        description=function.description,
        arguments=json.dumps(function.parameters, ensure_ascii=False, indent=2),
        packages=", ".join(function.packages),
        code=function.code,
    )
