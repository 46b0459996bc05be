"""Is an endpoint fit for training? Each question is put to it for real, and each finding says what mends it."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Mapping, Sequence

from agentopt_core.config import DEMO_LABEL, Endpoint
from agentopt_core.errors import EndpointSetupError
from agentopt_core.llm.access import Access, address, is_loopback, resolve, shown
from agentopt_core.llm.connection import Connection
from agentopt_core.llm.explain import WITHOUT_TOOLS, explain
from agentopt_core.llm.failures import Failure, meaning
from agentopt_core.llm.prices import price_per_million
from agentopt_core.llm.probes import Prober, calls_in
from agentopt_core.llm.strict_json import parse_object
from agentopt_core.llm.wire import Reply, model_names
from agentopt_core.views import Check

REACHABLE = "Endpoint reachable"
KEY = "API key"
MODEL = "Model"
FUNCTIONS = "Function calling"
PICTURES = "Pictures"
PRICE = "Price"

_LIST_S = 5.0
"""Seconds the list of models may take."""
_ANSWER_S = 30.0
"""Seconds one probe of the model may take: a local model may have to be loaded first."""
_NAMES_SHOWN = 8


async def check_endpoint(endpoint: Endpoint, environ: Mapping[str, str]) -> list[Check]:
    """Reachable, key, model, function calling, pictures, price: one finding each, in this order.

    Where nothing answers it takes a few seconds; a model that answers slowly may take a minute. It costs at most three
    small requests. Never raises for what the endpoint does.
    """
    if endpoint.is_demo:
        return [Check(name=MODEL, state="ok", detail=DEMO_LABEL)]
    name = REACHABLE
    try:
        address(endpoint, environ)
        name = KEY
        access = resolve(endpoint, environ)
    except EndpointSetupError as error:
        return _in_order([Check(name=name, state="failed", detail=error.message, hint=error.hint)])
    visit = _Visit(endpoint.with_(base_url=access.base_url), access)
    return _in_order([*await visit.checks(), visit.price()])


def _in_order(checks: Sequence[Check]) -> list[Check]:
    """One finding per question, in order; what could not be asked is skipped."""
    found = {check.name: check for check in checks}
    names = (REACHABLE, KEY, MODEL, FUNCTIONS, PICTURES, PRICE)
    skipped = "Not asked: something before it has to be mended first."
    return [found.get(name) or Check(name=name, state="skipped", detail=skipped) for name in names]


class _Visit:
    """One round of questions to one endpoint."""

    def __init__(self, endpoint: Endpoint, access: Access) -> None:
        self._endpoint = endpoint
        self._access = access

    async def checks(self) -> list[Check]:
        listing = Connection(self._access.base_url, self._access.api_key, _LIST_S)
        try:
            data = await listing.models()
        finally:
            await listing.close()
        names = data if isinstance(data, Failure) else model_names(data)
        if isinstance(names, Failure) and names.kind not in ("status", "malformed", "too_large"):
            return [self._unreachable(names)]
        reachable = Check(name=REACHABLE, state="ok", detail=f"{shown(self._access.base_url)} answers.")
        if isinstance(names, Failure) and meaning(names) == "key":
            return [reachable, self._failed(KEY, names)]
        return [reachable, *await self._try_model([] if isinstance(names, Failure) else names)]

    async def _try_model(self, names: Sequence[str]) -> list[Check]:
        timeout_s = min(self._endpoint.timeout_s, _ANSWER_S)
        connection = Connection(self._access.base_url, self._access.api_key, timeout_s)
        try:
            prober = Prober(connection, self._endpoint)
            (reply, forced), picture = await asyncio.gather(prober.call(), prober.picture())
        finally:
            await connection.close()
        if isinstance(reply, Failure) and meaning(reply) != "tools":
            return self._no_reply(reply, names)
        return [self._key(), self._model(names), self._functions(reply, forced), self._pictures(picture)]

    def _no_reply(self, failure: Failure, names: Sequence[str]) -> list[Check]:
        match meaning(failure):
            case "key" | "payment":
                return [self._failed(KEY, failure)]
            case "model" | "path":
                return [self._key(), self._unknown_model(failure, names)]
            case "foreign" | "redirect":
                return [self._failed(REACHABLE, failure)]
            case _:
                return [self._failed(REACHABLE if failure.kind == "malformed" else FUNCTIONS, failure)]

    def _failed(self, name: str, failure: Failure) -> Check:
        error = explain(failure, self._endpoint, self._access.api_key is not None, worked=False, tried=1)
        return Check(name=name, state="failed", detail=error.message, hint=error.hint)

    def _unreachable(self, failure: Failure) -> Check:
        if failure.kind == "timeout":
            where = shown(self._access.base_url)
            return Check(
                name=REACHABLE,
                state="failed",
                detail=f"{where} takes connections but does not answer within {_LIST_S:g} s.",
                hint="If the server is still starting, wait and check again; else restart it.",
            )
        if failure.kind == "broken":
            return Check(
                name=REACHABLE,
                state="failed",
                detail=f"{shown(self._access.base_url)} cuts the connection ({failure.detail}).",
                hint="Check that this port belongs to the model's server, and http:// against https://.",
            )
        return self._failed(REACHABLE, failure)

    def _key(self) -> Check:
        variable = self._endpoint.api_key_env
        if self._access.api_key is None:
            return Check(name=KEY, state="ok", detail=f"None is set in {variable}, and none is needed.")
        url = self._access.base_url
        if url.startswith("http://") and not is_loopback(url):
            return Check(
                name=KEY,
                state="warning",
                detail=f"The key from {variable} is accepted, but travels unencrypted.",
                hint="Use an https:// address, or set another variable with api_key_env for this endpoint.",
            )
        return Check(name=KEY, state="ok", detail=f"The key from {variable} is accepted.")

    def _model(self, names: Sequence[str]) -> Check:
        listed = "" if self._endpoint.model in names or not names else " It is not in the endpoint's list, though."
        return Check(name=MODEL, state="ok", detail=f"'{self._endpoint.model}' answers.{listed}")

    def _unknown_model(self, failure: Failure, names: Sequence[str]) -> Check:
        check = self._failed(MODEL, failure)
        if not names:
            return check
        close = difflib.get_close_matches(self._endpoint.model, names, n=_NAMES_SHOWN, cutoff=0.4)
        offered = ", ".join(close or sorted(names)[:_NAMES_SHOWN])
        what = "Close names are" if close else f"It offers {len(names)}, among them"
        return check.with_(hint=f"{what}: {offered}. Give one with --model.")

    def _functions(self, reply: Reply | Failure, forced: bool) -> Check:
        if isinstance(reply, Failure):
            return self._failed(FUNCTIONS, reply)
        calls = calls_in(reply)
        if not calls:
            return Check(
                name=FUNCTIONS,
                state="failed",
                detail=f"'{self._endpoint.model}' was asked to call a function and answered in text.",
                hint=WITHOUT_TOOLS,
            )
        if all(parse_object(arguments) is None for arguments in calls):
            return Check(
                name=FUNCTIONS,
                state="warning",
                detail=f"'{self._endpoint.model}' calls functions, but its arguments are not a JSON object.",
                hint="A larger model makes fewer such mistakes.",
            )
        if forced:
            return Check(
                name=FUNCTIONS,
                state="warning",
                detail=f"'{self._endpoint.model}' calls functions only when it is forced to.",
                hint="A larger model uses its functions more readily.",
            )
        return Check(name=FUNCTIONS, state="ok", detail=f"'{self._endpoint.model}' called a function as asked.")

    def _pictures(self, reply: Reply | Failure) -> Check:
        hint = "Only tasks with pictures need this: choose a model that reads images for them."
        if isinstance(reply, Failure):
            return Check(name=PICTURES, state="warning", detail=f"Pictures are not taken ({reply.detail}).", hint=hint)
        if "red" not in str(reply.message.get("content") or "").lower():
            detail = "A picture was taken, but its colour was not named."
            return Check(name=PICTURES, state="warning", detail=detail, hint=hint)
        return Check(name=PICTURES, state="ok", detail="The colour of a small picture was named.")

    def price(self) -> Check:
        price = price_per_million(self._endpoint.model, self._access.base_url)
        if price is None:
            return Check(
                name=PRICE,
                state="warning",
                detail=f"The price of '{self._endpoint.model}' is unknown: cost is shown as unknown, never as zero.",
                hint="Limit a run by tokens or requests; a limit in USD cannot be kept.",
            )
        detail = f"${price[0]:,.2f} for a million prompt tokens, ${price[1]:,.2f} for a million completion tokens."
        return Check(name=PRICE, state="ok", detail=detail)
