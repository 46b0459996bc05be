"""Parameters a model refuses are left out after the first refusal that names them."""

import json

import pytest

from agentopt_core.errors import RequestRefused
from tests.llm.helpers import WITH_TOOL, ask
from tests.servers import OpenAIServer, error, raw, reply

SETTINGS = {"temperature": 0.5, "max_tokens": 64}


def refusing(*names, say):
    """A server that refuses the first of these parameters it finds in a request."""

    def answer(seen):
        found = next((name for name in names if name in seen.body), None)
        return say(found) if found else reply()

    return answer


def openai_style(name):
    return error(400, f"Unsupported parameter: '{name}' is not supported with this model.", param=name)


def without_param(name):
    return error(400, f"property '{name}' is unsupported")


def google_style(name):
    return raw(json.dumps([{"error": {"code": 400, "message": f'Unknown name "{name}": Cannot find field.'}}]), 400)


def fastapi_style(name):
    fault = {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"}
    return raw(json.dumps({"detail": [{**fault, "input": {"seed": 0, "temperature": 0.5}}]}), 422)


@pytest.mark.parametrize("say", [openai_style, without_param, google_style, fastapi_style])
@pytest.mark.parametrize("name", ["temperature", "parallel_tool_calls", "seed", "tool_choice"])
def test_a_refused_parameter_is_left_out_from_then_on_and_said_once(name, say):
    with OpenAIServer(refusing(name, say=say)) as server:
        outcomes, client = ask(server.base_url, WITH_TOOL, times=2, **SETTINGS)
    assert [outcome.message["content"] for outcome in outcomes] == ["hello", "hello"]
    assert [name in body for body in server.bodies] == [True, False, False]
    assert len(client.warnings) == 1
    assert f"'{name}'" in client.warnings[0]
    assert client.pauses == []
    assert [event.attempts for event in client.finished] == [2, 1]


def test_max_tokens_goes_by_its_newer_name_where_the_older_is_refused():
    def say(name):
        return error(400, f"Unsupported parameter: '{name}'. Use 'max_completion_tokens' instead.", param=name)

    with OpenAIServer(refusing("max_tokens", say=say)) as server:
        ask(server.base_url, **SETTINGS)
    assert server.bodies[-1]["max_completion_tokens"] == 64
    assert "max_tokens" not in server.bodies[-1]


def test_a_length_that_goes_by_neither_name_is_left_out():
    with OpenAIServer(refusing("max_tokens", "max_completion_tokens", say=openai_style)) as server:
        answer, _ = ask(server.base_url, **SETTINGS)
    assert answer.message["content"] == "hello"
    assert not {"max_tokens", "max_completion_tokens"} & set(server.bodies[-1])


def test_a_model_that_refuses_everything_optional_still_answers():
    everything = ("temperature", "max_tokens", "max_completion_tokens", "parallel_tool_calls", "seed", "tool_choice")
    with OpenAIServer(refusing(*everything, say=openai_style)) as server:
        answer, _ = ask(server.base_url, WITH_TOOL, **SETTINGS)
    assert answer.message["content"] == "hello"
    assert set(server.bodies[-1]) == {"model", "messages", "tools"}
    assert answer.attempts == 7


def test_a_refusal_that_names_no_parameter_is_no_reason_to_drop_one():
    body = {"message": "messages must alternate", "type": "error", "input": {"temperature": 0.5, "seed": 0}}
    with OpenAIServer([raw(json.dumps({"error": body}), 400)]) as server:
        fault, client = ask(server.base_url, **SETTINGS)
    assert isinstance(fault, RequestRefused)
    assert len(server.requests) == 1
    assert client.warnings == []


def test_a_request_that_is_too_long_loses_no_parameter():
    words = "'max_tokens' is too large: this model's maximum context length is 4096 tokens"
    with OpenAIServer([error(400, words, param="max_tokens")]) as server:
        fault, client = ask(server.base_url, **SETTINGS)
    assert isinstance(fault, RequestRefused)
    assert client.warnings == []
