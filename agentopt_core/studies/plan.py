"""A study file: which question, on which tasks, with which seeds and settings. TOML in and out."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field, JsonValue, field_validator

from agentopt_core.config import Budget, parse_word
from agentopt_core.errors import ConfigError
from agentopt_core.words import JsonObject, Word, digest

StudyKind = Literal["ablation", "sweep", "models", "transfer", "agents"]

KINDS: dict[StudyKind, tuple[str, str]] = {
    "ablation": ("Ablation", "Which part of the method does the work: roll-back, early stop, progressive update?"),
    "sweep": ("Sweep", "How sensitive is the result to a setting: E, C, actions a step, batch strategy and size?"),
    "models": ("Models", "Which model suffices as agent and as optimizer, and at what price?"),
    "transfer": ("Transfer grid", "Do functions that were learned on one task set help on another?"),
    "agents": ("Before and after", "What does training bring each agent: function calling and ReAct?"),
}
"""Kind -> its title, and its question in a sentence."""

MOST_CELLS = 1000
"""Runs of one study, at most."""
_MAX_BYTES = 200_000


class StudyFile(Word):
    """Everything that decides a study, but for the tasks themselves and the keys."""

    kind: StudyKind
    name: str = Field(default="", max_length=200)
    """What people call the study; its kind when empty."""
    tasks: tuple[str, ...] = Field(min_length=1, max_length=20)
    """Task sets by id or name, or paths of files, folders or zips (in a file: relative to the file)."""
    seeds: tuple[int, ...] = Field(default=(1, 2, 3), min_length=1, max_length=50)
    """Every arm is trained once with each."""
    parallel: int | None = Field(default=None, ge=1, le=64)
    """Runs at the same time, at most; None: one per core of the machine."""
    budget: Budget = Budget()
    """For all runs of the study together; None is no limit."""
    config: JsonObject = Field(default_factory=dict)
    """Settings of every run, as in a run's configuration; what is not named has its default."""
    arms: tuple[str, ...] = ()
    """Ablation and agents: only these arms; empty: all of the kind."""
    sweep: dict[str, tuple[JsonValue, ...]] = Field(default_factory=dict)
    """Sweep: setting as a dotted path -> the values it takes. The first value of each is what it is compared with."""
    variants: dict[str, JsonObject] = Field(default_factory=dict)
    """Sweep: arms by name that change several settings together, beside the first values of `sweep`."""
    grid: bool = False
    """Sweep: every combination of the values; without it one setting is changed at a time."""
    agents: tuple[JsonObject, ...] = ()
    """Models: endpoints of the agent; empty: that of `config`."""
    optimizers: tuple[JsonObject, ...] = ()
    """Models: endpoints of the optimizer; empty: that of `config`."""

    @field_validator("tasks", "seeds", "arms")
    @classmethod
    def _each_once(cls, values: tuple[object, ...]) -> tuple[object, ...]:
        if len(set(values)) != len(values):
            raise ValueError("each may be named once")
        return values

    @field_validator("sweep")
    @classmethod
    def _has_values(cls, sweep: dict[str, tuple[JsonValue, ...]]) -> dict[str, tuple[JsonValue, ...]]:
        _refuse_own(sweep)
        for path, values in sweep.items():
            if not values:
                raise ValueError(f"'{path}' has no values")
        return sweep

    @field_validator("variants")
    @classmethod
    def _sets_something(cls, variants: dict[str, JsonObject]) -> dict[str, JsonObject]:
        for name, settings in variants.items():
            _refuse_own(dotted(settings))
            if not settings or not name.strip():
                raise ValueError(f"'{name}' changes no setting, or has no name")
        return variants

    @property
    def title(self) -> str:
        """What people call the study."""
        return self.name.strip() or KINDS[self.kind][0]

    @property
    def digest(self) -> str:
        """Names what is asked: two files that differ in nothing that matters ask the same."""
        asked = self.model_dump(mode="json", exclude={"parallel", "name"})
        return digest(asked)


def read_study(path: Path) -> StudyFile:
    """The study of a TOML file; paths of tasks in it start from its folder.

    Raises: ConfigError saying what is wrong with the file, or with which field.
    """
    try:
        size = path.stat().st_size
        if size > _MAX_BYTES:
            raise ConfigError(f"{path} has {size} bytes; a study file has at most {_MAX_BYTES}.", "Name another file.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.", "Name a study file (TOML).") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from error
    file = parse_study(text, path.name)
    beside = {spec: path.parent / spec for spec in file.tasks}
    return file.with_(tasks=tuple(str(beside[s].resolve()) if _is_path(s, beside[s]) else s for s in file.tasks))


def parse_study(text: str, where: str = "The study") -> StudyFile:
    """The study that a text of TOML describes.

    Raises: ConfigError saying what is wrong with the text, or with which field.
    """
    try:
        data = tomllib.loads(text)
        json.dumps(data, allow_nan=False)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{where} is not TOML: {error}.", "Examples are in docs/studies.") from error
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"{where} holds a date or a number that is none: {error}.", "Use text and numbers."
        ) from error
    if isinstance(sweep := data.get("sweep"), dict):
        data["sweep"] = dotted(sweep)
    try:
        return parse_word(StudyFile, data)
    except ConfigError as error:
        raise ConfigError(error.message.replace("The configuration", where, 1), error.hint) from error


def _refuse_own(paths: Iterable[str]) -> None:
    """Settings that the study itself gives each run."""
    for path in paths:
        if path in ("seed", "name") or path.split(".")[0] == "budget":
            raise ValueError(f"'{path}' cannot be swept: the study itself gives seeds, names and budgets")


def dotted(table: JsonObject, before: str = "") -> JsonObject:
    """A nested table as dotted path -> value: TOML reads `training.epochs = ...` as a table in a table."""
    flat: JsonObject = {}
    for name, value in table.items():
        path = f"{before}{name}"
        flat.update(dotted(value, f"{path}.") if isinstance(value, dict) else {path: value})
    return flat


def to_toml(file: StudyFile) -> str:
    """The study as TOML that `parse_study` reads back; what has its default is left out."""
    data = file.model_dump(mode="json", exclude_defaults=True)
    lines = [f"{name} = {_value(value)}" for name, value in data.items() if not isinstance(value, dict)]
    for name, table in data.items():
        if isinstance(table, dict) and table:
            lines += ["", f"[{name}]", *(f"{key} = {_value(value)}" for key, value in _pairs(table))]
    return "\n".join(lines) + "\n"


def _pairs(table: JsonObject) -> Iterator[tuple[str, JsonValue]]:
    """The values of a nested table, each with its key; a key with a dot in it is written in quotes."""
    for name, value in table.items():
        key = name if name.isidentifier() and name.isascii() else _text(name)
        if isinstance(value, dict):
            yield from ((f"{key}.{below}", one) for below, one in _pairs(value))
        else:
            yield key, value


def _value(value: JsonValue) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return _text(value)
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case dict():
            inner = ", ".join(f"{_text(name)} = {_value(one)}" for name, one in value.items() if one is not None)
            return f"{{{inner}}}"
        case None:
            raise ConfigError("A value of a study is empty.", "Leave the setting out instead.")
        case _:
            return json.dumps(value)


def _text(value: str) -> str:
    # JSON's escapes are TOML's, but for DEL, which TOML wants escaped, and lone surrogates, which it has not.
    return json.dumps(value.encode("utf-8", "replace").decode(), ensure_ascii=False).replace("\x7f", "\\u007f")


def _is_path(spec: str, beside: Path) -> bool:
    """A bare name is a task set's; whatever looks like a path and is there is one."""
    looks = "/" in spec or Path(spec).suffix != ""
    try:
        return looks and not Path(spec).is_absolute() and beside.exists()
    except OSError:
        return False
