"""The models of a run: one budget over all roles, opened from its configuration."""

import asyncio

import pytest

from agentopt_core.chat import ChatRequest, Purpose
from agentopt_core.config import AgentConfig, Budget, Endpoint, GraderConfig, OptimizerConfig, RunConfig
from agentopt_core.errors import BudgetExhausted, ConfigError, EndpointSetupError, InfrastructureFault
from agentopt_core.events import RequestFinished
from agentopt_core.llm import open_models
from agentopt_core.rollouts import Usage
from agentopt_core.testing import ListSink
from tests.servers import OpenAIServer, raw, reply

HELLO = ({"role": "user", "content": "hello"},)
ASK_AGENT = ChatRequest(purpose=Purpose(role="agent"), messages=HELLO)
ASK_OPTIMIZER = ChatRequest(purpose=Purpose(role="optimizer"), messages=HELLO)


def config(agent: Endpoint, optimizer: Endpoint | None = None, **settings) -> RunConfig:
    return RunConfig(
        agent=AgentConfig(endpoint=agent), optimizer=OptimizerConfig(endpoint=optimizer or agent), **settings
    )


def at(base_url: str | None, model: str = "test-model", **settings) -> Endpoint:
    return Endpoint(kind="openai", model=model, base_url=base_url, **settings)


def run(settings: RunConfig, work, environ=None, spent=None):
    async def session():
        sink = ListSink()
        models = open_models(settings, sink, environ or {}, spent)
        try:
            await work(models)
        finally:
            await models.close()
        return models, [event for event in sink.events if isinstance(event, RequestFinished)]

    return asyncio.run(session())


async def ask_both(models):
    await models.agent.complete(ASK_AGENT)
    await models.optimizer.complete(ASK_OPTIMIZER)


def test_each_role_has_its_own_endpoint_model_and_key_and_one_meter_counts_both():
    with OpenAIServer(key="key-of-the-agent") as first, OpenAIServer(key="key-of-the-optimizer") as second:
        settings = config(
            at(first.base_url, "small", api_key_env="FIRST"), at(second.base_url, "large", api_key_env="SECOND"), seed=5
        )
        environ = {"FIRST": "key-of-the-agent", "SECOND": "key-of-the-optimizer"}
        models, finished = run(settings, ask_both, environ, Usage(requests=3, prompt_tokens=7))
    assert (first.bodies[0]["model"], second.bodies[0]["model"]) == ("small", "large")
    assert (first.bodies[0]["seed"], second.bodies[0]["seed"]) == (5, 5)
    assert [event.purpose.role for event in finished] == ["agent", "optimizer"]
    assert (models.meter.spent.requests, models.meter.spent.prompt_tokens) == (5, 207)


def test_a_judge_has_its_own_endpoint_and_key_and_is_on_the_same_meter():
    async def work(models):
        await models.agent.complete(ASK_AGENT)
        await models.judge.complete(ChatRequest(purpose=Purpose(role="judge"), messages=HELLO))

    with OpenAIServer() as first, OpenAIServer(key="key-of-the-judge") as second:
        grader = GraderConfig(kind="judge", judge=at(second.base_url, "wise", api_key_env="THIRD", temperature=0))
        models, finished = run(config(at(first.base_url), grader=grader), work, {"THIRD": "key-of-the-judge"})
    assert (second.bodies[0]["model"], second.bodies[0]["temperature"]) == ("wise", 0)
    assert [event.purpose.role for event in finished] == ["agent", "judge"]
    assert models.meter.spent.requests == 2


def test_without_a_judge_in_the_configuration_none_is_opened():
    async def work(models):
        assert models.judge is None

    run(config(at("http://127.0.0.1:9/v1")), work)


def test_a_limit_in_usd_needs_a_judge_with_a_known_price():
    grader = GraderConfig(kind="judge", judge=at("http://127.0.0.1:9/v1", "unpriced"))
    with pytest.raises(ConfigError, match="judge's model 'unpriced'"):
        run(config(at(None, "gpt-4o"), grader=grader, budget=Budget(usd=1)), ask_both, {"OPENAI_API_KEY": "k"})


def test_the_budget_is_over_both_roles():
    async def work(models):
        await models.agent.complete(ASK_AGENT)
        with pytest.raises(BudgetExhausted):
            await models.optimizer.complete(ASK_OPTIMIZER)

    with OpenAIServer() as server:
        run(config(at(server.base_url), budget=Budget(requests=1)), work)
    assert len(server.requests) == 1


def test_roles_at_one_address_share_what_may_be_in_flight():
    async def work(models):
        await asyncio.gather(*[ask_both(models) for _ in range(6)])

    with OpenAIServer(together=3) as server:
        run(config(at(server.base_url, "small"), at(server.base_url, "large"), concurrency=3), work)
    assert server.most_in_flight == 3


def test_an_endpoint_that_worked_for_one_role_is_down_and_not_wrong_for_the_other():
    async def work(models):
        await models.agent.complete(ASK_AGENT)
        with pytest.raises(InfrastructureFault):
            await models.optimizer.complete(ASK_OPTIMIZER)

    with OpenAIServer([reply(), raw("<html>")]) as server:
        run(config(at(server.base_url, "small"), at(server.base_url, "large")), work)


def test_a_limit_in_usd_needs_models_with_a_known_price():
    with pytest.raises(ConfigError) as refusal:
        run(config(at("http://127.0.0.1:9/v1"), budget=Budget(usd=1.0)), ask_both)
    assert "test-model" in refusal.value.message
    assert "tokens or requests" in refusal.value.hint


def test_a_limit_in_usd_works_with_a_known_price():
    async def work(models):
        with pytest.raises(BudgetExhausted):
            await models.agent.complete(ASK_AGENT)

    settings = config(at("http://127.0.0.1:9/v1", "gpt-4o"), budget=Budget(usd=0.001))
    run(settings, work)


def test_no_address_and_no_key_is_said_before_anything_is_sent():
    with pytest.raises(EndpointSetupError) as refusal:
        run(config(at(None)), ask_both)
    assert "OPENAI_API_KEY" in str(refusal.value)


def test_the_demo_model_answers_offline_and_costs_exactly_nothing():
    settings = config(Endpoint(demo_latency_ms=0), budget=Budget(usd=0.01))
    models, finished = run(settings, ask_both)
    assert models.meter.spent.requests == 2
    assert models.meter.spent.prompt_tokens > 0
    assert [event.usage.cost_usd for event in finished] == [0.0, 0.0]
