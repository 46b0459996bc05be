"""The tools of one rollout: which are offered, and what is to be done with each call."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from agentopt_core.agents.arguments import BadArguments, read_arguments, schema_problems
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.grading.arguments import final_answer_of
from agentopt_core.lenient_json import unfenced
from agentopt_core.prompts import PromptBook
from agentopt_core.rollouts import ToolCall
from agentopt_core.words import JsonObject

PYTHON = "python"
SHELL = "shell"
FINAL_ANSWER = "final_answer"
BASE_TOOLS = (PYTHON, FINAL_ANSWER)


@dataclass(frozen=True, slots=True)
class RunPython:
    """Run this code as a script."""

    call: ToolCall
    code: str


@dataclass(frozen=True, slots=True)
class RunShell:
    """Run this command line; only an agent that offers `shell` plans it."""

    call: ToolCall
    command: str


@dataclass(frozen=True, slots=True)
class CallFunction:
    """Call this learned function."""

    call: ToolCall
    function: Function
    arguments: JsonObject


@dataclass(frozen=True, slots=True)
class Finish:
    """End the episode with this answer."""

    call: ToolCall
    answer: str


@dataclass(frozen=True, slots=True)
class Decline:
    """Run nothing; tell the model why."""

    call: ToolCall
    text: str
    problem: str = ""
    """What is wrong with the arguments; then it counts as a failed call of a tool that exists."""
    arguments: JsonObject | None = None
    """The arguments as far as they could be read."""


Plan = RunPython | RunShell | CallFunction | Finish | Decline


class Toolbox:
    """Base tools and learned functions. A function that failed too often is withdrawn for the rest of the rollout."""

    def __init__(self, functions: FunctionSet, prompts: PromptBook, failed_calls_limit: int) -> None:
        # Two tools of one name would make endpoints refuse every request; the base tool is the one that stays.
        self._functions = {f.name: f for f in functions.each() if f.name not in BASE_TOOLS}
        self.known = frozenset((*self._functions, *BASE_TOOLS))
        """Every name offered in this rollout, also of functions that are withdrawn by now."""
        self._prompts = prompts
        self._limit = failed_calls_limit
        self._failed: Counter[str] = Counter()
        self._base = (
            _text_tool(PYTHON, prompts.fill("agent_tool_python"), "code"),
            _text_tool(FINAL_ANSWER, prompts.fill("agent_tool_final_answer"), "answer"),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """What is offered now, learned functions first."""
        return (*self._functions, *BASE_TOOLS)

    @property
    def learned(self) -> tuple[Function, ...]:
        """The learned functions that are offered now."""
        return tuple(self._functions.values())

    def offered(self) -> tuple[JsonObject, ...]:
        """The same as tools of the chat completions API."""
        return (*(function.as_tool() for function in self._functions.values()), *self._base)

    def plan(self, call: ToolCall) -> Plan:
        """What to do with a call. Nothing is executed here."""
        if call.name == FINAL_ANSWER:
            answer = final_answer_of(call.arguments)
            return Decline(call, self._prompts.fill("agent_no_answer")) if answer is None else Finish(call, answer)
        function = self._functions.get(call.name)
        if function is None and call.name != PYTHON:
            return Decline(call, self._prompts.fill("agent_unknown_tool", tool=call.name, tools=", ".join(self.names)))
        try:
            arguments = arguments_of(call)
        except BadArguments as problem:
            return self._bad_arguments(call, str(problem), {})
        if function is None:
            code = arguments.get("code")
            if not isinstance(code, str):
                return self._bad_arguments(call, "'code' must be a string of Python", arguments)
            return RunPython(call, unfenced(code))
        if problems := schema_problems(function.parameters, arguments):
            return self._bad_arguments(call, problems, arguments)
        return CallFunction(call, function, arguments)

    def count_failure(self, name: str) -> bool:
        """Count a failed call of a learned function; true when it is withdrawn by this one.

        `python` is never withdrawn: a script that fails and is mended is how the agent works.
        """
        if name not in self._functions:
            return False
        self._failed[name] += 1
        if self._failed[name] < self._limit:
            return False
        del self._functions[name]
        return True

    def _bad_arguments(self, call: ToolCall, problem: str, arguments: JsonObject) -> Decline:
        text = self._prompts.fill("agent_bad_arguments", tool=call.name, problem=problem)
        return Decline(call, text, problem, arguments)


def arguments_of(call: ToolCall) -> JsonObject:
    """The call's arguments as an object. Raises: BadArguments.

    For `python`, bare code in the place of JSON is taken as the code: some models call it so.
    """
    try:
        return read_arguments(call.arguments)
    except BadArguments:
        if call.name == PYTHON and not unfenced(call.arguments).startswith(("{", '"')):
            return {"code": unfenced(call.arguments)}
        raise


def _text_tool(name: str, description: str, parameter: str) -> JsonObject:
    parameters: JsonObject = {
        "type": "object",
        "properties": {parameter: {"type": "string"}},
        "required": [parameter],
    }
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}
