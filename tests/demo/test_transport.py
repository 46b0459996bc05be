"""The demo model speaks the chat completions API."""

import asyncio
import json

import httpx2
import openai
import pytest

from agentopt_core.llm.demo import FAULTS, DemoTransport, Fault

from .requests import BASE_TOOLS

BODY = {
    "model": "demo",
    "messages": [{"role": "user", "content": "What is the sum of the decimal digits of 4^4?"}],
    "tools": BASE_TOOLS,
}


def client_over(transport: DemoTransport) -> openai.AsyncOpenAI:
    http = httpx2.AsyncClient(transport=transport)
    return openai.AsyncOpenAI(api_key="k", base_url="http://demo.invalid/v1", http_client=http, max_retries=0)


def raw(*bodies: object, seed: int = 0, latency_ms: float = 0) -> list[bytes]:
    async def send() -> list[bytes]:
        async with httpx2.AsyncClient(transport=DemoTransport(seed, latency_ms)) as http:
            replies = [await http.post("http://demo.invalid/v1/chat/completions", json=body) for body in bodies]
            return [reply.content for reply in replies]

    return asyncio.run(send())


def chat(transport: DemoTransport, model: str = "demo", times: int = 1) -> list[object]:
    """What the openai client gets: a completion, or the error it raises."""

    async def send() -> list[object]:
        client, got = client_over(transport), []
        for _ in range(times):
            try:
                got.append(await client.chat.completions.create(**{**BODY, "model": model}))  # type: ignore[call-overload]
            except openai.OpenAIError as error:
                got.append(error)
        return got

    return asyncio.run(send())


def test_the_openai_client_reads_its_replies() -> None:
    (reply,) = chat(DemoTransport())
    assert reply.id.startswith("chatcmpl-")
    assert reply.choices[0].finish_reason == "tool_calls"
    assert json.loads(reply.choices[0].message.tool_calls[0].function.arguments) == {"answer": "13"}
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens > 0


def test_it_lists_one_model() -> None:
    async def models() -> list[str]:
        return [model.id async for model in client_over(DemoTransport()).models.list()]

    assert asyncio.run(models()) == ["demo"]


def test_a_reply_depends_on_seed_and_request_alone() -> None:
    other = {**BODY, "messages": [{"role": "user", "content": "Find 23^187 mod 1009."}]}
    first, second, again = raw(BODY, other, BODY)
    assert first == again
    assert [second, first] == raw(other, BODY)
    assert len({raw(other, seed=seed)[0] for seed in range(5)}) == 5


def test_an_unknown_model_is_not_found() -> None:
    (error,) = chat(DemoTransport(), "gpt-9")
    assert isinstance(error, openai.NotFoundError)
    assert error.code == "model_not_found"


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("demo-401", openai.AuthenticationError),
        ("demo-404", openai.NotFoundError),
        ("demo-429", openai.RateLimitError),
        ("demo-quota", openai.RateLimitError),
        ("demo-500", openai.InternalServerError),
        ("demo-503", openai.InternalServerError),
        ("demo-too-long", openai.BadRequestError),
        ("demo-timeout", openai.APITimeoutError),
        ("demo-down", openai.APIConnectionError),
    ],
)
def test_a_model_that_is_named_for_a_fault_fails_that_way(model: str, kind: type[Exception]) -> None:
    (error,) = chat(DemoTransport(), model)
    assert isinstance(error, kind)


def test_an_endpoint_that_answers_with_a_web_page_can_be_played() -> None:
    (reply,) = raw({**BODY, "model": "demo-no-json"})
    assert reply.startswith(b"<html>")


def test_scripted_faults_are_used_up_one_per_request() -> None:
    first, second, third = chat(DemoTransport(faults=[FAULTS["demo-429"], None]), times=3)
    assert isinstance(first, openai.RateLimitError)
    assert first.response.headers["Retry-After"] == "0.05"
    assert second == third


@pytest.mark.parametrize(
    "body", [[], {"model": "demo"}, {"model": "demo", "messages": "hello"}, {**BODY, "stream": True}]
)
def test_a_body_that_is_no_chat_request_is_refused(body: object) -> None:
    assert "error" in json.loads(raw(body)[0])


def test_replies_wait_for_the_latency_that_was_asked_for() -> None:
    async def first_to_finish() -> str:
        slow = asyncio.create_task(client_over(DemoTransport(latency_ms=60_000)).chat.completions.create(**BODY))  # type: ignore[call-overload]
        quick = asyncio.create_task(client_over(DemoTransport()).chat.completions.create(**BODY))  # type: ignore[call-overload]
        done, waiting = await asyncio.wait({slow, quick}, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        return "quick" if done == {quick} else "slow"

    assert asyncio.run(first_to_finish()) == "quick"


def test_a_fault_can_be_written_as_wanted() -> None:
    (error,) = chat(DemoTransport(faults=[Fault(418, "I am a teapot.")]))
    assert isinstance(error, openai.APIStatusError)
    assert (error.status_code, error.body["message"]) == (418, "I am a teapot.")  # type: ignore[index]
