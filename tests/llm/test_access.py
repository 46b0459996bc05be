"""Where requests go and with which key."""

import pytest

from agentopt_core.config import Endpoint
from agentopt_core.errors import EndpointSetupError
from agentopt_core.llm.access import OPENAI_URL, resolve


def endpoint(base_url: str | None = None, **settings: str) -> Endpoint:
    return Endpoint(kind="openai", model="m", base_url=base_url, **settings)


def test_openai_is_meant_where_no_address_is_given():
    access = resolve(endpoint(), {"OPENAI_API_KEY": "sk-1"})
    assert (access.base_url, access.api_key) == (OPENAI_URL, "sk-1")


def test_the_address_in_the_environment_counts_where_none_is_given():
    environ = {"OPENAI_BASE_URL": "http://127.0.0.1:8000/v1"}
    assert resolve(endpoint(), environ).base_url == "http://127.0.0.1:8000/v1"
    assert resolve(endpoint("http://127.0.0.1:9000/v1"), environ).base_url == "http://127.0.0.1:9000/v1"


def test_the_key_is_that_of_the_variable_the_endpoint_names():
    environ = {"OPENAI_API_KEY": "sk-1", "LAB_KEY": " sk-2\n"}
    assert resolve(endpoint(api_key_env="LAB_KEY"), environ).api_key == "sk-2"


def test_a_server_of_ones_own_needs_no_key():
    assert resolve(endpoint("http://127.0.0.1:11434/v1"), {}).api_key is None


@pytest.mark.parametrize("base_url", [None, "https://api.openai.com/v1", "https://API.OPENAI.COM/v1/"])
def test_openai_without_a_key_is_refused_with_the_ways_out(base_url):
    with pytest.raises(EndpointSetupError) as refusal:
        resolve(endpoint(base_url), {})
    assert "OPENAI_API_KEY is not set" in refusal.value.message
    assert "export OPENAI_API_KEY" in refusal.value.hint
    assert "demo model" in refusal.value.hint


@pytest.mark.parametrize(
    "base_url", ["localhost:11434", "ftp://host/v1", "http://", "http://host:x/v1", "http://[::1/v1"]
)
def test_what_is_no_address_is_refused(base_url):
    with pytest.raises(EndpointSetupError) as refusal:
        resolve(endpoint(base_url), {})
    assert "http://" in refusal.value.hint


def test_the_demo_model_needs_neither_address_nor_key():
    assert resolve(Endpoint(), {}).api_key is None
