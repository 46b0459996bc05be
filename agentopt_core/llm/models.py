"""The models of one run, with one budget over them."""

from __future__ import annotations

from collections.abc import Mapping

import httpx2

from agentopt_core.config import Endpoint, RunConfig
from agentopt_core.errors import ConfigError
from agentopt_core.llm.access import Access, resolve
from agentopt_core.llm.budget import BudgetMeter
from agentopt_core.llm.client import EndpointMemory, OpenAIChatModel
from agentopt_core.llm.limits import ConcurrencyLimiter
from agentopt_core.llm.prices import price_per_million
from agentopt_core.rollouts import Usage
from agentopt_core.seams import EventSink


class Models:
    """The agent's, the optimizer's and (where one is configured) the judge's model, and the meter over all."""

    def __init__(
        self, agent: OpenAIChatModel, optimizer: OpenAIChatModel, judge: OpenAIChatModel | None, meter: BudgetMeter
    ) -> None:
        self.agent = agent
        self.optimizer = optimizer
        self.judge = judge
        self.meter = meter

    async def close(self) -> None:
        """Close all connections."""
        await self.agent.close()
        await self.optimizer.close()
        if self.judge:
            await self.judge.close()


def open_models(config: RunConfig, sink: EventSink, environ: Mapping[str, str], spent: Usage | None = None) -> Models:
    """The models a run is configured for. Call it inside the event loop that uses them; nothing is sent yet.

    Roles that use the same address with the same key share its limit of requests in flight (the run's concurrency).
    `environ` holds the keys; `spent` is what the run used before, when it is resumed.

    Raises: EndpointSetupError for an address or key that cannot work, ConfigError for a USD limit that cannot be kept.
    """
    endpoints = {"agent": config.agent.endpoint, "optimizer": config.optimizer.endpoint}
    if config.grader.judge is not None:
        endpoints["judge"] = config.grader.judge
    accesses = {role: resolve(endpoint, environ) for role, endpoint in endpoints.items()}
    if config.budget.usd is not None:
        for role, endpoint in endpoints.items():
            _require_price(role, endpoint, accesses[role])
    meter = BudgetMeter(config.budget, spent)
    shared: dict[tuple[str, str | None], tuple[ConcurrencyLimiter, EndpointMemory]] = {}

    def open_model(role: str) -> OpenAIChatModel:
        endpoint, access = endpoints[role], accesses[role]
        limiter, memory = shared.setdefault(
            (access.base_url, access.api_key), (ConcurrencyLimiter(config.concurrency), EndpointMemory())
        )
        return OpenAIChatModel(
            endpoint.with_(base_url=access.base_url),
            access.api_key,
            sink,
            meter,
            limiter,
            seed=config.seed,
            transport=demo_transport(endpoint, config.seed),
            memory=memory,
        )

    judge = open_model("judge") if "judge" in endpoints else None
    return Models(open_model("agent"), open_model("optimizer"), judge, meter)


def demo_transport(endpoint: Endpoint, seed: int) -> httpx2.AsyncBaseTransport | None:
    """The demo model in the place of the network, or None for an endpoint that is reached over it."""
    if not endpoint.is_demo:
        return None
    from agentopt_core.llm.demo import DemoTransport  # loaded only where it plays

    return DemoTransport(seed=seed, latency_ms=endpoint.demo_latency_ms)


def _require_price(role: str, endpoint: Endpoint, access: Access) -> None:
    if not endpoint.is_demo and price_per_million(endpoint.model, access.base_url) is None:
        raise ConfigError(
            f"A limit in USD cannot be kept: the price of the {role}'s model '{endpoint.model}' is unknown.",
            "Limit tokens or requests instead.",
        )
