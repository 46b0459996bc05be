"""What `make run` starts: app.py, and beside it whatever the first page would else wait for.

`streamlit run app.py` shows the same dashboard. This one is ready before it answers: what the pages draw with is
imported, and Streamlit knows that the pages are `st.navigation`'s. The history is opened in the background, so that its
ingest begins at once. `agentopt_core/cli/dashboard.py` says how it is served.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

ROOT = Path(__file__).resolve().parents[2]
PAGES = frozenset({"", *(file.stem for file in (ROOT / "pages").glob("*.py"))} - {"overview"})
"""The addresses of the pages."""


@asynccontextmanager
async def ready(_: st.App) -> AsyncIterator[None]:
    """Import first, which would only get in the way of a first page; open the history while the server answers."""
    prepare()
    opening = asyncio.create_task(asyncio.to_thread(open_history))
    try:
        yield
    finally:
        await opening


def prepare() -> None:
    """Import, and name the pages. What fails here fails again when a page needs it, and is said there."""
    for file in sorted(Path(__file__).parent.glob("*.py")):
        with suppress(Exception):
            importlib.import_module(f"pages.components.{file.stem}")
    with suppress(Exception):
        from pages.components.shell import navigation

        logging.disable(logging.WARNING)  # of Streamlit, that no page is being drawn
        navigation()  # without it the first deep link would run its page without app.py
    logging.disable(logging.NOTSET)


def open_history() -> None:
    """Open the history. What fails here fails again in the first page, and is said there."""
    with suppress(Exception):
        from pages.components.workbench import workbench

        workbench().runs()


class Pages:
    """Streamlit's page at every address of ours, told where the server is.

    Left alone, its frontend asks at `/train` for a server below that address first, and the page waits for the refusal.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._base = str(st.get_option("server.baseUrlPath") or "").strip("/")
        page = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
        where = f"window.__streamlit = {{BACKEND_BASE_URL: window.location.origin + {json.dumps('/' + self._base)}}}"
        page = page.replace("<head>", f"<head><script>{where}</script>", 1)
        self._page = HTMLResponse(page, headers={"Cache-Control": "no-cache"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] == "http" and scope["method"] == "GET"
        ours = asked and scope["path"].removeprefix(f"/{self._base}").strip("/") in PAGES
        await (self._page if ours else self._app)(scope, receive, send)


app = st.App(ROOT / "app.py", lifespan=ready, middleware=[Middleware(Pages)])
