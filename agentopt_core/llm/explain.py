"""A failure that stays, said as one of this package's errors: where, what, and the next move."""

from __future__ import annotations

import shlex

from agentopt_core.config import Endpoint
from agentopt_core.errors import AgentOptError, EndpointSetupError, InfrastructureFault, RequestRefused
from agentopt_core.llm.access import OPENAI_URL, host_of, is_loopback, shown
from agentopt_core.llm.failures import Failure, meaning

WITHOUT_TOOLS = (
    "Choose a model with function calling; vLLM needs --enable-auto-tool-choice and --tool-call-parser, llama.cpp "
    "needs --jinja. Or do without: the ReAct agent (--agent-kind react) and an optimizer that writes its calls as text "
    "(--optimizer-writes-calls)."
)
"""The next move where a model cannot call functions."""


def explain(failure: Failure, endpoint: Endpoint, has_key: bool, worked: bool, tried: int) -> AgentOptError:
    """The error to raise for a failure that trying again did not mend.

    `worked`: the endpoint has answered a request before; `tried`: attempts made.
    """
    where = f"The endpoint {shown(endpoint.base_url or OPENAI_URL)}"
    said = f"({f'HTTP {failure.status}: ' if failure.status else ''}{failure.detail})".rstrip(". ")
    doctor = f"See what it offers: {doctor_command(endpoint)}"
    match meaning(failure):
        case "transient":
            return _transient(failure, endpoint, where, said, worked, tried)
        case "key":
            return EndpointSetupError(*_key(endpoint, has_key, where, said))
        case "payment":
            return EndpointSetupError(
                f"{where} has no credit left for this key {said}.", "Check the plan and billing of the account."
            )
        case "model":
            pull = f"ollama pull {shlex.quote(endpoint.model)}, or: " if "pull" in failure.text else ""
            return EndpointSetupError(f"{where} has no model '{endpoint.model}' {said}.", pull + doctor)
        case "path":
            return EndpointSetupError(
                f"{where} knows neither the path /chat/completions nor, maybe, the model '{endpoint.model}' {said}.",
                f"Most servers want a base URL that ends in /v1. {doctor}",
            )
        case "tools":
            return EndpointSetupError(
                f"The model '{endpoint.model}' at {shown(endpoint.base_url or OPENAI_URL)} cannot call functions, and "
                f"this role needs that {said}.",
                WITHOUT_TOOLS,
            )
        case "no_images":
            return EndpointSetupError(
                f"The model '{endpoint.model}' at {shown(endpoint.base_url or OPENAI_URL)} refuses images {said}.",
                "Unmark it as taking images, or choose a model that takes them.",
            )
        case "bad_image":
            return RequestRefused(
                f"{where} refuses an image of the request {said}.",
                "Look at the task's images, unmark the model as taking images, or choose another model.",
            )
        case "too_long":
            return RequestRefused(
                f"{where} refuses the request as too long for '{endpoint.model}' {said}.",
                "Use a model with a longer context, or lower the tokens of tool outputs and of the optimizer's prompt.",
            )
        case "filtered":
            return RequestRefused(f"{where} refuses the request for its content {said}.", "Look at the task's text.")
        case "redirect":
            return EndpointSetupError(f"{where} has moved {said}.", "Use the new address as the base URL.")
        case "foreign":
            return EndpointSetupError(
                f"{where} answers, but not as an OpenAI-compatible endpoint {said}.", _FOREIGN_HINT
            )
        case "refused":
            return RequestRefused(f"{where} refuses the request {said}.", doctor)


_FOREIGN_HINT = "Check the base URL; most servers want it to end in /v1."


def _transient(failure: Failure, endpoint: Endpoint, where: str, said: str, worked: bool, tried: int) -> AgentOptError:
    times = "once" if tried == 1 else f"{tried} times"
    if failure.kind == "unreachable" and not worked:
        return EndpointSetupError(
            f"Nothing answers at {shown(endpoint.base_url or OPENAI_URL)} {said}.", _start(endpoint)
        )
    if failure.kind == "tls" and not worked:
        return EndpointSetupError(
            f"{where} gives no secure connection {said}.",
            "Check http:// against https:// in the base URL, and the certificate.",
        )
    if failure.kind == "malformed" and not worked:
        return EndpointSetupError(f"{where} answers, but not as an OpenAI-compatible endpoint {said}.", _FOREIGN_HINT)
    if failure.kind == "timeout":
        return InfrastructureFault(
            f"{where} gave no complete reply within {endpoint.timeout_s:g} s; tried {times}.",
            "Raise the time-out of a request, or use a faster model.",
        )
    if failure.is_rate_limit:
        return InfrastructureFault(
            f"{where} still limits the rate of requests after {times} {said}.", "Lower the concurrency of the run."
        )
    return InfrastructureFault(f"{where} failed; tried {times} {said}.", "Check the server and resume the run.")


def _key(endpoint: Endpoint, has_key: bool, where: str, said: str) -> tuple[str, str]:
    variable = endpoint.api_key_env
    if not has_key:
        return (
            f"{where} asks for an API key, and the environment variable {variable} is not set {said}.",
            f"export {variable}=... and start again.",
        )
    return f"{where} refuses the API key from {variable} {said}.", f"Correct it: export {variable}=... and start again."


def _start(endpoint: Endpoint) -> str:
    """What to start or correct so that somebody answers."""
    url = endpoint.base_url or OPENAI_URL
    model = shlex.quote(endpoint.model)
    if not is_loopback(url):
        return f"Check the address and this machine's network: curl -I {shlex.quote(shown(url))}"
    if ":11434" in url:
        return f"Start Ollama: ollama serve, then: ollama pull {model}"
    return (
        f"Start the server (ollama serve, vllm serve {model}, or llama-server --jinja -m FILE) or correct the base URL."
    )


def doctor_command(endpoint: Endpoint) -> str:
    """The command that checks this endpoint."""
    url = endpoint.base_url or OPENAI_URL
    at = "" if host_of(url) == host_of(OPENAI_URL) else f" --base-url {shlex.quote(shown(url))}"
    return f"python -m agentopt_core doctor{at} --model {shlex.quote(endpoint.model)}"
