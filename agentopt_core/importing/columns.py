"""Which column holds what: guessed from usual names, or as a person maps them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from agentopt_core.errors import TaskSetError

USUAL_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "question": ("question", "prompt", "input", "problem", "query"),
        "answer": ("answer", "target", "label", "expected", "output", "final_answer", "gold", "expected_answer"),
        "id": ("id", "task_id", "unique_id", "uid"),
        "split": ("split",),
        "choices": ("choices", "options"),
        "unit": ("unit",),
        "context": ("context", "table", "passage"),
        "level": ("level", "difficulty", "grade"),
        "subject": ("subject", "topic", "category"),
        "answer_type": ("answer_type",),
        "aliases": ("aliases",),
        "tolerance": ("tolerance",),
        "solution": ("solution", "rationale", "explanation"),
        "group": ("group",),
        "tags": ("tags",),
        "attachments": ("attachments", "attachment", "files", "file_name", "file_names", "image", "images"),
    }
)
"""Task field -> column names it is usually found under, the likeliest first."""

FIELDS = tuple(USUAL_NAMES)
"""What a column can be mapped to."""
REQUIRED = ("question", "answer")


def columns_for(name: str, columns: tuple[str, ...], mapping: Mapping[str, str] | None) -> dict[str, str]:
    """Task field -> column, for the fields that have one. `mapping` overrules the guess; "" uses no column.

    Raises: TaskSetError when question or answer have no column, or the mapping names what is not there.
    """
    found = f"(found: {in_words(columns)})"
    given = dict(mapping or {})
    for field, column in given.items():
        if field not in USUAL_NAMES:
            raise TaskSetError(f"Tasks have no field '{field}'.", f"Fields are: {', '.join(USUAL_NAMES)}.")
        if column and column not in columns:
            raise TaskSetError(
                f"{name} has no column '{column[:40]}' {found}.", f"Choose one of them for '{field}'.", columns
            )
    taken = {column for column in given.values() if column}
    chosen = _guess(columns, taken) | given
    for field in REQUIRED:
        if not chosen.get(field):
            raise TaskSetError(
                f"{name}: no {field} column {found}.",
                f"Rename a column to '{field}', or map one to it on the Tasks page.",
                columns,
            )
    return {field: chosen[field] for field in USUAL_NAMES if chosen.get(field)}


def in_words(columns: tuple[str, ...]) -> str:
    """The first columns, each at bearable length."""
    return ", ".join(column[:40] for column in columns[:30]) or "none"


def _guess(columns: tuple[str, ...], taken: set[str]) -> dict[str, str]:
    by_name: dict[str, str] = {}
    for column in columns:
        if column not in taken:
            by_name.setdefault(column.strip().lower().replace(" ", "_").replace("-", "_"), column)
    return {
        field: next(by_name[name] for name in names if name in by_name)
        for field, names in USUAL_NAMES.items()
        if any(name in by_name for name in names)
    }
