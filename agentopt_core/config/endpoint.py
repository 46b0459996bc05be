"""Where a model answers."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, field_validator

from agentopt_core.words import Word

DEMO_MODEL = "demo"
"""Name of the offline demo model."""
USUAL_MODEL = "gpt-4o-mini"
"""What forms and checks fill in for the OpenAI API where nobody named a model."""
DEMO_LABEL = "Demo model (scripted, offline): shows how the app works; its numbers say nothing about a real model."


class Endpoint(Word):
    """Where a role's model answers. It names the variable that holds the key, never the key."""

    model_config = ConfigDict(allow_inf_nan=False)
    kind: Literal["demo", "openai"] = "demo"
    """`demo`: the offline demo model; `openai`: any OpenAI-compatible endpoint."""
    model: str = DEMO_MODEL
    base_url: str | None = None
    """None: the openai client's own default."""
    api_key_env: str = Field(default="OPENAI_API_KEY", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")
    """Environment variable that holds the key; endpoints without keys need none."""
    timeout_s: float = Field(default=120.0, gt=0)
    """Seconds one attempt of a request may take."""
    temperature: float | None = Field(default=None, ge=0, le=2)
    """None leaves it to the endpoint."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Completion tokens per reply; None leaves it to the endpoint."""
    vision: bool = False
    """The model takes images. Without it, tasks that need one shown are skipped and counted."""
    demo_latency_ms: float = Field(default=20.0, ge=0)
    """Demo model only: time one reply takes, in milliseconds."""

    @field_validator("base_url")
    @classmethod
    def _holds_no_secret(cls, base_url: str | None) -> str | None:
        # A configuration is stored with its run, so whatever could be a key is refused before it gets here.
        if base_url and ("@" in base_url.partition("://")[2].partition("/")[0] or "?" in base_url or "#" in base_url):
            raise ValueError(
                "an address without user name, password and query: they would be stored with the run; put the key "
                "into an environment variable and name that variable"
            )
        return base_url

    @property
    def is_demo(self) -> bool:
        """The offline demo model answers."""
        return self.kind == "demo"
