"""The paper's GPT-4+ agent: function calling plus a code interpreter (arXiv 2402.11359, section 4).

Decisions the paper leaves open:
- `final_answer` ends the episode also when it stands beside other calls. Those are executed first, so the record shows
  what the functions gave. Of several answers in one reply the last counts.
- A reply without calls and code is the answer. An empty reply, or one that was cut off, is no answer yet: the model is
  told so once; the second in a row ends the rollout.
- Notes (a function is withdrawn, one turn is left) are added to the message that goes back anyway.
"""

from __future__ import annotations

from collections.abc import Iterable

from agentopt_core.agents.blocks import python_blocks
from agentopt_core.agents.conversation import Conversation
from agentopt_core.agents.files import SeenFile, image_urls
from agentopt_core.agents.questions import question_text
from agentopt_core.agents.replies import Reply, read_reply
from agentopt_core.agents.rollout_of import End, Episode, EpisodicAgent, refusal_of, silence
from agentopt_core.agents.together import together
from agentopt_core.agents.toolbox import PYTHON, CallFunction, Decline, Finish, Plan, RunPython, Toolbox
from agentopt_core.agents.workshop import Workshop
from agentopt_core.chat import ChatRequest, Purpose
from agentopt_core.config import AgentConfig
from agentopt_core.functions import FunctionSet
from agentopt_core.prompts import PromptBook
from agentopt_core.rollouts import Answer, ToolCall, ToolUse, Usage
from agentopt_core.seams import ChatModel, Sandbox
from agentopt_core.tasks import Question

MAX_CALLS_PER_REPLY = 16
"""Calls or code blocks of one reply that are executed; the rest are declined."""


class FunctionCallingAgent(EpisodicAgent):
    """Solves tasks with learned functions and Python as tools."""

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
        self._toolbox = Toolbox(functions, prompts, config.failed_calls_limit)
        self._workshop = Workshop(sandbox, config, prompts, self._toolbox, question.attachments)
        self._stalled = False
        self._blocks = 0
        self.usage = Usage()
        self.conversation = Conversation(
            prompts.fill("agent_system"),
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
            request = ChatRequest(
                purpose=self._purpose, messages=self.conversation.request, tools=self._toolbox.offered()
            )
            answered = await self._model.complete(request)
            self.usage += answered.usage
            end = await self._take(read_reply(answered, self._toolbox.known))
            if end is not None:
                return end
            if turn == self._config.turn_cap - 1:
                self.conversation.note(self._prompts.fill("agent_last_turn"))
        return End("turn_cap")

    async def close(self) -> None:
        """Forget what the rollout's Python holds."""
        await self._workshop.close()

    async def _take(self, reply: Reply) -> End | None:
        calls = self.conversation.add_reply(reply)
        blocks = () if calls else python_blocks(reply.text, reply.cut_off)
        stalled_before, self._stalled = self._stalled, False
        if calls:
            return await self._answer_calls(calls)
        if blocks:
            await self._run_blocks(blocks)
            return None
        if (refused := refusal_of(reply.finish_reason, "" if reply.text else reply.refusal)) is not None:
            return refused
        if reply.text and (stalled_before or not reply.cut_off):
            return End("answered", Answer(text=reply.text, source="message"))
        if stalled_before:
            return End("refused", note=silence(reply.cut_off))
        self._stalled = True
        self.conversation.say(self._prompts.fill("agent_cut_off" if reply.cut_off else "agent_empty_reply"))
        return None

    async def _answer_calls(self, calls: tuple[ToolCall, ...]) -> End | None:
        plans = self._within_limit(self._toolbox.plan(call) for call in calls)
        uses = await together(self._workshop.execute(plan) for plan in plans)
        for plan, use in zip(plans, uses, strict=True):
            self.conversation.answer_call(plan.call, self._workshop.told(plan, use))
        answers = [plan.answer for plan in plans if isinstance(plan, Finish)]
        return End("answered", Answer(text=answers[-1], source="tool")) if answers else None

    async def _run_blocks(self, blocks: tuple[str, ...]) -> None:
        runs = (RunPython(self._block_call(code), code) for code in blocks[:MAX_CALLS_PER_REPLY])
        plans = self._within_limit(runs)
        uses = await together(self._workshop.execute(plan) for plan in plans)
        outputs = [
            self._prompts.fill("agent_python_output", output=self._workshop.told(plan, use))
            for plan, use in zip(plans, uses, strict=True)
        ]
        if len(blocks) > MAX_CALLS_PER_REPLY:
            outputs.append(self._too_many())
        self.conversation.say("\n\n".join(outputs))

    def _within_limit(self, plans: Iterable[Plan]) -> list[Plan]:
        """The plans, with what is beyond the limit declined. Every call is answered, whatever their number."""
        bounded: list[Plan] = []
        running = 0
        for plan in plans:
            runs = isinstance(plan, RunPython | CallFunction)
            running += runs
            if running > MAX_CALLS_PER_REPLY and not isinstance(plan, Finish):
                bounded.append(Decline(plan.call, self._too_many()))
            else:
                bounded.append(self._workshop.admitted(plan))
        return bounded

    def _too_many(self) -> str:
        return self._prompts.fill("agent_too_many_calls", limit=str(MAX_CALLS_PER_REPLY))

    def _block_call(self, code: str) -> ToolCall:
        self._blocks += 1
        return ToolCall(id=f"block{self._blocks:04d}", name=PYTHON, arguments=code)
