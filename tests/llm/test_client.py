"""The promise of a chat model, kept over real HTTP."""

import asyncio
import gzip
import json

import pytest

from agentopt_core.config import Budget
from agentopt_core.errors import BudgetExhausted, EndpointSetupError, InfrastructureFault, RequestRefused
from agentopt_core.llm.client import EndpointMemory
from agentopt_core.llm.connection import MAX_REPLY_BYTES
from agentopt_core.rollouts import Usage
from tests.llm.helpers import KEY, QUESTION, WITH_TOOL, ask, outcome_of, using
from tests.servers import OpenAIServer, closing, error, held, raw, reply, tool_call

NOWHERE = "http://127.0.0.1:9/v1"


def test_a_reply_comes_back_as_the_model_wrote_it_with_its_usage_and_price():
    with OpenAIServer([tool_call("double", '{"x": 2}')]) as server:
        answer, client = ask(server.base_url, model="gpt-4o-mini")
    assert answer.message["tool_calls"][0]["function"] == {"name": "double", "arguments": '{"x": 2}'}
    assert (answer.finish_reason, answer.model, answer.attempts) == ("tool_calls", "test-model-2026", 1)
    assert (answer.usage.requests, answer.usage.prompt_tokens, answer.usage.completion_tokens) == (1, 100, 10)
    assert answer.usage.cost_usd == pytest.approx(100 * 0.15e-6 + 10 * 0.6e-6)
    assert client.meter.spent == answer.usage


def test_a_request_carries_the_settings_of_the_endpoint_and_the_seed_of_the_run():
    with OpenAIServer() as server:
        ask(server.base_url, WITH_TOOL, temperature=0.5, max_tokens=64, seed=7)
    assert server.bodies[0] == {
        "model": "test-model",
        "messages": [{"role": "user", "content": "2 + 2?"}],
        "tools": list(WITH_TOOL.tools),
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "temperature": 0.5,
        "max_tokens": 64,
        "seed": 7,
    }
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_tool_is_forced_by_its_name():
    with OpenAIServer() as server:
        ask(server.base_url, WITH_TOOL.with_(tool_choice="double"))
    assert server.bodies[0]["tool_choice"] == {"type": "function", "function": {"name": "double"}}


def test_half_characters_in_a_message_do_not_stop_a_request():
    request = QUESTION.with_(messages=({"role": "user", "content": "half \ud800 character"},))
    with OpenAIServer() as server:
        answer, _ = ask(server.base_url, request)
    assert answer.message["content"] == "hello"
    assert server.bodies[0]["messages"][0]["content"] == "half ? character"


@pytest.mark.parametrize(
    "fault", [error(500), error(503), error(429), error(408), error(409), closing(), raw("<html>"), raw('{"id": 1}')]
)
def test_a_passing_fault_is_tried_again_and_counted(fault):
    with OpenAIServer([fault, fault, reply()]) as server:
        answer, client = ask(server.base_url)
    assert answer.message["content"] == "hello"
    assert answer.attempts == 3
    assert answer.usage.requests == 3
    assert client.pauses == [0.5, 1.0]
    assert [(event.attempts, event.error) for event in client.finished] == [(3, "")]


def test_an_endpoint_is_given_the_seconds_it_asks_for():
    with OpenAIServer([error(429, headers={"Retry-After": "7"}), reply()]) as server:
        _, client = ask(server.base_url)
    assert client.pauses == [pytest.approx(7.7)]


def test_an_endpoint_is_given_time_until_the_date_it_names():
    with OpenAIServer([error(503, headers={"Retry-After": "Thu, 01 Jan 1970 00:01:40 GMT"}), reply()]) as server:
        _, client = ask(server.base_url, now=lambda: 90.0)
    assert client.pauses == [pytest.approx(11.0)]


def test_an_endpoint_that_asks_for_an_hour_is_given_up_at_once():
    with OpenAIServer([error(429, headers={"Retry-After": "3600"})]) as server:
        fault, client = ask(server.base_url)
    assert isinstance(fault, InfrastructureFault)
    assert "limits the rate" in fault.message
    assert client.pauses == []


def test_an_endpoint_that_stays_down_is_an_infrastructure_fault_after_bounded_tries():
    with OpenAIServer([error(500, "out of order")]) as server:
        fault, client = ask(server.base_url)
    assert isinstance(fault, InfrastructureFault)
    assert "out of order" in fault.message
    assert len(server.requests) == 8
    assert len(client.pauses) == 7
    assert sum(client.pauses) < 120
    assert [(event.attempts, event.error) for event in client.finished] == [(8, str(fault))]


def test_a_slow_attempt_is_cut_and_counted_as_if_it_had_cost_something():
    with OpenAIServer([held(), reply()]) as server:
        answer, client = ask(server.base_url, timeout_s=0.3, model="gpt-4o-mini")
    assert answer.attempts == 2
    assert answer.usage.requests == 2
    assert answer.usage.prompt_tokens > 100
    assert answer.usage.cost_usd > 100 * 0.15e-6 + 10 * 0.6e-6
    assert client.finished[0].usage == answer.usage == client.meter.spent


def test_an_endpoint_that_never_answers_in_time_is_an_infrastructure_fault():
    with OpenAIServer([held()]) as server:
        fault, _ = ask(server.base_url, timeout_s=0.1)
    assert isinstance(fault, InfrastructureFault)
    assert "within 0.1 s; tried 3 times" in fault.message


def test_a_refusal_costs_a_request_and_no_tokens():
    with OpenAIServer([error(400, "no")]) as server:
        _, client = ask(server.base_url, model="gpt-4o-mini")
    assert client.finished[0].usage == Usage(requests=1, cost_usd=0.0)


def test_what_never_reached_an_endpoint_costs_nothing():
    _, client = ask(NOWHERE)
    assert client.finished[0].usage == Usage()
    assert client.finished[0].attempts == 3


def test_where_nothing_ever_answered_the_address_is_wrong():
    fault, _ = ask(NOWHERE)
    assert isinstance(fault, EndpointSetupError)
    assert fault.message.startswith("Nothing answers at http://127.0.0.1:9/v1")
    assert "Start the server" in fault.hint


def test_where_somebody_answered_before_the_endpoint_is_down():
    memory = EndpointMemory(worked=True)
    fault, client = ask(NOWHERE, memory=memory)
    assert isinstance(fault, InfrastructureFault)
    assert client.finished[0].attempts == 8


def test_a_name_that_no_one_resolves_is_a_wrong_address():
    fault, _ = ask("http://no-such-host.invalid/v1")
    assert isinstance(fault, EndpointSetupError)
    assert "no-such-host.invalid" in fault.message


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (error(401, "bad key"), EndpointSetupError, "refuses the API key from OPENAI_API_KEY"),
        (error(403, "no access"), EndpointSetupError, "refuses the API key from OPENAI_API_KEY"),
        (error(402, "pay first"), EndpointSetupError, "no credit left"),
        (error(429, "quota", code="insufficient_quota"), EndpointSetupError, "no credit left"),
        (error(404, "The model `m` does not exist", code="model_not_found"), EndpointSetupError, "has no model"),
        (error(400, "m is not a valid model ID"), EndpointSetupError, "has no model"),
        (error(404, "not found"), EndpointSetupError, "/chat/completions"),
        (error(405, "GET only"), EndpointSetupError, "not as an OpenAI-compatible endpoint"),
        (raw("", 308, Location="https://new.example/v1"), EndpointSetupError, "https://new.example/v1"),
        (error(400, "test-model does not support tools"), EndpointSetupError, "cannot call functions"),
        (
            error(400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
            EndpointSetupError,
            "cannot call functions",
        ),
        (error(400, "maximum context length is 8192 tokens", param="messages"), RequestRefused, "too long"),
        (error(413, "Payload Too Large"), RequestRefused, "too long"),
        (error(400, "flagged", code="content_filter"), RequestRefused, "for its content"),
        (error(403, "flagged by moderation"), RequestRefused, "for its content"),
        (error(422, "messages: too strange"), RequestRefused, "refuses the request"),
        (raw('{"error": {"code": 400, "message": "too strange"}}'), RequestRefused, "too strange"),
    ],
)
def test_what_trying_again_cannot_mend_is_said_at_once(answer, kind, words):
    with OpenAIServer([answer]) as server:
        fault, client = ask(server.base_url, WITH_TOOL)
    assert type(fault) is kind
    assert words in fault.message
    assert fault.hint
    assert len(server.requests) == 1
    assert [event.error for event in client.finished] == [str(fault)]


def test_a_missing_key_is_named_by_its_variable():
    with OpenAIServer(key="sk-the-right-one") as server:
        fault, _ = ask(server.base_url, api_key=None, api_key_env="LAB_KEY")
    assert isinstance(fault, EndpointSetupError)
    assert "LAB_KEY is not set" in fault.message
    assert "export LAB_KEY" in fault.hint


@pytest.mark.parametrize("page", [raw("<!DOCTYPE html><p>Welcome", content_type="text/html"), raw('{"ok": true}')])
def test_a_web_server_that_is_no_model_is_told_from_a_model_that_fails(page):
    with OpenAIServer([page]) as server:
        stranger, _ = ask(server.base_url)
        fault, _ = ask(server.base_url, memory=EndpointMemory(worked=True))
    assert isinstance(stranger, EndpointSetupError)
    assert "not as an OpenAI-compatible endpoint" in stranger.message
    assert isinstance(fault, InfrastructureFault)


@pytest.mark.parametrize(
    "nonsense",
    [
        raw(b"\xff\xfe\x00"),
        raw("null"),
        raw('{"choices": []}'),
        raw('{"choices": [{"message": "hello"}]}'),
        raw('{"choices": [{"message": {"content": NaN}}]}'),
        raw('{"choices": [{"message": {"content": ' + "[" * 50_000 + "]" * 50_000 + "}}]}"),
        raw('{"choices": [{"message": {"content": ' + "[" * 500 + "]" * 500 + "}}]}"),
        raw("x" * (MAX_REPLY_BYTES + 1)),
        raw(gzip.compress(b" " * (MAX_REPLY_BYTES + 1)), Content_Encoding="gzip"),
    ],
)
def test_a_reply_that_is_none_is_tried_three_times_and_then_a_fault(nonsense):
    with OpenAIServer([nonsense]) as server:
        fault, client = ask(server.base_url, memory=EndpointMemory(worked=True))
    assert isinstance(fault, InfrastructureFault)
    assert client.finished[0].attempts == 3


def test_a_packed_reply_is_unpacked():
    body = json.dumps({"choices": [{"message": {"role": "assistant", "content": "packed"}}]})
    with OpenAIServer([raw(gzip.compress(body.encode()), Content_Encoding="gzip")]) as server:
        answer, _ = ask(server.base_url)
    assert answer.message["content"] == "packed"


def test_a_reply_without_usage_is_counted_by_estimate_and_said_once():
    with OpenAIServer([reply("four " * 20, usage=None)]) as server:
        (first, second), client = ask(server.base_url, times=2, model="gpt-4o-mini")
    assert first.usage.completion_tokens >= 20
    assert first.usage.prompt_tokens > 0
    assert first.usage.cost_usd > 0
    assert second.usage == first.usage
    assert [warning for warning in client.warnings if "estimates" in warning] == client.warnings
    assert len(client.warnings) == 1


@pytest.mark.parametrize("tokens", [-1, 1e300, True, "many", None])
def test_a_usage_that_cannot_be_true_counts_as_none(tokens):
    with OpenAIServer([reply(usage={"prompt_tokens": tokens, "completion_tokens": 10})]) as server:
        answer, client = ask(server.base_url)
    assert 0 < answer.usage.prompt_tokens < 100
    assert answer.usage.completion_tokens == 10
    assert len(client.warnings) == 1


def test_as_many_requests_are_in_flight_as_configured_and_no_more():
    with OpenAIServer(together=5) as server:
        using(server.base_url, lambda client: asyncio.gather(*[outcome_of(client) for _ in range(20)]), concurrency=5)
    assert len(server.requests) == 20
    assert server.most_in_flight == 5


def test_too_many_requests_lower_what_is_in_flight_and_answers_raise_it_again():
    async def work(client):
        limits = []
        for _ in range(40):
            await client.model.complete(QUESTION)
            limits.append(client.limiter.limit)
        return limits

    with OpenAIServer([error(429), reply()]) as server:
        limits, _ = using(server.base_url, work, concurrency=8)
    assert (limits[0], limits[-1]) == (4, 8)


def test_a_proxy_is_not_asked_for_a_server_on_this_machine(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", NOWHERE)
    with OpenAIServer() as server:
        answer, _ = ask(server.base_url)
    assert answer.message["content"] == "hello"


def test_a_cancelled_request_is_reported_and_counted_by_estimate():
    async def work(client):
        asking = asyncio.create_task(client.model.complete(QUESTION))
        await asyncio.to_thread(server.wait_for, 1)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)

    with OpenAIServer([held()]) as server:
        _, client = using(server.base_url, work)
    assert [(event.error, event.usage.requests) for event in client.finished] == [("cancelled", 1)]
    assert client.meter.spent.prompt_tokens > 0
    assert client.meter.in_flight == Usage()
    assert client.limiter.in_flight == 0


def test_the_budget_of_requests_counts_those_in_flight_and_every_attempt():
    async def work(client):
        return await asyncio.gather(*[outcome_of(client) for _ in range(8)])

    with OpenAIServer([error(500), reply()]) as server:
        outcomes, client = using(server.base_url, work, budget=Budget(requests=4))
    assert len(server.requests) == 4
    assert sum(isinstance(outcome, BudgetExhausted) for outcome in outcomes) == 5
    assert client.meter.spent.requests == 4
    assert sum(event.usage.requests for event in client.finished) == 4


def test_a_request_that_may_not_begin_is_no_request():
    with OpenAIServer() as server:
        outcome, client = ask(server.base_url, budget=Budget(tokens=3))
    assert isinstance(outcome, BudgetExhausted)
    assert outcome.hint
    assert server.requests == []
    assert client.finished == []
