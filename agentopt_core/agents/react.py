"""The paper's ReAct agent: thought, action, observation in plain text (arXiv 2402.11359, section 4; Yao et al. 2023).

It needs no function calling. Decisions the paper leaves open:
- One action a reply, the first. What a model writes behind it, its own observations above all, is recorded but neither
  run nor sent back.
- A reply that names no action and no answer is answered with an observation that says why, and costs a turn. The second
  empty reply in a row ends the rollout.
- An action whose reply was cut off at its end is not run: half a script is not what the model meant.
- A model that makes calls in a notation of its own anyway is taken at its word: the call is put down as an action.
"""

from __future__ import annotations

import json

from agentopt_core.agents.conversation import Conversation
from agentopt_core.agents.files import SeenFile, image_urls
from agentopt_core.agents.questions import question_text
from agentopt_core.agents.react_input import Schema
from agentopt_core.agents.react_reply import Act, FinalAnswer, Invalid, read_turn
from agentopt_core.agents.replies import Reply, read_reply
from agentopt_core.agents.rollout_of import End, Episode, EpisodicAgent, refusal_of, silence
from agentopt_core.agents.toolbox import PYTHON, SHELL, Decline, Plan, RunPython, RunShell, Toolbox
from agentopt_core.agents.workshop import Workshop
from agentopt_core.chat import ChatRequest, Purpose
from agentopt_core.config import AgentConfig
from agentopt_core.functions import Function, FunctionSet
from agentopt_core.prompts import PromptBook
from agentopt_core.rollouts import Answer, ToolCall, ToolUse, Usage
from agentopt_core.seams import ChatModel, Sandbox
from agentopt_core.tasks import Question

_INPUT_OF = {PYTHON: "the Python code itself", SHELL: "the command line itself"}
_OF_A_CALL = ("missing_input", "missing_argument", "bad_input")
"""Reasons that count as a failed call of an action that exists."""


class ReActAgent(EpisodicAgent):
    """Solves tasks by actions in plain text."""

    def _episode(
        self, question: Question, files: tuple[SeenFile, ...], functions: FunctionSet, evaluation: int
    ) -> Episode:
        return _Episode(self._model, self._sandbox, self._config, self._prompts, question, files, functions, evaluation)


class _Episode:
    """The state of one rollout."""

    def __init__(
        self,
        model: ChatModel,
        sandbox: Sandbox,
        config: AgentConfig,
        prompts: PromptBook,
        question: Question,
        files: tuple[SeenFile, ...],
        functions: FunctionSet,
        evaluation: int,
    ) -> None:
        self._model = model
        self._config = config
        self._prompts = prompts
        self._purpose = Purpose(role="agent", evaluation=evaluation, task_id=question.id)
        self._has_shell = config.shell and sandbox.level == "namespaces"
        functions = functions.without(SHELL) if self._has_shell else functions
        self._toolbox = Toolbox(functions, prompts, config.failed_calls_limit)
        self._workshop = Workshop(sandbox, config, prompts, self._toolbox, question.attachments)
        self._was_empty = False
        self._actions = 0
        self.usage = Usage()
        self.conversation = Conversation(
            self._system(functions),
            prompts.fill("agent_task", task=question_text(question, files)),
            config.tool_output_tokens,
            image_urls(files),
        )

    @property
    def uses(self) -> list[ToolUse]:
        """What was executed, in order."""
        return self._workshop.uses

    async def play(self) -> End:
        """Turn by turn until an answer or the cap."""
        for turn in range(1, self._config.turn_cap + 1):
            answered = await self._model.complete(
                ChatRequest(purpose=self._purpose, messages=self.conversation.request)
            )
            self.usage += answered.usage
            end = await self._take(_in_protocol(read_reply(answered, ())))
            if end is not None:
                return end
            if turn == self._config.turn_cap - 1:
                self.conversation.note(self._prompts.fill("react_last_turn"))
        return End("turn_cap")

    async def close(self) -> None:
        """Forget what the rollout's Python holds."""
        await self._workshop.close()

    async def _take(self, reply: Reply) -> End | None:
        if (refused := refusal_of(reply.finish_reason, "" if reply.text else reply.refusal)) is not None:
            self.conversation.add_action(reply, reply.text, None)
            return refused
        turn = read_turn(reply.text, self._schemas())
        was_empty, self._was_empty = self._was_empty, False
        match turn:
            case FinalAnswer(answer):
                self.conversation.add_action(reply, reply.text, None)
                return End("answered", Answer(text=answer, source="tool"))
            case Act() if not (reply.cut_off and reply.text.rstrip().endswith(turn.said[-40:])):
                await self._act(reply, turn)
            case Invalid("empty") if was_empty:
                self.conversation.add_action(reply, "", None)
                return End("refused", note=silence(reply.cut_off))
            case Invalid(reason) if reason in _OF_A_CALL and turn.action and not reply.cut_off:
                await self._bad_input(reply, turn)
            case _:
                self._was_empty = isinstance(turn, Invalid) and turn.reason == "empty"
                self.conversation.add_action(reply, reply.text, None)
                self._observe(None, self._reminder(turn, reply))
        return None

    async def _act(self, reply: Reply, act: Act) -> None:
        written = act.input if isinstance(act.input, str) else json.dumps(act.input, ensure_ascii=False)
        call = self._heard(reply, act.said, act.name, written)
        plan: Plan
        if isinstance(act.input, dict):
            plan = self._toolbox.plan(call)
        else:
            plan = RunShell(call, act.input) if act.name == SHELL else RunPython(call, act.input)
        await self._do(plan)

    async def _bad_input(self, reply: Reply, turn: Invalid) -> None:
        call = self._heard(reply, turn.said, turn.action, "")
        await self._do(Decline(call, self._reminder(turn, reply), turn.told))

    async def _do(self, plan: Plan) -> None:
        plan = self._workshop.admitted(plan)
        use = await self._workshop.execute(plan)
        self._observe(plan.call, self._workshop.told(plan, use))

    def _heard(self, reply: Reply, said: str, name: str, arguments: str) -> ToolCall:
        call = self.conversation.add_action(reply, said, ToolCall(id="", name=name, arguments=arguments))
        assert call is not None
        return call

    def _observe(self, call: ToolCall | None, text: str) -> None:
        self._actions += 1
        told = self._prompts.fill("react_observation", number=str(self._actions), output=text)
        self.conversation.observe(call, told)

    def _reminder(self, turn: Act | Invalid, reply: Reply) -> str:
        if reply.cut_off or isinstance(turn, Act):
            return self._prompts.fill("react_cut_off")
        return self._prompts.fill("react_invalid", problem=turn.told, number=str(self._actions + 2))

    def _schemas(self) -> dict[str, Schema]:
        """What can be done now, learned functions first."""
        schemas: dict[str, Schema] = {function.name: function.parameters for function in self._toolbox.learned}
        return schemas | {PYTHON: None} | ({SHELL: None} if self._has_shell else {})

    def _system(self, functions: FunctionSet) -> str:
        told = [self._described(function) for function in self._toolbox.learned]
        told.append(self._action(PYTHON, self._prompts.fill("agent_tool_python"), _INPUT_OF[PYTHON]))
        if self._has_shell:
            told.append(self._action(SHELL, self._prompts.fill("react_tool_shell"), _INPUT_OF[SHELL]))
        lacking = self._config.shell and not self._has_shell
        return self._prompts.fill(
            "react_system",
            actions="\n".join(told),
            limits=f"\n{self._prompts.fill('react_no_shell')}" if lacking else "",
        )

    def _described(self, function: Function) -> str:
        return self._action(function.name, function.description, json.dumps(function.parameters, ensure_ascii=False))

    def _action(self, name: str, description: str, given: str) -> str:
        """One action, each of its two lines a line whatever a function's description holds."""
        return self._prompts.fill("react_action", name=name, description=" ".join(description.split()), input=given)


def _in_protocol(reply: Reply) -> Reply:
    """The reply, with a call in another notation written down as an action."""
    if not reply.calls:
        return reply
    call = reply.calls[0]
    action = f"Action: {call.name}\nAction Input: {call.arguments}"
    text = f"{reply.text}\n{action}".strip()
    return Reply(
        text=text,
        reasoning=reply.reasoning,
        refusal=reply.refusal,
        calls=(),
        finish_reason=reply.finish_reason,
        kept={},
        kept_of_calls=(),
    )
