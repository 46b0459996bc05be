"""What an endpoint lacks for training is found by asking it, and each finding says what mends it."""

import asyncio

import pytest

from agentopt_core.config import DEMO_LABEL, Endpoint
from agentopt_core.llm.doctor import check_endpoint
from tests.servers import OpenAIServer, closing, error, raw, reply, tool_call

NAMES = ["Endpoint reachable", "API key", "Model", "Function calling", "Pictures", "Price"]
FUNCTION = {"name": "double", "code": "def double(x):\n    return 2 * x"}


def able(seen):
    """A model that calls functions and sees pictures."""
    return tool_call("add_function", FUNCTION) if "tools" in seen.body else reply("Red.")


def check(base_url, environ=None, **settings):
    endpoint = Endpoint(**{"kind": "openai", "model": "gpt-4o-mini", "base_url": base_url, **settings})
    checks = asyncio.run(check_endpoint(endpoint, environ or {}))
    assert [found.name for found in checks] == NAMES
    return {found.name: found for found in checks}


def states(checks):
    return [checks[name].state for name in NAMES]


def test_an_endpoint_that_can_do_everything_passes():
    with OpenAIServer(able, key="key-of-the-lab", models=["gpt-4o-mini"]) as server:
        checks = check(server.base_url, {"LAB_KEY": "key-of-the-lab"}, api_key_env="LAB_KEY")
    assert states(checks) == ["ok"] * 6
    assert "LAB_KEY" in checks["API key"].detail


def test_where_nothing_answers_the_rest_is_not_asked():
    checks = check("http://127.0.0.1:9/v1")
    assert states(checks) == ["failed", "skipped", "skipped", "skipped", "skipped", "ok"]
    assert "Nothing answers" in checks["Endpoint reachable"].detail
    assert "Start the server" in checks["Endpoint reachable"].hint


def test_a_server_that_cuts_connections_is_no_model():
    with OpenAIServer(models=closing()) as server:
        checks = check(server.base_url)
    assert checks["Endpoint reachable"].state == "failed"
    assert "cuts the connection" in checks["Endpoint reachable"].detail


def test_a_web_page_is_no_model():
    page = raw("<!DOCTYPE html>", content_type="text/html")
    with OpenAIServer([page], models=page) as server:
        checks = check(server.base_url)
    assert checks["Endpoint reachable"].state == "failed"
    assert "not as an OpenAI-compatible endpoint" in checks["Endpoint reachable"].detail


@pytest.mark.parametrize("environ", [{}, {"OPENAI_API_KEY": "sk-wrong-0123456789"}])
def test_a_wrong_or_missing_key_is_named_by_its_variable_and_not_shown(environ):
    with OpenAIServer(able, key="sk-right-0123456789") as server:
        checks = check(server.base_url, environ)
    assert states(checks)[:3] == ["ok", "failed", "skipped"]
    assert "OPENAI_API_KEY" in checks["API key"].detail
    assert "export OPENAI_API_KEY" in checks["API key"].hint
    assert not any("sk-wrong" in found.model_dump_json() for found in checks.values())


def test_openai_without_a_key_is_a_failed_key():
    checks = check(None)
    assert states(checks)[:3] == ["skipped", "failed", "skipped"]


def test_what_is_no_address_cannot_be_reached():
    checks = check("localhost:8000")
    assert states(checks)[:3] == ["failed", "skipped", "skipped"]
    assert "http://" in checks["Endpoint reachable"].hint


def test_an_unknown_model_comes_with_the_names_that_are_close():
    with OpenAIServer([error(404, "model not found")], models=["gpt-4o-mini", "gpt-4o", "whisper"]) as server:
        checks = check(server.base_url, model="gpt4o-mini")
    assert checks["Model"].state == "failed"
    assert "gpt-4o-mini" in checks["Model"].hint
    assert "whisper" not in checks["Model"].hint


def test_an_unknown_model_that_resembles_none_comes_with_some_that_are_offered():
    with OpenAIServer([error(404, "model not found")], models=["alpha", "beta"]) as server:
        checks = check(server.base_url, model="xyz-9000")
    assert "alpha, beta" in checks["Model"].hint


def test_an_endpoint_without_a_list_of_models_is_asked_all_the_same():
    with OpenAIServer(able, models=error(404, "not found")) as server:
        checks = check(server.base_url)
    assert states(checks) == ["ok"] * 6


def test_a_model_without_tools_cannot_be_trained():
    with OpenAIServer([error(400, "gpt-4o-mini does not support tools")]) as server:
        checks = check(server.base_url)
    assert checks["Function calling"].state == "failed"
    assert "cannot call functions" in checks["Function calling"].detail


def test_a_model_that_answers_in_words_instead_of_calling_is_found_out():
    with OpenAIServer([reply("I would call add_function.")]) as server:
        checks = check(server.base_url)
    assert checks["Function calling"].state == "failed"
    assert "answered in text" in checks["Function calling"].detail
    assert [body.get("tool_choice") for body in server.bodies if "tools" in body] == [None, "required"]


def test_a_model_that_has_to_be_forced_is_a_warning():
    def reluctant(seen):
        return able(seen) if seen.body.get("tool_choice") == "required" else reply("Red. No calls.")

    with OpenAIServer(reluctant) as server:
        checks = check(server.base_url)
    assert checks["Function calling"].state == "warning"


def test_calls_with_broken_arguments_are_a_warning():
    with OpenAIServer([tool_call("add_function", '{"name": "double", "code": ')]) as server:
        checks = check(server.base_url)
    assert checks["Function calling"].state == "warning"
    assert "not a JSON object" in checks["Function calling"].detail


def test_a_model_that_takes_no_pictures_is_only_a_warning():
    def blind(seen):
        return able(seen) if "tools" in seen.body else error(400, "image_url is not supported")

    with OpenAIServer(blind) as server:
        checks = check(server.base_url)
    assert states(checks) == ["ok", "ok", "ok", "ok", "warning", "ok"]
    assert "image_url" in checks["Pictures"].detail


def test_parameters_a_model_refuses_are_no_finding():
    def picky(seen):
        return error(400, "no seed", param="seed") if "seed" in seen.body else able(seen)

    with OpenAIServer(picky) as server:
        checks = check(server.base_url)
    assert states(checks) == ["ok"] * 6


def test_an_endpoint_that_fails_says_so_at_function_calling():
    with OpenAIServer([error(503, "loading the model")]) as server:
        checks = check(server.base_url)
    assert checks["Function calling"].state == "failed"
    assert "loading the model" in checks["Function calling"].detail
    assert checks["Model"].state == "skipped"


def test_an_unknown_price_is_a_warning():
    with OpenAIServer(able) as server:
        checks = check(server.base_url, model="test-model")
    assert checks["Price"].state == "warning"


def test_the_demo_model_is_labelled():
    (found,) = asyncio.run(check_endpoint(Endpoint(), {}))
    assert (found.state, found.detail) == ("ok", DEMO_LABEL)
