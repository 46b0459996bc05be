"""Who is who: the name that stands at decisions, edits and notes."""

from __future__ import annotations

import getpass
import unicodedata
from urllib.parse import quote, unquote

import streamlit as st

from pages.components.say import plain

MAX_NAME = 60
_STATE = "person"
_TYPED = "person_typed"
_COOKIE = "agentopt_person"
_YEAR_S = 31_536_000


def who() -> str:
    """The name of the person at this browser: signed in, else typed at the top right, else this machine's user.

    At most 60 visible characters of one line; kept by the browser (a cookie of this server), in no address and no file.
    """
    return _signed_in() or st.session_state.get(_STATE) or _kept() or _machine_user()


def clean(name: str) -> str:
    """A name as it may stand anywhere: one line, nothing invisible, bounded."""
    shown = "".join(c for c in name[: MAX_NAME * 4] if unicodedata.category(c) not in {"Cf", "Cs", "Co", "Cn"})
    line = " ".join("".join(" " if unicodedata.category(c) == "Cc" else c for c in shown).split())
    return line[:MAX_NAME].rstrip()


def person_badge() -> None:
    """The name at the top right; a click lets a person who did not sign in say another one."""
    name = who()
    with st.popover(plain(name, 24), icon=":material/person:", type="tertiary", help="Who decides, edits and writes"):
        if _signed_in():
            st.caption("You are signed in; this name stands at what you decide, edit and write.")
            return
        st.text_input("Your name", value=name, max_chars=MAX_NAME, key=_TYPED, on_change=_typed)
        st.caption("Stands at what you decide, edit and write. Nobody checks it.")
    if (typed := st.session_state.get(_STATE)) and typed != _kept():
        _keep(typed)


def _typed() -> None:
    st.session_state[_STATE] = clean(st.session_state[_TYPED])


def _keep(name: str) -> None:
    """Have the browser remember the name over reloads. Quoted, it holds no sign that ends a text or a cookie."""
    cookie = f"{_COOKIE}={quote(name, safe='')}; path=/; max-age={_YEAR_S}; samesite=strict"
    st.html(f'<script>document.cookie = "{cookie}"</script>', width="content", unsafe_allow_javascript=True)


def _kept() -> str:
    return clean(unquote(st.context.cookies.get(_COOKIE, "")))


def _signed_in() -> str:
    if not getattr(st.user, "is_logged_in", False):
        return ""
    return clean(str(st.user.get("name") or st.user.get("email") or "signed-in user"))


def _machine_user() -> str:
    try:
        return clean(getpass.getuser()) or "someone"
    except (OSError, KeyError):  # a user without a name, as in some containers
        return "someone"
