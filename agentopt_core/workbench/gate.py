"""How noisy a run's measurements are: the same set against itself, and tasks that were run several times."""

from __future__ import annotations

from typing import Literal

from agentopt_core.config import AgentConfig, OptimizerConfig, RunConfig
from agentopt_core.evaluation.repeats import shares
from agentopt_core.functions import Initial, Origin
from agentopt_core.history import gate_queries, run, updates
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.tasks import Split, TaskSet
from agentopt_core.training.same_set import same_set
from agentopt_core.views.gate import Repeated, SameSet
from agentopt_core.workbench.evidence import EvidenceBench


class GateBench(EvidenceBench):
    """The A/A check and repeats."""

    def same_set(self, run_id: str) -> SameSet | None:
        """The A/A check on the run's baseline and its null edits; None where it has none."""
        config = self.folder(run_id).config()
        with self._history(run_id) as store:
            return same_set(gate_queries.again_tables(store, run_id), config.evidence)

    def repeated(self, run_id: str) -> list[Repeated]:
        """pass@k and pass^k: of the baseline over its null edits, and of the accepted set over its repeats."""
        config = self.folder(run_id).config()
        found = []
        with self._history(run_id) as store:
            if again := config.training.null_edits:
                counts = gate_queries.baseline_counts(store, run_id)
                found.append(_repeated("baseline", 0, "train", again + 1, counts))
            if (k := config.evidence.repeats) > 1 and config.training.acceptance == "evidence":
                accepted = [
                    update.evaluation
                    for update in updates(store, run_id)
                    if update.verdict == "kept" and update.evidence and update.evidence.word == "accepted"
                ]
                for subject, evaluation in (("baseline", 0), ("accepted", accepted[-1] if accepted else None)):
                    if evaluation is not None:
                        counts = gate_queries.validation_counts(store, run_id, evaluation)
                        found.append(_repeated(subject, evaluation, "val", k, counts))  # type: ignore[arg-type]
        return [one for one in found if one is not None]

    def create_same_set(self, run_id: str, times: int) -> RunFolder:
        """A new run that does nothing but measure a run's accepted set `times` times on its training tasks.

        Raises: as `create`.
        """
        folder = self.folder(run_id)
        config = folder.config()
        manifest = folder.manifest()
        with self._history(folder.run_id) as store:
            found = run(store, folder.run_id)
        functions = self.accepted_functions(folder.run_id)
        origin = Origin(kind="run", run_id=folder.run_id, evaluation=found.best_evaluation or 0)
        tasks = folder.tasks().with_(folder=folder.files, private=manifest.private)
        return self.create(
            same_set_config(config, found.name or folder.run_id, times),
            tasks,
            Initial(functions=functions, origin=origin),
        )

    def create_same_set_of(self, task_set: TaskSet, times: int) -> RunFolder:
        """The same without functions, on a task set and with the usual model. Raises: as `create`."""
        endpoint = self.default_endpoint()
        config = RunConfig(agent=AgentConfig(endpoint=endpoint), optimizer=OptimizerConfig(endpoint=endpoint))
        return self.create(same_set_config(config, task_set.name, times), task_set)

    def start_same_set(self, run_id: str, times: int, by: str) -> str:
        """The same with a trainer of its own, which is launched. Returns the new run's id."""
        folder = self.create_same_set(run_id, times)
        self._launch(folder, by)
        return folder.run_id


def same_set_config(config: RunConfig, name: str, times: int) -> RunConfig:
    """The settings of a run that measures its first set so often and ends."""
    training = config.training.with_(
        acceptance="strict", validation="off", null_edits=times - 1, max_evaluations=1, open_test=False
    )
    return config.with_(name=f"A/A of {name}"[:200], training=training)


def _repeated(
    subject: Literal["baseline", "accepted"], evaluation: int, split: Split, k: int, counts: list[tuple[int, int]]
) -> Repeated | None:
    found = shares(counts, k)
    if found is None:
        return None
    return Repeated(subject=subject, evaluation=evaluation, split=split, k=k, once=found[0], always=found[1])
