"""One endpoint over HTTP, through OpenAI's own client: a JSON object out, a JSON object or a described failure back.

Nothing is raised for what an endpoint does, so that no traceback can carry a key or an endpoint's text. There are no
retries here; `client.py` has the only retry layer.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import openai

from agentopt_core.llm.access import NO_KEY, is_loopback
from agentopt_core.llm.failures import Failure, error_fields, one_line, retry_after_s
from agentopt_core.llm.redaction import Redactor
from agentopt_core.llm.strict_json import parse_object
from agentopt_core.words import JsonObject

MAX_REPLY_BYTES = 8 * 1024 * 1024
"""Bytes of a reply, unpacked, that are read at most."""
_CONNECT_S = 10.0
"""Seconds to connect, at most."""
_TEXT_KEPT = 20_000
"""Characters of an error body that are looked at."""


class Connection:
    """An endpoint and its key. Make it inside the event loop that uses it."""

    def __init__(
        self,
        base_url: str,
        api_key: str | None,
        timeout_s: float,
        transport: httpx2.AsyncBaseTransport | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`timeout_s`: seconds one exchange may take as a whole. `transport`: answers in the place of the network."""
        self._timeout_s = timeout_s
        self._now = now
        self._redactor = Redactor(api_key)
        http = _BoundedClient(
            transport=transport,
            trust_env=not is_loopback(base_url),  # a proxy of the environment cannot reach this machine's own servers
            timeout=httpx2.Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s)),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=None),
        )
        self._client = openai.AsyncOpenAI(
            api_key=api_key or NO_KEY, base_url=base_url, max_retries=0, timeout=timeout_s, http_client=http
        )

    async def chat(self, body: JsonObject) -> JsonObject | Failure:
        """POST /chat/completions. Half characters (lone surrogates) in the body go out as `?`."""
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        return await self._exchange(
            lambda: self._client.post(
                "/chat/completions",
                cast_to=httpx2.Response,
                content=content,
                options={"headers": {"Content-Type": "application/json"}},
            )
        )

    async def models(self) -> JsonObject | Failure:
        """GET /models."""
        return await self._exchange(lambda: self._client.get("/models", cast_to=httpx2.Response))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _exchange(self, send: Callable[[], Awaitable[httpx2.Response]]) -> JsonObject | Failure:
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await send()
        except openai.APIStatusError as error:
            return self._refusal(error.response)
        except openai.APIConnectionError as error:
            return self._no_reply(error.__cause__)
        except TimeoutError:
            return Failure("timeout", f"no complete reply within {self._timeout_s:g} s")
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, openai.OpenAIError) as error:
            return self._no_reply(error)
        text = response.content.decode("utf-8", "replace")
        data = parse_object(self._redactor.reply(text))
        if data is None:
            return Failure("malformed", f"not a JSON object: {self._excerpt(text)!r}", status=response.status_code)
        return data

    def _refusal(self, response: httpx2.Response) -> Failure:
        text = self._redactor.error(response.content.decode("utf-8", "replace"))[:_TEXT_KEPT]
        message, code, param = error_fields(text)
        if response.is_redirect:
            message = f"it redirects to {self._excerpt(response.headers.get('location', ''))}"
        return Failure(
            "status",
            self._excerpt(message) or response.reason_phrase,
            status=response.status_code,
            code=code,
            param=param,
            text=text,
            retry_after_s=retry_after_s(response.headers, self._now()),
        )

    def _no_reply(self, cause: BaseException | None) -> Failure:
        detail = self._excerpt(str(cause or "")) or type(cause).__name__
        if isinstance(cause, ReplyTooLarge):
            return Failure("too_large", f"the reply is larger than {MAX_REPLY_BYTES // 2**20} MiB")
        if isinstance(cause, ssl.SSLError) or "SSL" in detail or "certificate" in detail.lower():
            return Failure("tls", detail)
        if isinstance(cause, httpx2.ConnectTimeout):
            return Failure("unreachable", "no connection within the time allowed")
        if isinstance(cause, httpx2.TimeoutException):
            return Failure("timeout", f"no complete reply within {self._timeout_s:g} s")
        if isinstance(cause, httpx2.ConnectError | httpx2.ProxyError | httpx2.UnsupportedProtocol | httpx2.InvalidURL):
            return Failure("unreachable", detail)
        return Failure("broken", detail)

    def _excerpt(self, text: str) -> str:
        """At most 300 characters on one line, without keys."""
        return one_line(self._redactor.error(text))


class ReplyTooLarge(httpx2.RequestError):
    """The endpoint sent more than `MAX_REPLY_BYTES`."""


class _BoundedClient(httpx2.AsyncClient):
    """An HTTP client that stops reading a reply at a limit, whatever its headers claim, and follows no redirect."""

    async def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        response = await super().send(request, stream=True, **{**options, "follow_redirects": False})
        try:
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > MAX_REPLY_BYTES:
                    raise ReplyTooLarge("reply too large", request=request)
        finally:
            await response.aclose()
        headers = [(k, v) for k, v in response.headers.multi_items() if k.lower() not in _BODY_HEADERS]
        return httpx2.Response(response.status_code, headers=headers, content=bytes(content), request=request)


_BODY_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""They describe the body as it travelled, not as it is after unpacking."""
