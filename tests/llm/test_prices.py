"""Cost at list price; what is unknown is unknown, never zero."""

import pytest

from agentopt_core.llm.prices import cost_usd, price_per_million


def test_tokens_cost_their_list_price():
    assert cost_usd("gpt-4o-mini", 1_000_000, 100_000) == pytest.approx(0.15 + 0.06)


def test_cached_tokens_cost_less():
    assert 0 < cost_usd("gpt-4o-mini", 1000, 0, cached_tokens=1000) < cost_usd("gpt-4o-mini", 1000, 0)


@pytest.mark.parametrize("model", ["mock", "qwen3:8b", "", "gpt-4o-mini-of-my-own", "demo", "tts-1"])
def test_an_unknown_price_is_none(model):
    assert cost_usd(model, 1000, 1000) is None
    assert cost_usd(model, 0, 0) is None
    assert price_per_million(model) is None


def test_a_price_is_that_of_the_provider_at_the_address_or_behind_the_gateway_there():
    assert price_per_million("openai/gpt-4o-mini", "https://openrouter.ai/api/v1") is not None
    assert price_per_million("gpt-4o-mini", "https://gateway.example/v1") == price_per_million("gpt-4o-mini")


@pytest.mark.parametrize("model", ["deepseek-r1:7b", "gpt-oss:20b", "mistral-large", "llama3.1"])
def test_open_weights_on_ones_own_machine_have_no_list_price(model):
    assert cost_usd(model, 1000, 1000, "http://127.0.0.1:11434/v1") is None
