"""Tasks as a table, page by page, and one of them in full: formulas set, tables and pictures shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st

from agentopt_core.grading import kind_of
from agentopt_core.tasks import AnswerType, Attachment, Task
from pages.components.mathtext import MAX_TEXT, answer_with_formulas, table_of, with_formulas
from pages.components.say import DASH, plain, shorten, size
from pages.components.states import guarded

PAGE = 500
"""Tasks of one page of the table."""
TEXT_SHOWN = 4_000
"""Characters of a text file that are shown; the download has all."""

KINDS: Mapping[AnswerType, str] = {
    "auto": "automatic", "exact": "exact text", "text": "text", "numeric": "number", "choice": "choice",
    "math": "mathematics", "gaia": "GAIA's rules", "tabmwp": "TabMWP's rules", "regex": "pattern",
    "judge": "judged by a model",
}  # fmt: skip
"""How answers are compared, in words."""

Load = Callable[[int, int], Sequence[Task]]
"""`load(offset, limit)`: some of the tasks, in order."""
Read = Callable[[Attachment], bytes]
"""The bytes of one attachment. Raises: TaskSetError."""


def task_table(load: Load, total: int, read: Read, key: str) -> None:
    """The tasks as a table; a selected row is shown whole beside it."""
    pages = max(1, -(-total // PAGE))
    page = 1
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            page = st.number_input("Page", 1, pages, 1, key=f"{key}_page", width=140)
            st.caption(f"of {pages}: {total:,} tasks, {PAGE} a page.", width="content")
    tasks = load((page - 1) * PAGE, PAGE)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        event = st.dataframe(
            tasks_frame(tasks),
            hide_index=True,
            key=f"{key}_{page}",
            height=520 if len(tasks) > 13 else "auto",
            on_select="rerun",
            selection_mode="single-row",
            placeholder=DASH,
            alt="Tasks with question and answer",
            column_config={
                "question": st.column_config.TextColumn("Question", width=260),
                "answer": st.column_config.TextColumn("Answer", width=90),
                "split": st.column_config.TextColumn("Split", width=60),
                "kind": st.column_config.TextColumn("Compared as", width=110),
                "about": st.column_config.TextColumn("Level, subject", width=120),
                "files": st.column_config.NumberColumn("Files", width=55),
            },
        )
    rows = event.selection.rows
    with right:
        # The first task stands there unasked: what tasks look like is why one opens this page.
        chosen = rows[0] if rows and rows[0] < len(tasks) else 0
        if tasks:
            whole_task(tasks[chosen], read, key)
        if not rows:
            st.caption("Select a row to read that task.")


def tasks_frame(tasks: Sequence[Task]) -> pd.DataFrame:
    """One row per task; long texts cut."""
    frame = pd.DataFrame(
        {
            "question": [shorten(task.question, 300) for task in tasks],
            "answer": [None if task.answer is None else shorten(task.answer, 120) for task in tasks],
            "split": [task.split for task in tasks],
            "kind": [KINDS[kind_of(task)] if task.answer is not None else None for task in tasks],
            "about": [shorten(", ".join(filter(None, (task.level, task.subject))), 60) or None for task in tasks],
            "files": [len(task.attachments) or None for task in tasks],
        },
        dtype="object",
    )
    return frame.drop(columns=[name for name in ("about", "files") if frame[name].isna().all()])


def whole_task(task: Task, read: Read, key: str) -> None:
    """One task as an agent gets it, and what the agent never sees: answer and solution."""
    with st.container(border=True, gap="small"):
        facts = [f"Task {plain(task.id, 60)}", task.split]
        facts += [plain(value, 60) for value in (task.level, task.subject) if value]
        st.caption(" · ".join(facts))
        _text_of(task.question)
        if task.context:
            _context(task.context)
        if task.choices:
            st.markdown("\n".join(f"- {answer_with_formulas(choice)}" for choice in task.choices))
        for attachment in task.attachments:
            with guarded():
                _attachment(attachment, read, f"{key}_{task.id}_{attachment.path}")
        st.markdown(f"**Answer**  \n{_answer(task)}")
        if task.aliases:
            st.caption(f"Also right: {', '.join(plain(alias, 80) for alias in task.aliases)}")
        if task.solution:
            with st.expander("Solution (no agent sees it)"):
                _text_of(task.solution)


def _text_of(text: str) -> None:
    if len(text) <= MAX_TEXT:
        st.markdown(with_formulas(text))
    else:
        st.code(text, language=None, wrap_lines=True, height=300)


def _answer(task: Task) -> str:
    if task.answer is None:
        return f"{DASH} hidden or missing: the task can run, but not be scored"
    unit = f" {plain(task.unit, 40)}" if task.unit else ""
    return answer_with_formulas(task.answer) + unit


def _context(text: str) -> None:
    table = table_of(text)
    if table:
        if table.title:
            st.caption(plain(table.title, 120))
        st.dataframe(
            pd.DataFrame(table.rows, columns=table.header), hide_index=True, alt="The table the question is about",
            height="auto" if len(table.rows) <= 8 else 320,
        )  # fmt: skip
    else:
        st.code(text, language=None, wrap_lines=True, height=260 if len(text) > 1_200 else "content")


def _attachment(attachment: Attachment, read: Read, key: str) -> None:
    name = attachment.path.rsplit("/", 1)[-1]
    label = f"{plain(name, 80)} · {plain(attachment.media_type, 60)}, {size(attachment.bytes)}"
    if attachment.media_type.startswith("image/"):
        st.image(read(attachment), width="content", alt=f"The picture {shorten(name, 80)} of the task")
        st.caption(label)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/attach_file: {label}", width="content")
        st.download_button(
            "Download", data=lambda: read(attachment), file_name=name, icon=":material/download:", type="tertiary",
            on_click="ignore", key=f"file_{key}",
        )  # fmt: skip
    text = _text(attachment, read)
    if text:
        st.code(text, language=None, wrap_lines=True, height=160 if text.count("\n") > 6 else "content")


def _text(attachment: Attachment, read: Read) -> str:
    """The beginning of a file that is text; "" for any other."""
    if attachment.bytes > 2_000_000:
        return ""
    try:
        # A cut may lie within a character; in a whole file a broken one says that it is no text.
        cut = attachment.bytes > TEXT_SHOWN
        text = read(attachment)[: 4 * TEXT_SHOWN].decode(errors="ignore" if cut else "strict")
    except UnicodeDecodeError:
        return ""
    return "" if "\0" in text else text[:TEXT_SHOWN]
