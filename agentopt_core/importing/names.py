"""Names that are folder names as well."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARS = 48

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def slug(name: str) -> str:
    """Lower-case letters, digits and single hyphens; `tasks` when nothing is left."""
    plain = unicodedata.normalize("NFKD", name[: 8 * MAX_CHARS]).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:MAX_CHARS].strip("-") or "tasks"


def is_id(text: str) -> bool:
    """Whether the text can be a task set's id, and so a folder's name: never a path."""
    return _ID.fullmatch(text) is not None
