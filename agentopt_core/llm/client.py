"""A language model behind an OpenAI-compatible endpoint: one request in, one reply out, with the only retry layer.

How cost is counted: every attempt that reached the endpoint is a request. A refusal (any HTTP status but 2xx) uses no
tokens. An attempt that broke off or timed out may be on the bill, so it counts with the estimated tokens of its prompt
and the mean length of replies so far. A reply that tells no usage counts with the estimate of its own text, and the run
is warned once. Cost is list price times these tokens; with an unknown price it is unknown, never zero.
"""

from __future__ import annotations

import asyncio
import random as random_module
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx2

from agentopt_core.chat import ChatReply, ChatRequest
from agentopt_core.config import Endpoint
from agentopt_core.errors import AgentOptError
from agentopt_core.events import RequestFinished, Warned
from agentopt_core.llm.access import DEMO_URL, OPENAI_URL, shown
from agentopt_core.llm.budget import BudgetMeter
from agentopt_core.llm.capabilities import Capabilities, refused_parameter
from agentopt_core.llm.connection import Connection
from agentopt_core.llm.explain import explain
from agentopt_core.llm.failures import Failure
from agentopt_core.llm.limits import ConcurrencyLimiter
from agentopt_core.llm.prices import cost_usd
from agentopt_core.llm.retries import RetryPolicy
from agentopt_core.llm.wire import Reply, compose, estimate, read_reply
from agentopt_core.rollouts import Usage
from agentopt_core.seams import EventSink
from agentopt_core.words import JsonObject

_FIRST_GUESS = 500
"""Completion tokens of a reply, as long as none has been seen."""


@dataclass
class EndpointMemory:
    """What is known of one address; roles that use the same address share it."""

    worked: bool = False
    """It has answered a request."""
    models: dict[str, Capabilities] = field(default_factory=dict)

    def capabilities(self, model: str) -> Capabilities:
        """What that model refuses."""
        return self.models.setdefault(model, Capabilities())


@dataclass
class _Tally:
    """What one request has taken so far."""

    attempts: int = 0
    usage: Usage = field(default_factory=Usage)
    began: float | None = None
    error: str = ""


class OpenAIChatModel:
    """Keeps the promise of `seams.ChatModel`. Make it inside the event loop that uses it, and close it there.

    Reports each request exactly once as `RequestFinished`, failed ones too, if an attempt was made.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        api_key: str | None,
        sink: EventSink,
        meter: BudgetMeter,
        limiter: ConcurrencyLimiter,
        *,
        seed: int = 0,
        transport: httpx2.AsyncBaseTransport | None = None,
        memory: EndpointMemory | None = None,
        policy: RetryPolicy | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        """`api_key` None: the server asks for none. `transport`: answers in the place of the network (the demo model).

        `sleep`, `clock` (seconds, monotonic), `now` (seconds since 1970) and `random` (0 to 1) are there for tests.
        """
        base_url = DEMO_URL if endpoint.is_demo else endpoint.base_url or OPENAI_URL
        self._endpoint = endpoint.with_(base_url=base_url)
        self._base_url = base_url
        self._has_key = api_key is not None
        self._sink = sink
        self._meter = meter
        self._limiter = limiter
        self._seed = seed
        self._memory = memory or EndpointMemory()
        self._capabilities = self._memory.capabilities(endpoint.model)
        self._policy = policy or RetryPolicy()
        self._sleep = sleep
        self._clock = clock
        self._random = random
        self._connection = Connection(base_url, api_key, endpoint.timeout_s, transport, now)
        self._replies = 0
        self._reply_tokens = 0
        self._warned_of_usage = False

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request, retries included; see `seams.ChatModel`."""
        tally = _Tally()
        try:
            reply = await self._answer(request, tally)
        except asyncio.CancelledError:
            tally.error = "cancelled"
            raise
        except AgentOptError as error:
            tally.error = str(error)
            raise
        finally:
            ms = self._ms_since(tally.began)
            if tally.attempts:
                self._sink.emit(
                    RequestFinished(
                        purpose=request.purpose,
                        model=self._endpoint.model,
                        usage=tally.usage,
                        ms=ms,
                        attempts=tally.attempts,
                        error=tally.error,
                    )
                )
        return reply.with_(usage=tally.usage, ms=ms, attempts=tally.attempts)

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.close()

    async def _answer(self, request: ChatRequest, tally: _Tally) -> ChatReply:
        wanted = compose(request, self._endpoint, self._seed)
        prompt_tokens = estimate(wanted["messages"], self._endpoint.model) + estimate(wanted.get("tools"))
        spent_s, tried = 0.0, 0
        while True:
            body = self._capabilities.adapt(wanted)
            outcome, took_s = await self._attempt(body, prompt_tokens, tally)
            if not isinstance(outcome, Failure):
                self._memory.worked = True
                return outcome
            if parameter := refused_parameter(outcome, body):
                self._leave_out(parameter)
                continue
            tried += 1
            spent_s += took_s
            pause_s = self._policy.pause_s(outcome, tried, spent_s, self._memory.worked, self._random)
            if pause_s is None:
                raise explain(outcome, self._endpoint, self._has_key, self._memory.worked, tried)
            await self._sleep(pause_s)
            spent_s += pause_s

    async def _attempt(self, body: JsonObject, prompt_tokens: int, tally: _Tally) -> tuple[ChatReply | Failure, float]:
        """One attempt and the seconds it took. Whatever happens, it is on the meter and the tally."""
        async with self._limiter.slot() as slot:
            with await self._meter.reserve(self._usage(prompt_tokens, self._longest_reply())) as reservation:
                began = self._clock()
                tally.began = began if tally.began is None else tally.began
                tally.attempts += 1
                used = self._usage(prompt_tokens, self._mean_reply())
                try:
                    outcome = await self._exchange(body, prompt_tokens)
                    used = outcome.usage if isinstance(outcome, ChatReply) else self._used_by(outcome, used)
                finally:
                    reservation.settle(used)
                    tally.usage += used
            if isinstance(outcome, ChatReply):
                slot.outcome = "answered"
            elif outcome.is_rate_limit:
                slot.outcome = "limited"
            return outcome, self._clock() - began

    async def _exchange(self, body: JsonObject, prompt_tokens: int) -> ChatReply | Failure:
        data = await self._connection.chat(body)
        reply = data if isinstance(data, Failure) else read_reply(data)
        if isinstance(reply, Failure):
            return reply
        return ChatReply(
            message=reply.message,
            finish_reason=reply.finish_reason,
            usage=self._told_usage(reply, prompt_tokens),
            model=reply.model,
        )

    def _told_usage(self, reply: Reply, prompt_tokens: int) -> Usage:
        if reply.prompt_tokens is None or reply.completion_tokens is None:
            self._warn_of_usage()
        told = reply.completion_tokens
        completion = told if told is not None else estimate(reply.message)
        prompt = reply.prompt_tokens if reply.prompt_tokens is not None else prompt_tokens
        self._replies += 1
        self._reply_tokens += completion
        return self._usage(prompt, completion, reply.cached_tokens)

    def _usage(self, prompt: int, completion: int, cached: int = 0) -> Usage:
        """One request's usage at this endpoint's price."""
        endpoint = self._endpoint
        cost = 0.0 if endpoint.is_demo else cost_usd(endpoint.model, prompt, completion, self._base_url, cached)
        return Usage(requests=1, prompt_tokens=prompt, completion_tokens=completion, cost_usd=cost)

    def _used_by(self, failure: Failure, estimated: Usage) -> Usage:
        if failure.may_have_cost:
            return estimated
        return self._usage(0, 0) if failure.reached else Usage()

    def _mean_reply(self) -> int:
        mean = -(-self._reply_tokens // self._replies) if self._replies else _FIRST_GUESS
        return min(mean, self._endpoint.max_tokens or mean)

    def _longest_reply(self) -> int:
        return self._endpoint.max_tokens or self._mean_reply()

    def _leave_out(self, parameter: str) -> None:
        if self._capabilities.learn(parameter):
            instead = "sent as 'max_completion_tokens'" if parameter == "max_tokens" else "left out"
            self._sink.emit(
                Warned(
                    message=f"The model '{self._endpoint.model}' does not take '{parameter}'; "
                    f"it is {instead} from now on."
                )
            )

    def _warn_of_usage(self) -> None:
        if not self._warned_of_usage:
            self._warned_of_usage = True
            self._sink.emit(
                Warned(
                    message=f"The endpoint {shown(self._base_url)} does not tell how many tokens its replies use; "
                    "tokens and cost of this run are estimates."
                )
            )

    def _ms_since(self, began: float | None) -> float:
        return 0.0 if began is None else 1000 * (self._clock() - began)
