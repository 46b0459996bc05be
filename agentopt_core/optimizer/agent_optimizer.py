"""One step of the AgentOptimizer (arXiv 2402.11359, Algorithm 1): from functions and histories to an update."""

from __future__ import annotations

from agentopt_core.actions import Refusal, Update, Withdrawn
from agentopt_core.chat import ChatRequest, Purpose
from agentopt_core.config import OptimizerConfig
from agentopt_core.errors import ConfigError, RequestRefused
from agentopt_core.events import OptimizerAsked, ProposalRefused, StepStarted
from agentopt_core.functions import FunctionSet
from agentopt_core.optimizer.choosing import SolvedElsewhere
from agentopt_core.optimizer.conversation import conversation_tokens, feedback, request_text, request_tokens
from agentopt_core.optimizer.digest import MAX_REGENERATED, Situation, user_message
from agentopt_core.optimizer.parts import WHOLE, Part
from agentopt_core.optimizer.reading import read_reply_in_sandbox
from agentopt_core.optimizer.replies import EDIT_TOOLS
from agentopt_core.optimizer.step_state import StepState
from agentopt_core.optimizer.tools import REGENERATE_TOOLS, edit_tools, written_tools
from agentopt_core.prompts import PromptBook
from agentopt_core.rollouts import Evaluation
from agentopt_core.sandbox import usable_distributions
from agentopt_core.seams import ChatModel, EventSink, Sandbox
from agentopt_core.seen import CauseCount, pack
from agentopt_core.words import JsonObject

_LEAST_FOR_PARTS = 250
"""Estimated tokens that must be left for functions and histories beside the fixed texts."""
_CONVERSATION_SHARE = 4
"""A quarter of the budget, at most, goes to the conversation about refused proposals."""


class AgentOptimizer:
    """Asks a language model for actions, one request after the other, and keeps those that hold.

    Every proposal is validated and tried out in the sandbox before it counts; what is wrong goes back in the same
    conversation. No request exceeds `config.prompt_tokens` estimated tokens. Gold answers and the graders' reasons are
    never part of a request: of the scores it holds only right or wrong.

    `packages` are the distributions functions may import; what they require themselves is usable too.
    `max_functions`: functions the set may have; None: no cap. `elsewhere` finds rollouts that solved a task in
    another evaluation. Every request is reported as it is sent (`OptimizerAsked`).
    Raises: ConfigError when the prompt texts alone do not fit the budget.
    """

    def __init__(
        self,
        model: ChatModel,
        sandbox: Sandbox,
        config: OptimizerConfig,
        prompts: PromptBook,
        sink: EventSink,
        packages: tuple[str, ...],
        max_functions: int | None = None,
        elsewhere: SolvedElsewhere | None = None,
    ) -> None:
        self._model = model
        self._sandbox = sandbox
        self._config = config
        self._prompts = prompts
        self._sink = sink
        self._packages = packages
        self._max_functions = max_functions
        self._elsewhere = elsewhere
        self._tool_names = EDIT_TOOLS if config.progressive else REGENERATE_TOOLS
        self._tools = edit_tools(prompts, self._tool_names)
        self._prompt = "optimizer_step" if config.progressive else "optimizer_regenerate"
        self._check_budget()

    async def step(self, step: int, accepted: Evaluation, failure_record: tuple[Withdrawn, ...]) -> Update:
        """Up to `max_actions` actions on the accepted set, in the light of its histories.

        A refused proposal is tried again up to `retries` times, then given up; it stays visible in the update and as
        an event. The step ends when the actions are used up, at TERMINATE, or when the model proposes nothing.
        Raises: what `ChatModel.complete` raises, but for RequestRefused, which is a failed try; InfrastructureFault.
        """
        return await self.propose(step, accepted, failure_record, WHOLE)

    async def propose(
        self, step: int, accepted: Evaluation, failure_record: tuple[Withdrawn, ...], part: Part
    ) -> Update:
        """The same in the light of a part of the histories. Only the first part reports that the step has begun."""
        state = StepState(
            functions=accepted.functions if self._config.progressive else FunctionSet(),
            room=self._config.max_actions if self._config.progressive else MAX_REGENERATED,
            retries=self._config.retries,
            budget=self._config.prompt_tokens,
            progressive=self._config.progressive,
        )
        number = 0
        while state.ended is None:
            request, causes = self._request(step, state, accepted, failure_record, part)
            tokens = request_tokens(request)
            number += 1
            if number == 1 and part.number <= 1:
                self._sink.emit(StepStarted(step=step, accepted_evaluation=accepted.index, prompt_tokens=tokens))
            self._sink.emit(
                OptimizerAsked(
                    step=step,
                    part=part.number,
                    request=number,
                    tokens=tokens,
                    budget=state.budget,
                    causes=causes,
                    packed=pack(request_text(request)),
                )
            )
            known = len(state.refusals)
            state = await self._ask(request, state)
            for refusal in state.refusals[known:]:
                self._sink.emit(ProposalRefused(step=step, refusal=refusal))
        return state.update()

    async def _ask(self, request: ChatRequest, state: StepState) -> StepState:
        """The state after one request."""
        try:
            reply = await self._model.complete(request)
        except RequestRefused as error:
            return state.after_refused_request(
                Refusal(op="", name="", code="request_refused", reason=str(error), attempt=1)
            )
        reading = await read_reply_in_sandbox(
            reply.message,
            reply.finish_reason,
            state.functions,
            self._packages,
            self._sandbox,
            room=state.left,
            tools=self._tool_names,
            max_functions=self._max_functions,
        )
        return state.after(reading)

    def _request(
        self, step: int, state: StepState, accepted: Evaluation, failure_record: tuple[Withdrawn, ...], part: Part
    ) -> tuple[ChatRequest, tuple[CauseCount, ...]]:
        """The prompt for the next action, and what its histories hold.

        The conversation about refusals comes first, the digest gets the rest.
        """
        opening = self._opening()
        budget = max(state.budget, self._least_budget())
        room = budget - request_tokens(self._as_request(step, [*opening, {"role": "user", "content": ""}]))
        exchanges = feedback(state.open_readings, self._prompts, min(room // 2, budget // _CONVERSATION_SHARE))
        situation = Situation(
            accepted=accepted,
            functions=state.functions,
            actions=state.actions,
            left=state.left,
            failure_record=failure_record,
            max_functions=self._max_functions,
            read=part.read,
            elsewhere=self._elsewhere,
        )
        said = user_message(situation, self._prompts, self._prompt, room - conversation_tokens(exchanges))
        return self._as_request(step, [*opening, {"role": "user", "content": said.text}, *exchanges]), said.causes

    def _as_request(self, step: int, messages: list[JsonObject]) -> ChatRequest:
        tools = self._tools if self._config.tool_calling else ()
        return ChatRequest(purpose=Purpose(role="optimizer", step=step), messages=tuple(messages), tools=tools)

    def _opening(self) -> list[JsonObject]:
        usable = ", ".join(sorted(usable_distributions(self._packages))) or "nothing else"
        text = self._prompts.fill("optimizer_system", packages=usable)
        if not self._config.tool_calling:
            text += "\n\n" + self._prompts.fill("optimizer_written_calls", tools=written_tools(self._tools))
        return [{"role": "system", "content": text}]

    def _least_budget(self) -> int:
        """Estimated tokens of the fixed texts and of the least that must be shown beside them."""
        fixed = self._as_request(0, [*self._opening(), {"role": "user", "content": self._prompts.fill(self._prompt)}])
        return request_tokens(fixed) + _LEAST_FOR_PARTS

    def _check_budget(self) -> None:
        least = self._least_budget()
        if self._config.prompt_tokens < least:
            raise ConfigError(
                f"The optimizer's prompt may have {self._config.prompt_tokens:,} tokens, but its texts alone need "
                f"{least:,}.",
                f"Set optimizer.prompt_tokens to {least:,} or more, or shorten the optimizer's prompts.",
            )
