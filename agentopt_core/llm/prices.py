"""What tokens cost, from the price list of the `genai-prices` package as installed: nothing is fetched.

An unknown price is None, never zero.
"""

from __future__ import annotations

from functools import lru_cache

from genai_prices import Usage as PricedUsage
from genai_prices import data_snapshot
from genai_prices.types import ModelPrice, Provider

from agentopt_core.llm.access import OPENAI_URL

_CLOSED = ("openai", "anthropic", "google", "x-ai")
"""Providers whose models run nowhere else: at an unknown address such a name can only be a gateway to the provider. A
name like `deepseek-r1` at an unknown address is more likely open weights on somebody's own machine."""


def cost_usd(
    model: str,
    prompt_tokens: int,
    completion_tokens: int,
    base_url: str | None = None,
    cached_tokens: int = 0,
) -> float | None:
    """US dollars at list price, or None when the price is not known.

    `base_url` None is OpenAI. `cached_tokens` are those of the prompt that the endpoint reports as cached.
    """
    provider = _provider(model, base_url or OPENAI_URL)
    if provider is None or price_per_million(model, base_url) is None:
        return None
    usage = PricedUsage(
        input_tokens=prompt_tokens, output_tokens=completion_tokens, cache_read_tokens=cached_tokens or None
    )
    try:
        price = data_snapshot.get_snapshot().calc(usage, model, provider.id, None, None)
    except (LookupError, ValueError):
        return None
    return float(price.total_price)


def price_per_million(model: str, base_url: str | None = None) -> tuple[float, float] | None:
    """US dollars for a million prompt and a million completion tokens, or None when the price is not known."""
    provider = _provider(model, base_url or OPENAI_URL)
    try:
        if provider is None:
            return None
        one = data_snapshot.get_snapshot().calc(
            PricedUsage(input_tokens=1, output_tokens=1), model, provider.id, None, None
        )
    except (LookupError, ValueError):
        return None
    if not _is_complete(one.model_price):
        return None
    return float(one.input_price) * 1e6, float(one.output_price) * 1e6


def _is_complete(price: ModelPrice) -> bool:
    return price.input_mtok is not None and price.output_mtok is not None


@lru_cache(maxsize=256)
def _provider(model: str, base_url: str) -> Provider | None:
    snapshot = data_snapshot.get_snapshot()
    try:
        return snapshot.find_provider(None, None, base_url)
    except LookupError:
        pass
    try:
        provider = snapshot.find_provider(model.lower(), None, None)
    except LookupError:
        return None
    return provider if provider.id in _CLOSED else None
