"""Language models: the client with retries, rate limits, prices and budget, and the offline demo model."""

from agentopt_core.llm.models import Models, open_models

__all__ = ["Models", "open_models"]
