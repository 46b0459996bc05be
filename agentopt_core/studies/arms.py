"""What each kind of study compares, and the cells it comes to: arm x task set x seed, one run each."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import NamedTuple

from pydantic import JsonValue

from agentopt_core.config import RunConfig, parse_config
from agentopt_core.errors import ConfigError
from agentopt_core.studies.plan import MOST_CELLS, StudyFile, StudyKind, dotted
from agentopt_core.words import JsonObject

AGENTS = {"function_calling": "Function calling", "react": "ReAct"}
"""Kinds of agents -> what they are called in the table."""


class Arm(NamedTuple):
    """One of the things compared: what it is called, and how its runs differ from the others'."""

    key: str
    title: str
    settings: dict[str, JsonValue]
    """Dotted path of a setting -> its value."""


class Cell(NamedTuple):
    """One run of the study."""

    arm: str
    tasks: str
    """The task set as the file names it."""
    seed: int
    begins_with: str = ""
    """Transfer: the key of the cell whose functions it measures on these tasks, without training."""

    @property
    def key(self) -> str:
        """Names the cell in the journal."""
        return f"{self.arm} | {self.tasks} | {self.seed}"


ABLATION: tuple[Arm, ...] = (
    Arm("full", "Full method", {}),
    Arm("no_roll_back", "Without roll-back", {"training.roll_back": False}),
    Arm("no_early_stop", "Without early stop", {"training.early_stop": False}),
    Arm("neither", "Without roll-back and early stop", {"training.roll_back": False, "training.early_stop": False}),
    Arm("whole_set", "Whole set written anew each step", {"optimizer.progressive": False}),
)
"""The paper's ablations, and its two parts one by one."""


def arms_of(file: StudyFile) -> tuple[Arm, ...]:
    """The arms of a study; the first is what the others are compared with (transfer: training on the same tasks).

    Raises: ConfigError when the file leaves nothing to compare, or names an arm that there is not.
    """
    found = _EXPAND[file.kind](file)
    if file.arms:
        unknown = [name for name in file.arms if name not in {arm.key for arm in found}]
        if unknown or file.kind not in ("ablation", "agents"):
            known = ", ".join(arm.key for arm in found)
            raise ConfigError(
                f"arms: {', '.join(unknown or file.arms)[:200]} cannot be chosen in a study of {file.kind}.",
                f"Arms are: {known}." if file.kind in ("ablation", "agents") else "Leave the arms out.",
            )
        found = tuple(arm for arm in found if arm.key in file.arms)
    if len(found) < 2 and file.kind != "agents":
        wanted = {
            "sweep": "Give a setting below [sweep] at least two values.",
            "models": "Name at least two endpoints of agents or of optimizers.",
            "transfer": "Name at least two task sets.",
        }
        raise ConfigError(
            f"A study of {file.kind} with one arm compares nothing.", wanted.get(file.kind, "Add an arm.")
        )
    return found


def cells_of(file: StudyFile) -> tuple[Cell, ...]:
    """All runs of a study, in the order in which they are made: seed by seed, so that each seed fills the whole table.

    Raises: as `arms_of`; ConfigError when there are too many.
    """
    arms = arms_of(file)
    if (number := len(arms) * len(file.tasks) * len(file.seeds)) > MOST_CELLS:
        raise ConfigError(f"The study comes to {number} runs; {MOST_CELLS} are allowed.", "Leave out arms or seeds.")
    if file.kind != "transfer":
        return tuple(Cell(arm.key, tasks, seed) for seed in file.seeds for tasks in file.tasks for arm in arms)
    cells: list[Cell] = []
    for seed in file.seeds:
        trained = {tasks: Cell(tasks, tasks, seed) for tasks in file.tasks}
        cells += trained.values()
        cells += [
            Cell(source, tasks, seed, trained[source].key)
            for source in file.tasks
            for tasks in file.tasks
            if source != tasks
        ]
    return tuple(cells)


def config_of(file: StudyFile, cell: Cell) -> RunConfig:
    """The settings of a cell's run, but for its part of the budget.

    Raises: ConfigError naming the arm and the setting that cannot be used.
    """
    arm = next(one for one in arms_of(file) if one.key == cell.arm)
    data: JsonObject = _copied(file.config)
    for path, value in arm.settings.items():
        _put(data, path, value)
    if cell.begins_with:  # the functions are measured as they are, and nothing is trained
        _put(data, "training.max_evaluations", 1)
        _put(data, "training.open_test", True)
        _put(data, "training.null_edits", 0)
        _put(data, "training.validation", "off")
    data["seed"] = cell.seed
    data["name"] = f"{file.title[:80]}: {arm.title[:60]} · {cell.tasks[-40:]} · seed {cell.seed}"
    try:
        return parse_config(data)
    except ConfigError as error:
        raise ConfigError(f"Arm '{arm.title}': {error.message}", error.hint) from error


def _ablation(file: StudyFile) -> tuple[Arm, ...]:
    return ABLATION


def _agents(file: StudyFile) -> tuple[Arm, ...]:
    return tuple(Arm(kind, title, {"agent.kind": kind}) for kind, title in AGENTS.items())


def _transfer(file: StudyFile) -> tuple[Arm, ...]:
    return tuple(Arm(tasks, f"Trained on {tasks}", {}) for tasks in file.tasks)


def _sweep(file: StudyFile) -> tuple[Arm, ...]:
    if not file.sweep and not file.variants:
        raise ConfigError("A sweep needs settings to change.", "Add [sweep] with e.g. training.epochs = [1, 3, 10].")
    paths = list(file.sweep)
    first = {path: values[0] for path, values in file.sweep.items()}
    if file.grid:
        points = [dict(zip(paths, values, strict=True)) for values in product(*file.sweep.values())]
    else:  # without [sweep] the one point is the settings of every run
        points = [first] + [{**first, path: value} for path in paths for value in file.sweep[path][1:]]
    arms = []
    for settings in points:
        told = settings if file.grid else {p: v for p, v in settings.items() if v != first[p]} or settings
        said = ", ".join(f"{_short(path)} = {_said(value)}" for path, value in told.items()) or "as configured"
        arms.append(Arm(said, said, settings))
    arms += [Arm(name, name, {**first, **dotted(settings)}) for name, settings in file.variants.items()]
    if len({arm.key for arm in arms}) != len(arms):
        raise ConfigError("A setting of the sweep has the same value twice.", "Name each value once.")
    return tuple(arms)


def _models(file: StudyFile) -> tuple[Arm, ...]:
    agents: tuple[JsonObject | None, ...] = file.agents or (None,)
    optimizers: tuple[JsonObject | None, ...] = file.optimizers or (None,)
    arms = []
    for agent, optimizer in product(agents, optimizers):
        settings: dict[str, JsonValue] = {}
        told = []
        for role, endpoint in (("agent", agent), ("optimizer", optimizer)):
            if endpoint is not None:
                settings[f"{role}.endpoint"] = dict(endpoint)
                told.append(f"{role} {_endpoint(endpoint)}")
        arms.append(Arm(" × ".join(told), " × ".join(told) or "as configured", settings))
    if len({arm.key for arm in arms}) != len(arms):
        raise ConfigError("Two endpoints of the study read the same.", "Give each another model or address.")
    return tuple(arms)


_EXPAND: dict[StudyKind, Callable[[StudyFile], tuple[Arm, ...]]] = {
    "ablation": _ablation,
    "sweep": _sweep,
    "models": _models,
    "transfer": _transfer,
    "agents": _agents,
}


def _endpoint(endpoint: JsonObject) -> str:
    """The model, and what else tells it from another endpoint with the same model."""
    said = str(endpoint.get("model", "demo"))
    more = [f"{name} {_said(value)}" for name, value in endpoint.items() if name not in _NOT_TOLD]
    return f"{said} ({', '.join(more)})" if more else said


_NOT_TOLD = {"kind", "model", "api_key_env", "timeout_s", "demo_latency_ms", "vision"}


def _short(path: str) -> str:
    return _SYMBOLS.get(path, path.rpartition(".")[2].replace("_", " "))


_SYMBOLS = {"training.epochs": "E", "training.patience": "C", "optimizer.max_actions": "actions a step"}


def _said(value: JsonValue) -> str:
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _copied(table: JsonObject) -> JsonObject:
    return {name: _copied(value) if isinstance(value, dict) else value for name, value in table.items()}


def _put(data: JsonObject, path: str, value: JsonValue) -> None:
    """Set a dotted path, with the tables on the way to it."""
    *way, last = path.split(".")
    for name in way:
        below = data.setdefault(name, {})
        if not isinstance(below, dict):
            raise ConfigError(f"'{path}': '{name}' is a value, not a table of settings.", "Correct the path.")
        data = below
    data[last] = value
