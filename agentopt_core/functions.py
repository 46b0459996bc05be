"""The learnable weights: functions, and the set of them an agent carries."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Literal

from agentopt_core.words import JsonObject, Word, digest


class Function(Word):
    """One learned tool. Parameters are a normalised JSON schema (`type: object`, `properties`, `required`)."""

    name: str
    description: str
    parameters: JsonObject
    packages: tuple[str, ...] = ()
    """Distributions the code imports beside the standard library; a statement, never an order to install."""
    code: str
    """Python source that defines a function called `name`."""

    @cached_property
    def digest(self) -> str:
        """Names this version by its content, so that equal functions are equal in every run."""
        return digest(self.model_dump(mode="json"))

    def as_tool(self) -> JsonObject:
        """The tool of the chat completions API through which the agent calls this function."""
        function: JsonObject = {
            "name": self.name,
            "description": self.description,
            "parameters": self.parameters,
        }
        return {"type": "function", "function": function}


class FunctionSet(Word):
    """An agent's functions, in the order they were learned, names unique. Training starts from the empty set."""

    functions: tuple[Function, ...] = ()

    def __len__(self) -> int:
        return len(self.functions)

    def __contains__(self, name: object) -> bool:
        return any(function.name == name for function in self.functions)

    def each(self) -> Iterator[Function]:
        """The functions in order."""
        return iter(self.functions)

    @property
    def names(self) -> tuple[str, ...]:
        """The names in order."""
        return tuple(function.name for function in self.functions)

    @cached_property
    def digest(self) -> str:
        """Names the set by its content; the order does not matter."""
        return digest(sorted(function.digest for function in self.functions))

    def get(self, name: str) -> Function | None:
        """The function of that name, or None."""
        return next((function for function in self.functions if function.name == name), None)

    def including(self, function: Function) -> FunctionSet:
        """This set with the function added, or put in the place of the one with its name."""
        if function.name not in self:
            return FunctionSet(functions=(*self.functions, function))
        return FunctionSet(functions=tuple(function if f.name == function.name else f for f in self.functions))

    def without(self, name: str) -> FunctionSet:
        """This set without the function of that name."""
        return FunctionSet(functions=tuple(f for f in self.functions if f.name != name))

    def as_tools(self) -> list[JsonObject]:
        """All functions as tools of the chat completions API."""
        return [function.as_tool() for function in self.functions]


class Origin(Word):
    """Where the functions came from that a run begins with."""

    kind: Literal["run", "file", "hand"]
    run_id: str = ""
    """The run they were learned in, for `run`."""
    evaluation: int | None = None
    """The evaluation of that run whose set they are."""
    file: str = ""
    """The file's name, for `file`."""
    edited: bool = False
    """Somebody changed them on the way."""
    by: str = ""
    """Who began the run with them."""

    @property
    def sentence(self) -> str:
        """The same in words."""
        if self.kind == "run":
            source = f"Forked from run {self.run_id}, evaluation {self.evaluation}"
        elif self.kind == "file":
            source = f"Begun with the functions of {self.file}"
        else:
            source = "Begun with functions written by hand"
        return f"{source}{', edited' * self.edited}{f', by {self.by}' if self.by else ''}."


class Initial(Word):
    """What a run begins with instead of the empty set."""

    functions: FunctionSet
    origin: Origin
