"""Code and other text as it is, for where a page shows many of them.

Streamlit's own block brings a script of 1.5 MB that takes longer to run than the rest of such a page.
"""

from __future__ import annotations

import html

import streamlit as st

from agentopt_core.reports.diff import INK, LINES, WIDTH, Language, highlighted_html
from pages.components.say import visible


def code_block(text: str, language: Language | None = None, height: int | None = None) -> None:
    """A stranger's text, escaped, with its line breaks; coloured where a language is named. `height` in pixels."""
    st.html(code_html(text, language, height))


def code_html(text: str, language: Language | None = None, height: int | None = None) -> str:
    """The same as HTML that brings its own style, for `st.html`."""
    lines = text.split("\n")
    if language and len(lines) <= LINES and max(map(len, lines)) <= WIDTH:  # what is coloured is cut beyond that
        ink, shown = INK, "\n".join(highlighted_html(text, language))
    else:
        ink, shown = "", html.escape("\n".join(map(visible, lines)))
    bound = f" style='max-height:{height}px'" if height else ""
    return f"<style>{ink}{_STYLE}</style><pre class='ao-code' tabindex='0'{bound}>{shown}</pre>"


_STYLE = """
.ao-code {margin:0; padding:.65em .9em; border-radius:8px; overflow:auto; background:light-dark(#F7F8FA,#161A23);
  white-space:pre-wrap; overflow-wrap:anywhere; unicode-bidi:isolate; direction:ltr; color:inherit;
  font:0.84rem/1.5 "Source Code Pro",ui-monospace,Menlo,Consolas,monospace}
"""
