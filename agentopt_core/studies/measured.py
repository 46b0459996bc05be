"""What a run's journal says about its cell: read once when the run is over, and kept with the study."""

from __future__ import annotations

from typing import Literal

from agentopt_core.errors import ProtocolError
from agentopt_core.events import RunFailed, RunFinished
from agentopt_core.functions import Initial, Origin
from agentopt_core.history.journal import read_journal
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.rollouts import Proportion, Rollout, Usage
from agentopt_core.studies.journal import CellResult, CellState

_STATES: dict[str, CellState] = {"budget": "cut", "stopped": "stopped", "interrupted": "stopped"}


def cell_result(folder: RunFolder) -> CellResult | None:
    """The result of a run that reported its end; None while it has not, or since it was begun again.

    The tables are of the test split, before with the set that the run began with and after with the one that it ended
    with. Where there is no test split they are of the training split: the baseline, and the best evaluation.
    Raises: ProtocolError when the journal is damaged.
    """
    end: RunFinished | RunFailed | None = None
    tables: dict[tuple[int, str], dict[str, Rollout]] = {}
    opened: dict[str, int] = {}
    usage = Usage()
    test_tasks = sealed = epochs = evaluations = 0
    measured = False
    for _, event in read_journal(folder.journal):
        match event.kind:
            case "run_started":
                end, test_tasks, sealed = None, event.test_tasks, event.sealed_tasks
            case "rollout_finished" if not event.series and event.split in ("train", "test"):
                tables.setdefault((event.evaluation, event.split), {})[event.rollout.task_id] = event.rollout
            case "split_opened":
                opened[event.subject] = event.evaluation
            case "held_out_measured":
                measured = True
            case "request_finished":
                usage += event.usage
            case "verdict_reached":
                epochs = event.epoch
            case "evaluation_finished" if event.split == "train" and not event.series:
                evaluations = max(evaluations, event.evaluation + 1)
            case "run_finished" | "run_failed":
                end = event
            case _:
                pass
    if end is None:
        return None
    if isinstance(end, RunFailed):
        return CellResult(state="failed", problem=f"{end.message} {end.hint}".strip(), usage=usage)
    state = _STATES.get(end.stop, "measured")
    problem = end.reason if state != "measured" else ""
    if state == "measured" and test_tasks and not measured:
        state, problem = "cut", "The test split was opened, but not measured to the end."
    split: Literal["test", "train"] = "test" if test_tasks else "train"
    first, last = (opened.get("baseline", 0), opened.get("chosen", opened.get("baseline", 0)))
    if split == "train":
        first, last = 0, end.best_evaluation
    if sealed and state == "measured":
        problem = "The run left its test split sealed (training.open_test): what stands here is fit only."
    return CellResult(
        state=state,
        problem=problem,
        split=split,
        before=_table(tables.get((first, split), {})) if state == "measured" else {},
        after=_table(tables.get((last, split), {})) if state == "measured" else {},
        train_before=_measured(end.baseline),
        train_after=_measured(end.best),
        epochs=epochs,
        evaluations=evaluations,
        functions=len(end.functions),
        stop=end.stop,
        usage=end.usage,
        wall_s=end.wall_s,
    )


def _table(rollouts: dict[str, Rollout]) -> dict[str, int]:
    return {task: int(rollout.correct) for task, rollout in rollouts.items() if not rollout.is_fault}


def _measured(result: Proportion) -> Proportion | None:
    return result if result.n else None


def learned(folder: RunFolder) -> Initial:
    """What a finished run ended with, for a run that begins with it. Raises: ProtocolError when there is no end."""
    end = None
    for _, event in read_journal(folder.journal):
        if event.kind == "run_finished":
            end = event
    if end is None:
        raise ProtocolError(f"{folder.journal} does not tell what the run ended with.", "Let the run finish first.")
    origin = Origin(kind="run", run_id=folder.run_id, evaluation=end.best_evaluation, by="study")
    return Initial(functions=end.functions, origin=origin)
