"""Where the calls of one rollout are executed, counted and told of."""

from __future__ import annotations

from typing import assert_never

from agentopt_core.agents.results import function_text, python_text, shell_text
from agentopt_core.agents.toolbox import (
    PYTHON,
    SHELL,
    CallFunction,
    Decline,
    Finish,
    Plan,
    RunPython,
    RunShell,
    Toolbox,
)
from agentopt_core.config import AgentConfig
from agentopt_core.prompts import PromptBook
from agentopt_core.rollouts import ExecutionError, ExecutionResult, ToolUse
from agentopt_core.seams import Sandbox
from agentopt_core.tasks import Attachment
from agentopt_core.tokens import cut_middle


class Workshop:
    """Executes plans in the sandbox, within the limits of one rollout."""

    def __init__(
        self,
        sandbox: Sandbox,
        config: AgentConfig,
        prompts: PromptBook,
        toolbox: Toolbox,
        attachments: tuple[Attachment, ...],
    ) -> None:
        self._sandbox = sandbox
        self._config = config
        self._prompts = prompts
        self._toolbox = toolbox
        self._attachments = attachments
        self._notebook = sandbox.notebook(attachments)
        self._calls = 0
        self.uses: list[ToolUse] = []

    async def close(self) -> None:
        """Forget what the rollout's Python holds."""
        await self._notebook.close()

    def admitted(self, plan: Plan) -> Plan:
        """The plan, or its refusal when the rollout has made all its calls."""
        if not isinstance(plan, RunPython | RunShell | CallFunction):
            return plan
        if self._calls >= self._config.calls_per_rollout:
            limit = str(self._config.calls_per_rollout)
            return Decline(plan.call, self._prompts.fill("agent_calls_used_up", limit=limit))
        self._calls += 1
        return plan

    async def execute(self, plan: Plan) -> ToolUse | None:
        """Run what the plan says; None where there is nothing to run."""
        match plan:
            case RunPython(call, code):
                result = await self._notebook.run(code)
                return ToolUse(call_id=call.id, tool=PYTHON, arguments={"code": code}, result=result)
            case RunShell(call, command):
                result = await self._sandbox.shell(command, self._attachments)
                return ToolUse(call_id=call.id, tool=SHELL, arguments={"command": command}, result=result)
            case CallFunction(call, function, arguments):
                result = await self._sandbox.call(function, arguments, self._attachments)
                return ToolUse(call_id=call.id, tool=function.name, arguments=arguments, result=result)
            case Decline(call, problem=problem) if problem:
                error = ExecutionError(type="BadArguments", message=problem)
                result = ExecutionResult(ok=False, error=error, level=self._sandbox.level)
                return ToolUse(call_id=call.id, tool=call.name, arguments=plan.arguments or {}, result=result)
            case Decline() | Finish():
                return None
            case _:
                assert_never(plan)

    def told(self, plan: Plan, use: ToolUse | None) -> str:
        """Book what was executed and say what the model is told of it."""
        if use is not None:
            self.uses.append(use)
        match plan:
            case Finish():
                return "The answer is taken."
            case Decline(text=text):
                told = text
            case RunPython() | RunShell() | CallFunction():
                assert use is not None
                told = cut_middle(_text(plan, use.result), self._config.tool_output_tokens)
            case _:
                assert_never(plan)
        if use is not None and not use.result.ok and self._toolbox.count_failure(use.tool):
            limit = str(self._config.failed_calls_limit)
            told += "\n\n" + self._prompts.fill("agent_go_without", tool=use.tool, count=limit)
        return told


def _text(plan: RunPython | RunShell | CallFunction, result: ExecutionResult) -> str:
    match plan:
        case RunPython():
            return python_text(result)
        case RunShell():
            return shell_text(result)
        case CallFunction():
            return function_text(result)
        case _:
            assert_never(plan)
