"""What `make run` starts: app.py, and beside it whatever the first page would else wait for.

`streamlit run app.py` shows the same dashboard. This one uses the moments before the first browser arrives: it imports
what the pages draw with and opens the history, so that the ingest begins at once.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

APP = Path(__file__).resolve().parents[2] / "app.py"
_TABLE = ("DataFrame", "arrowFormatUtils", "recordbatch", "serialization", "reactJsonViewCompat")
NEEDED = {
    "": _TABLE,
    "tasks": _TABLE,
    "train": ("embed", "ArrowVegaLiteChart", *_TABLE),
    "functions": _TABLE,
    "compare": ("PlotlyChart", *_TABLE),
    "traces": ("StreamlitSyntaxHighlighter", *_TABLE),
}
"""Page -> Streamlit's scripts for what stands on its first screen."""
SLOW_TO_IMPORT = ("pandas", "altair", "plotly.graph_objects", "pages.components.curve", "pages.components.run_view")


@asynccontextmanager
async def ready(_: st.App) -> AsyncIterator[None]:
    """Get ready in the background: the server answers meanwhile."""
    warming = asyncio.create_task(asyncio.to_thread(warm))
    try:
        yield
    finally:
        await warming


def warm() -> None:
    """Import and open. What fails here fails again when a page needs it, and is said there."""
    with suppress(Exception):
        from pages.components.workbench import workbench

        workbench().runs()
        for name in SLOW_TO_IMPORT:
            importlib.import_module(name)


class Preloads:
    """Tells the browser with a page itself which of Streamlit's scripts it will need.

    Streamlit's frontend finds out only when the first table or chart arrives, and then fetches and compiles a megabyte
    or more; so it does that while it waits. A file that a newer version no longer has is left out.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        static = Path(st.__file__).parent / "static" / "static" / "js"
        self._links = {page: _links(static, names) for page, names in NEEDED.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        links = self._links.get(scope.get("path", "").strip("/")) if scope["type"] == "http" else None
        if not links:
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("Link", links)
            await send(message)

        await self._app(scope, receive, sending)


def _links(folder: Path, names: tuple[str, ...]) -> str:
    files = [file.name for name in names for file in sorted(folder.glob(f"{name}.*.js"))]
    return ", ".join(f"</static/js/{file}>; rel=modulepreload" for file in files)


app = st.App(APP, lifespan=ready, middleware=[Middleware(Preloads)])
