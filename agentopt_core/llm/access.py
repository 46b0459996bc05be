"""Where a request goes and with which key: an `Endpoint` of the configuration read against the environment."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from agentopt_core.config import Endpoint
from agentopt_core.errors import EndpointSetupError

OPENAI_URL = "https://api.openai.com/v1"
DEMO_URL = "http://demo.invalid/v1"
"""Never resolved: the demo model's transport answers inside this process."""
NO_KEY = "no-key"
"""Sent where no key is set; servers that ask for none ignore it."""


@dataclass(frozen=True)
class Access:
    """An endpoint's address and key."""

    base_url: str
    api_key: str | None = field(repr=False)
    """None: no key is set, and none seems needed."""


def address(endpoint: Endpoint, environ: Mapping[str, str]) -> str:
    """The address of an endpoint.

    Without a base URL the variable OPENAI_BASE_URL counts, as it does for OpenAI's own client, and then OpenAI's
    address. Raises: EndpointSetupError when it cannot be one.
    """
    if endpoint.is_demo:
        return DEMO_URL
    base_url = (endpoint.base_url or environ.get("OPENAI_BASE_URL", "")).strip() or OPENAI_URL
    _check_address(base_url)
    return base_url


def resolve(endpoint: Endpoint, environ: Mapping[str, str]) -> Access:
    """The address and key of an endpoint.

    The key is that of the variable the endpoint names; a server of one's own needs none.

    Raises: EndpointSetupError when the address cannot be one, or OpenAI itself would be asked without a key.
    """
    base_url = address(endpoint, environ)
    if endpoint.is_demo:
        return Access(base_url, None)
    key = environ.get(endpoint.api_key_env, "").strip()
    if not key:
        if host_of(base_url) == host_of(OPENAI_URL):
            raise EndpointSetupError(
                f"No API key: the environment variable {endpoint.api_key_env} is not set.",
                f"export {endpoint.api_key_env}=..., or give the base URL of a server of your own, "
                "or choose the demo model, which needs no key.",
            )
        return Access(base_url, None)
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise EndpointSetupError(
            f"The API key in {endpoint.api_key_env} holds blanks, line breaks or characters that no key has.",
            f"Copy the key again: export {endpoint.api_key_env}=...",
        )
    return Access(base_url, key)


def _check_address(base_url: str) -> None:
    """Refuse what is no address; the error never repeats credentials written into it."""
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise EndpointSetupError(
            "The base URL is not an address.", "Write it like http://127.0.0.1:11434/v1."
        ) from None
    if parts.username or parts.password:
        raise EndpointSetupError(
            f"The base URL {shown(base_url)} has a user name or password in it, which would be stored with the run.",
            "Put the key into an environment variable and name that variable instead.",
        )
    if not usable:
        raise EndpointSetupError(
            f"'{shown(base_url)}' is not the address of an endpoint.",
            "Write it with http:// or https://, like http://127.0.0.1:11434/v1.",
        )


def shown(base_url: str) -> str:
    """The address as people may see it: without credentials and query, at most 200 characters, on one line."""
    try:
        parts = urlsplit(base_url)
    except ValueError:
        return "the address"
    text = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    if not parts.netloc:
        text = text.rpartition("@")[2]
    return "".join(c if c.isprintable() else "?" for c in text)[:200]


def host_of(base_url: str) -> str:
    """The host name or IP address, lower case; empty when there is none."""
    return (urlsplit(base_url).hostname or "").lower()


def is_loopback(base_url: str) -> bool:
    """The address names this machine."""
    host = host_of(base_url)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
